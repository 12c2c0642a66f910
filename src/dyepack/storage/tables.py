"""The tables of the vault database (``HOME/vault.db``).

No column holds a value of a person, a mask, an unkeyed digest of one, or a text that somebody typed: such texts
are *notes*, sealed by the keeper, and are found again by a keyed tag. Times are microseconds since 1970 UTC.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

known = Table(
    "known",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", String(64), nullable=False),
)

# -- people inside -----------------------------------------------------------------------------------------------

staff = Table(
    "staff",
    metadata,
    Column("id", String(28), primary_key=True),
    Column("name_tag", LargeBinary(16), nullable=False, unique=True),
    Column("name_note", LargeBinary, nullable=False),
    Column("role", String(32), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password_hash", String(256)),
    Column("added", Integer, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id_digest", LargeBinary(32), primary_key=True),
    Column("actor", ForeignKey("staff.id"), nullable=False),
    Column("device", String(28), nullable=False),
    Column("form_token", String(52), nullable=False),
    Column("opened", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
)

auditor = Table(
    "auditor",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("name_note", LargeBinary, nullable=False),
    Column("token_digest", LargeBinary(32), nullable=False, unique=True),
    Column("added", Integer, nullable=False),
    Column("expires", Integer, nullable=False),
    Column("revoked", Integer),
    Column("noted", Integer, nullable=False),
)

case = Table(
    "case_file",
    metadata,
    Column("id", String(28), primary_key=True),
    Column("text_tag", LargeBinary(16), nullable=False, unique=True),
    Column("text_note", LargeBinary, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("grade", String(2), nullable=False),
    Column("opened_by", String(28), nullable=False),
    Column("opened", Integer, nullable=False),
    Column("closed", Integer),
)

approval_request = Table(
    "approval_request",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("act", String(32), nullable=False),
    Column("request", Text, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("requester", String(28), nullable=False),
    Column("asked", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, index=True),
    Column("approver", String(28), nullable=False),
    Column("role", String(32), nullable=False),
    Column("device", String(28), nullable=False),
    Column("at", Integer, nullable=False),
    Column("expires", Integer, nullable=False),
    Column("used_by", String(26)),
)

quota_use = Table(
    "quota_use",
    metadata,
    Column("actor", String(28), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("act", String(32), primary_key=True),
    Column("used", Integer, nullable=False),
)

# -- records -----------------------------------------------------------------------------------------------------

lot = Table(
    "lot",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("file_tag", LargeBinary(16), nullable=False, unique=True),
    Column("provenance", String(32), nullable=False),
    Column("evidence_note", LargeBinary, nullable=False),
    Column("uploader", String(28), nullable=False),
    Column("state", String(16), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("received_entry", String(26), nullable=False),
    Column("finished", Boolean, nullable=False),
)

import_row = Table(
    "import_row",
    metadata,
    Column("lot", ForeignKey("lot.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("problems", Text, nullable=False),
    Column("token", String(29)),
)

record = Table(
    "record",
    metadata,
    Column("token", String(29), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("lot", ForeignKey("lot.id"), nullable=False),
    Column("minor_until", String(7)),
    Column("grade", String(24)),
    Column("target_country", String(24)),
    Column("intake_season", String(24)),
    Column("budget_band", String(24)),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_record_state_token", "state", "token"),
    Index("ix_record_lot_state", "lot", "state"),
)

index_tag = Table(
    "index_tag",
    metadata,
    Column("space", String(26), primary_key=True),
    Column("field", Integer, primary_key=True),
    Column("tag", LargeBinary(16), primary_key=True),
    Column("token", ForeignKey("record.token"), primary_key=True),
    Column("sole", Boolean, nullable=False),
    Index("ix_index_tag_token", "token"),
    Index("uq_index_tag_sole", "space", "field", "tag", unique=True, sqlite_where=text("sole = 1")),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("erased", Integer, nullable=False),
    Column("entry", String(26), nullable=False),
    Column("ground_note", LargeBinary, nullable=False),
)

# -- releases and marks --------------------------------------------------------------------------------------------

holder = Table(
    "holder",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("name_tag", LargeBinary(16), nullable=False, unique=True),
    Column("name_note", LargeBinary, nullable=False),
)

release = Table(
    "release",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("requester", String(28), nullable=False),
    Column("case_id", String(28), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("fields", Text, nullable=False),
    Column("holder", ForeignKey("holder.id"), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("due", Integer, nullable=False),
    Column("ready_at", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

release_row = Table(
    "release_row",
    metadata,
    Column("release", ForeignKey("release.id"), primary_key=True),
    Column("token", String(29), primary_key=True),
)

epoch = Table(
    "mark_epoch",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("year", Integer, nullable=False, unique=True),
)

copy = Table(
    "mark_copy",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("release", ForeignKey("release.id"), nullable=False),
    Column("holder", ForeignKey("holder.id"), nullable=False),
    Column("epoch", ForeignKey("mark_epoch.id"), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("exclusive", Integer, nullable=False),
    Column("made", Integer),
    Column("plan_digest", LargeBinary(32), nullable=False),
    Column("manifest_digest", LargeBinary(32)),
    Column("manifest_note", LargeBinary),
)

canary = Table(
    "mark_canary",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("epoch", ForeignKey("mark_epoch.id"), nullable=False),
    Column("copy", String(26)),
    Column("note", LargeBinary, nullable=False),
    Column("phone_tag", LargeBinary(16), nullable=False),
    Index("ix_mark_canary_copy", "copy"),
    Index("ix_mark_canary_phone_tag", "phone_tag"),
)

line = Table(
    "mark_line",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("note", LargeBinary, nullable=False),
    Column("used", Boolean, nullable=False),
)

# -- cases that look at a leak -------------------------------------------------------------------------------------

case_frame = Table(
    "case_frame",
    metadata,
    Column("case_id", ForeignKey("case_file.id"), primary_key=True),
    Column("note", LargeBinary, nullable=False),
)

list_evidence = Table(
    "list_evidence",
    metadata,
    Column("case_id", ForeignKey("case_file.id"), primary_key=True),
    Column("file_tag", LargeBinary(16), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("note", LargeBinary, nullable=False),
)

verdict = Table(
    "verdict",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("case_id", ForeignKey("case_file.id"), nullable=False),
    Column("reached", Integer, nullable=False),
    Column("entry", String(26), nullable=False),
    Column("note", LargeBinary, nullable=False),
)

# -- towards the ledger --------------------------------------------------------------------------------------------

outbox = Table(
    "ledger_outbox",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("fact", LargeBinary, nullable=False),
    UniqueConstraint("position"),
)

detail = Table(
    "ledger_detail",
    metadata,
    Column("entry", String(26), primary_key=True),
    Column("token", String(29)),
    Column("note", LargeBinary, nullable=False),
    Index("ix_ledger_detail_token", "token"),
)
