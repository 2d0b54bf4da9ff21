"""A store made by migrations alone, up to a format."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from longread.store import schema
from longread.store.connection import connect, writing
from longread.store.open import MIGRATIONS


def migrate(path: Path, version: int) -> None:
    """Make a store of this format, without a row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = connect(path)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[union-attr]
    with writing(engine, path) as connection:
        settings = Config()
        settings.set_main_option("script_location", str(MIGRATIONS))
        settings.attributes["connection"] = connection
        command.upgrade(settings, f"{version:04}")
        connection.exec_driver_sql(f"PRAGMA application_id = {schema.APPLICATION}")
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    engine.dispose()
