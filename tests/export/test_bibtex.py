"""References that any reader of BibTeX takes, whatever the documents are called."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from longread.export.bibtex import bibtex
from longread.types.reviews import Review, Reviewed

FIELDS = ("title", "author", "year", "eprint", "archiveprefix", "doi", "url", "note", "file")


def parse(text: str) -> list[tuple[str, str, dict[str, str]]]:
    """Return kind, key and fields of each entry; anything else in the text is an error.

    A value ends with the brace that closes it, a backslash before a brace or not, as in BibTeX.
    """
    found, at = [], 0
    while match := re.compile(r"\s*@(\w+)\{([^\s,{}()%#\"'\\~=]+),").match(text, at):
        at, fields = match.end(), {}
        while field := re.compile(r"\s*([a-z]+) = \{").match(text, at):
            deep, at = 1, field.end()
            while deep:
                deep += {"{": 1, "}": -1}.get(text[at], 0)
                at += 1
            assert field[1] not in fields
            fields[field[1]] = text[field.end() : at - 1]
            at += text[at] == ","
        end = re.compile(r"\s*\}\n").match(text, at)
        assert end, text[at : at + 40]
        at = end.end()
        found.append((match[1], match[2], fields))
    assert text[at:].strip() == "", text[at : at + 40]
    return found


def refs(*documents: Reviewed) -> list[tuple[str, str, dict[str, str]]]:
    return parse(bibtex(Review("r", (), "p", (), documents)))


def test_a_paper_is_an_article_by_its_doi_and_arxiv_is_misc() -> None:
    (article, arxiv, plain) = refs(
        Reviewed("a/soil.pdf", "1", title="The Soil at 50% & More", authors=("Ann Poe", "Li, Bo"),
                 year="2017", doi="10.1000/ab_(1)"),
        Reviewed("attention.pdf", "2", title="Attention Is All You Need", authors=("A. Vaswani",),
                 year="2017", doi="10.48550/arXiv.1706.03762"),
        Reviewed("b/x_1.pdf", "", year="2019 (file)", reason="needs password"),
    )  # fmt: skip
    assert article == ("article", "poe2017soil", {
        "title": r"The Soil at 50\% \& More", "author": "Ann Poe and Li, Bo", "year": "2017",
        "doi": "10.1000/ab_(1)", "url": "https://doi.org/10.1000/ab_(1)", "file": "a/soil.pdf",
    })  # fmt: skip
    assert arxiv[:2] == ("misc", "vaswani2017attention")
    assert arxiv[2]["url"] == "https://arxiv.org/abs/1706.03762"
    assert (arxiv[2]["eprint"], arxiv[2]["archiveprefix"]) == ("1706.03762", "arXiv")
    assert plain == ("misc", "x1", {
        "title": r"x\_1.pdf", "year": "2019", "file": "b/x_1.pdf",
        "note": "Title by the name of the file; year by the date of the file;"
                " not read: needs password",
    })  # fmt: skip


def test_keys_are_unique_whatever_capitals_they_have() -> None:
    one = Reviewed("x.pdf", "1", title="On Soil", authors=("Ann Poe",), year="2017")
    keys = [key for _, key, _ in refs(one, one, replace(one, authors=("ANN POE",)))]
    assert keys == ["poe2017soil", "poe2017soil-2", "poe2017soil-3"]
    assert [key for _, key, _ in refs(Reviewed("юг.pdf", "1"), Reviewed("…", "2"))] == [
        "document", "document-2",
    ]  # fmt: skip


WORDS = st.text(max_size=30)


@given(st.lists(st.tuples(WORDS, WORDS, st.lists(WORDS, max_size=2), WORDS), max_size=4))
def test_nothing_in_a_document_breaks_the_file(
    made: list[tuple[str, str, list[str], str]],
) -> None:
    rows = [
        Reviewed(path, "c", title=title, authors=tuple(a for a in authors if a.split()), reason=why)
        for path, title, authors, why in made
    ]
    found = refs(*rows)
    assert len({key.casefold() for _, key, _ in found}) == len(found) == len(rows)
    for _, _, fields in found:
        assert set(fields) <= set(FIELDS)
        assert all("\n" not in value for value in fields.values())
        # What TeX would take for a command or a comment.
        assert not re.search(r"(?<!\\)[%&#$_^~]", fields["title"])
