"""Reviews: documents, questions, cells, who works on what, and what people say of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _of(table: str, name: str, target: str, *, gone: str | None = "CASCADE") -> sa.Constraint:
    return sa.ForeignKeyConstraint([name], [target], name=f"fk_{table}_{name}", ondelete=gone)


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reviews",
        *_numbers("n"),
        *_words("id"),
        *_numbers("corpus"),
        *_words("title", "profile", "reading"),
        sa.Column("budget", sa.Integer()),
        *_words("created", "updated"),
        _of("reviews", "corpus", "corpora.n", gone=None),
        sa.PrimaryKeyConstraint("n", name="pk_reviews"),
        sa.UniqueConstraint("id", name="uq_reviews_id"),
    )
    op.create_index("ix_reviews_corpus", "reviews", ["corpus"])
    op.create_table(
        "review_sources",
        *_numbers("review", "position"),
        *_words("location", "way", "version", "note"),
        _of("review_sources", "review", "reviews.n"),
        sa.PrimaryKeyConstraint("review", "position", name="pk_review_sources"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "review_questions",
        *_numbers("review"),
        *_words("hash"),
        sa.Column("position", sa.Integer()),
        *_words("name", "text", "type"),
        sa.Column("many", sa.Boolean(), nullable=False),
        *_words("choices", "instructions"),
        sa.Column("quote", sa.Boolean(), nullable=False),
        *_words("only_if"),
        _of("review_questions", "review", "reviews.n"),
        sa.PrimaryKeyConstraint("review", "hash", name="pk_review_questions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "review_documents",
        *_numbers("n", "review"),
        sa.Column("position", sa.Integer()),
        *_words("path", "content_id", "unit", "title"),
        *_numbers("pages"),
        *_words("unread", "recognised", "reason"),
        sa.Column("text", sa.Integer()),
        _of("review_documents", "review", "reviews.n"),
        _of("review_documents", "text", "texts.n", gone=None),
        sa.PrimaryKeyConstraint("n", name="pk_review_documents"),
        sa.UniqueConstraint("review", "path", "content_id", name="uq_review_documents_review"),
    )
    op.create_index("ix_review_documents_text", "review_documents", ["text"])
    op.create_table(
        "cells",
        *_numbers("n", "document"),
        *_words("question"),
        sa.Column("round", sa.Integer(), nullable=False, server_default="0"),
        *_words("state", "value", "reasoning", "note", "way", "shown", "profile", "model"),
        *_numbers("prompt_version"),
        *_words("extractor"),
        *_numbers("requests"),
        sa.Column("prompt_tokens", sa.Integer()),
        sa.Column("output_tokens", sa.Integer()),
        sa.Column("cached_tokens", sa.Integer()),
        sa.Column("first_token_seconds", sa.Float()),
        sa.Column("seconds", sa.Float()),
        sa.Column("expected_tokens", sa.Integer()),
        sa.Column("reasoning_tokens", sa.Integer()),
        sa.Column("provider", sa.Text()),
        sa.Column("price", sa.Float(), nullable=False),
        sa.Column("unverified", sa.Boolean(), nullable=False),
        *_words("created"),
        _of("cells", "document", "review_documents.n"),
        sa.PrimaryKeyConstraint("n", name="pk_cells"),
        sa.UniqueConstraint("document", "question", "round", name="uq_cells_document"),
    )
    op.create_table(
        "cell_citations",
        *_numbers("cell", "position"),
        *_words("document", "path"),
        sa.Column("unit", sa.Text()),
        sa.Column("first", sa.Integer()),
        sa.Column("last", sa.Integer()),
        *_words("quote", "verdict"),
        sa.Column("guided", sa.Boolean(), nullable=False),
        sa.Column("found_unit", sa.Text()),
        sa.Column("found_first", sa.Integer()),
        sa.Column("found_last", sa.Integer()),
        *_words("note"),
        sa.Column("ocr", sa.Boolean(), nullable=False),
        sa.Column("at_start", sa.Integer()),
        sa.Column("at_end", sa.Integer()),
        *_words("version"),
        sa.Column("confidence", sa.Float()),
        _of("cell_citations", "cell", "cells.n"),
        sa.PrimaryKeyConstraint("cell", "position", name="pk_cell_citations"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leases",
        *_numbers("document"),
        *_words("owner"),
        sa.Column("until", sa.Float(), nullable=False),
        _of("leases", "document", "review_documents.n"),
        sa.PrimaryKeyConstraint("document", name="pk_leases"),
    )
    op.create_table(
        "marks",
        *_numbers("n", "document"),
        *_words("question", "kind"),
        sa.Column("value", sa.Text()),
        *_words("note", "created"),
        _of("marks", "document", "review_documents.n"),
        sa.PrimaryKeyConstraint("n", name="pk_marks"),
    )
    op.create_index("ix_marks_document", "marks", ["document"])
