"""Java, C#, Kotlin and Scala."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    CLASS,
    FUNCTION,
    METHOD,
    MODULE,
    PACKAGE,
    WHOLE,
    WHOLE_TYPE,
    Definition,
    Grammar,
    Read,
    Sense,
    child,
    kind_of_class,
    nth,
    typed,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _up_to_class(path: str) -> str:
    """Return the file that an import by name is likely to be in: that of its outermost class."""
    steps = [step for step in path.replace(" ", "").split(".") if step and step not in "*_"]
    for at, step in enumerate(steps):
        if step[0].isupper():
            return "/".join(steps[: at + 1])
    return "/".join(steps)


JAVA_TYPES = words(
    "class_declaration interface_declaration enum_declaration record_declaration"
    " annotation_type_declaration"
)
JAVA_SOLID = JAVA_TYPES | words(
    "constructor_declaration compact_constructor_declaration method_declaration/body"
    " enum_body_declarations enum_constant/body"
)


def _java_class(node: Node, read: Read) -> Sense:
    body = node.child_by_field_name("body")
    name = read(node.child_by_field_name("name"))
    return Sense(kind_of_class(body, JAVA_SOLID), name, body=body)


def _java_import(node: Node, read: Read) -> Sense:
    name = typed(node, "scoped_identifier", "identifier")
    return Sense(links=(_up_to_class(read(name)),))


JAVA = Grammar(
    "tree_sitter_java:language",
    definitions={
        "method_declaration": FUNCTION,
        "constructor_declaration": FUNCTION,
        "compact_constructor_declaration": FUNCTION,
        "annotation_type_element_declaration": WHOLE,
    },
    looked_into=words("program class_body interface_body enum_body enum_body_declarations")
    | words("annotation_type_body"),
    leading=words("line_comment block_comment"),
    readers={**dict.fromkeys(JAVA_TYPES, _java_class), "import_declaration": _java_import},
)


CSHARP_TYPES = words(
    "class_declaration struct_declaration record_declaration interface_declaration"
)
CSHARP_SOLID = CSHARP_TYPES | words(
    "constructor_declaration destructor_declaration method_declaration/body enum_declaration"
    " operator_declaration conversion_operator_declaration indexer_declaration"
    " property_declaration/value/block property_declaration/arrow_expression_clause"
    " delegate_declaration preproc_if"
)


def _csharp_class(node: Node, read: Read) -> Sense:
    body = node.child_by_field_name("body")
    name = read(node.child_by_field_name("name"))
    return Sense(kind_of_class(body, CSHARP_SOLID), name, body=body)


def _csharp_property(node: Node, read: Read) -> Sense | None:
    """Read a property, an indexer or an event; what only stores is none of its own."""
    name = read(node.child_by_field_name("name")) or "this[]"
    arrow = typed(node, "arrow_expression_clause")
    accessors = node.child_by_field_name("accessors")
    if arrow:
        return Sense(FUNCTION, name, body=arrow)
    if accessors and any(part.child_by_field_name("body") for part in accessors.named_children):
        return Sense(FUNCTION, name, body=accessors)
    within = node.parent.parent if node.parent else None
    if node.type == "indexer_declaration" or (within and within.type == "interface_declaration"):
        return Sense(WHOLE, name)
    return None


def _csharp_operator(node: Node, read: Read) -> Sense:
    operator = node.child_by_field_name("operator") or node.child_by_field_name("type")
    body = child(node, "body|arrow_expression_clause")
    return Sense(FUNCTION, f"operator {read(operator)}", body=body)


def _csharp_destructor(node: Node, read: Read) -> Sense:
    name = read(node.child_by_field_name("name"))
    return Sense(FUNCTION, f"~{name}", body=node.child_by_field_name("body"))


def _csharp_using(node: Node, read: Read) -> Sense | None:
    if not node.named_child_count:
        return None
    name = nth(node, -1)
    return Sense(links=(read(name).partition("<")[0].replace(".", "/"),))


CSHARP = Grammar(
    "tree_sitter_c_sharp:language",
    definitions={
        "namespace_declaration": PACKAGE,
        "file_scoped_namespace_declaration": WHOLE_TYPE,
        "enum_declaration": Definition("class", shown="short"),
        "delegate_declaration": WHOLE_TYPE,
        "method_declaration": FUNCTION,
        "constructor_declaration": FUNCTION,
        "local_function_statement": FUNCTION,
    },
    looked_into=words("compilation_unit declaration_list global_statement preproc_if")
    | words("preproc_elif preproc_else"),
    readers={
        **dict.fromkeys(CSHARP_TYPES, _csharp_class),
        "property_declaration": _csharp_property,
        "indexer_declaration": _csharp_property,
        "event_declaration": _csharp_property,
        "operator_declaration": _csharp_operator,
        "conversion_operator_declaration": _csharp_operator,
        "destructor_declaration": _csharp_destructor,
        "using_directive": _csharp_using,
    },
)


KOTLIN_SOLID = words(
    "class_declaration object_declaration companion_object secondary_constructor"
    " function_declaration/function_body property_declaration/getter property_declaration/setter"
    " enum_entry/class_body anonymous_initializer"
)


def _kotlin_class(node: Node, read: Read) -> Sense:
    body = typed(node, "class_body", "enum_class_body")
    name = read(node.child_by_field_name("name")) or "Companion"
    return Sense(kind_of_class(body, KOTLIN_SOLID), name, body=body)


def _kotlin_receiver(node: Node, name: Node | None, read: Read) -> str:
    """Return what a function or property extends, with a dot behind it."""
    at = typed(node, "user_type", "nullable_type", "parenthesized_type")
    if not name or not at or at.start_byte > name.start_byte:
        return ""
    return read(at).partition("<")[0].strip("?() ") + "."


def _kotlin_function(node: Node, read: Read) -> Sense:
    name = node.child_by_field_name("name")
    of = _kotlin_receiver(node, name, read)
    found = of + read(name).strip("`")
    return Sense(METHOD if of else FUNCTION, found, body=typed(node, "function_body"))


def _kotlin_property(node: Node, read: Read) -> Sense | None:
    accessor = child(node, "getter/function_body|setter/function_body")
    if not accessor:
        return None
    name = child(node, "variable_declaration/identifier")
    of = _kotlin_receiver(node, name, read)
    return Sense(METHOD if of else FUNCTION, of + read(name), body=accessor.parent)


def _kotlin_constructor(node: Node, _read: Read) -> Sense:
    return Sense(FUNCTION, "constructor", body=typed(node, "block"))


def _kotlin_import(node: Node, read: Read) -> Sense:
    return Sense(links=(_up_to_class(read(typed(node, "qualified_identifier", "identifier"))),))


KOTLIN_CLOSED = re.compile(rb"(?<=[^\s{;,]) (?=\})")
"""The end of a body on one line; the grammar asks for a line's end or a semicolon there."""


