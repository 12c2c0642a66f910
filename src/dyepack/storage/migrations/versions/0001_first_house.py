"""The first house: staff, records, releases, marks, cases, the way to the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "approval",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("approver", sa.String(length=28), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=28), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("expires", sa.Integer(), nullable=False),
        sa.Column("used_by", sa.String(length=26), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_digest"), "approval", ["digest"], unique=False)
    op.create_table(
        "approval_request",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("requester", sa.String(length=28), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_request")),
    )
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(length=28), nullable=False),
        sa.Column("text_tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("text_note", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("grade", sa.String(length=2), nullable=False),
        sa.Column("opened_by", sa.String(length=28), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
        sa.UniqueConstraint("text_tag", name=op.f("uq_case_file_text_tag")),
    )
    op.create_table(
        "holder",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name_tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name_note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder")),
        sa.UniqueConstraint("name_tag", name=op.f("uq_holder_name_tag")),
    )
    op.create_table(
        "known",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_known")),
    )
    op.create_table(
        "ledger_detail",
        sa.Column("entry", sa.String(length=26), nullable=False),
        sa.Column("token", sa.String(length=29), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_ledger_detail")),
    )
    op.create_index("ix_ledger_detail_token", "ledger_detail", ["token"], unique=False)
    op.create_table(
        "ledger_outbox",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fact", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_outbox")),
        sa.UniqueConstraint("position", name=op.f("uq_ledger_outbox_position")),
    )
    op.create_table(
        "lot",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("file_tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("provenance", sa.String(length=32), nullable=False),
        sa.Column("evidence_note", sa.LargeBinary(), nullable=False),
        sa.Column("uploader", sa.String(length=28), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("received_entry", sa.String(length=26), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("file_tag", name=op.f("uq_lot_file_tag")),
    )
    op.create_table(
        "mark_epoch",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_epoch")),
        sa.UniqueConstraint("year", name=op.f("uq_mark_epoch_year")),
    )
    op.create_table(
        "mark_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_line")),
    )
    op.create_table(
        "quota_use",
        sa.Column("actor", sa.String(length=28), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "day", "act", name=op.f("pk_quota_use")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=28), nullable=False),
        sa.Column("name_tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name_note", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=True),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("name_tag", name=op.f("uq_staff_name_tag")),
    )
    op.create_table(
        "tombstone",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
        sa.Column("entry", sa.String(length=26), nullable=False),
        sa.Column("ground_note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "case_frame",
        sa.Column("case_id", sa.String(length=28), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_frame_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_frame")),
    )
    op.create_table(
        "import_row",
        sa.Column("lot", sa.String(length=26), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("token", sa.String(length=29), nullable=True),
        sa.ForeignKeyConstraint(["lot"], ["lot.id"], name=op.f("fk_import_row_lot_lot")),
        sa.PrimaryKeyConstraint("lot", "row", name=op.f("pk_import_row")),
    )
    op.create_table(
        "list_evidence",
        sa.Column("case_id", sa.String(length=28), nullable=False),
        sa.Column("file_tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_list_evidence_case_id_case_file")),
        sa.PrimaryKeyConstraint("case_id", "file_tag", name=op.f("pk_list_evidence")),
    )
    op.create_table(
        "mark_canary",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("epoch", sa.String(length=26), nullable=False),
        sa.Column("copy", sa.String(length=26), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("phone_tag", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["mark_epoch.id"], name=op.f("fk_mark_canary_epoch_mark_epoch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_canary")),
    )
    op.create_index("ix_mark_canary_copy", "mark_canary", ["copy"], unique=False)
    op.create_index("ix_mark_canary_phone_tag", "mark_canary", ["phone_tag"], unique=False)
    op.create_table(
        "record",
        sa.Column("token", sa.String(length=29), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lot", sa.String(length=26), nullable=False),
        sa.Column("minor_until", sa.String(length=7), nullable=True),
        sa.Column("grade", sa.String(length=24), nullable=True),
        sa.Column("target_country", sa.String(length=24), nullable=True),
        sa.Column("intake_season", sa.String(length=24), nullable=True),
        sa.Column("budget_band", sa.String(length=24), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["lot"], ["lot.id"], name=op.f("fk_record_lot_lot")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_record")),
    )
    op.create_index("ix_record_lot_state", "record", ["lot", "state"], unique=False)
    op.create_index("ix_record_state_token", "record", ["state", "token"], unique=False)
    op.create_table(
        "release",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("requester", sa.String(length=28), nullable=False),
        sa.Column("case_id", sa.String(length=28), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("holder", sa.String(length=26), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("ready_at", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["holder"], ["holder.id"], name=op.f("fk_release_holder_holder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    op.create_table(
        "session",
        sa.Column("id_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("actor", sa.String(length=28), nullable=False),
        sa.Column("device", sa.String(length=28), nullable=False),
        sa.Column("form_token", sa.String(length=52), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["actor"], ["staff.id"], name=op.f("fk_session_actor_staff")),
        sa.PrimaryKeyConstraint("id_digest", name=op.f("pk_session")),
    )
    op.create_table(
        "verdict",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("case_id", sa.String(length=28), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("entry", sa.String(length=26), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_verdict_case_id_case_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
    )
    op.create_table(
        "index_tag",
        sa.Column("space", sa.String(length=26), nullable=False),
        sa.Column("field", sa.Integer(), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("token", sa.String(length=29), nullable=False),
        sa.Column("sole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["record.token"], name=op.f("fk_index_tag_token_record")),
        sa.PrimaryKeyConstraint("space", "field", "tag", "token", name=op.f("pk_index_tag")),
    )
    op.create_index("ix_index_tag_token", "index_tag", ["token"], unique=False)
    op.create_index(
        "uq_index_tag_sole", "index_tag", ["space", "field", "tag"], unique=True, sqlite_where=sa.text("sole = 1")
    )
    op.create_table(
        "mark_copy",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("release", sa.String(length=26), nullable=False),
        sa.Column("holder", sa.String(length=26), nullable=False),
        sa.Column("epoch", sa.String(length=26), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("exclusive", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=True),
        sa.Column("plan_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("manifest_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("manifest_note", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["epoch"], ["mark_epoch.id"], name=op.f("fk_mark_copy_epoch_mark_epoch")),
        sa.ForeignKeyConstraint(["holder"], ["holder.id"], name=op.f("fk_mark_copy_holder_holder")),
        sa.ForeignKeyConstraint(["release"], ["release.id"], name=op.f("fk_mark_copy_release_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_copy")),
    )
    op.create_table(
        "release_row",
        sa.Column("release", sa.String(length=26), nullable=False),
        sa.Column("token", sa.String(length=29), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["release.id"], name=op.f("fk_release_row_release_release")),
        sa.PrimaryKeyConstraint("release", "token", name=op.f("pk_release_row")),
    )


def downgrade() -> None:
    """Drop them all."""
    op.drop_table("release_row")
    op.drop_table("mark_copy")
    op.drop_index("uq_index_tag_sole", table_name="index_tag", sqlite_where=sa.text("sole = 1"))
    op.drop_index("ix_index_tag_token", table_name="index_tag")
    op.drop_table("index_tag")
    op.drop_table("verdict")
    op.drop_table("session")
    op.drop_table("release")
    op.drop_index("ix_record_state_token", table_name="record")
    op.drop_index("ix_record_lot_state", table_name="record")
    op.drop_table("record")
    op.drop_index("ix_mark_canary_phone_tag", table_name="mark_canary")
    op.drop_index("ix_mark_canary_copy", table_name="mark_canary")
    op.drop_table("mark_canary")
    op.drop_table("list_evidence")
    op.drop_table("import_row")
    op.drop_table("case_frame")
    op.drop_table("tombstone")
    op.drop_table("staff")
    op.drop_table("quota_use")
    op.drop_table("mark_line")
    op.drop_table("mark_epoch")
    op.drop_table("lot")
    op.drop_table("ledger_outbox")
    op.drop_index("ix_ledger_detail_token", table_name="ledger_detail")
    op.drop_table("ledger_detail")
    op.drop_table("known")
    op.drop_table("holder")
    op.drop_table("case_file")
    op.drop_table("approval_request")
    op.drop_index(op.f("ix_approval_digest"), table_name="approval")
    op.drop_table("approval")
