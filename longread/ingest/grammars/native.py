"""C, and in time the other languages that are compiled ahead."""

from __future__ import annotations

from longread.ingest.grammars.shape import TYPE, Definition, Grammar, words

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
