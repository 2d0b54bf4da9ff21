"""JSON, TOML, XML and YAML: what stands for them is their keys; and SQL, which makes tables.

A key's value is looked into where it is longer than a segment, so that a long file is known by
its second level of keys, and a very long one by its third.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from longread.ingest.grammars.shape import (
    FUNCTION,
    KEY,
    KEYS,
    SHORT_TYPE,
    WHOLE,
    WHOLE_TYPE,
    Definition,
    Grammar,
    Read,
    Reader,
    Sense,
    child,
    is_long,
    typed,
    until,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MANY, ROOMY = 40, 3
"""Keys that are looked at in any case, and lines that more of them must have on average: a table
of data is no outline."""
BROKEN = 2_000
RELATIVE = re.compile(rb"""(?:["'\s]|^)(\.{1,2}/[^\s"'`#*?,;:\]})<>|$()]++)(?!\*)""", re.MULTILINE)


def _is_table(node: Node) -> bool:
    """Whether it has too many small keys to list, or stands on one line."""
    count = node.named_child_count
    rows = node.end_point[0] - node.start_point[0]
    return rows == 0 or (count > MANY and rows < ROOMY * count)


def _listed(node: Node, _read: Read) -> Sense | None:
    return Sense(into=False) if _is_table(node) else None


def _broken(node: Node, _read: Read) -> Sense | None:
    """Close what is broken and long: there everything stands at one depth."""
    return Sense(into=False) if node.named_child_count > BROKEN else None


def _key(key: str, value: str) -> Reader:
    def read_key(node: Node, read: Read) -> Sense | None:
        name, held = child(node, key), child(node, value)
        if not name:
            return None
        return Sense(KEYS if held and is_long(node) else KEY, read(name))

    return read_key


JSON = Grammar(
    "tree_sitter_json:language",
    definitions={},
    looked_into=words("document object"),
    leading=words("comment"),
    documented="nowhere",
    readers={"pair": _key("key", "value"), "object": _listed, "ERROR": _broken},
    linked=RELATIVE,
)


def _toml_table(node: Node, read: Read) -> Sense | None:
    key = typed(node, "bare_key", "dotted_key", "quoted_key")
    last = until(node, None, words("comment"))
    keys = KEYS if is_long(node) and not _is_table(node) else KEY
    return Sense(keys, read(key), last=last)


TOML = Grammar(
    "tree_sitter_toml:language",
    definitions={},
    looked_into=words("document inline_table"),
    leading=frozenset(),
    documented="nowhere",
    readers={
        "pair": _key("bare_key|dotted_key|quoted_key", "inline_table"),
        "table": _toml_table,
        "table_array_element": _toml_table,
    },
    comment="#",
    linked=RELATIVE,
)

OBJECT = Definition("section")
OBJECTS = Definition("section", members="function")
NAMING = ("name", "id", "alias", "repo", "title", "job_name", "uses", "label", "key")
"""Keys that name an item of a list."""


YAML_MAPPING = "block_mapping|flow_mapping|block_node/block_mapping|flow_node/flow_mapping"


def _yaml_pairs(node: Node | None) -> list[Node]:
    """Return the first pairs of the mapping that a node is, or holds."""
    mapping = child(node, YAML_MAPPING) if node else None
    if not mapping:
        return []
    some = (mapping.named_child(at) for at in range(min(12, mapping.named_child_count)))
    return [pair for pair in some if pair and pair.type.endswith("_pair")]


def _yaml_get(pairs: list[Node], key: str, read: Read) -> Node | None:
    found = (pair for pair in pairs if read(pair.child_by_field_name("key")) == key)
    pair = next(found, None)
    return pair.child_by_field_name("value") if pair else None


def _yaml_document(node: Node, read: Read) -> Sense | None:
    """Read an object of Kubernetes as one thing."""
    pairs = _yaml_pairs(node)
    kind = _yaml_get(pairs, "kind", read)
    name = _yaml_get(_yaml_pairs(_yaml_get(pairs, "metadata", read)), "name", read)
    last = until(node, None, words("comment"))
    if not kind or not name or not last:
        return None
    definition = OBJECTS if is_long(last) else OBJECT
    said = f"{read(kind)}/{read(name)}"
    return Sense(definition, said, head=kind, first=pairs[0], last=last)


def _yaml_item(node: Node, read: Read) -> Sense | None:
    pairs = _yaml_pairs(node)
    for key in NAMING:
        if name := _yaml_get(pairs, key, read):
            return Sense(KEYS if is_long(node) else KEY, read(name))
    return None


YAML = Grammar(
    "tree_sitter_yaml:language",
    definitions={},
    looked_into=words("document block_node block_mapping block_sequence flow_node flow_mapping"),
    leading=frozenset(),
    documented="nowhere",
    readers={
        "document": _yaml_document,
        "block_mapping": _listed,
        "flow_mapping": _listed,
        "block_sequence": _listed,
        "block_mapping_pair": _key("key", "value"),
        "flow_pair": _key("key", "value"),
        "block_sequence_item": _yaml_item,
        "ERROR": _broken,
    },
    comment="#",
    linked=RELATIVE,
)


IDENTIFYING = words("name id key Name Id Key Include Label")


def _xml_element(node: Node, read: Read) -> Sense | None:
    tag = typed(node, "STag", "EmptyElemTag")
    name = read(typed(tag, "Name"))
    if not tag or not name:
        return None
    for attribute in tag.named_children[1:]:
        if read(typed(attribute, "Name")) in IDENTIFYING:
            name += f"#{read(typed(attribute, 'AttValue'))}"
            break
    if read.depth == 0:
        return Sense(OBJECT, name, head=tag, into=True)
    return Sense(KEYS if is_long(node) else KEY, name)


XML = Grammar(
    "tree_sitter_xml:language_xml",
    definitions={},
    looked_into=words("prolog content CharData"),
    leading=words("Comment"),
    documented="nowhere",
    readers={"element": _xml_element, "content": _listed, "ERROR": _broken},
    linked=re.compile(
        rb"""\b(?:href|src|file|Include|Project|schemaLocation|location)\s*=\s*["']"""
        rb"""([\w.][\w./\\-]*\.\w{1,8})["']"""
    ),
)

SQL_BODIES = "column_definitions|function_body|procedure_body|create_query"
SQL_QUOTES = str.maketrans("", "", '`"[]')
SQL_ASIDE = words("comment marginalia")


def _sql(definition: Definition) -> Reader:
    def read_created(node: Node, read: Read) -> Sense | None:
        name = child(node, "column") if node.type == "create_index" else None
        about = typed(node, "object_reference", "identifier")
        said = read(name or about).translate(SQL_QUOTES)
        if not said:
            return None
        if not name and node.type == "create_index":
            said = f"on {said}"
        body = child(node, SQL_BODIES)
        return Sense(definition, said, head=until(node, body, SQL_ASIDE) if body else None)

    return read_created


SQL = Grammar(
    "tree_sitter_sql:language",
    definitions={},
    looked_into=words("program statement block transaction"),
    leading=words("comment marginalia"),
    readers={
        **dict.fromkeys(
            ("create_table", "create_view", "create_materialized_view", "create_type"),
            _sql(SHORT_TYPE),
        ),
        **dict.fromkeys(("create_function", "create_procedure"), _sql(FUNCTION)),
        "create_trigger": _sql(WHOLE),
        **dict.fromkeys(
            ("create_index", "create_sequence", "create_schema", "create_database"),
            _sql(WHOLE_TYPE),
        ),
    },
)
