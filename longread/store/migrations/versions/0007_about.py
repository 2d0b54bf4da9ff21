"""What a file says of itself: its title, its author, when it was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was kept before nobody knows."""
    op.add_column("files", sa.Column("about", sa.Text(), nullable=False, server_default="[]"))
