"""C and C++."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    CLASS,
    MODULE,
    TYPE,
    WHOLE_TYPE,
    Definition,
    Grammar,
    Read,
    Sense,
    blank,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

C = Grammar(
    "tree_sitter_c:language",
    definitions={
        "function_definition": Definition("function", named="declarator"),
        "declaration": Definition("function", named="declarator", shown="whole"),
        "struct_specifier": TYPE,
        "union_specifier": TYPE,
        "enum_specifier": TYPE,
        "type_definition": Definition("class", named="declarator", shown="short"),
        "preproc_function_def": Definition("function", body="value"),
    },
    looked_into=words(
        "translation_unit preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef"
        " linkage_specification declaration_list"
    ),
    # Braces that conditions leave open make one function swallow those below it.
    looked_into_if_long=words("function_definition compound_statement case_statement"),
    imports={"preproc_include": "path"},
)

CPP_HOLDING = words(
    "function_definition declaration template_declaration friend_declaration access_specifier"
    " preproc_if preproc_ifdef"
)
"""What makes a class of a structure."""


def _cpp_class(node: Node, read: Read) -> Sense | None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if not name or not body:
        return None
    plain = node.type != "class_specifier" and not any(
        part.type in CPP_HOLDING
        or (
            part.type == "field_declaration"
            and (declared := part.child_by_field_name("declarator"))
            and declared.type == "function_declarator"
        )
        for part in body.named_children
    )
    return Sense(TYPE if plain else CLASS, cpp_name(name, read), body=body)


def _cpp_namespace(node: Node, read: Read) -> Sense | None:
    name = node.child_by_field_name("name")
    if not name:
        return None
    parts = read(name).replace(" ", "").replace("inline", "").split("::")
    return Sense(MODULE, ".".join(parts), body=node.child_by_field_name("body"))


def cpp_name(node: Node | None, read: Read) -> str:
    """Return a name with dots, and without the arguments of templates: `Ring<T>::put`."""
    names = []
    while node:
        inner = None
        part = node
        if node.type == "qualified_identifier":
            inner = node.child_by_field_name("name")
            scope = node.child_by_field_name("scope")
            if not scope:
                node = inner
                continue
            part = scope
        if part.type in ("template_type", "template_function", "template_method"):
            part = part.child_by_field_name("name") or part
        before = part.child_by_field_name("declarator") if part.type == "operator_cast" else None
        names.append(read(part, before))
        node = inner
    return ".".join(names)


CPP_MARKED = re.compile(
    rb"\b(?:class|struct|enum|union)\s+([A-Z][A-Z0-9_]{2,}(?:\([^()\n]*\))?)"
    rb"(?=\s+\w[\w:<>, ]*(?::[^:]|\{))"
)
CPP_MACROS = re.compile(
    rb"\b(?:[A-Z][A-Z0-9_]*_(?:API|EXPORTS?|PUBLIC|LOCAL|HIDDEN|(?:NO|FORCE)?INLINE|NODISCARD"
    rb"|CONSTEXPR|HOST|DEVICE|EXTERN|DECL|VISIBILITY|UNUSED|DEPRECATED)"
    rb"|__(?:global|device|host|forceinline|noinline)__)(?=\s+[\w:~\[])"
)
"""What marks a declaration, or says where its code runs."""
CPP_LINES = re.compile(
    rb"^[ \t]*(_?[A-Z][A-Z0-9_]*(?:_BEGIN|_END|BEGIN_|END_|NAMESPACE|_OBJECT|_GADGET)\w*"
    rb"(?:\([^()\n]*\))?)[ \t]*$"
    rb"|^[ \t]*([A-Z][A-Z0-9_]*DEPRECATED\w*\(\s*(?:\"[^\"\n]*\"\s*)+\))",
    re.MULTILINE,
)
"""Macros alone on a line, that open a namespace, mark a class of Qt's, or warn."""


def _cpp_readable(data: bytes) -> bytes:
    """Return the text without the macros that the grammar stumbles over, and as long."""
    data = CPP_LINES.sub(blank, CPP_MARKED.sub(blank, data))

    def unmarked(found: re.Match[bytes]) -> bytes:
        line = data.rfind(b"\n", 0, found.start()) + 1
        directive = data[line : found.start()].lstrip().startswith(b"#")
        return found[0] if directive else b" " * len(found[0])

    return CPP_MACROS.sub(unmarked, data)


CPP_CONDITIONS = re.compile(
    rb"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif|else|endif)\b(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE
)


def _cpp_unconditional(data: bytes) -> bytes:
    return CPP_CONDITIONS.sub(blank, _cpp_readable(data))


CPP = replace(
    C,
    wheel="tree_sitter_cpp:language",
    definitions={
        **C.definitions,
        "function_definition": Definition(
            "function", named="declarator", body="field_initializer_list|body"
        ),
        "field_declaration": Definition("function", named="declarator", shown="whole"),
        "alias_declaration": WHOLE_TYPE,
        "concept_definition": WHOLE_TYPE,
    },
    looked_into=C.looked_into
    | words("namespace_definition field_declaration_list")
    | words("declaration field_declaration"),
    wrappers=words("template_declaration friend_declaration"),
    readers={
        "class_specifier": _cpp_class,
        "struct_specifier": _cpp_class,
        "union_specifier": _cpp_class,
        "namespace_definition": _cpp_namespace,
    },
    readable=_cpp_readable,
    plainer=_cpp_unconditional,
)
