"""The languages whose definitions are known, by name; no grammar is loaded before it is met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from longread.ingest.grammars import (
    apple,
    building,
    c,
    dart,
    data,
    dynamic,
    functional,
    managed,
    native,
    pack,
    prose,
    scripting,
    web,
)
from longread.ingest.grammars.shape import Grammar

if TYPE_CHECKING:
    from tree_sitter import Language

OWN: Mapping[str, Grammar] = {
    "python": scripting.PYTHON,
    "javascript": web.JAVASCRIPT,
    "typescript": web.TYPESCRIPT,
    "tsx": web.TSX,
    "bash": scripting.BASH,
    "c": c.C,
    "cpp": c.CPP,
    "csharp": managed.CSHARP,
    "cuda": c.CPP,
    "go": native.GO,
    "java": managed.JAVA,
    "kotlin": managed.KOTLIN,
    "lua": scripting.LUA,
    "objc": apple.OBJC,
    "objcpp": apple.OBJC,
    "php": scripting.PHP,
    "ruby": scripting.RUBY,
    "rust": native.RUST,
    "scala": managed.SCALA,
    "swift": apple.SWIFT,
    "zig": native.ZIG,
    "markdown": prose.MARKDOWN,
    "elixir": dynamic.ELIXIR,
    "julia": dynamic.JULIA,
    "haskell": functional.HASKELL,
    "ocaml": functional.OCAML,
    "html": web.HTML,
    "css": web.CSS,
    "json": data.JSON,
    "yaml": data.YAML,
    "toml": data.TOML,
    "xml": data.XML,
    "sql": data.SQL,
    "make": building.MAKE,
    "hcl": building.HCL,
    "groovy": building.GROOVY,
    "dart": dart.DART,
    "ocamlinterface": functional.OCAML_INTERFACE,
}
"""Languages for which there is a table."""


class Grammars(Mapping[str, Grammar]):
    """Languages whose definitions are known: those with a table, and those of the pack."""

    def __getitem__(self, language: str) -> Grammar:
        return pack.make(language) if language in PACKED else OWN[language]

    def __contains__(self, language: object) -> bool:
        return language in OWN or language in PACKED

    def __iter__(self) -> Iterator[str]:
        return iter((*OWN, *sorted(PACKED)))

    def __len__(self) -> int:
        return len(OWN) + len(PACKED)


PACKED = frozenset(pack.find()) - OWN.keys()
"""Languages of the pack, which may hang and not be stopped but with their process."""
GRAMMARS = Grammars()


@cache
def load(wheel: str) -> Language:
    """Return the grammar of a wheel."""
    from tree_sitter import Language

    module, function = wheel.split(":")
    return Language(getattr(import_module(module), function)())
