"""Alembic revisions of the vault database."""
