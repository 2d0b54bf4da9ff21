"""The store's tables. It opens no file; `migrations` must create exactly what stands here.

Row numbers, short ids and times of writing live here and never in the nouns. Times are UTC,
ISO 8601. `n` is a row's own number; children are gone with their session.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect

APPLICATION = 0x4C524541
"""SQLite's application_id of a longread store: "LREA"."""

VERSION = 12
"""SQLite's user_version: the number of the newest migration."""


class Words(TypeDecorator[str]):
    """Text that may hold lone surrogates, as paths and arguments that are not UTF-8 do.

    SQLite takes only valid UTF-8 as text, so such a value is kept as a blob in its place.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | bytes | None:
        """Give text as it is, or as bytes where UTF-8 cannot say it."""
        if value is None or value.isascii():
            return value
        raw = value.encode("utf-8", "surrogatepass")
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw
        return value

    def process_result_value(self, value: str | bytes | None, dialect: Dialect) -> str | None:
        """Give back what was bound."""
        if isinstance(value, bytes):
            return value.decode("utf-8", "surrogatepass")
        return value


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _of(target: str, name: str = "session", *, key: bool = False) -> Column[int]:
    """A column that names its parent, and goes with it."""
    parent = ForeignKey(target, ondelete="CASCADE")
    return Column(name, Integer, parent, primary_key=key, nullable=False, index=not key)


def _words(name: str) -> Column[str]:
    return Column(name, Words, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _position() -> Column[int]:
    return Column("position", Integer, primary_key=True, nullable=False)


corpora = Table(
    "corpora",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("created", Text, nullable=False),
)

places = Table(
    "places",
    metadata,
    Column("location", Words, primary_key=True, nullable=False),
    _of("corpora.n", "corpus"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("corpus", Integer, ForeignKey("corpora.n"), nullable=False, index=True),
    _words("title"),
    _words("profile"),
    Column("created", Text, nullable=False),
    Column("updated", Text, nullable=False, index=True),
    Column("reading", Words, nullable=False, server_default=""),
)

sources = Table(
    "sources",
    metadata,
    _of("sessions.n", key=True),
    _position(),
    _words("location"),
    Column("way", Text, nullable=False),
    _words("version"),
    _words("note"),
    sqlite_with_rowid=False,
)

layouts = Table(
    "layouts",
    metadata,
    _of("sessions.n", key=True),
    _words("mark"),
    _number("version"),
    Column("placed", LargeBinary, nullable=False),
    Column("changes", LargeBinary, nullable=False),
    Column("levels", Words, nullable=False, server_default="[]"),
)

ledgers = Table(
    "ledgers",
    metadata,
    _of("sessions.n", key=True),
    _words("sources"),
    _words("tokenizer"),
    _number("budget"),
    _number("tokens"),
    Column("share", Float, nullable=False),
    # How many rows of `files` and `pages` it has: a list of sessions must not count them.
    Column("files", Integer, nullable=False, server_default="0"),
    Column("pages", Integer, nullable=False, server_default="0"),
)

files = Table(
    "files",
    metadata,
    _of("sessions.n", key=True),
    _position(),
    _words("path"),
    Column("kind", Text, nullable=False),
    _words("content_id"),
    _number("bytes"),
    _number("lines"),
    _words("language"),
    _words("encoding"),
    _number("masked"),
    Column("notes", Text, nullable=False, server_default="[]"),
    Column("about", Text, nullable=False, server_default="[]"),
    _number("full_tokens"),
    _number("level"),
    _number("tokens"),
    _words("reason"),
    sqlite_with_rowid=False,
)

pages = Table(
    "pages",
    metadata,
    _of("sessions.n", key=True),
    _position(),
    _words("path"),
    _number("page"),
    _words("label"),
    _number("characters"),
    Column("ocr", Boolean, nullable=False),
    _number("level"),
    _words("reason"),
    Column("confidence", Float),
    sqlite_with_rowid=False,
)

texts = Table(
    "texts",
    metadata,
    Column("n", Integer, primary_key=True),
    # Of everything below: two sessions share a row only where nothing differs.
    Column("digest", LargeBinary, nullable=False, unique=True),
    _words("content_id"),
    Column("kind", Text, nullable=False),
    _words("language"),
    Column("unit", Text, nullable=False),
    Column("characters", Integer, nullable=False, server_default="0"),
    Column("text", LargeBinary, nullable=False),
    Column("segments", LargeBinary, nullable=False),
)

session_texts = Table(
    "session_texts",
    metadata,
    _of("sessions.n", key=True),
    Column("content_id", Words, primary_key=True, nullable=False),
    Column("text", Integer, ForeignKey("texts.n"), nullable=False, index=True),
    _words("path"),
    _words("id"),
    sqlite_with_rowid=False,
)

answers = Table(
    "answers",
    metadata,
    Column("n", Integer, primary_key=True),
    _of("sessions.n"),
    _words("question"),
    _words("text"),
    Column("finished", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("share", Float, nullable=False),
    _words("coverage"),
    _words("caveat"),
    _words("kept_in"),
    Column("created", Text, nullable=False),
    Column("profile", Words, nullable=False, server_default=""),
    Column("price", Float, nullable=False, server_default="0"),
)

# An answer that is being written, and by which process; and what came of it so far.
drafts = Table(
    "drafts",
    metadata,
    _of("answers.n", "answer", key=True),
    _words("owner"),
    Column("started", Text, nullable=False),
)

pieces = Table(
    "pieces",
    metadata,
    _of("answers.n", "answer", key=True),
    _position(),
    _words("text"),
    sqlite_with_rowid=False,
)

citations = Table(
    "citations",
    metadata,
    _of("answers.n", "answer", key=True),
    _position(),
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
    Column("version", Words, nullable=False, server_default=""),
    Column("confidence", Float),
    sqlite_with_rowid=False,
)

usage = Table(
    "usage",
    metadata,
    _of("answers.n", "answer", key=True),
    _number("prompt_tokens"),
    _number("output_tokens"),
    Column("cached_tokens", Integer),
    Column("first_token_seconds", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("expected_tokens", Integer),
    Column("reasoning_tokens", Integer),
    Column("provider", Words, nullable=False, server_default=""),
)

trust = Table(
    "trust",
    metadata,
    Column("corpus", Words, primary_key=True, nullable=False),
    Column("host", Words, primary_key=True, nullable=False),
    Column("created", Text, nullable=False),
    sqlite_with_rowid=False,
)

# A probe is known by its key: what was planted in which corpus, for which model.
probes = Table(
    "probes",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    _words("title"),
    _words("profile"),
    _words("model"),
    _number("seed"),
    Column("created", Text, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    _of("probes.n", "probe", key=True),
    Column("length", Integer, primary_key=True, nullable=False),
    Column("depth", Integer, primary_key=True, nullable=False),
    Column("kind", Text, primary_key=True, nullable=False),
    Column("number", Integer, primary_key=True, nullable=False),
    _words("question"),
    _words("value"),
    _words("answer"),
    Column("right", Boolean, nullable=False),
    Column("at", Float, nullable=False),
    Column("price", Float, nullable=False),
    Column("created", Text, nullable=False),
    # What the engine counted; nothing where it did not say.
    Column("prompt_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cached_tokens", Integer),
    Column("first_token_seconds", Float),
    Column("seconds", Float),
    Column("expected_tokens", Integer),
    Column("reasoning_tokens", Integer),
    Column("provider", Words),
    sqlite_with_rowid=False,
)
