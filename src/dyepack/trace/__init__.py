"""Who leaked, and how sure may we be: the sixth room of the story.

It takes what the ledger proves (who was shown what, who held which copy) and what a leaked list brings back (planted
rows, marks, linked rows) and answers with a ``Verdict``: nobody, somebody inside, a group, or a person, with a bound
on ever naming an innocent that holds before anybody looks (``docs/proofs/trace-false-accusation.md``).

It sees tokens and opaque ids, never a value of a person. ``decide`` is the front door.
"""

from dyepack.trace.decision import decide
from dyepack.trace.errors import BadFrameError, EvidenceMismatchError, SuspectLeftOutError, TraceError
from dyepack.trace.evidence import CopyHeld, ListEvidence
from dyepack.trace.explanation import note_text, statement, summary
from dyepack.trace.frame import Frame
from dyepack.trace.picture import evidence_svg
from dyepack.trace.profiles import Q_2026, Profile
from dyepack.trace.schema import SCHEMA, schema_markdown, verdict_json
from dyepack.trace.verdict import GroupVerdict, Note, PersonVerdict, Reason, Reliability, Summary, Text, Tier, Verdict

__all__ = [
    "Q_2026",
    "SCHEMA",
    "BadFrameError",
    "CopyHeld",
    "EvidenceMismatchError",
    "Frame",
    "GroupVerdict",
    "ListEvidence",
    "Note",
    "PersonVerdict",
    "Profile",
    "Reason",
    "Reliability",
    "Summary",
    "SuspectLeftOutError",
    "Text",
    "Tier",
    "TraceError",
    "Verdict",
    "decide",
    "evidence_svg",
    "note_text",
    "schema_markdown",
    "statement",
    "summary",
    "verdict_json",
]
