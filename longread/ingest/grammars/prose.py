"""Markdown, and in time other markup and data that people write."""

from __future__ import annotations

from longread.ingest.grammars.shape import Definition, Grammar, words

HEADING = Definition("section", name="heading_content", shown="whole", lasting=True)

MARKDOWN = Grammar(
    "tree_sitter_markdown:language",
    definitions={"atx_heading": HEADING, "setext_heading": HEADING},
    looked_into=words("document section"),
    leading=frozenset(),
    documented="nowhere",
)
