"""How long a text is, known without unpacking it."""

from __future__ import annotations

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and measure what is there."""
    op.add_column(
        "texts", sa.Column("characters", sa.Integer(), nullable=False, server_default="0")
    )
    db = op.get_bind()
    measured = sa.text("UPDATE texts SET characters = :characters WHERE n = :n")
    for n in db.scalars(sa.text("SELECT n FROM texts ORDER BY n")).all():
        packed = db.scalar(sa.text("SELECT text FROM texts WHERE n = :n"), {"n": n})
        text = zlib.decompress(packed).decode("utf-8", "surrogatepass")
        db.execute(measured, {"n": n, "characters": len(text)})
