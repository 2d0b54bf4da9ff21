"""Of a Word file, what the reader of its final version sees becomes lines."""

from __future__ import annotations

import random
import re
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from longread.ingest import docx, ooxml
from longread.ingest.writer import TooMuchError

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"

STYLES = """
<w:style w:type="paragraph" w:default="1" w:styleId="N"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:basedOn w:val="N"/>
 <w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="Clause"/><w:basedOn w:val="H1"/>
 <w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="1"/></w:pPr>
</w:style>
<w:style w:type="paragraph" w:styleId="Ti"><w:name w:val="Title"/></w:style>
"""


def level(at: int, form: str, text: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


NUMBERING = (
    '<w:abstractNum w:abstractNumId="7">'
    + level(0, "upperRoman", "Article %1", '<w:pStyle w:val="H1"/>')
    + level(1, "decimal", "%1.%2", '<w:pStyle w:val="H2"/><w:isLgl/>')
    + level(2, "lowerLetter", "(%3)")
    + '</w:abstractNum><w:abstractNum w:abstractNumId="8">'
    + level(0, "bullet", "\uf0b7")
    + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="2">'
    '<w:startOverride w:val="5"/></w:lvlOverride></w:num>'
)


def wrap(root: str, body: str, space: str = W) -> str:
    return (
        f'<?xml version="1.0"?><w:{root} xmlns:w="{space}" xmlns:mc="{MC}"'
        f' xmlns:v="urn:schemas-microsoft-com:vml">{body}</w:{root}>'
    )


def word(body: str, *, space: str = W, main: str = "word/document.xml", **parts: str) -> bytes:
    """A Word file with this body; `parts` are footnotes, endnotes, comments, headers and so on."""
    parts = {"styles": STYLES, "numbering": NUMBERING} | parts
    roots = {"numbering": "numbering", "header": "hdr", "footer": "ftr"}
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        links = f'<Relationship Id="r" Type="{RELATED}/officeDocument" Target="{main}"/>'
        archive.writestr("_rels/.rels", f"<Relationships>{links}</Relationships>")
        links = "".join(
            f'<Relationship Id="{name}" Type="{RELATED}/{name}" Target="{name}.xml"/>'
            for name in parts
        )
        folder, _, name = main.rpartition("/")
        archive.writestr(f"{folder}/_rels/{name}.rels", f"<Relationships>{links}</Relationships>")
        for name, text in parts.items():
            whole = wrap(roots.get(name, name), text, space)
            archive.writestr(f"{folder}/{name}.xml", whole)
        whole = wrap("document", f"<w:body>{body}</w:body>", space)
        archive.writestr(main, whole)
    return made.getvalue()


def para(*runs: str, style: str = "", about: str = "") -> str:
    about += f'<w:pStyle w:val="{style}"/>' if style else ""
    made = "".join(r if r.startswith("<") else run(r) for r in runs)
    return f"<w:p><w:pPr>{about}</w:pPr>{made}</w:p>"


def run(text: str, about: str = "") -> str:
    return f'<w:r><w:rPr>{about}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def item(text: str, number: int, at: int) -> str:
    about = f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{number}"/></w:numPr>'
    return para(text, about=about)


def lines(data: bytes) -> list[str]:
    found = docx.convert(data, 100_000)
    assert found["reason"] == ""
    return str(found["text"]).splitlines()


def test_paragraphs_are_lines_and_headings_are_known() -> None:
    found = docx.convert(word(para("A Lease", style="Ti") + para("It is ", "let.") + para()), 1000)
    assert found["text"] == "A Lease\nIt is let.\n"
    assert found["headings"] == [(1, 1)]


def test_clauses_have_the_numbers_that_word_shows() -> None:
    body = (
        para("Term", style="H1") + para("First", style="H2") + item("a", 1, 2) + item("b", 1, 2)
        + para("Second", style="H2") + item("a again", 1, 2) + para("Rent", style="H1")
        + para("Third", style="H2") + item("other list", 3, 2) + item("dot", 2, 0)
        + para("none", style="H2", about='<w:numPr><w:numId w:val="0"/></w:numPr>')
    )  # fmt: skip
    assert [line for line in lines(word(body)) if line] == [
        "Article I Term", "1.1 First", "(a) a", "(b) b", "1.2 Second", "(a) a again",
        "Article II Rent", "2.1 Third", "(e) other list", "- dot", "none",
    ]  # fmt: skip


def test_insertions_are_text_and_deletions_are_told_of() -> None:
    body = (
        para("The fee is ", "<w:del><w:r><w:delText>5</w:delText></w:r></w:del>",
             f"<w:ins>{run('7')}</w:ins>", " EUR.")
        + para(f"<w:moveFrom>{run('moved')}</w:moveFrom>") + para("joined ",
             about="<w:rPr><w:del/></w:rPr>") + para("up")
    )  # fmt: skip
    found = docx.convert(word(body), 1000)
    assert found["text"] == "The fee is 7 EUR.\njoined up\n"
    assert found["notes"] == ["tracked changes: 1 insertion shown, 2 deletions left out"]


def test_a_deleted_clause_is_not_counted() -> None:
    gone = para(f"<w:del>{run('x')}</w:del>", style="H1", about="<w:rPr><w:del w:id='1'/></w:rPr>")
    body = para("One", style="H1") + gone + para("Two", style="H1")
    assert lines(word(body)) == ["Article I One", "", "Article II Two"]


def test_tables_are_rows_and_deleted_rows_are_not() -> None:
    def row(*cells: str, about: str = "") -> str:
        made = "".join(f"<w:tc>{para(cell)}</w:tc>" for cell in cells)
        return f"<w:tr><w:trPr>{about}</w:trPr>{made}</w:tr>"

    body = f"<w:tbl>{row('Year', 'EUR')}{row('2023', '8', about='<w:del/>')}{row('2024', '9')}"
    found = docx.convert(word(para("Rent:") + body + "</w:tbl>"), 1000)
    assert found["text"] == "Rent:\nYear | EUR\n2024 | 9\n"
    assert found["notes"] == ["tracked changes: 0 insertions shown, 1 deletion left out"]


def test_notes_stand_where_they_belong_and_comments_do_not() -> None:
    body = para(
        "See", '<w:r><w:footnoteReference w:id="4"/></w:r>', " and",
        '<w:r><w:endnoteReference w:id="2"/></w:r>',
        '<w:commentRangeStart w:id="0"/>', '<w:r><w:commentReference w:id="0"/></w:r>',
    ) + para("Next.")  # fmt: skip
    data = word(
        body,
        footnotes=f'<w:footnote w:id="4">{para("At the foot.")}</w:footnote>',
        endnotes=f'<w:endnote w:id="2">{para("At the end.")}</w:endnote>',
        comments=f'<w:comment w:id="0">{para("Really?")}</w:comment>',
        header=para("Draft 3"), footer=para("12"),
    )  # fmt: skip
    found = docx.convert(data, 1000)
    assert str(found["text"]).splitlines() == [
        "See[^1] and[^e1]", "[^1] At the foot.", "Next.", "", "[endnotes]", "[^e1] At the end.",
        "", "[headers and footers]", "Draft 3",
    ]  # fmt: skip
    assert found["notes"] == ["1 comment left out"]


def test_fields_show_their_results_and_hidden_text_is_told_of() -> None:
    body = para(
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>',
        "<w:r><w:instrText>REF x</w:instrText></w:r>",
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>', "Clause 4",
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>', run("secret", "<w:vanish/>"),
        run("not secret", '<w:vanish w:val="0"/>'), run("2", '<w:vertAlign w:val="superscript"/>'),
        run(" old", "<w:strike/>"),
        "<w:sdt><w:sdtContent>" + run(" held") + "</w:sdtContent></w:sdt>",
    )  # fmt: skip
    found = docx.convert(word(body), 1000)
    assert found["text"] == "Clause 4not secret²~~ old~~ held\n"
    assert found["notes"] == ["hidden text left out: 6 characters"]


def test_a_text_box_follows_its_paragraph_once() -> None:
    box = f"<v:box><w:txbxContent>{para('In the box.')}</w:txbxContent></v:box>"
    body = para(
        "Before", "<w:r><mc:AlternateContent><mc:Choice>" + box + "</mc:Choice><mc:Fallback>"
        + box + "</mc:Fallback></mc:AlternateContent></w:r>", " after",
    )  # fmt: skip
    assert lines(word(body)) == ["Before after", "In the box."]


def test_the_strict_edition_and_odd_names_are_read() -> None:
    data = word(para("Strictly", style="H1"), space=STRICT, main="word/document2.xml")
    assert lines(data) == ["Article I Strictly"]


def test_a_document_type_ends_the_reading() -> None:
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        text = wrap("document", f"<w:body>{para('&e;')}</w:body>").replace("?>", "?>" + entity)
        archive.writestr("word/document.xml", text)
    found = docx.convert(made.getvalue(), 1000)
    assert found == {"reason": "damaged: it declares a document type, as no Word file does"}


def test_a_bomb_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ooxml, "MOST_XML", 1 << 20)
    found = docx.convert(word("<w:p/>" * 400_000), 1000)
    assert found == {"reason": "too large: it unpacks to more than 128 MiB of text"}
    with pytest.raises(TooMuchError):
        docx.convert(word(para("x" * 2000)), 1000)


