"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table of a new store."""
    op.create_table(
        "corpora",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_corpora"),
        sa.UniqueConstraint("id", name="uq_corpora_id"),
    )
    op.create_table(
        "texts",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("segments", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_texts"),
        sa.UniqueConstraint("digest", name="uq_texts_digest"),
    )

    op.create_table(
        "trust",
        sa.Column("corpus", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("corpus", "host", name="pk_trust"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "places",
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("corpus", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["corpus"], ["corpora.n"], name="fk_places_corpus", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("location", name="pk_places"),
    )
    op.create_index("ix_places_corpus", "places", ["corpus"])

    op.create_table(
        "sessions",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("corpus", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.Column("updated", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["corpus"], ["corpora.n"], name="fk_sessions_corpus"),
        sa.PrimaryKeyConstraint("n", name="pk_sessions"),
        sa.UniqueConstraint("id", name="uq_sessions_id"),
    )
    op.create_index("ix_sessions_corpus", "sessions", ["corpus"])
    op.create_index("ix_sessions_updated", "sessions", ["updated"])

    op.create_table(
        "answers",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("finished", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("coverage", sa.Text(), nullable=False),
        sa.Column("caveat", sa.Text(), nullable=False),
        sa.Column("kept_in", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.n"], name="fk_answers_session", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("n", name="pk_answers"),
    )
    op.create_index("ix_answers_session", "answers", ["session"])

    op.create_table(
        "files",
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("masked", sa.Integer(), nullable=False),
        sa.Column("full_tokens", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.n"], name="fk_files_session", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", "position", name="pk_files"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "layouts",
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("placed", sa.LargeBinary(), nullable=False),
        sa.Column("changes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.n"], name="fk_layouts_session", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", name="pk_layouts"),
    )
    op.create_table(
        "ledgers",
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("tokenizer", sa.Text(), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.n"], name="fk_ledgers_session", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", name="pk_ledgers"),
    )
    op.create_table(
        "pages",
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("ocr", sa.Boolean(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.n"], name="fk_pages_session", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", "position", name="pk_pages"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session_texts",
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.n"], name="fk_session_texts_session", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["text"], ["texts.n"], name="fk_session_texts_text"),
        sa.PrimaryKeyConstraint("session", "content_id", name="pk_session_texts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_session_texts_text", "session_texts", ["text"])

    op.create_table(
        "sources",
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.n"], name="fk_sources_session", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", "position", name="pk_sources"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "citations",
        sa.Column("answer", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("first", sa.Integer(), nullable=True),
        sa.Column("last", sa.Integer(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("guided", sa.Boolean(), nullable=False),
        sa.Column("found_unit", sa.Text(), nullable=True),
        sa.Column("found_first", sa.Integer(), nullable=True),
        sa.Column("found_last", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("ocr", sa.Boolean(), nullable=False),
        sa.Column("at_start", sa.Integer(), nullable=True),
        sa.Column("at_end", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer"], ["answers.n"], name="fk_citations_answer", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer", "position", name="pk_citations"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage",
        sa.Column("answer", sa.Integer(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_tokens", sa.Integer(), nullable=True),
        sa.Column("first_token_seconds", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("expected_tokens", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer"], ["answers.n"], name="fk_usage_answer", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer", name="pk_usage"),
    )
