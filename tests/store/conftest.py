"""A session in which every noun occurs, different for each name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from longread.types import (
    Answer,
    Citation,
    Document,
    Entry,
    Layout,
    Ledger,
    Level,
    Page,
    Placed,
    Segment,
    Session,
    Source,
    Span,
    Usage,
    Verdict,
)

Make = Callable[..., Session]


def make(name: str = "one", *, files: int = 3) -> Session:
    documents = {}
    for n in range(files):
        head = f"def {name}_{n}():\n"
        text = head + f"    return '{name} {n}'\n" * 20
        documents[f"{name}-{n}"] = Document(
            path=f"src/{name}_{n}.py",
            kind="source",
            language="python",
            content_id=f"{name}-{n}",
            body=text,
            segments=(
                Segment(
                    "function", f"{name}_{n}", Span("line", 1, 1), 0, len(head), (0, 4), (4, 6)
                ),
                Segment("block", "", Span("line", 2, 21), len(head), len(text), None, (30, 40)),
            ),
            unit="cell" if n == 1 else "line",
            links=("os", name),
            id=f"d{n}",
        )
    cited = Citation(
        "d0", f"src/{name}_0.py", Span("line", 1, 2), f"return '{name} 0'", Verdict.EXACT,
        found=Span("line", 2, 2), note="why", ocr=True, confidence=0.9, at=(0, 9),
        version=f"{name}-0",
    )  # fmt: skip
    return Session(
        title=f"About {name}",
        sources=(Source(f"/home/x/{name}", "git", "ae1b9f6", "2 left out"), Source("/y", "pdf")),
        profile="embedded",
        layout=Layout(
            "§0",
            tuple(
                Placed(d.id, d.path, d.content_id, Level.FULL, (1,), ((0, Level.OUTLINE),))
                for d in documents.values()
            ),
            version=2,
            changes=(Placed("d0", f"src/{name}_0.py", f"{name}-0", Level.NONE),),
            levels=(("", Level.PATH), ("src/", Level.FULL)),
        ),
        ledger=Ledger(
            (f"/home/x/{name}", "/y"),
            "llama4",
            8192,
            7000,
            (
                *(
                    Entry(
                        d.path,
                        d.kind,
                        d.content_id,
                        99,
                        21,
                        "python",
                        "utf-8",
                        1,
                        ("masked: token",),
                        40,
                        Level.FULL,
                        40,
                    )
                    for d in documents.values()
                ),
                Entry(
                    "logo.png",
                    "image",
                    full_tokens=60,
                    reason="a picture",
                    about=(("Title", "A logo"),),
                ),
            ),
            (
                Page("y.pdf", 1, "i", 812, True, Level.FULL, confidence=0.9),
                Page("y.pdf", 2, reason="no text"),
            ),
        ),
        documents=documents,
        answers=(
            Answer(
                f"Where is {name}?",
                f"It is there {name} [d0:L1-L2].",
                (cited, Citation("d9", "", None, "", Verdict.NOT_FOUND, guided=True)),
                "stop",
                share=0.4,
                coverage="1 of 2 documents",
                usage=Usage(7000, 12, 6900, 0.5, 2.5, 7000, 5, "a host"),
                caveat="too small",
                session="elsewhere",
                profile="embedded",
                price=0.25,
            ),
            Answer("And?", "", (), "cut", "focus", usage=Usage(5, 0)),
        ),
        reading='{"rev": "v1"}',
    )


@pytest.fixture(name="make")
def _make() -> Make:
    return make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "longread.db"
