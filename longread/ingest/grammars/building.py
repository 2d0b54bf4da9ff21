"""What things are built with: makefiles, Terraform's HCL, Groovy with Gradle and Jenkins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    CLASS,
    FUNCTION,
    GROUP,
    KEY,
    TYPE,
    Definition,
    Grammar,
    Read,
    Role,
    Sense,
    child,
    each,
    is_long,
    nth,
    typed,
    until,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _make_rule(node: Node, read: Read) -> Sense | None:
    targets, recipe = typed(node, "targets"), typed(node, "recipe")
    name = read(targets)
    if not targets or (name.startswith(".") and name[1:].isupper()):
        return None
    head = last = targets
    for part in node.children:
        if part.type in ("recipe", "comment", ";", "\n"):
            break
        head = last = part
    for step in recipe.named_children if recipe else ():
        if step.type == "conditional":
            break  # the tree has it in the recipe, although rules may stand in it
        last = step if step.type == "recipe_line" else last
    return Sense(FUNCTION, name, head=head, doc=typed(node, "comment"), last=last, into=True)


def _make_include(node: Node, read: Read) -> Sense:
    names = typed(node, "list")
    listed = names.named_children if names else []
    return Sense(links=tuple(read(name) for name in listed if name.type == "word"))


MAKE = Grammar(
    "tree_sitter_make:language",
    definitions={},
    looked_into=words("makefile rule recipe conditional else_directive elsif_directive"),
    leading=frozenset(),
    readers={
        "rule": _make_rule,
        "define_directive": each(FUNCTION, "name", "name"),
        "include_directive": _make_include,
    },
    comment="#",
)

HCL_SHORT = Definition("section", shown="short")
BLOCK = Definition("section")
BLOCK_TYPE = Definition("class")
HCL_BLOCKS = Definition("section", members="function")
HCL_SHOWN = ("variable", "output", "locals")
"""Blocks that are no more than what they say."""


def _hcl_block(node: Node, read: Read) -> Sense | None:
    words_of = []
    for part in node.named_children:
        if part.type not in ("identifier", "string_lit"):
            break
        words_of.append(part)
    if not words_of:
        return None
    name = ".".join(read(part) for part in words_of)
    links: tuple[str, ...] = ()
    if read(words_of[0]) in ("module", "include"):
        links = tuple(_hcl_sources(typed(node, "body"), read))
    definition = HCL_SHORT if read(words_of[0]) in HCL_SHOWN else BLOCK
    if is_long(node):
        definition = HCL_BLOCKS
    return Sense(definition, name, head=words_of[-1], links=links)


def _hcl_sources(body: Node | None, read: Read) -> list[str]:
    """Return the folders that a module is taken from, where it is not taken from elsewhere."""
    found = []
    for attribute in body.named_children if body else []:
        if attribute.type == "attribute" and read(typed(attribute, "identifier")) == "source":
            source = read(typed(attribute, "expression"))
            found += [source] if source.startswith(".") else []
    return found


def _hcl_attribute(node: Node, read: Read) -> Sense | None:
    """Read a value that stands by itself: `region = "eu"` of a file of variables."""
    return Sense(KEY, read(typed(node, "identifier"))) if node.start_point[1] == 0 else None


HCL = Grammar(
    "tree_sitter_hcl:language",
    definitions={},
    looked_into=words("config_file body"),
    leading=words("comment"),
    readers={"block": _hcl_block, "attribute": _hcl_attribute},
)

GROOVY_CLOSURES = words("closure block")


def _groovy_call(node: Node, read: Read) -> Sense | None:
    """Read `dependencies { … }`, `tasks.register('docs') { … }`, `stage('Build') { … }`."""
    closure = child(node, "body")
    if not closure or closure.type not in GROOVY_CLOSURES:
        return None
    arguments = child(node, "arguments")
    first = nth(arguments)
    said = read(first) if first and first.type in ("character_literal", "string_literal") else ""
    owner = child(node, "object")
    name = f"{read(owner)}.{read(child(node, 'name'))}" if owner else read(child(node, "name"))
    if not said and node.start_point[1]:
        return None
    return Sense(GROUP, f"{name} {said}".strip(), head=arguments or child(node, "name"))


def _groovy_statement(node: Node, read: Read) -> Role | None:
    first = nth(node)
    return "tail" if first and first.type in GROOVY_CLOSURES else None


def _groovy_words(node: Node, read: Read) -> Sense | None:
    """Read `task docs { … }`, of which the tree has the braces elsewhere, and `apply from:`."""
    word, arguments = read(child(node, "name")), child(node, "args")
    first = nth(arguments)
    if word == "apply" and first and first.type == "map_item":
        return Sense(links=(read(child(first, "value")),) if read(first)[:4] == "from" else ())
    if word == "trait" and first:
        return Sense(BLOCK_TYPE, read(first), head=arguments)
    if word not in ("task", "stage") or not first:
        return None
    return Sense(BLOCK, f"{word} {read(first)}", head=arguments)


def _groovy_field(node: Node, read: Read) -> Sense | None:
    declarator = child(node, "declarator")
    value = child(declarator, "value") if declarator else None
    if not declarator or not value or value.type != "closure":
        return None
    name = child(declarator, "name")
    return Sense(FUNCTION, read(name), head=name)


def _groovy_method(node: Node, read: Read) -> Sense | None:
    name, body = child(node, "name"), child(node, "body")
    broken = typed(node, "ERROR")
    if not name:
        return None
    if read(name) == "def" and broken:  # def "adds what is asked for"()
        return Sense(FUNCTION, read(broken), head=until(node, body, frozenset()))
    first = name if broken and broken.end_point[0] < name.start_point[0] else None
    return Sense(FUNCTION, read(name), head=until(node, body, frozenset()), first=first)


GROOVY = Grammar(
    "tree_sitter_groovy:language",
    definitions={
        "class_declaration": CLASS,
        "interface_declaration": TYPE,
        "enum_declaration": TYPE,
        "annotation_type_declaration": TYPE,
    },
    looked_into=words("program class_body expression_statement closure method_invocation"),
    leading=words("line_comment block_comment"),
    imports={"import_declaration": "scoped_identifier|identifier"},
    readers={
        "function_definition": _groovy_method,
        "method_declaration": _groovy_method,
        "constructor_declaration": _groovy_method,
        "local_variable_declaration": _groovy_field,
        "field_declaration": _groovy_field,
        "method_invocation": _groovy_call,
        "expression_statement": _groovy_statement,
        "block": lambda _node, _read: "tail",
        "juxt_function_call": _groovy_words,
    },
)
