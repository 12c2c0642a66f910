"""Storage: tables, one repository module per stage, the unit of work, migrations, the log's files.

The one place that knows SQL and files. Only ``app`` may import it; it satisfies the ports that the stages state.
"""
