"""How a review reads what fits no prompt, and whether it asks twice: once said, it stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; reviews that were kept before do what they did unless they are told otherwise."""
    best = sa.Column("long", sa.Text(), nullable=False, server_default="evidence")
    op.add_column("reviews", best)
    once: sa.Column[bool] = sa.Column(
        "double", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("reviews", once)
