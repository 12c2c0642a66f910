"""The command line: one module per stage, thin. It parses words, asks the app, prints what came back.

Exit codes: 0 done, 1 refused or refuted by a rule, 2 bad input, 3 in part, 4 not available.
"""

from dyepack.cli.main import main

__all__ = ["main"]
