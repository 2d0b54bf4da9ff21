"""The long tail: grammars of tree-sitter-language-pack, where `longread[languages]` installed it.

Nobody wrote tables for these. A node defines something where its type says so and it has a name.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    CLASS,
    FUNCTION,
    Definition,
    Grammar,
    Read,
    Reader,
    Sense,
    child,
    is_long,
    nth,
    until,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Language, Node

PACK = "tree_sitter_language_pack"
NAMES = {
    **{
        name: name
        for name in words(
            "ada apex astro clojure cmake commonlisp dockerfile elisp elm erlang fish"
            " fortran fsharp glsl graphql haxe hlsl latex matlab meson nim nix pascal"
            " powershell prisma puppet r racket scheme scss solidity starlark svelte tcl thrift"
            " verilog vhdl vim vue wgsl"
        )
    },
    "bazel": "starlark",
    "protobuf": "proto",
    "systemverilog": "verilog",
}
"""Languages as `languages.detect` names them, and as the pack does. Its COBOL hangs on `x=1` and
its Perl on `pack#age`, its D crashes; what it has for text and tables says no more than lines."""

CALLED = words(
    "function method procedure subroutine macro proc fun def defun constructor rpc mixin task sub"
    " template"
)
HOLDING = words(
    "class struct interface enum module record trait message service contract entity architecture"
    " package object union namespace protocol library type"
)
ENDING = words("definition declaration statement def decl item clause")
"""Last words of a type of node that defines something, besides what it defines."""
PASSED = words(
    "variable parameter parameters param import include use using argument field fields property"
    " local const var attribute port ports signal label let binding operator list call expression"
    " forward end begin case type_specifier specifier return data keyword"
)
"""Words in the type of a node that defines nothing worth a name."""
CLOSED = words(
    "expression literal string identifier arguments number operator comment name symbol condition"
    " pattern keyword"
)
"""Words in the type of a node in which nothing is looked for."""
NAMED = re.compile(r"(?:.*_)?(?:name|identifier|word)")
OPENED = re.compile(r"(?:.*_)?(?:statement|header|command|declaration|clause|left)")
"""Types of the first part of a definition, where that has the name."""
BODY = re.compile(r"(?:.*_)?(?:body|block|statement_list)")
PLAIN = Definition("section")
LINE = Definition("function", shown="line")
HOLDING_LINE = Definition("class", shown="line", members="method")
COMMENTS = words("comment line_comment block_comment documentation_comment")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|_")


def find() -> dict[str, str]:
    """Return the languages whose grammars are installed, and what the pack calls them."""
    return NAMES if find_spec(PACK) else {}


@cache
def make(language: str) -> Grammar:
    """Return the table that the types of a grammar's nodes make."""
    from tree_sitter import Language

    wheel = f"{PACK}.bindings.{NAMES[language]}"
    kinds = _kinds(Language(import_module(wheel).language()))
    parts = {kind: frozenset(CAMEL.sub(" ", kind).lower().split()) for kind in kinds}
    readers = {kind: _reader(kind, parts[kind]) for kind in kinds}
    if language == "r":
        readers["binary_operator"] = _assignment
    if language in LISPS:
        readers |= dict.fromkeys(words("list_lit list") & set(kinds), _form)
    return Grammar(
        f"{wheel}:language",
        definitions={},
        looked_into=frozenset(k for k in kinds if not parts[k] & CLOSED),
        leading=frozenset(k for k in kinds if "comment" in parts[k]),
        readers={kind: reader for kind, reader in readers.items() if reader},
    )


def _kinds(loaded: Language) -> list[str]:
    """Return the types of a grammar's nodes, sorted."""
    found = {
        loaded.node_kind_for_id(at)
        for at in range(loaded.node_kind_count)
        if loaded.node_kind_is_named(at) and loaded.node_kind_is_visible(at)
    }
    return sorted(kind for kind in found if kind and kind != "ERROR")


def _reader(kind: str, parts: frozenset[str]) -> Reader | None:
    """Return what reads nodes of a type; None where they define nothing."""
    last = CAMEL.sub(" ", kind).lower().split()[-1]
    if parts & PASSED or last == "type" or last not in ENDING | CALLED | HOLDING:
        return None
    if parts & CALLED:
        return _defined(FUNCTION, LINE, last == "statement")
    if parts & HOLDING:
        return _defined(CLASS, HOLDING_LINE, last == "statement")
    if last in ("definition", "declaration"):
        return _defined(PLAIN, None, False)
    return None


def _defined(usual: Definition, bodiless: Definition | None, needs_body: bool) -> Reader:
    """Return what reads a definition that may have no body, and is none without where it must."""

    def read_defined(node: Node, read: Read) -> Sense | None:
        body = next((c for c in node.named_children if BODY.fullmatch(c.type)), None)
        body = node.child_by_field_name("body") or body
        rows = node.end_point[0] - node.start_point[0] - (node.end_point[1] == 0)
        if not body and needs_body and rows <= 0:
            return None
        name = read(_name(node, bool(bodiless)))
        if not name:
            return None
        if body:
            return Sense(usual, name, head=until(node, body, COMMENTS))
        return Sense(bodiless or PLAIN, name) if bodiless or not is_long(node) else None

    return read_defined


def _name(node: Node, deep: bool) -> Node | None:
    """Return what names a node: a field, a child that is a name, or what names its first part."""
    if name := node.child_by_field_name("name"):
        return name
    if not deep:
        first = nth(node)
        return first if first and OPENED.fullmatch(first.type) and _name(first, True) else None
    parts = node.named_children[:6]
    if said := next((part for part in parts if NAMED.fullmatch(part.type)), None):
        return said
    if node.type.endswith("_command"):
        return child(node, "argument_list/argument")
    first = next((part for part in parts if OPENED.fullmatch(part.type)), None)
    return _name(first, True) if first else None


def _assignment(node: Node, read: Read) -> Sense | None:
    """Read R's `add <- function(x) …`."""
    left, right = node.child_by_field_name("lhs"), node.child_by_field_name("rhs")
    if not left or not right or right.type != "function_definition":
        return None
    return Sense(FUNCTION, read(left), head=until(right, child(right, "body"), frozenset()))


LISPS = words("clojure commonlisp elisp racket scheme")
DEFINES = re.compile(r"\(\s*def\S*\s+\(?([^\s()\[\]{}]+)")


def _form(node: Node, read: Read) -> Sense | None:
    """Read `(defn add [x y] …)` and `(define (add x) …)`."""
    found = DEFINES.match(read(node))
    return Sense(LINE, found[1]) if found else None
