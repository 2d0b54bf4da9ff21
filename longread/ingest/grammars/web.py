"""JavaScript and TypeScript."""

from __future__ import annotations

from dataclasses import replace

from longread.ingest.grammars.shape import (
    ASSIGNED,
    CLASS,
    FUNCTION,
    TYPE,
    Definition,
    Grammar,
    words,
)

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
