"""Answers while they are written, what they cost, levels set by hand, and full-text search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from longread.store import search

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables, and index what is there."""
    op.add_column("layouts", sa.Column("levels", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("ledgers", sa.Column("files", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("ledgers", sa.Column("pages", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE ledgers SET"
        " files = (SELECT count(*) FROM files WHERE files.session = ledgers.session),"
        " pages = (SELECT count(*) FROM pages WHERE pages.session = ledgers.session)"
    )
    op.add_column("answers", sa.Column("profile", sa.Text(), nullable=False, server_default=""))
    op.add_column("answers", sa.Column("price", sa.Float(), nullable=False, server_default="0"))
    op.create_table(
        "drafts",
        sa.Column("answer", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("started", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer"], ["answers.n"], name="fk_drafts_answer", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer", name="pk_drafts"),
    )
    op.create_table(
        "pieces",
        sa.Column("answer", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer"], ["answers.n"], name="fk_pieces_answer", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer", "position", name="pk_pieces"),
        sqlite_with_rowid=False,
    )
    db = op.get_bind()
    search.make(db)
    for n in db.scalars(sa.text("SELECT n FROM sessions ORDER BY n")).all():
        search.index_session(db, n)
