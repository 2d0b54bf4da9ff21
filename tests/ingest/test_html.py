"""Of a web page, what a reader sees becomes lines."""

from __future__ import annotations

import pytest

from longread.ingest.html import convert
from longread.ingest.writer import TooMuchError


def text_of(page: str) -> str:
    found = convert(page.encode(), 10_000)["text"]
    assert isinstance(found, str)
    return found


def test_only_what_is_seen_is_text() -> None:
    page = (
        "<head><title>Not on the page</title><style>p {}</style></head><body>"
        "<script>if (1 < 2) alert('<p>no')</script><p>Seen &amp; kept&nbsp;here.</p>"
        "<noscript>no</noscript><template><p>no</template><p hidden>hush</p><!-- no -->"
        '<div style="color: red; display: none"><p>hush</p></div>'
    )
    found = convert(page.encode(), 1000)
    assert found["text"] == "Seen & kept here.\n"
    assert found["notes"] == ["hidden text left out: 8 characters"]


def test_paragraphs_are_lines_and_headings_are_known() -> None:
    page = "<h1>A <i>lease</i><br>of land</h1><div>One<p>two\n three<h2>Rent</h2>Four<br>five"
    found = convert(page.encode(), 1000)
    assert found["text"] == "A lease of land\nOne\ntwo three\n\nRent\nFour\nfive\n"
    assert found["headings"] == [(1, 1), (5, 2)]


def test_lists_have_the_numbers_that_are_shown() -> None:
    page = (
        "<ol type=a start=3><li>x<li><p>y</p><ol type=i><li>deep<li value=4>four</ol></ol>"
        "<ol reversed start=2><li>p<li>q</ol><ul><li>b<li></ul>after"
        "<ol style='list-style: none'><li>plain</ol>"
    )
    assert text_of(page) == (
        "c. x\nd. y\ni. deep\niv. four\n2. p\n1. q\n- b\nafter\nplain\n"
    )  # fmt: skip


def test_rows_are_lines_with_cells_apart() -> None:
    page = (
        "<table><caption>Rent</caption><tr><th>Year<th>Unit<th>EUR</tr>"
        "<tr><td rowspan=2>2024<td>A<td>1,200<tr><td>B<td><p>900</p><p>net</p>"
        "<tr><td colspan=2>Sum<td>2,100</table>"
    )
    assert text_of(page).splitlines()[1:] == [
        "Year | Unit | EUR", "2024 | A | 1,200", "| B | 900 net", "Sum |  | 2,100",
    ]  # fmt: skip


def test_figures_keep_their_signs() -> None:
    page = (
        "<table><tr><td>Revenue<td><td>$<td>1,234<td><td>$<td>(5<td>)</tr>"
        "<tr><td>Margin<td><td><td>12<td><td><td>9<td>%</table>"
    )
    assert text_of(page) == "Revenue | $1,234 | $(5)\nMargin |  | 12 |  | 9%\n"


def test_a_table_that_only_arranges_a_page_is_no_table() -> None:
    page = (
        "<table><tr><td>menu<td><h1>Title</h1><p>Words.<table><tr><td>a<td>b</table></table>"
        "<table><tr><td>1</td></tr><tr><td>2</td></tr></table>"
    )
    assert text_of(page) == "menu\n\nTitle\nWords.\na | b\n1\n2\n"


def test_what_changes_a_statement_is_not_lost() -> None:
    page = "<p>10<sup>5</sup> m<sup>2</sup>, the 1<sup>st</sup>; <del>may</del> shall; <q>x</q>"
    assert text_of(page) == "10⁵ m², the 1st; ~~may~~ shall; “x”\n"
    assert text_of("<pre>  a\n\n    b  c\n</pre>d") == "  a\n\n    b  c\nd\n"


@pytest.mark.parametrize(
    ("page", "encoding"),
    [
        ("<p>Größe €".encode(), "utf-8"),
        ("<meta charset=iso-8859-1><p>Größe €".encode(), "utf-8"),
        ("<meta charset=iso-8859-1><p>Größe €".encode("cp1252"), "cp1252"),
        ("<meta charset=utf-8><p>Größe € übrig".encode("cp1252"), "cp1252"),
        ("\ufeff<p>Größe €".encode("utf-16-le"), "utf-16"),
        ('<meta content="text/html; charset=koi8-r"><p>Größe €'.encode(), "utf-8"),
        (b"<meta charset=unicode_escape><p>Gr\xf6\xdfe \x80 \\u0041, die \xfcbrig", "cp1252"),
        ("<meta charset=utf-16><p>Größe € übrig, etwas".encode("cp1252"), "cp1252"),
    ],
)
def test_an_encoding_is_believed_where_it_fits(page: bytes, encoding: str) -> None:
    found = convert(page, 1000)
    assert str(found["text"]).startswith("Größe €")
    assert found["encoding"] == encoding


