"""Rust, Go and Zig."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    CLASS,
    FUNCTION,
    METHOD,
    MODULE,
    OPEN_TYPE,
    TYPE,
    WHOLE_TYPE,
    Definition,
    Grammar,
    Read,
    Role,
    Sense,
    child,
    kind_of_class,
    nth,
    paths,
    typed,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _rust_comment(node: Node, _read: Read) -> Role:
    return "within" if node.child_by_field_name("inner") else "doc"


def _rust_struct(node: Node, read: Read) -> Sense:
    name, body = read(node.child_by_field_name("name")), typed(node, "field_declaration_list")
    return Sense(TYPE, name, body=body)


def _rust_impl(node: Node, read: Read) -> Sense | None:
    of = node.child_by_field_name("type")
    while of and (inner := of.child_by_field_name("type") or of.child_by_field_name("name")):
        of = inner
    name = read(of).removeprefix("dyn ").partition(" + ")[0]
    return Sense(CLASS, name, body=node.child_by_field_name("body")) if name else None


def _rust_module(node: Node, read: Read) -> Sense:
    name, body = read(node.child_by_field_name("name")), node.child_by_field_name("body")
    return Sense(MODULE, name, body=body) if body else Sense(links=(name,))


def _rust_macro(node: Node, read: Read) -> Sense:
    name = node.child_by_field_name("name")
    return Sense(FUNCTION, read(name), head=name)


def _rust_use(node: Node, read: Read) -> Sense:
    argument = node.child_by_field_name("argument")
    links: list[str] = []
    for found in _rust_paths(argument, read) if argument else ():
        steps = [step for step in found.split("::") if step not in ("crate", "self", "super", "*")]
        links += paths([step.removeprefix("r#") for step in steps])
    return Sense(links=tuple(links))


def _rust_paths(node: Node, read: Read) -> list[str]:
    """Return the paths that a tree of `use` stands for, without what they are called here."""
    if node.type == "use_as_clause":
        return [read(node.child_by_field_name("path"))]
    many = typed(node, "use_list") if node.type == "scoped_use_list" else node
    if not many or many.type != "use_list":
        return ["".join(read(node).split())]
    path = node.child_by_field_name("path") if many != node else None
    prefix = read(path) + "::" if path else ""
    return [
        prefix + found
        for one in many.named_children
        if one.type not in ("line_comment", "block_comment")
        for found in _rust_paths(one, read)
    ]


RUST = Grammar(
    "tree_sitter_rust:language",
    definitions={
        "function_item": FUNCTION,
        "function_signature_item": FUNCTION,
        "enum_item": TYPE,
        "union_item": TYPE,
        "type_item": WHOLE_TYPE,
        "trait_item": CLASS,
    },
    looked_into=words("source_file declaration_list foreign_mod_item"),
    leading=words("line_comment block_comment attribute_item"),
    decorators=words("attribute_item"),
    imports={"extern_crate_declaration": "name"},
    readers={
        "line_comment": _rust_comment,
        "block_comment": _rust_comment,
        "struct_item": _rust_struct,
        "impl_item": _rust_impl,
        "mod_item": _rust_module,
        "macro_definition": _rust_macro,
        "use_declaration": _rust_use,
    },
)


def _go_type(node: Node, read: Read) -> Sense | None:
    """Read a type, or a declaration of one type."""
    spec: Node | None = node
    if node.type == "type_declaration":
        second = node.child(1)
        if not second or second.type == "(":
            return None
        spec = second
    elif node.parent and node.parent.child(1) == node:
        return None  # it was read with what it stands in
    if not spec:
        return None
    name = read(spec.child_by_field_name("name"))
    kind = spec.child_by_field_name("type")
    if kind and kind.type == "struct_type":
        return Sense(TYPE, name, body=typed(kind, "field_declaration_list"))
    if kind and kind.type == "interface_type":
        return Sense(OPEN_TYPE, name, head=kind.child(0))
    return Sense(WHOLE_TYPE, name)


def _go_method(node: Node, read: Read) -> Sense:
    receiver = node.child_by_field_name("receiver")
    of = child(receiver, "parameter_declaration/type") if receiver else None
    while of and of.type != "type_identifier":
        of = of.child_by_field_name("type") or nth(of)
    name = f"{read(of)}.{read(node.child_by_field_name('name'))}"
    return Sense(METHOD, name.removeprefix("."), body=node.child_by_field_name("body"))


GO = Grammar(
    "tree_sitter_go:language",
    definitions={
        "function_declaration": FUNCTION,
        "method_elem": Definition("method", shown="whole"),
    },
    looked_into=words("source_file type_declaration import_declaration import_spec_list")
    | words("type_spec interface_type"),
    imports={"import_spec": "path"},
    readers={
        "package_clause": lambda _node, _read: "file",
        "type_declaration": _go_type,
        "type_spec": _go_type,
        "type_alias": _go_type,
        "method_declaration": _go_method,
    },
)


ZIG_CONTAINERS = words("struct_declaration enum_declaration union_declaration opaque_declaration")


def _zig_variable(node: Node, read: Read) -> Sense | None:
    count = node.named_child_count
    name = typed(node, "identifier")
    value = node.named_child(count - 1) if count > 1 else None
    if not name or not value:
        return None
    if value.type in ZIG_CONTAINERS:
        kind = kind_of_class(value, words("function_declaration/body variable_declaration"))
        return Sense(kind, read(name), body=_brace(value))
    if value.type == "error_set_declaration":
        return Sense(TYPE, read(name), body=_brace(value))
    return None


def _brace(node: Node) -> Node | None:
    return next((part for part in node.children if part.type == "{"), None)


def _zig_function(node: Node, read: Read) -> Sense:
    name, body = read(node.child_by_field_name("name")), node.child_by_field_name("body")
    makes = read(node.child_by_field_name("type")) == "type"
    return Sense(ZIG_GENERIC if makes and body else FUNCTION, name, body=body)


def _zig_test(node: Node, read: Read) -> Sense:
    name = read(typed(node, "string", "identifier"))
    return Sense(FUNCTION, f"test {name}".strip(), body=typed(node, "block"))


def _zig_comment(node: Node, read: Read) -> Role:
    return "within" if read(node).startswith("//!") else "doc"


ZIG_GENERIC = Definition("function", members="method")
"""A function that returns a type: that type's members are known by its name."""

ZIG = Grammar(
    "tree_sitter_zig:language",
    definitions={},
    looked_into=ZIG_CONTAINERS
    | words("source_file variable_declaration block expression_statement return_expression")
    | words("comptime_declaration"),
    readers={
        "variable_declaration": _zig_variable,
        "function_declaration": _zig_function,
        "test_declaration": _zig_test,
        "comment": _zig_comment,
    },
    linked=re.compile(rb'@(?:import|cInclude|embedFile)\(\s*"([^"\n]+)"\s*\)'),
)
