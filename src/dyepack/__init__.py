"""Dyepack (留痕): a vault for customers' personal information that can say who leaked.

The stages tell the story of one phone number: it is found lying naked (scan), taken in with proof of where
it came from and sealed (vault), every look is witnessed (ledger), every copy that leaves is stained (mark),
and a leak is named, with a bound on accusing an innocent (trace). ``docs/story.md`` tells it along the data.
"""

__version__ = "0.2.0"
