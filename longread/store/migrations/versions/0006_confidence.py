"""How sure the recogniser was of scanned pages, and of what citations lean on there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of what was kept before nobody knows."""
    for table in ("pages", "citations"):
        op.add_column(table, sa.Column("confidence", sa.Float()))
