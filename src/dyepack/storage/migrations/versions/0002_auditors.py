"""Auditors: who outside may read the entries of the log, until when."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "auditor",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name_note", sa.LargeBinary(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("expires", sa.Integer(), nullable=False),
        sa.Column("revoked", sa.Integer(), nullable=True),
        sa.Column("noted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auditor")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_auditor_token_digest")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("auditor")
