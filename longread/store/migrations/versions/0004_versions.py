"""Which version of a document a citation was judged against, and how sources are read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("citations", sa.Column("version", sa.Text(), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("reading", sa.Text(), nullable=False, server_default=""))
