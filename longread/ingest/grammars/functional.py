"""Haskell and OCaml."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    CLASS,
    FUNCTION,
    SHORT_TYPE,
    WHOLE,
    WHOLE_TYPE,
    Definition,
    Grammar,
    Read,
    Reader,
    Role,
    Sense,
    child,
    typed,
    until,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

HASKELL_ASIDE = words("comment haddock pragma")


def _haskell_type(node: Node, read: Read) -> Sense:
    body = (
        node.child_by_field_name("constructors")
        or node.child_by_field_name("constructor")
        or node.child_by_field_name("closed_family")
        or node.child_by_field_name("deriving")
    )
    name = read(node.child_by_field_name("name"))
    head = until(node, body, HASKELL_ASIDE) if body else None
    return Sense(SHORT_TYPE if head else WHOLE_TYPE, name, head=head)


def _haskell_class(node: Node, read: Read) -> Sense:
    body = node.child_by_field_name("declarations")
    name = read(node.child_by_field_name("name"))
    if node.type != "class":
        name = f"{name} {read(node.child_by_field_name('patterns'))}".strip()
    return Sense(CLASS, name, head=until(node, body, HASKELL_ASIDE))


def _haskell_signature(node: Node, read: Read) -> Sense:
    names = node.child_by_field_name("names")
    name = _haskell_name(read(names or node.child_by_field_name("name")))
    return Sense(WHOLE, name, same="" if names else name)


def _haskell_equation(node: Node, read: Read) -> Sense | None:
    body = node.child_by_field_name("match")
    infix = typed(node, "infix")
    name = node.child_by_field_name("name")
    if not name and infix:
        name = infix.child_by_field_name("operator")
    if not name:
        return None
    found = _haskell_name(read(name))
    return Sense(FUNCTION, found, head=until(node, body, HASKELL_ASIDE), same=found)


def _haskell_name(name: str) -> str:
    """Return the name of an operator without what makes it one."""
    return name.strip("`") if name.startswith("`") else name.removeprefix("(").removesuffix(")")


def _haskell_pattern(node: Node, read: Read) -> Sense | None:
    equation = typed(node, "equation", "signature")
    synonym = equation.child_by_field_name("synonym") if equation else None
    if not equation or not synonym:
        return None
    return Sense(WHOLE, read(synonym).split(" ")[0], same=read(synonym).split(" ")[0])


def _haskell_foreign(node: Node, read: Read) -> Sense | None:
    signature = node.child_by_field_name("signature")
    if not signature:
        return None
    return Sense(WHOLE, read(signature.child_by_field_name("name")))


def _haskell_header(node: Node, read: Read) -> Sense:
    module = node.child_by_field_name("module")
    return Sense(SHORT_TYPE, read(module), head=module)


HASKELL = Grammar(
    "tree_sitter_haskell:language",
    definitions={},
    looked_into=words("haskell declarations imports class_declarations instance_declarations"),
    leading=words("comment haddock"),
    imports={"import": "module"},
    readers={
        "header": _haskell_header,
        "data_type": _haskell_type,
        "newtype": _haskell_type,
        "type_synonym": _haskell_type,
        "type_family": _haskell_type,
        "data_family": _haskell_type,
        "class": _haskell_class,
        "instance": _haskell_class,
        "deriving_instance": lambda node, read: _haskell_class(node, read)._replace(
            definition=WHOLE_TYPE
        ),
        "signature": _haskell_signature,
        "function": _haskell_equation,
        "bind": _haskell_equation,
        "pattern_synonym": _haskell_pattern,
        "foreign_import": _haskell_foreign,
        "pragma": lambda _node, _read: "tail",
    },
)


OCAML_LINE = Definition("function", line=True)
OCAML_WHOLE = Definition("function", shown="whole", line=True)
OCAML_TYPE = Definition("class", shown="short", line=True)
OCAML_WHOLE_TYPE = Definition("class", shown="whole", line=True)
OCAML_MODULE = Definition("class", members="function", line=True)
OCAML_CLASS = Definition("class", members="method", line=True)
OCAML_ASIDE = words("comment item_attribute attribute")


def _ocaml_comment(node: Node, read: Read) -> Role:
    return "beside" if read(node).startswith("(**") else "aside"


def _ocaml_binding(node: Node, read: Read) -> Sense | None:
    pattern, body = node.child_by_field_name("pattern"), node.child_by_field_name("body")
    if not pattern or pattern.type not in ("value_name", "parenthesized_operator", "string"):
        return None
    name = read(pattern)
    if pattern.type == "parenthesized_operator":
        name = name.strip("() ")
    if not typed(node, "parameter") and node.end_point[0] == node.start_point[0]:
        return Sense(OCAML_WHOLE, name)
    return Sense(OCAML_LINE, name, head=until(node, body, OCAML_ASIDE))


def _ocaml_method(node: Node, read: Read) -> Sense | None:
    name, body = typed(node, "method_name"), node.child_by_field_name("body")
    return Sense(OCAML_LINE, read(name), head=until(node, body, OCAML_ASIDE)) if name else None


def _ocaml_type(node: Node, read: Read) -> Sense | None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if not name:
        return None
    head = until(node, body, OCAML_ASIDE) if body else None
    return Sense(OCAML_TYPE if head else OCAML_WHOLE_TYPE, read(name), head=head)


def _ocaml_module(node: Node, read: Read) -> Sense | None:
    name = typed(node, "module_name", "module_type_name", "class_name", "class_type_name")
    if not name:
        return None
    body = next(
        (
            child
            for child in reversed(node.named_children)
            if child.type in ("structure", "signature", "object_expression", "class_body_type")
        ),
        None,
    )
    if node.type.startswith("class"):
        body = body or typed(node, "class_function_type", "class_function")
        head = until(node, body, OCAML_ASIDE)
        return Sense(OCAML_CLASS, read(name), head=head)
    if not body:
        return Sense(OCAML_WHOLE_TYPE, read(name))
    return Sense(OCAML_MODULE, read(name), head=until(node, body, OCAML_ASIDE))


def _ocaml_named(definition: Definition, name: str) -> Reader:
    """Return what reads a node that has its name as a child."""

    def read_named(node: Node, read: Read) -> Sense | None:
        found = child(node, name)
        return Sense(definition, read(found).strip("() ")) if found else None

    return read_named


def _ocaml_exception(node: Node, read: Read) -> Sense | None:
    name = typed(typed(node, "constructor_declaration"), "constructor_name")
    return Sense(OCAML_WHOLE_TYPE, read(name)) if name else None


def _ocaml_open(node: Node, read: Read) -> Sense:
    module = node.child_by_field_name("module")
    if module and not module.type.endswith("module_path"):
        module = None
    module = module or child(node, "module_type/module")
    return Sense(links=(read(module),) if module else ())


OCAML = Grammar(
    "tree_sitter_ocaml:language_ocaml",
    definitions={},
    looked_into=words(
        "compilation_unit value_definition type_definition module_definition class_definition"
        " class_type_definition structure signature object_expression class_body_type"
        " class_function class_function_type let_class_expression"
    ),
    leading=frozenset(),
    readers={
        "comment": _ocaml_comment,
        "item_attribute": lambda _node, _read: "tail",
        "let_binding": _ocaml_binding,
        "type_binding": _ocaml_type,
        "module_binding": _ocaml_module,
        "module_type_definition": _ocaml_module,
        "class_binding": _ocaml_module,
        "class_type_binding": _ocaml_module,
        "method_definition": _ocaml_method,
        "method_specification": _ocaml_named(OCAML_WHOLE, "method_name"),
        "value_specification": _ocaml_named(OCAML_WHOLE, "value_name|parenthesized_operator"),
        "external": _ocaml_named(OCAML_WHOLE, "value_name|parenthesized_operator"),
        "exception_definition": _ocaml_exception,
        "open_module": _ocaml_open,
        "include_module": _ocaml_open,
    },
)
OCAML_INTERFACE = replace(
    OCAML,
    wheel="tree_sitter_ocaml:language_ocaml_interface",
    readers={
        **OCAML.readers,
        "open_module_signature": _ocaml_open,
        "include_module_type": _ocaml_open,
    },
)