def _kotlin_readable(data: bytes) -> bytes:
    return KOTLIN_CLOSED.sub(b";", data)


KOTLIN = Grammar(
    "tree_sitter_kotlin:language",
    definitions={"type_alias": Definition("class", name="type", shown="whole")},
    looked_into=words("source_file class_body enum_class_body"),
    leading=words("line_comment block_comment"),
    readers={
        "class_declaration": _kotlin_class,
        "object_declaration": _kotlin_class,
        "companion_object": _kotlin_class,
        "function_declaration": _kotlin_function,
        "property_declaration": _kotlin_property,
        "secondary_constructor": _kotlin_constructor,
        "import": _kotlin_import,
    },
    readable=_kotlin_readable,
)


SCALA_SOLID = words(
    "class_definition object_definition trait_definition enum_definition function_definition"
    " given_definition extension_definition"
)


def _scala_class(node: Node, read: Read) -> Sense:
    body = node.child_by_field_name("body")
    name = read(node.child_by_field_name("name"))
    return Sense(kind_of_class(body, SCALA_SOLID), name, body=body)


def _scala_given(node: Node, read: Read) -> Sense:
    body = node.child_by_field_name("body")
    name = node.child_by_field_name("name") or node.child_by_field_name("return_type")
    return Sense(CLASS, read(name), body=body)


def _scala_extension(node: Node, read: Read) -> Sense:
    of = child(node, "parameters/parameter/type")
    body = node.child_by_field_name("body")
    return Sense(CLASS, read(of).partition("[")[0], body=body)


def _scala_import(node: Node, read: Read) -> Sense:
    steps = [read(step) for step in node.children_by_field_name("path")]
    path = ".".join(steps)
    many = typed(node, "namespace_selectors")
    if not many:
        return Sense(links=(_up_to_class(path),))
    names = [one.child_by_field_name("name") or one for one in many.named_children]
    return Sense(links=tuple(_up_to_class(f"{path}.{read(name)}") for name in names))


SCALA = Grammar(
    "tree_sitter_scala:language",
    definitions={
        "function_definition": FUNCTION,
        "function_declaration": WHOLE,
        "type_definition": WHOLE_TYPE,
        "package_object": MODULE,
    },
    looked_into=words(
        "compilation_unit template_body enum_body with_template_body package_clause indented_block"
    ),
    leading=words("comment block_comment"),
    readers={
        "class_definition": _scala_class,
        "object_definition": _scala_class,
        "trait_definition": _scala_class,
        "enum_definition": _scala_class,
        "given_definition": _scala_given,
        "extension_definition": _scala_extension,
        "import_declaration": _scala_import,
    },
)
