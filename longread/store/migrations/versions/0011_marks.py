"""What a mark was said of, what belongs to which agreement, and what a paper says of itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; of marks that were kept before nobody knows what they were said of."""
    op.add_column("marks", sa.Column("seen", sa.Text(), nullable=False, server_default=""))
    for name in ("partly", "about"):
        empty = sa.Column(name, sa.Text(), nullable=False, server_default="[]")
        op.add_column("review_documents", empty)
    op.create_table(
        "families",
        sa.Column("review", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("by_person", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review"], ["reviews.n"], name="fk_families_review", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("review", "path", name="pk_families"),
        sqlite_with_rowid=False,
    )
