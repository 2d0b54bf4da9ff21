"""What a paper says of itself; what is not clear is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from fpdf import FPDF

from longread.analysis.outlook import reviewed_of
from longread.analysis.papers import paper
from longread.cache.derived import Derived
from longread.ingest.read import Options, read
from longread.types import Document, Segment, Span
from longread.types.reviews import Reviewed


def page(text: str, path: str = "p.pdf") -> Document:
    segment = Segment("page", "", Span("page", 1, 1), 0, len(text))
    return Document(path, "pdf", "", "c", text, (segment,), "page")


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Attention Is All You Need", "Attention Is All You Need"), ("Microsoft Word - x.doc", ""),
        ("paper_final_v2.pdf", ""), ("untitled", ""), ("p", ""), ("arXiv:1706.03762v5", ""),
        ("main.dvi", ""), ("1706.03762", ""), ("PII: S0140-6736(05)", ""), ("Dune", "Dune"),
        ("10.1000_182", ""), ("thesis_v3", ""),
    ],
)  # fmt: skip
def test_a_title_that_a_program_made_is_none(said: str, title: str) -> None:
    assert paper({"Title": said}, page("")).title == title


def test_a_title_on_the_page_is_taken_where_it_can_be_nothing_else() -> None:
    clear = "arXiv:1706.03762v5 [cs.CL] 6 Dec 2017\nAttention Is All\nyou need\nA. V\nAbstract\n"
    assert paper({}, page(clear)).title == "Attention Is All you need"
    joined = "On the Use of\nSoil Probes\nAnn Poe\nAbstract\nWe show."
    assert paper({}, page(joined)).title == "On the Use of Soil Probes"
    for unclear in (
        "Journal of Soil, vol. 3\nOn Soil Probes\nAbstract\n",
        "Lease of a House and Garden\nRent.\n",
        "Letter\nAbstract\n", "This is how it was done.\nAbstract\n",
    ):  # fmt: skip
        assert paper({}, page(unclear)).title == ""


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://doi.org/10.1038/s41586-020-2649-2.", "10.1038/s41586-020-2649-2"),
        ("(doi:10.1016/S0140-6736(05)17709-5)", "10.1016/S0140-6736(05)17709-5"),
        ("DOI 10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2",
         "10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2"),
        ("10.1000/1 cites 10.1000/2", ""), ("10.1000/a and 10.1000/A", "10.1000/a"),
        ("arXiv:1706.03762v5 [cs.CL]", "10.48550/arXiv.1706.03762"),
        ("see arxiv.org/abs/hep-th/9711200", "10.48550/arXiv.hep-th/9711200"),
        ("arXiv:1706.03762 and arXiv:1810.04805", ""), ("Section 10.1 of 2005", ""),
        ("10.1000/182 (arXiv:1706.03762)", "10.1000/182"),
        ("10.1016/j.cell.\n2019.01.001", ""), ("10.1002/abc-\r\n12", ""),
        ("10.1038/s41586-020-2649-2.\nAbstract", "10.1038/s41586-020-2649-2"),
        ("10.1016/j.cell.2019.1 Cell\nhttps://doi.org/10.1016/j.cell.\n2019.1",
         "10.1016/j.cell.2019.1"),
    ],
)  # fmt: skip
def test_a_doi_is_the_only_one_on_the_first_page(text: str, doi: str) -> None:
    assert paper({}, page(text)).doi == doi


def test_metadata_says_the_doi_before_the_page() -> None:
    about = {"WPS-ARTICLEDOI": "10.1002/abc.12", "Subject": "Soil 2019, doi:10.1002/other"}
    assert paper(about, page("10.1000/1 and 10.1000/2")).doi == "10.1002/abc.12"


@pytest.mark.parametrize(
    ("said", "authors"),
    [
        ("Ashish Vaswani, Noam Shazeer and Niki Parmar",
         ("Ashish Vaswani", "Noam Shazeer", "Niki Parmar")),
        ("Vaswani, Ashish; Shazeer, Noam", ("Vaswani, Ashish", "Shazeer, Noam")),
        ("Poe, Ann", ("Poe, Ann",)), ("cprice", ()), ("NOutley", ()), ("", ()),
        ("J. R. R. Tolkien & José Ñ. Núñez", ("J. R. R. Tolkien", "José Ñ. Núñez")),
        ("user@example.org", ()), ("Scanner 3", ()),
        ("Poe, Ann, Roe, Bo", ()), ("Ann Poe, Bo Roe, Plato", ()),
    ],
)  # fmt: skip
def test_authors_are_names_of_persons(said: str, authors: tuple[str, ...]) -> None:
    assert paper({"Author": said}, None).authors == authors


def test_a_year_is_that_of_publication_or_said_to_be_the_files() -> None:
    made = {"CreationDate": "D:20190501120000Z"}
    assert paper(made, page("Received 2 May 2016; published online 3 June 2017")).year == "2017"
    assert paper(made, page("© The Authors 2018")).year == "2018"
    assert paper(made, page("arXiv:1706.03762v5 [cs.CL] 6 Dec 2017")).year == "2017"
    assert paper(made, page("In 1999 we began.")).year == "2019 (file)"
    assert paper(made, page("Published 2017. Copyright 2018 by X")).year == ""
    assert paper({}, page("")).year == ""


def test_a_papers_row_has_what_its_file_says(tmp_path: Path) -> None:
    made = FPDF()
    made.set_title("Microsoft Word - draft7.docx")
    made.set_author("Ann Poe; José Núñez")
    made.set_font("Helvetica", size=12)
    made.add_page()
    made.multi_cell(0, 8, "Soil Probes at Night\nAnn Poe\ndoi: 10.5555/12345678\nAbstract\nWe dig.")
    made.add_page()
    made.multi_cell(0, 8, "References\n10.5555/other")
    made.output(str(tmp_path / "soil.pdf"))
    corpus = read([str(tmp_path / "soil.pdf")], Options(), Derived(tmp_path / "d.db"), print)
    ((row, _),) = reviewed_of(corpus)
    assert (row.title, row.authors, row.doi) == (
        "Soil Probes at Night", ("Ann Poe", "José Núñez"), "10.5555/12345678",
    )  # fmt: skip
    assert isinstance(row, Reviewed)
    assert row.year.endswith("(file)")