def test_what_is_no_word_file_is_called_so() -> None:
    empty = BytesIO()
    ZipFile(empty, "w").close()
    assert docx.convert(b"\x89PNG\r\n", 1000) == {"reason": "not a DOCX"}
    assert docx.convert(empty.getvalue(), 1000) == {"reason": "not a DOCX"}
    assert docx.convert(b"PK\3\4 and no more", 1000) == {"reason": "damaged"}
    old = b"\xd0\xcf\x11\xe0" + bytes(100)
    assert docx.convert(old, 1000) == {"reason": "not a DOCX: it is an older format"}
    locked = docx.convert(old + "EncryptedPackage".encode("utf-16-le"), 1000)
    assert locked == {"reason": "encrypted by Word"}


def test_what_stands_before_the_damage_is_kept() -> None:
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        rows = f"<w:tbl><w:tr><w:tc>{para('a')}</w:tc><w:tc>{para('b')}</w:tc></w:tr>"
        text = wrap("document", f"<w:body>{para('Sound.')}{rows}<w:tr><w:tc>{para('c')}")
        archive.writestr("word/document.xml", text.partition("</w:document>")[0])
    found = docx.convert(made.getvalue(), 1000)
    assert found["text"] == "Sound.\na | b\nc\n"
    assert found["notes"] == ["damaged: what follows could not be read"]


