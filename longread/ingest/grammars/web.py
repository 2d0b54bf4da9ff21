"""JavaScript and TypeScript, CSS and HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    ASSIGNED,
    CLASS,
    FUNCTION,
    TYPE,
    Definition,
    Grammar,
    Read,
    Sense,
    child,
    is_long,
    nth,
    typed,
    until,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

JAVASCRIPT = Grammar(
    "tree_sitter_javascript:language",
    definitions={
        "function_declaration": FUNCTION,
        "generator_function_declaration": FUNCTION,
        "class_declaration": CLASS,
        "method_definition": FUNCTION,
        "field_definition": ASSIGNED,
        "lexical_declaration": ASSIGNED,
        "variable_declaration": ASSIGNED,
        "expression_statement": ASSIGNED,
        "pair": ASSIGNED,
    },
    looked_into=words(
        "program class_body statement_block if_statement else_clause try_statement catch_clause"
        " finally_clause"
    ),
    wrappers=words("export_statement"),
    looked_into_if_long=words(
        "expression_statement call_expression parenthesized_expression arguments unary_expression"
        " function_expression arrow_function lexical_declaration variable_declaration"
        " variable_declarator assignment_expression object"
    ),
    leading=words("comment decorator"),
    imports={"import_statement": "source", "export_statement": "source"},
    functions=words("arrow_function function_expression generator_function class"),
)
TYPESCRIPT = Grammar(
    "tree_sitter_typescript:language_typescript",
    definitions={
        **{k: v for k, v in JAVASCRIPT.definitions.items() if k != "field_definition"},
        "function_signature": Definition("function", shown="whole"),
        "abstract_method_signature": Definition("function", shown="whole"),
        "method_signature": Definition("function", shown="whole"),
        "public_field_definition": ASSIGNED,
        "abstract_class_declaration": CLASS,
        "interface_declaration": TYPE,
        "enum_declaration": TYPE,
        "type_alias_declaration": Definition("class", body="value", shown="short"),
        "internal_module": Definition("class", members="function"),
        "module": Definition("class", members="function"),
    },
    looked_into=JAVASCRIPT.looked_into,
    wrappers=words("export_statement ambient_declaration"),
    looked_into_if_long=JAVASCRIPT.looked_into_if_long,
    leading=JAVASCRIPT.leading,
    imports=JAVASCRIPT.imports,
    functions=JAVASCRIPT.functions,
)
TSX = replace(TYPESCRIPT, wheel="tree_sitter_typescript:language_tsx")

RULE = Definition("section")
CSS_BODIES = "block|keyframe_block_list"


def _css_rule(node: Node, read: Read) -> Sense | None:
    selectors = typed(node, "selectors")
    return Sense(RULE, read(selectors), head=selectors, into=is_long(node))


def _css_at(node: Node, read: Read) -> Sense | None:
    """Read `@media …`; one without braces says little."""
    body = child(node, CSS_BODIES)
    if not body:
        return None
    nests = typed(body, "rule_set", "media_statement", "supports_statement", "at_rule")
    head = until(node, body, words("comment"))
    return Sense(RULE, read(node, body), head=head, into=bool(nests))


def _css_import(node: Node, read: Read) -> Sense:
    link = child(node, "string_value|call_expression/arguments/string_value")
    if not link:
        link = child(node, "call_expression/arguments")
    return Sense(links=(read(link).strip("()\"'"),) if link else ())


CSS = Grammar(
    "tree_sitter_css:language",
    definitions={},
    looked_into=words("stylesheet block"),
    readers={
        "rule_set": _css_rule,
        "import_statement": _css_import,
        **dict.fromkeys(
            (
                "media_statement",
                "supports_statement",
                "keyframes_statement",
                "at_rule",
            ),
            _css_at,
        ),
    },
)

HTML_HEADING = Definition("section", shown="whole", lasting=True)
HTML_TITLE = Definition("section", shown="whole")
HTML_PART = Definition("section")
HEADINGS = words("h1 h2 h3 h4 h5 h6")
LANDMARKS = words("main section article nav header footer aside form template")
HTML_ROWS = 3
"""Lines from which an element with an id, or a part of the page, is named."""
PIECES = 24
"""Nodes of a heading in which its words are looked for."""


def _html_words(node: Node, read: Read) -> str:
    """Return what a person sees of a heading."""
    said: list[str] = []
    waiting = [node]
    for _ in range(PIECES):
        if not waiting:
            break
        at = waiting.pop()
        if at.type in ("text", "entity"):
            said.append(read(at))
        else:
            waiting += [c for c in reversed(at.named_children) if not c.type.endswith("_tag")]
    return unescape(" ".join(said))


def _html_element(node: Node, read: Read) -> Sense | None:
    tag = nth(node)
    if not tag or tag.type not in ("start_tag", "self_closing_tag"):
        return None
    name = read(nth(tag)).lower()
    if name in HEADINGS or name == "title":
        found = HTML_TITLE if name == "title" else HTML_HEADING
        return Sense(found, _html_words(node, read), into=False)
    rows = node.end_point[0] - node.start_point[0] + 1
    if rows < HTML_ROWS:
        return None
    for attribute in tag.named_children[1:]:
        if read(typed(attribute, "attribute_name")).lower() == "id":
            value = child(attribute, "quoted_attribute_value|attribute_value")
            return Sense(HTML_PART, f"{name}#{read(value)}", head=tag, into=True)
    if name in LANDMARKS:
        return Sense(HTML_PART, name, head=tag, into=True)
    return None


def _html_raw(node: Node, read: Read) -> Sense | None:
    """Read a script or a style that is written into the page."""
    tag = nth(node)
    if not tag or node.end_point[0] == node.start_point[0]:
        return None
    return Sense(HTML_PART, read(nth(tag)).lower(), head=tag)


HTML = Grammar(
    "tree_sitter_html:language",
    definitions={},
    looked_into=words("document element"),
    documented="nowhere",
    readers={
        "element": _html_element,
        "script_element": _html_raw,
        "style_element": _html_raw,
    },
    linked=re.compile(
        rb"""\b(?:href|src|poster|data)\s*=\s*["']?([^"'\s>{}#?:]+)(?=["'\s>#?])""", re.IGNORECASE
    ),
)
