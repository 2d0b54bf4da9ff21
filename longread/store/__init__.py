"""Sessions and reviews on disk: SQLAlchemy Core over SQLite, Alembic migrations.

`open_store` gives a `Store`. A session's short id is what people type; a value read back
equals the value written.
"""

from longread.store.about import About, Asked
from longread.store.changes import Changes, Since
from longread.store.contents import ReviewRow
from longread.store.listing import Row
from longread.store.open import default_path, open_store
from longread.store.probes import Probed
from longread.store.reviews import Reviews
from longread.store.running import Done, Kept
from longread.store.search import Found
from longread.store.sessions import Draft, Store
from longread.store.snippets import HIT

__all__ = [
    "HIT",
    "About",
    "Asked",
    "Changes",
    "Done",
    "Draft",
    "Found",
    "Kept",
    "Probed",
    "ReviewRow",
    "Reviews",
    "Row",
    "Since",
    "Store",
    "default_path",
    "open_store",
]
