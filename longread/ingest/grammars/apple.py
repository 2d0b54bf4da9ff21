"""Swift and Objective-C."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from longread.ingest.grammars.c import C
from longread.ingest.grammars.shape import (
    FUNCTION,
    METHOD,
    PACKAGE,
    WHOLE,
    WHOLE_TYPE,
    Grammar,
    Read,
    Sense,
    blank,
    child,
    kind_of_class,
    nth,
    typed,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

SWIFT_SOLID = words(
    "class_declaration protocol_declaration init_declaration/body deinit_declaration"
    " subscript_declaration function_declaration/body property_declaration/computed_value"
    " property_declaration/willset_didset_block"
)


def _swift_class(node: Node, read: Read) -> Sense:
    body = node.child_by_field_name("body")
    name = read(node.child_by_field_name("name")).partition("<")[0]
    return Sense(kind_of_class(body, SWIFT_SOLID), name, body=body)


def _swift_property(node: Node, read: Read) -> Sense | None:
    body = child(node, "computed_value|willset_didset_block")
    return Sense(FUNCTION, read(node.child_by_field_name("name")), body=body) if body else None


def _swift_function(node: Node, read: Read) -> Sense:
    name = read(node.child_by_field_name("name")).strip("`")
    return Sense(FUNCTION, name, body=node.child_by_field_name("body"))


def _swift_requirement(node: Node, read: Read) -> Sense:
    name = read(node.child_by_field_name("name"))
    return Sense(WHOLE, name.removeprefix("var ").removeprefix("let "))


def _swift_named_by_keyword(node: Node, _read: Read) -> Sense:
    word = node.type.removesuffix("_declaration")
    return Sense(FUNCTION, word, body=child(node, "body|computed_property"))


def _swift_import(node: Node, read: Read) -> Sense:
    return Sense(links=(read(typed(node, "identifier")).replace(".", "/"),))


SWIFT = Grammar(
    "tree_sitter_swift:language",
    definitions={
        "typealias_declaration": WHOLE_TYPE,
        "macro_declaration": WHOLE,
    },
    looked_into=words("source_file class_body enum_class_body protocol_body"),
    leading=words("comment multiline_comment"),
    readers={
        "class_declaration": _swift_class,
        "protocol_declaration": _swift_class,
        "function_declaration": _swift_function,
        "protocol_function_declaration": _swift_function,
        "property_declaration": _swift_property,
        "protocol_property_declaration": _swift_requirement,
        "init_declaration": _swift_named_by_keyword,
        "deinit_declaration": _swift_named_by_keyword,
        "subscript_declaration": _swift_named_by_keyword,
        "import_declaration": _swift_import,
    },
)


OBJC_HOLDERS = words("class_interface class_implementation protocol_declaration")
OBJC_MEMBERS = (
    "instance_variables",
    "implementation_definition",
    "method_declaration",
    "property_declaration",
    "qualified_protocol_interface_declaration",
)
OBJC_MACROS = re.compile(
    rb"\b(?:NS|CF)_(?:ASSUME_NONNULL|HEADER_AUDIT)_(?:BEGIN|END)\b(?:\([^()\n]*\))?"
    rb"|\b(?:NS_SWIFT_NAME|NS_AVAILABLE\w*|NS_DEPRECATED\w*|API_(?:UN)?AVAILABLE|API_DEPRECATED\w*)"
    rb"\((?:[^()\n]|\([^()\n]*\))*\)"
    rb"|\b(?:NS_DESIGNATED_INITIALIZER|NS_REQUIRES_SUPER|NS_UNAVAILABLE|NS_SWIFT_\w+)\b(?!\s*\()"
)
OBJC_ENUM = re.compile(
    rb"\btypedef\s+(?:NS|CF)_(?:CLOSED_)?(?:ERROR_)?(?:ENUM|OPTIONS)\s*\([\w ]+,\s*(\w+)\s*\)"
)


def _objc_readable(data: bytes) -> bytes:
    """Return the text without the macros that the grammar stumbles over, and as long."""
    data = OBJC_MACROS.sub(blank, data)

    def plain(found: re.Match[bytes]) -> bytes:
        before = b"enum".ljust(found.start(1) - found.start())
        return (before + found[1]).ljust(len(found[0]))

    return OBJC_ENUM.sub(plain, data) if b"_ENUM" in data or b"_OPTIONS" in data else data


def _objc_class(node: Node, read: Read) -> Sense:
    end = typed(node, *OBJC_MEMBERS) or node.child(node.child_count - 1)
    return Sense(PACKAGE, read(nth(node)), body=end)


def _objc_method(node: Node, read: Read) -> Sense:
    holder = node.parent
    while holder and holder.type not in OBJC_HOLDERS:
        holder = holder.parent
    name = f"{read(nth(holder))}." if holder else ""
    for part in node.named_children:
        if part.type == "identifier":
            name += read(part)
        elif part.type == "method_parameter":
            name += ":"
    return Sense(METHOD, name, body=typed(node, "compound_statement"))


OBJC = replace(
    C,
    wheel="tree_sitter_objc:language",
    looked_into=C.looked_into
    | words("implementation_definition qualified_protocol_interface_declaration")
    | words("compound_statement"),
    imports={**C.imports, "module_import": "path"},
    readers={
        **dict.fromkeys(OBJC_HOLDERS, _objc_class),
        "method_declaration": _objc_method,
        "method_definition": _objc_method,
    },
    readable=_objc_readable,
)
