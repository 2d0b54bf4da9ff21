"""Finding, making, checking and migrating the file. It reads and writes no session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from longread import config
from longread.cache.files import log_ahead
from longread.errors import ConfigError, StoreError
from longread.store import search
from longread.store.connection import connect, plain, writing
from longread.store.schema import APPLICATION, VERSION, metadata
from longread.store.sessions import Store

MIGRATIONS = Path(__file__).parent / "migrations"


def default_path() -> Path:
    """Where sessions are kept when nobody says otherwise."""
    return config.home() / "longread.db"


def open_store(path: Path | None = None) -> Store:
    """Open the store, made or migrated if need be.

    Raises:
        StoreError: the file is not a longread store, is newer than this program, is locked
            for more than 30 seconds, or cannot be opened. Nothing was written then.
    """
    path = (path or default_path()).absolute()
    _make_room(path)
    engine = connect(path)
    try:
        with plain(engine, path) as raw:
            current = _version(raw, path)
            log_ahead(raw)
        if not current:
            current = _make(engine, path)
        if current < VERSION:
            _migrate(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, path)


def _make_room(path: Path) -> None:
    """Make folder and file, readable by their owner only; SQLite's own files follow suit."""
    try:
        if not path.parent.is_dir():
            config.private(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except (OSError, ConfigError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(
            f"{path} cannot be opened: {why}",
            hint="name a file that you may write with --store",
        ) from error


def _version(raw: Any, path: Path) -> int:
    """Return the migration that the store stands at, 0 for a file that is still empty."""
    (application,) = raw.execute("PRAGMA application_id").fetchone()
    (version,) = raw.execute("PRAGMA user_version").fetchone()
    if application == APPLICATION:
        if version > VERSION:
            raise StoreError(
                f"{path} was written by a newer longread (format {version}, this one: {VERSION})",
                hint="update longread, or name another file with --store",
            )
        return int(version)
    (tables,) = raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application or version or tables:
        raise StoreError(f"{path} is not a longread store", hint="name another file with --store")
    return 0


def _make(engine: Engine, path: Path) -> int:
    """Make the tables of a new store as all migrations would; return which version there is then.

    To load what migrates takes longer than the rest of a start.
    """
    with writing(engine, path) as connection:
        if version := _version(connection.connection.driver_connection, path):
            return version  # Another program was faster.
        metadata.create_all(connection, checkfirst=False)
        search.make(connection)
        connection.exec_driver_sql(
            "CREATE TABLE alembic_version (\n\tversion_num VARCHAR(32) NOT NULL, \n\t"
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n)"
        )
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (f"{VERSION:04}",))
        _sign(connection)
    return VERSION


def _migrate(engine: Engine, path: Path) -> None:
    """Bring the tables up to date in one transaction."""
    from alembic import command
    from alembic.config import Config

    with writing(engine, path) as connection:
        raw = connection.connection.driver_connection
        if _version(raw, path) == VERSION:
            return  # Another program was faster.
        settings = Config()
        settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        _sign(connection)


def _sign(connection: Connection) -> None:
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
