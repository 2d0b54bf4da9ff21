"""The long tail: what the types of nodes say, where the pack is installed, and edges where not."""

from __future__ import annotations

import pytest

from longread.ingest import syntax
from longread.ingest.grammars import GRAMMARS, OWN, PACKED, pack
from longread.ingest.syntax import parse, parse_many

TEXTS = {
    "fortran": (
        "module rings\ncontains\n  ! Größer.\n  subroutine add(x, y)\n    integer :: x, y\n"
        "    y = x\n  end subroutine add\nend module\n",
        ["class rings | module rings", "method rings.add |   subroutine add(x, y)", "class rings"],
    ),
    "r": (
        "# Größer.\nadd <- function(x, y = 2) {\n  x + y\n}\n",
        ["function add | add <- function(x, y = 2)"],
    ),
    "protobuf": (
        'syntax = "proto3";\n\n// Größe.\nmessage Item {\n  string name = 1;\n'
        "  message Inner { int32 a = 1; }\n}\n\n"
        "service Shop {\n  rpc Get (Item) returns (Item);\n}\n",
        [
            "block",
            "class Item | message Item",
            "class Item.Inner |   message Inner",
            "class Shop | service Shop {",
            "method Shop.Get |   rpc Get (Item) returns (Item);",
        ],
    ),
    "solidity": (
        "contract Shop is Base {\n    uint256 public total;\n    /// Kauft.\n"
        "    function buy(uint256 x) public returns (uint256) {\n        return x;\n    }\n}\n",
        [
            "class Shop | contract Shop is Base",
            "method Shop.buy |     function buy(uint256 x) public returns (uint256)",
        ],
    ),
    "nim": (
        "proc add(x: int): int =\n  ## Größer.\n  x + 1\n",
        ["function add | proc add(x: int): int"],
    ),
    "clojure": (
        "(ns shop)\n\n(defn add [x y]\n  (+ x y))\n",
        ["block", "function add | (defn add [x y]"],
    ),
}


def outline(text: str, language: str) -> list[str]:
    lines = []
    for s in parse(text, language).segments:
        shown = f" | {text[slice(*s.signature)]}" if s.signature else ""
        lines.append(f"{s.kind} {s.name}".rstrip() + shown)
    return lines


@pytest.mark.parametrize("language", TEXTS)
def test_types_of_nodes_say_what_is_defined_where_the_pack_is_installed(language: str) -> None:
    text, expected = TEXTS[language]
    if language in PACKED:
        assert outline(text, language) == expected
    else:
        assert language not in GRAMMARS
        (only,) = outline(text, language)
        assert only.startswith(f"block | {text.splitlines()[0]}")


def test_a_table_of_our_own_comes_before_the_pack() -> None:
    assert not PACKED & OWN.keys()
    assert set(GRAMMARS) == OWN.keys() | PACKED
    assert len(GRAMMARS) == len(OWN) + len(PACKED)


def test_grammars_that_hang_or_crash_are_not_used() -> None:
    assert not {"cobol", "d", "perl"} & pack.NAMES.keys()
    assert parse("x=1\n", "cobol").segments[0].kind == "block"


def test_what_may_hang_is_parsed_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def share(items, workers):  # type: ignore[no-untyped-def]
        asked.extend(key for key, _, _ in items)
        return iter(())

    monkeypatch.setattr(syntax, "PACKED", frozenset({"json"}))
    monkeypatch.setattr(syntax, "_share", share)
    assert [key for key, _ in parse_many([("a", "x = 1\n", "python")])] == ["a"]
    assert list(parse_many([("a", "{}\n", "json"), ("b", "x = 1\n", "python")])) == []
    assert asked == ["a", "b"]
