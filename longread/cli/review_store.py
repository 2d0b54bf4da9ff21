"""Which file keeps reviews: the option that says so, and the file opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from longread.errors import StoreError

if TYPE_CHECKING:
    from longread.store import Store


def stored(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that says which file keeps its reviews."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The file that keeps it; matters can be kept apart.",
    )(command)


def there(store: Path | None) -> Store:
    """Open what is there: a mistyped name must not make an empty store."""
    from longread.store import default_path, open_store

    path = store or default_path()
    if not path.exists():
        raise StoreError(
            f"there is no store at {path}", hint="longread review SOURCE --questions FILE makes one"
        )
    return open_store(path)
