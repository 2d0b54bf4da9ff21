"""A document in short: every level under original line numbers."""

from __future__ import annotations

from longread.ingest.syntax import parse
from longread.prompt.digest import digest, ranges
from longread.types import Document, Level

TEXT = '''"""What it holds."""

import os


class Client(Base):
    """Sends."""

    @property
    def closed(self) -> bool:
        """Whether it is."""
        return True

    def send(self, body: bytes) -> None:
        self.sent += 1


# Not a doc.
def main():
    pass
'''


def document(text: str = TEXT, language: str = "python") -> Document:
    parsed = parse(text, language)
    return Document("a.py", "source", language, "c", text, parsed.segments, id="d1")


def test_an_outline_names_members_on_the_line_of_what_holds_them() -> None:
    assert digest(document(), Level.OUTLINE, {}) == (
        "L6 class Client: closed, send\nL19 function main\n"
    )


def test_signatures_stand_under_their_own_lines() -> None:
    assert digest(document(), Level.SIGNATURES, {}) == (
        "L6 class Client(Base):\n"
        "L9     @property\n    def closed(self) -> bool:\n"
        "L14     def send(self, body: bytes) -> None:\n"
        "L19 def main():\n"
    )


def test_docs_stand_where_they_are_written() -> None:
    assert digest(document(), Level.SIGNATURES_DOC, {}) == (
        'L1 """What it holds."""\n'
        'L6 class Client(Base):\nL7     """Sends."""\n'
        'L9     @property\n    def closed(self) -> bool:\nL11         """Whether it is."""\n'
        "L14     def send(self, body: bytes) -> None:\n"
        "L19 def main():\n"
    )
    above = document("/** Adds. */\nfunction add(a) {\n  return a;\n}\n", "javascript")
    assert digest(above, Level.SIGNATURES_DOC, {}) == "L1 /** Adds. */\nL2 function add(a)\n"


def test_single_symbols_can_be_shown_in_more_detail() -> None:
    made = document()
    numbers = {s.name: n for n, s in enumerate(made.segments)}
    lifted = {numbers["Client.closed"]: Level.SIGNATURES_DOC, numbers["main"]: Level.SIGNATURES}
    assert digest(made, Level.OUTLINE, lifted) == (
        "L6 class Client\n"
        'L9     @property\n    def closed(self) -> bool:\nL11         """Whether it is."""\n'
        "L14 method Client.send\n"
        "L19 def main():\n"
    )
    shown = [TEXT[a:b] for a, b in ranges(made, Level.OUTLINE, lifted)]
    assert [part.split("\n")[0].strip() for part in shown] == [
        "@property", '"""Whether it is."""', "def main():",
    ]  # fmt: skip


def test_a_text_without_symbols_shows_its_first_and_last_lines() -> None:
    text = "".join(f"row {n}\n" for n in range(1, 101))
    made = document(text, "")
    shown = digest(made, Level.SIGNATURES, {})
    assert shown.startswith("L1 row 1\nrow 2\n")
    assert shown.endswith("row 100\n")
    assert "row 50" not in shown
    assert digest(made, Level.OUTLINE, {}) == ""
