"""What Alembic runs: the migrations, on the connection and in the transaction it is given."""

from __future__ import annotations

from alembic import context

from longread.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    # The caller has begun, and commits: a migration is done whole or not at all.
    transactional_ddl=True,
)
context.run_migrations()
