"""The vault (保险库): a number is used, not shown.

What comes in is sealed at once and held until its provenance is admitted (``intake``, ``admission``); it is found
without being shown (``search``), seen one field at a time for a purpose under a case (``reveal``), and leaves as a
list through one door only, approved by others and marked (``release``). ``erase`` destroys the person's key. Nothing
opens without a receipt of the ledger: ``keeper`` holds the keys and checks it. ``policy`` decides, ``permission``
writes the decision down.
"""