def test_deep_nesting_costs_nothing() -> None:
    deep = "<w:sdt><w:sdtContent>" * 20_000, "</w:sdtContent></w:sdt>" * 20_000
    assert lines(word(deep[0] + para("deep") + deep[1])) == ["deep"]


def test_no_damage_is_an_error() -> None:
    body = para("One", style="H1") + item("a", 1, 2) + f"<w:tbl><w:tr><w:tc>{para('x')}</w:tc>"
    data = word(body + "</w:tr></w:tbl>", comments="<w:comment/>")
    chance = random.Random(5)
    for _ in range(300):
        harmed = bytearray(data)
        for _ in range(chance.randint(1, 30)):
            harmed[chance.randrange(len(harmed))] = chance.randrange(256)
        found = docx.convert(bytes(harmed), 1000)
        assert found.get("text") or found["reason"]
        cut = docx.convert(data[: chance.randrange(len(data))], 1000)
        assert cut["reason"]


def test_a_moved_clause_is_counted_where_it_stands() -> None:
    moved = para(
        f"<w:moveFrom>{run('Moved')}</w:moveFrom>", style="H1", about="<w:rPr><w:moveFrom/></w:rPr>"
    )
    body = para("One", style="H1") + moved + para("Two", style="H1")
    assert lines(word(body)) == ["Article I One", "", "Article II Two"]


def test_what_goes_on_in_the_next_paragraph_keeps_its_notes_and_gets_its_number() -> None:
    note = '<w:r><w:footnoteReference w:id="4"/></w:r>'
    body = para("One", note, about="<w:rPr><w:del/></w:rPr>") + para(" clause", style="H1")
    footnotes = f'<w:footnote w:id="4">{para("At the foot.")}</w:footnote>'
    assert lines(word(body, footnotes=footnotes)) == [
        "Article I One[^1] clause", "[^1] At the foot.",
    ]  # fmt: skip


def test_a_style_may_say_its_list_or_its_level_alone() -> None:
    body = para("One", style="H1") + para("First", style="H2")
    for old in ('<w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="1"/>',
                '<w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>'):  # fmt: skip
        styles = STYLES.replace(old, old.replace('<w:numId w:val="1"/>', "", 1))
        assert styles != STYLES
        assert lines(word(body, styles=styles)) == ["Article I One", "", "1.1 First"]
    linked = STYLES.replace('<w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>', "")
    assert lines(word(body, styles=linked)) == ["Article I One", "", "1.1 First"]


def test_notes_and_headers_count_their_own_lists() -> None:
    footnotes = f'<w:footnote w:id="4">{item("noted", 1, 0)}</w:footnote>'
    assert lines(word(item("said", 1, 0), footnotes=footnotes)) == ["Article I said"]


def test_a_paragraph_of_which_nothing_is_said_has_the_usual_style() -> None:
    styles = STYLES.replace('<w:name w:val="Normal"/>', '<w:name w:val="heading 2"/>')
    found = docx.convert(word("<w:p><w:r><w:t>Plain</w:t></w:r></w:p>", styles=styles), 1000)
    assert found["headings"] == [(1, 2)]


