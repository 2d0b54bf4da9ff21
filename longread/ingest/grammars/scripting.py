"""Python, and in time the other languages of scripts."""

from __future__ import annotations

from longread.ingest.grammars.shape import CLASS, FUNCTION, Grammar, words

PYTHON = Grammar(
    "tree_sitter_python:language",
    definitions={
        "function_definition": FUNCTION,
        "class_definition": CLASS,
    },
    looked_into=words(
        "module block if_statement elif_clause else_clause try_statement except_clause"
        " finally_clause with_statement for_statement while_statement match_statement case_clause"
    ),
    wrappers=words("decorated_definition"),
    imports={"import_statement": "name", "import_from_statement": "module_name"},
    documented="inside",
)
