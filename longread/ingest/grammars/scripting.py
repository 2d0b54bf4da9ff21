"""Python, Ruby, PHP, shell and Lua."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    CLASS,
    FUNCTION,
    GROUP,
    PACKAGE,
    WHOLE_TYPE,
    Definition,
    Grammar,
    Read,
    Sense,
    child,
    kind_of_class,
    typed,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

PYTHON = Grammar(
    "tree_sitter_python:language",
    definitions={
        "function_definition": FUNCTION,
        "class_definition": CLASS,
        "type_alias_statement": Definition(
            "class", name="left/generic_type/identifier|left", shown="whole"
        ),
    },
    looked_into=words(
        "module block if_statement elif_clause else_clause try_statement except_clause"
        " finally_clause with_statement for_statement while_statement match_statement case_clause"
    ),
    wrappers=words("decorated_definition"),
    imports={"import_statement": "name", "import_from_statement": "module_name"},
    documented="inside",
)


RUBY_METHOD = Definition("function", line=True)
"""What makes it private stands before it on its line."""
RUBY_LINKS = words("require require_relative load autoload")
RUBY_GROUPS = words("describe context feature namespace shared_examples shared_context")
RUBY_TESTS = words("it specify scenario test task")
RUBY_CONSTANTS = words("constant scope_resolution")
RUBY_MAKERS = words("Struct.new Class.new Module.new Data.define")


def _ruby_class(node: Node, read: Read) -> Sense:
    name = read(node.child_by_field_name("name")).replace("::", ".").removeprefix(".")
    return Sense(CLASS, name, body=node.child_by_field_name("body"))


def _ruby_call(node: Node, read: Read) -> Sense | None:
    word = read(node.child_by_field_name("method"))
    arguments, block = node.child_by_field_name("arguments"), node.child_by_field_name("block")
    count = arguments.named_child_count if arguments else 0
    if word in RUBY_LINKS:
        path = arguments.named_child(count - 1) if arguments and count else None
        return Sense(links=(read(path),), into=False) if path and path.type == "string" else None
    first = arguments.named_child(0) if arguments and count else None
    if first and not block:
        return _ruby_marked(first, read)
    if word in RUBY_GROUPS:
        return Sense(GROUP, f"{word} {read(first)}".strip(), body=block)
    if word in RUBY_TESTS and first:
        return Sense(FUNCTION, f"{word} {read(first)}", body=block)
    if word == "define_method" and first:
        return Sense(FUNCTION, read(first).strip(":"), body=block)
    return None


def _ruby_marked(node: Node, read: Read) -> Sense | None:
    """Read what follows `private` and the like, perhaps several."""
    at: Node | None = node
    while at and at.type == "call":
        at = child(at, "arguments")
        at = at.named_child(0) if at and at.named_child_count else None
    if not at or at.type not in RUBY.definitions:
        return None
    return Sense(FUNCTION, read(at.child_by_field_name("name")), body=child(at, "body"))


def _ruby_assignment(node: Node, read: Read) -> Sense | None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if not left or not right or left.type not in RUBY_CONSTANTS or right.type != "call":
        return None
    maker = f"{read(right.child_by_field_name('receiver'))}.{read(child(right, 'method'))}"
    if maker not in RUBY_MAKERS:
        return None
    block = right.child_by_field_name("block")
    name = read(left).replace("::", ".")
    return Sense(CLASS if block else WHOLE_TYPE, name, body=block)


RUBY = Grammar(
    "tree_sitter_ruby:language",
    definitions={"method": RUBY_METHOD, "singleton_method": RUBY_METHOD},
    looked_into=words(
        "program body_statement singleton_class call argument_list do_block block block_body"
        " if unless then else elsif begin assignment if_modifier unless_modifier"
    ),
    readers={
        "class": _ruby_class,
        "module": _ruby_class,
        "call": _ruby_call,
        "assignment": _ruby_assignment,
    },
)


PHP_TYPES = words("class_declaration interface_declaration trait_declaration enum_declaration")
PHP_SOLID = words("method_declaration/body property_declaration/property_hook_list")


def _php_class(node: Node, read: Read) -> Sense:
    body = node.child_by_field_name("body")
    name = read(node.child_by_field_name("name"))
    return Sense(kind_of_class(body, PHP_SOLID), name, body=body)


def _php_namespace(node: Node, read: Read) -> Sense | None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    return Sense(PACKAGE if body else WHOLE_TYPE, read(name), body=body) if name else None


def _php_use(node: Node, read: Read) -> Sense:
    group = typed(node, "namespace_use_group")
    prefix = read(typed(node, "namespace_name")) + "\\" if group else ""
    links = []
    for clause in (group or node).named_children:
        name = typed(clause, "qualified_name", "name", "namespace_name")
        if clause.type == "namespace_use_clause" and name:
            links.append((prefix + read(name)).strip("\\").replace("\\", "/"))
    return Sense(links=tuple(links))


def _php_property(node: Node, read: Read) -> Sense | None:
    hooks = typed(node, "property_hook_list")
    if not hooks:
        return None
    return Sense(FUNCTION, read(child(node, "property_element/variable_name/name")), body=hooks)


def _php_statement(node: Node, read: Read) -> Sense | None:
    value = child(node, "assignment_expression/right")
    if not value or value.type != "anonymous_function":
        return None
    name = read(child(node, "assignment_expression/left")).removeprefix("$")
    return Sense(FUNCTION, name, body=value.child_by_field_name("body"))


PHP = Grammar(
    "tree_sitter_php:language_php",
    definitions={"function_definition": FUNCTION, "method_declaration": FUNCTION},
    looked_into=words(
        "program declaration_list enum_declaration_list namespace_definition compound_statement"
        " colon_block if_statement else_clause else_if_clause"
    ),
    readers={
        **dict.fromkeys(PHP_TYPES, _php_class),
        "namespace_definition": _php_namespace,
        "namespace_use_declaration": _php_use,
        "property_declaration": _php_property,
        "expression_statement": _php_statement,
    },
    linked=re.compile(
        rb"\b(?:require|include)(?:_once)?\b[\s(]*"
        rb"(?:(?:__DIR__|dirname\(__FILE__\))\s*\.\s*)?([\"'])/?([^\"'\n$]+)\1"
    ),
)


BASH_BEFORE = re.compile(r"^.*(?:\$\(.*\)|\$\{[^{}]*\}|\$\w+)/")
"""A folder that is known only when the script runs."""


def _bash_command(node: Node, read: Read) -> Sense | None:
    path = node.child_by_field_name("argument")
    if not path or read(node.child_by_field_name("name")) not in ("source", "."):
        return None
    link = BASH_BEFORE.sub("", read(path))
    return Sense(links=(link,)) if link and "$" not in link else None


BASH = Grammar(
    "tree_sitter_bash:language",
    definitions={"function_definition": FUNCTION},
    looked_into=words(
        "program if_statement elif_clause else_clause list compound_statement subshell do_group"
        " while_statement for_statement case_statement case_item"
    ),
    readers={"command": _bash_command},
)


LUA_FUNCTION = Definition("function", line=True)
LUA_METHOD = Definition("method", line=True)
"""What makes it local stands before it on its line."""
LUA_CLASS = Definition("class", shown="whole", line=True)
LUA_TABLE = Definition("class", members="function", line=True)
LUA_KEY = re.compile(r"""\[["']([^"']*)["']\]""")
LUA_CLASSES = words("class Class")


def _lua_function(node: Node, read: Read) -> Sense:
    name = read(node.child_by_field_name("name"))
    definition = LUA_METHOD if ":" in name else LUA_FUNCTION
    return Sense(definition, name.replace(":", "."), body=_lua_body(node))


def _lua_body(node: Node) -> Node | None:
    """Return where the body of a function begins; an empty one begins with its end."""
    return node.child_by_field_name("body") or node.child(node.child_count - 1)


def _lua_assignment(node: Node, read: Read) -> Sense | None:
    name, value = child(node, "variable_list/name"), child(node, "expression_list/value")
    if not name or not value:
        return None
    found = LUA_KEY.sub(r".\1", read(name))
    if value.type == "function_definition":
        return Sense(LUA_FUNCTION, found, body=_lua_body(value))
    if value.type == "table_constructor" and any(
        (held := part.child_by_field_name("value")) and held.type == "function_definition"
        for part in value.named_children
    ):
        return Sense(LUA_TABLE, found, body=value)
    if value.type == "function_call" and read(child(value, "name")) in LUA_CLASSES:
        return Sense(LUA_CLASS, found)
    return None


def _lua_field(node: Node, read: Read) -> Sense | None:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if not name or not value or value.type != "function_definition":
        return None
    return Sense(FUNCTION, read(name), body=_lua_body(value))


LUA = Grammar(
    "tree_sitter_lua:language",
    definitions={},
    looked_into=words(
        "chunk variable_declaration assignment_statement expression_list table_constructor block"
        " return_statement if_statement else_statement elseif_statement do_statement"
    ),
    readers={
        "function_declaration": _lua_function,
        "assignment_statement": _lua_assignment,
        "field": _lua_field,
    },
    linked=re.compile(rb"\brequire\b[\s(]*([\"'])([\w./-]+)\1"),
    separator=".",
)
