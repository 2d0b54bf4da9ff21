"""What the documents of a prompt can be called in an answer: by short id, path, end of a path."""

from __future__ import annotations

import re
from collections.abc import Mapping

from longread.types import Document, Unit

FILE = re.compile(r"[^\s:]*[\w)\]-]{2,}\.[A-Za-z]\w{0,9}|[^\s:]*/[^\s:/]+\.[A-Za-z]\w{0,9}")
NUMBERED = re.compile(r"d\d{1,9}", re.IGNORECASE)


class Names:
    """What the documents of a prompt can be called."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        """`documents` by short id."""
        self._documents = documents
        self._paths: dict[str, str] = {}
        self._endings: dict[str, list[str]] = {}
        for short, document in documents.items():
            self._paths[document.path] = short
            self._endings.setdefault(document.path.rpartition("/")[2], []).append(short)

    @property
    def only(self) -> str:
        """The short id of the only document; empty where there are several."""
        return next(iter(self._documents)) if len(self._documents) == 1 else ""

    def unit(self, short: str) -> Unit:
        """Return what a known document's places are."""
        return self._documents[short].unit

    def find(self, head: str) -> str:
        """Return the short id of the document that is named in `head`; empty where none is."""
        name = head.strip(" \t:,;#@|(-–—`*_=§").removeprefix("./")
        if found := self._id(name) or self._paths.get(name, ""):
            return found
        words = [w.strip("`*_.:@") for w in re.split(r"[\s,;:()§]+", name)]
        for word in reversed(words):
            if found := self._id(word):
                return found
        for word in (name, *reversed(words)):
            if found := self._ending(word.replace("\\", "/").removeprefix("./")):
                return found
        return ""

    def meant(self, head: str) -> str:
        """Return the name of an unknown document that `head` can only mean as one; else empty."""
        name = head.strip(" \t:,;#@|(-–—`*_=")
        word = name.split()[-1] if name else ""
        if NUMBERED.fullmatch(word) or FILE.fullmatch(word):
            return word
        # "and/or" and "Smith/Jones" are no paths, unless a place is joined to them.
        joined = "/" in word and head.endswith((":", "#"))
        return word if joined and "//" not in word else ""

    def _id(self, name: str) -> str:
        if name in self._documents:
            return name
        return name.lower() if name.lower() in self._documents else ""

    def _ending(self, name: str) -> str:
        if found := self._paths.get(name):
            return found
        among = self._endings.get(name.rpartition("/")[2], []) if name else []
        tail = f"/{name.lstrip('/')}"
        fits = [s for s in among if f"/{self._documents[s].path}".endswith(tail)]
        return fits[0] if len(fits) == 1 else ""
