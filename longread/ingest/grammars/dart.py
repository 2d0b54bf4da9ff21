"""Dart: a function's signature and its body stand side by side in the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    CLASS,
    FUNCTION,
    SHORT_TYPE,
    WHOLE_TYPE,
    Definition,
    Grammar,
    Read,
    Sense,
    child,
    each,
    typed,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

SIGNATURES = (
    "function_signature", "getter_signature", "setter_signature", "operator_signature",
    "constructor_signature", "constant_constructor_signature", "factory_constructor_signature",
    "redirecting_factory_constructor_signature",
)  # fmt: skip


def _signature(node: Node, read: Read) -> Sense | None:
    """Read a signature, or what holds one; the last of a constructor's names is its own."""
    signature = node if node.type in SIGNATURES else typed(node, *SIGNATURES)
    if not signature:
        return None
    if signature.type == "operator_signature":
        name = "operator " + read(signature).partition("operator")[2].partition("(")[0].strip()
    else:
        names = [part for part in signature.named_children if part.type == "identifier"]
        name = read(names[-1]) if names else ""
    return Sense(FUNCTION, name, head=signature) if name else None


def _enum(node: Node, read: Read) -> Sense | None:
    name, body = child(node, "name"), child(node, "body")
    if body and typed(body, "method_signature", "declaration"):
        return Sense(CLASS, read(name), head=name)
    return Sense(SHORT_TYPE, read(name), head=name)


def _alias(node: Node, read: Read) -> Sense | None:
    """Read `typedef Price = double` and `typedef int Compare(Object a)`."""
    names = [part for part in node.named_children if part.type == "type_identifier"]
    if not names:
        return None
    old = typed(node, "formal_parameter_list")
    return Sense(WHOLE_TYPE, read(names[-1] if old else names[0]))


def _extension(node: Node, read: Read) -> Sense | None:
    name, on = child(node, "name"), child(node, "class|representation")
    return Sense(CLASS, read(name or on), head=on or name)


DART = Grammar(
    "tree_sitter_dart:language",
    definitions={
        "class_definition": CLASS,
        "mixin_declaration": Definition(
            "class", name="identifier", body="class_body", members="method"
        ),
    },
    looked_into=words("program class_body enum_body extension_body"),
    leading=words("comment documentation_comment annotation"),
    decorators=words("annotation"),
    imports={
        "import_or_export": (
            "library_import/import_specification/configurable_uri/uri"
            "|library_export/configurable_uri/uri"
        ),
        "part_directive": "uri",
        "part_of_directive": "uri",
    },
    readers={
        **dict.fromkeys(SIGNATURES[:3], _signature),
        "method_signature": _signature,
        "declaration": _signature,
        "enum_declaration": _enum,
        "type_alias": _alias,
        "extension_declaration": _extension,
        "extension_type_declaration": each(CLASS, "name", "representation"),
        "function_body": lambda _node, _read: "tail",
    },
)
