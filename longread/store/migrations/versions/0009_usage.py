"""Tokens that a model thought in, and who answered where a server hands requests on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of what was kept before nobody knows."""
    op.add_column("usage", sa.Column("reasoning_tokens", sa.Integer()))
    op.add_column("usage", sa.Column("provider", sa.Text(), nullable=False, server_default=""))
