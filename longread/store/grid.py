"""The tables of reviews. A cell is keyed by its document's version and by its question's hash.

What a person says of a cell stands in `marks`, where nothing that asks a model ever writes.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from longread.store.schema import Words, metadata


def _of(target: str, name: str, *, key: bool = False, index: bool = False) -> Column[int]:
    parent = ForeignKey(target, ondelete="CASCADE")
    return Column(name, Integer, parent, primary_key=key, nullable=False, index=index)


def _words(name: str) -> Column[str]:
    return Column(name, Words, nullable=False)


reviews = Table(
    "reviews",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("corpus", Integer, ForeignKey("corpora.n"), nullable=False, index=True),
    _words("title"),
    _words("profile"),
    _words("reading"),
    Column("budget", Integer),
    Column("long", Text, nullable=False, server_default="evidence"),
    Column("double", Boolean, nullable=False, server_default=false()),
    Column("created", Text, nullable=False),
    Column("updated", Text, nullable=False),
)

review_sources = Table(
    "review_sources",
    metadata,
    _of("reviews.n", "review", key=True),
    Column("position", Integer, primary_key=True, nullable=False),
    _words("location"),
    Column("way", Text, nullable=False),
    _words("version"),
    _words("note"),
    sqlite_with_rowid=False,
)

review_questions = Table(
    "review_questions",
    metadata,
    _of("reviews.n", "review", key=True),
    Column("hash", Text, primary_key=True, nullable=False),
    # NULL for one that is no column any more; its cells come back with it.
    Column("position", Integer),
    _words("name"),
    _words("text"),
    Column("type", Text, nullable=False),
    Column("many", Boolean, nullable=False),
    _words("choices"),
    _words("instructions"),
    Column("quote", Boolean, nullable=False),
    _words("only_if"),
    sqlite_with_rowid=False,
)

review_documents = Table(
    "review_documents",
    metadata,
    Column("n", Integer, primary_key=True),
    _of("reviews.n", "review"),
    # NULL for a version that was superseded, or a file that is gone.
    Column("position", Integer),
    _words("path"),
    _words("content_id"),
    Column("unit", Text, nullable=False),
    _words("title"),
    Column("pages", Integer, nullable=False),
    _words("unread"),
    _words("recognised"),
    _words("reason"),
    Column("partly", Words, nullable=False, server_default="[]"),
    # Authors, year and DOI, where the file says them.
    Column("about", Words, nullable=False, server_default="[]"),
    Column("text", Integer, ForeignKey("texts.n"), index=True),
    UniqueConstraint("review", "path", "content_id", name="uq_review_documents_review"),
)

cells = Table(
    "cells",
    metadata,
    Column("n", Integer, primary_key=True),
    _of("review_documents.n", "document"),
    Column("question", Text, nullable=False),
    # Which of several differently worded passes it is of.
    Column("round", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    _words("value"),
    _words("reasoning"),
    _words("note"),
    Column("way", Text, nullable=False),
    _words("shown"),
    _words("profile"),
    _words("model"),
    Column("prompt_version", Integer, nullable=False),
    _words("extractor"),
    Column("requests", Integer, nullable=False),
    Column("prompt_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cached_tokens", Integer),
    Column("first_token_seconds", Float),
    Column("seconds", Float),
    Column("expected_tokens", Integer),
    Column("reasoning_tokens", Integer),
    Column("provider", Words),
    Column("price", Float, nullable=False),
    Column("unverified", Boolean, nullable=False),
    Column("created", Text, nullable=False),
    UniqueConstraint("document", "question", "round", name="uq_cells_document"),
)

cell_citations = Table(
    "cell_citations",
    metadata,
    _of("cells.n", "cell", key=True),
    Column("position", Integer, primary_key=True, nullable=False),
    _words("document"),
    _words("path"),
    Column("unit", Text),
    Column("first", Integer),
    Column("last", Integer),
    _words("quote"),
    Column("verdict", Text, nullable=False),
    Column("guided", Boolean, nullable=False),
    Column("found_unit", Text),
    Column("found_first", Integer),
    Column("found_last", Integer),
    _words("note"),
    Column("ocr", Boolean, nullable=False),
    Column("at_start", Integer),
    Column("at_end", Integer),
    _words("version"),
    Column("confidence", Float),
    sqlite_with_rowid=False,
)

# Who works on a document of a review, and until when that holds, in seconds since 1970.
leases = Table(
    "leases",
    metadata,
    _of("review_documents.n", "document", key=True),
    _words("owner"),
    Column("until", Float, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("n", Integer, primary_key=True),
    _of("review_documents.n", "document", index=True),
    Column("question", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Words),
    _words("note"),
    # What the cell said when this was said of it.
    Column("seen", Text, nullable=False, server_default=""),
    Column("created", Text, nullable=False),
)

# What belongs to which agreement; by path, so that it outlives versions. Empty: a person says that
# it belongs to none.
families = Table(
    "families",
    metadata,
    _of("reviews.n", "review", key=True),
    Column("path", Words, primary_key=True, nullable=False),
    _words("agreement"),
    Column("by_person", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
