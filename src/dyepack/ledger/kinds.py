"""Kinds (条目种类): the one vocabulary for what happens, ``stage:object:verb`` in the past tense.

Each member carries its documentation (``meaning``), the level at which an append of it is acknowledged, whether an
entry of it opens keys of records, and the fields that it must have. ``docs/reference/kinds.md`` is generated from
here (``dyepack.ledger.reference``). All kinds stand here, also those of higher stages: the ledger imports none.

Invariants:

* a kind is never renamed or reused, only retired;
* a kind that opens keys is acknowledged at level 1 or above, so that its caller holds a receipt.
"""

from enum import IntEnum, StrEnum
from typing import Self


class Level(IntEnum):
    """When an append is acknowledged."""

    WRITTEN = 0  # the write-ahead log is synced
    RECEIPTED = 1  # and a signed head covers it
    WITNESSED = 2  # and a synced, published checkpoint covers it, with the quorum that the home asks for


_WHO = "actor role dev"
_LOOK = _WHO + " purpose subj decision rules policy"


class Kind(StrEnum):
    """What an entry says happened."""

    level: Level
    opens_keys: bool
    required: frozenset[str]
    single: frozenset[str]
    meaning: str

    def __new__(
        cls,
        value: str,
        level: int = 0,
        required: str = "",
        meaning: str = "",
        single: str = "",
        opens_keys: bool = False,
    ) -> Self:
        """One member; only the rows below give more than ``value``.

        Args:
            value: The wire word.
            level: See ``Level``.
            required: Names of fields that an entry of this kind must have, space-separated.
            meaning: One sentence, in English.
            single: Names of list fields that must hold exactly one item.
            opens_keys: Whether the keeper opens keys of records against it.
        """
        member = str.__new__(cls, value)
        member._value_ = value
        member.level = Level(level)
        member.required = frozenset(required.split())
        member.single = frozenset(single.split())
        member.meaning = meaning
        member.opens_keys = opens_keys
        return member

    # fmt: off
    # -- level 2 ------------------------------------------------------------------------------------------------
    LOG_OPENED = "ledger:log:opened", 2, "actor", "The log begins; the first entry of every log."
    LOG_CLOSED = (
        "ledger:log:closed", 2, "actor digest",
        "The log ends; `digest` is the SHA-256 of the verifier key of the log that goes on.")
    LOG_KEY_ROTATED = (
        "ledger:key:rotated", 2, "actor digest",
        "The log is signed by another key from here on; `digest` is the SHA-256 of its verifier key.")
    QUORUM_CHANGED = (
        "ledger:quorum:changed", 2, "actor",
        "Level 2 waits for other witnesses; `digest` is the SHA-256 of the quorum file, absent if there is none.")
    SHARD_PRUNED = (
        "ledger:shard:pruned", 2, "actor digest",
        "The entries of an old shard were removed after their term; `digest` is the SHA-256 of its final head.")
    SETTINGS_CHANGED = (
        "app:settings:changed", 2, "actor outcome",
        "A setting was changed or stands weaker than its default; `outcome` is the setting's id, `n` its value.")
    ACTOR_ADDED = (
        "govern:actor:added", 2, "actor ref",
        "A member of staff was added; `ref` is the pseudonym without its prefix.")
    ACTOR_LEFT = (
        "govern:actor:left", 2, "actor ref",
        "A member of staff left, or the access of the auditor `ref` was revoked.")
    POLICY_CHANGED = (
        "govern:policy:changed", 2, "actor digest",
        "Another set of policies is in force; `digest` is its SHA-256.")
    KEY_REINDEXED = (
        "vault:key:reindexed", 2, "actor decision",
        "The keeper opened look-up fields to compute their blind indexes again.", "", True)
    RELEASE_OPENED = (
        "vault:release:opened", 2, _WHO + " purpose case subj fields decision ref approvers",
        "Fields of up to 100 data subjects were opened for the release `ref`.", "", True)
    RECORD_ERASED = "vault:record:erased", 2, "actor subj", "The keys of these data subjects were destroyed."
    KEY_COMMITTED = (
        "mark:key:committed", 2, "actor ref digest",
        "The keys that will mark the copy `ref` are fixed before the copy exists; `digest` commits to them.")
    COPY_MARKED = "mark:copy:marked", 2, "actor ref", "The copy `ref` was marked and written."
    LIST_LINKED = (
        "trace:list:linked", 2, "actor purpose case decision",
        "The rows of a leaked list were compared with records, inside the keeper; no value left it.", "", True)
    CASE_FROZEN = (
        "trace:case:frozen", 2, "actor case digest",
        "Evidence and settings of a trace are fixed before it is computed; `digest` is the SHA-256 of their plan.")
    VERDICT_REACHED = (
        "trace:verdict:reached", 2, "actor case outcome digest",
        "A trace ended; `digest` is the SHA-256 of its verdict.")

    # -- level 1 ------------------------------------------------------------------------------------------------
    RECORD_VIEWED = (
        "vault:record:viewed", 1, _LOOK + " masks", "Masked views of these data subjects were shown.", "", True)
    FIELD_REVEALED = (
        "vault:field:revealed", 1, _LOOK + " case reason grade fields",
        "One field of one data subject was shown in full.", "subj fields", True)
    RECORD_CREATED = "vault:record:created", 1, "actor subj", "Records came into being."
    RECORD_ADMITTED = "vault:record:admitted", 1, "actor", "Held records, or those of the lot `ref`, may now be used."
    LOT_RECEIVED = "vault:lot:received", 1, "actor ref", "A file was taken in as the lot `ref`."
    LOT_MOVED = "vault:lot:moved", 1, "actor ref outcome", "The lot `ref` is now in the state `outcome`."
    RELEASE_REQUESTED = (
        "vault:release:requested", 1, "actor purpose case fields ref", "Somebody asked for the release `ref`.")
    RELEASE_MOVED = "vault:release:moved", 1, "actor ref outcome", "The release `ref` is now in the state `outcome`."
    RELEASE_COLLECTED = "vault:release:collected", 1, "actor ref", "The file of the release `ref` was handed over."
    CANARY_HIT = "mark:canary:hit", 1, "actor case ref", "The planted row `ref` stands in a leaked list."
    COPY_RECOVERED = "mark:copy:recovered", 1, "actor case ref", "Marks of the copy `ref` were read in a leaked list."
    DETAIL_DISCLOSED = (
        "ledger:detail:disclosed", 1, "actor role dev ref",
        "The sealed details of the entry `ref` were opened for an evidence bundle.")
    APPROVAL_REQUESTED = "govern:approval:requested", 1, "actor approval", "A second person's consent was asked for."
    APPROVAL_GRANTED = "govern:approval:granted", 1, "actor approval", "A second person consented."
    APPROVAL_VOIDED = (
        "govern:approval:voided", 1, "actor approval", "A consent ended unused, or its request was changed.")
    CASE_OPENED = "govern:case:opened", 1, "actor case", "A case was opened; what was typed is in its sealed details."

    # -- level 0 ------------------------------------------------------------------------------------------------
    LOG_BEAT = "ledger:log:beat", 0, "actor", "The hourly heartbeat: the log was being written at this time."
    TIMESTAMP_OBTAINED = (
        "ledger:timestamp:obtained", 0, "actor digest n outcome",
        "The authority `outcome` stamped the checkpoint of `n` entries; `digest` is the SHA-256 of its raw response.")
    CHECK_FAILED = "ledger:check:failed", 0, "actor outcome", "A check of the log itself failed."
    RECORD_SEARCHED = "vault:record:searched", 0, "actor purpose n", "A look-up; `n` records were hit."
    USE_REFUSED = (
        "vault:use:refused", 0, "actor decision",
        "A request to use data was refused, by a rule or because none covers it.")
    IMPORT_FINISHED = (
        "vault:import:finished", 0, "actor ref n",
        "The lot `ref` was read to its end; `n` records were taken.")
    KEEPER_STARTED = (
        "vault:keeper:started", 0, "actor ref",
        "The vault speaks to a keeper apart that was started anew; `ref` names that run of it.")
    KEEPER_COUNTED = (
        "vault:keeper:counted", 0, "actor n lo hi",
        "The keeper honored `n` receipts with indexes from `lo` to `hi`.")
    KEEPER_REFUSED = (
        "vault:keeper:refused", 0, "actor outcome",
        "The keeper refused a request; `outcome` says which check failed.")
    SESSION_OPENED = "govern:session:opened", 0, "actor", "Somebody logged in."
    SESSION_CLOSED = "govern:session:closed", 0, "actor", "Somebody logged out, or the session ran out."
    SESSION_REFUSED = "govern:session:refused", 0, "outcome", "A log-in failed."
    PROCESS_STARTED = "app:process:started", 0, "actor", "A process of the product started."
    # fmt: on