def test_japanese_in_seven_bits_is_read() -> None:
    page = '<meta http-equiv="x" content="charset=iso-2022-jp"><p>契約'.encode("iso-2022-jp")
    assert convert(page, 1000)["text"] == "契約\n"


def test_pages_that_cannot_be_read_say_why() -> None:
    assert convert(b"\x89PNG\r\n\x1a\n\0\0\0", 1000) == {"reason": "binary"}
    assert convert(b"<script>draw()</script>", 1000)["reason"] == "no text that a reader sees"
    with pytest.raises(TooMuchError):
        convert(b"<p>" + b"x" * 2000, 1000)


def test_broken_markup_is_read_as_browsers_do() -> None:
    assert text_of("<b><p>a</b>b<td>c</div><table><tr>d<td>e") == "abcd\ne\n"
    assert text_of("<div>" * 3000 + "deep") == "deep\n"
    assert text_of("<table><tr><td>" * 300 + "deep") == "deep\n"
    assert text_of("<p>cut off <a href='x") == "cut off\n"


def test_words_of_no_size_are_hidden_and_those_within_that_have_one_are_not() -> None:
    page = (
        '<td style="font-size:0px; padding:0">a<p style="font-size:2em">b</p>'
        '<p style="font-size:13px">Seen<i> too</i></p></td>'
        '<div style="visibility:hidden">c<b style="visibility:visible">and this</b></div>'
        '<p style="font-size: 0.9em">small</p><p style="opacity:0">d<i style="opacity:1">e</i>'
    )
    found = convert(f"<table><tr>{page}</table>".encode(), 1000)
    assert sorted(str(found["text"]).split("\n")) == ["", "Seen too", "and this", "small"]
    assert found["notes"] == ["hidden text left out: 5 characters"]


def test_a_formula_stands_there_once_and_means_what_it_means() -> None:
    half = "<mfrac><mn>1</mn><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></mfrac>"
    power = "<msup><mi>x</mi><mn>2</mn></msup><msubsup><mi>y</mi><mi>i</mi><mn>3</mn></msubsup>"
    root = "<msqrt><mi>a</mi><mo>-</mo><mi>b</mi></msqrt><mroot><mi>c</mi><mn>3</mn></mroot>"
    assert text_of(f"<p>Let <math>{half}{power} {root}</math>.") == (
        "Let 1/(n+1)x^2y_i^3 √(a-b)√c[3].\n"
    )
    tex = '<annotation encoding="application/x-tex">\\frac{1}{2}</annotation>'
    math = f"<math><semantics><mrow>{half}</mrow>{tex}</semantics></math>"
    assert text_of(f"<p>A {math}!") == "A \\frac{1}{2} !\n"
    assert text_of("<p>A <math alttext='x^2'><mi>x</mi></math> B") == "A x^2 B\n"
    twice = f"<span>{math}</span><span class='katex-html' aria-hidden=true>12</span>"
    assert text_of(f"<p>B {twice}.") == "B \\frac{1}{2} .\n"


def test_crossed_out_paragraphs_are_each_crossed_out() -> None:
    page = "<del><p>One <b>two</b></p><p>three</p></del><p>four <s>five</s> six"
    assert text_of(page) == "~~One two~~\n~~three~~\nfour ~~five~~ six\n"
    assert text_of("<pre><del>a</del>\n b</pre>") == "~~a~~\n b\n"


def test_pictures_and_embedded_parts_are_told_of_but_not_decoration() -> None:
    shown = "<img src=seal.png><img src=plan.gif alt='Site plan'>"
    nothing = "<img src=a.gif alt=''><img src=b.gif width=1 height=1><img>"
    found = convert(
        f"<p>Text {shown}{nothing}</p><iframe src=c></iframe><canvas>x</canvas>".encode(), 1000
    )
    assert found["text"] == "Text\n"
    assert found["notes"] == ["pictures not read: 2", "embedded parts not read: 2"]