def test_an_instruction_that_holds_fields_is_not_text() -> None:
    def field(what: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{what}"/></w:r>'

    inner = (field("begin"), field("separate"), "wrong", field("end"))
    body = para(field("begin"), *inner, field("separate"), "Right", field("end"))
    assert lines(word(body)) == ["Right"]
    # One that never ends takes no more than its paragraph.
    assert lines(word(para("Kept", field("begin"), "gone") + para("Next"))) == ["Kept", "Next"]


def test_forms_say_what_was_chosen() -> None:
    tick = '<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>'
    choice = (
        '<w:ddList><w:result w:val="1"/><w:listEntry w:val="Rome"/><w:listEntry w:val="Oslo"/>'
        "</w:ddList>"
    )
    body = "".join(
        f'<w:fldChar w:fldCharType="begin"><w:ffData>{made}</w:ffData></w:fldChar>'
        '<w:fldChar w:fldCharType="end"/><w:tab/>'
        for made in (tick, choice, '<w:checkBox><w:default w:val="0"/></w:checkBox>')
    )
    assert lines(word(f"<w:p><w:r>{body}</w:r></w:p>")) == ["☒ Oslo ☐"]


def test_what_a_style_hides_is_hidden() -> None:
    styles = STYLES + "".join(
        f'<w:style w:type="{kind}" w:styleId="{id}"><w:rPr><w:vanish/></w:rPr></w:style>'
        for kind, id in (("character", "C"), ("paragraph", "P"))
    )
    shown = run("shown", '<w:vanish w:val="0"/>')
    body = para("seen ", run("hush", '<w:rStyle w:val="C"/>')) + para("hushed ", shown, style="P")
    found = docx.convert(word(body, styles=styles), 1000)
    assert found["text"] == "seen\nshown\n"
    assert found["notes"] == ["hidden text left out: 10 characters"]


def test_signs_of_symbol_fonts_mean_what_they_show() -> None:
    def sign(font: str, char: str) -> str:
        return f'<w:r><w:sym w:font="{font}" w:char="{char}"/></w:r>'

    body = para(
        "t ", sign("Symbol", "F0B3"), " 5 ", sign("Symbol", "61"), sign("Wingdings", "F0FE"),
        sign("Wingdings", "F04A"), run("\uf0a3\uf0b7", '<w:rFonts w:ascii="Symbol"/>'),
        run("\uf0a3", '<w:rFonts w:ascii="Own"/>'), sign("Symbol", "x"),
    )  # fmt: skip
    assert lines(word(body)) == ["t ≥ 5 α☒•≤•\uf0a3"]


FORMULAS = "http://schemas.openxmlformats.org/officeDocument/2006/math"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("<f><num>a+b</num><den>2</den></f>x", "(a+b)/2 x"),
        ("<f><num>1</num><den>n-1</den></f>", "1/(n-1)"),
        ("<sSup><e>x</e><sup>10</sup></sSup><sSub><e>y</e><sub>i</sub></sSub>", "x^(10)y_i"),
        ("<rad><deg/><e>x+1</e></rad><rad><deg>3</deg><e>y</e></rad>", "√(x+1)√[3]y"),
        ("<d><e>a</e><e>b</e></d><d><dPr><begChr m:val='['/><endChr m:val=')'/></dPr><e>c</e></d>",
         "(a|b)[c)"),
        ("<nary><naryPr><chr m:val='∑'/></naryPr><sub>i=1</sub><sup/><e>x</e></nary>",
         "∑_(i=1) x"),
        ("<acc><accPr><chr m:val='\u0303'/></accPr><e>p</e></acc><acc><e>q</e></acc>",
         "p\u0303q\u0302"),
        ("<m><mr><e>a</e><e>b</e></mr><mr><e>c</e></mr></m>", "a, b; c"),
        ("<f><num><sSup><e>x</e><sup>2</sup></sSup></num><den><d><e>a+b</e></d></den></f>",
         "(x^2)/(a+b)"),
    ],
)  # fmt: skip
def test_formulas_keep_their_meaning_on_a_line(made: str, said: str) -> None:
    made = re.sub(r"<(/?)(\w)", r"<\1m:\2", made)
    made = re.sub(r">([^<>]+)(?=<|$)", r"><m:r><m:t>\1</m:t></m:r>", made)
    hidden = run("x", "<w:vanish/><w:strike/>")
    body = para(hidden, f'<m:oMath xmlns:m="{FORMULAS}">{made}</m:oMath>')
    assert lines(word(body)) == [said]


def test_pictures_and_embedded_files_are_told_of() -> None:
    held = "<w:r><w:drawing><a:pic xmlns:a='a'/></w:drawing><v:imagedata/><v:OLEObject/></w:r>"
    found = docx.convert(word(para("Text", held)), 1000)
    assert found["notes"] == ["pictures not read: 2", "embedded files not read: 1"]
