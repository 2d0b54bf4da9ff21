"""What the tests of the screens share: a scripted profile, a store, sessions in it."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from longread import config
from longread.prompt.cite import judge
from longread.store import Store, open_store
from longread.types import (
    Answer,
    Document,
    Entry,
    Layout,
    Ledger,
    Level,
    Placed,
    Segment,
    Session,
    Shown,
    Source,
    Span,
)

MakeSession = Callable[..., str]
TEXT = "LIMIT = 97.5\n\n\ndef heat(target):\n    return min(target, LIMIT)\n"


@pytest.fixture(autouse=True, scope="module")
def _thawed() -> Iterator[None]:
    """What the program keeps from the search for garbage is garbage once its tests are done."""
    yield
    gc.unfreeze()
    gc.collect()


@pytest.fixture(autouse=True)
def scripted(_own_state: None, tmp_path: Path) -> str:
    """The name of a profile whose model says what stands in `script.txt`."""
    script = tmp_path / "script.txt"
    script.write_text('It is 97.5 [d1:L1 "LIMIT = 97.5"].', encoding="utf-8")
    config.add_profile(
        "scripted",
        {
            "engine": "replay", "model": str(script), "family": "estimate", "window": 8_000,
            "trusted": 8_000, "answer": 200,
        },
    )  # fmt: skip
    (config.settings_dir() / "config.toml").write_text('profile = "scripted"\n', encoding="utf-8")
    return "scripted"


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "longread.db"


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which nothing is: to make one takes longer than many of these tests."""
    path = tmp_path_factory.mktemp("empty") / "longread.db"
    open_store(path).close()
    return path


@pytest.fixture
def store(empty_store: Path, store_path: Path) -> Iterator[Store]:
    shutil.copy(empty_store, config.private(store_path.parent))
    with open_store(store_path) as opened:
        yield opened


@pytest.fixture
def make_session() -> MakeSession:
    """Return a function that keeps a session in a store and returns its id.

    It is about one file, `heat.py`, and can be reopened with the scripted profile. An answer is
    an `Answer`, or a pair of question and text, whose citations are judged.
    """

    def make(
        store: Store,
        title: str,
        *answers: Answer | tuple[str, str],
        text: str = TEXT,
        tokens: int = 900,
        in_full: bool = True,
        source: Source | None = None,
    ) -> str:
        end = text.count("\n")
        segments = (Segment("block", "", Span("line", 1, end), 0, len(text)),)
        # Texts are kept by content: two sessions with the same text share it.
        content = f"{title}-{len(text)}"
        document = Document("heat.py", "source", "python", content, text, segments, id="d1")
        shown = {"d1": Shown(document, ((0, len(text)),))}
        entry = Entry(
            "heat.py", "source", content, len(text), end, "python", "utf-8",
            full_tokens=tokens, level=Level.FULL, tokens=tokens,
        )  # fmt: skip
        left = Entry("big.bin", "binary", bytes=9, full_tokens=tokens, reason="binary")
        source = source or Source(f"/home/x/{title}", "git", "ae1b9f6c0", "one tracked file")
        return store.create(
            Session(
                title,
                (source,),
                "scripted",
                Layout("§0", (Placed("d1", "heat.py", content, Level.FULL),)),
                Ledger(
                    (source.location,), "estimate", 8_000, tokens,
                    (entry,) if in_full else (entry, left),
                ),
                {content: document},
                tuple(
                    one if isinstance(one, Answer)
                    else Answer(one[0], one[1], judge(one[1], shown), "stop", profile="scripted")
                    for one in answers
                ),
            )
        )  # fmt: skip

    return make
