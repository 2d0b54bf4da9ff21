"""Sessions on disk: SQLAlchemy Core over SQLite, Alembic migrations."""
