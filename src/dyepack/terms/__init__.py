"""The words all stages share: ids, time, chance, sensitive values, canonical JSON, evidence, the root of errors.

Nothing here decides anything; every stage may import it, and it imports nothing of ours.
"""
