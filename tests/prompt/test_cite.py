"""Citations: found in whatever form models write them, and judged without mercy."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from longread.prompt.cite import judge, place, render
from longread.types import Citation, Document, Segment, Shown, Span, Verdict

CODE = "\n".join(
    [
        "import os", "", "LIMIT = 97.5", "", "def heat(target):",
        "    # The kettle must not be heated beyond its limit, whatever is asked of it.",
        "    return min(target, LIMIT)", "", "def cool(target):", "    return max(target, 4)", "",
    ]
)  # fmt: skip
PAGES = [
    "LEASE\nThe Tenant shall pay rent of GBP 96,400 a year, quarterly in ad-\nvance.\n",
    "The Landlord may not enter without thirty (30) days' written notice, except in an emer-\n",
    "gency that threatens the Building. Interest runs at 4.5% above base rate.\n",
]


def code(text: str = CODE, path: str = "src/heat.py", id: str = "d1") -> Document:
    lines = text.count("\n") + 1
    segments = (Segment("block", "", Span("line", 1, lines), 0, len(text)),)
    return Document(path, "source", "python", text, text, segments, id=id)


def paged(id: str = "d2") -> Document:
    text, segments = "", []
    for number, content in enumerate(PAGES, 1):
        segments.append(
            Segment("page", "", Span("page", number, number), len(text), len(text) + len(content))
        )
        text += content
    return Document("leases/lease.pdf", "pdf", "pdf", text, text, tuple(segments), "page", id=id)


def whole(document: Document) -> Shown:
    return Shown(document, ((0, len(document.text)),))


SHOWN = {"d1": whole(code()), "d2": whole(paged())}


def only(answer: str, shown: dict[str, Shown] | None = None) -> Citation:
    (citation,) = judge(answer, shown or SHOWN)
    return citation


@pytest.mark.parametrize(
    "written",
    [
        '[d1:L3 "LIMIT = 97.5"]',
        '[d1: L3 "LIMIT = 97.5"]',
        '[d1 L3 "LIMIT = 97.5"]',
        "[d1:L3 “LIMIT = 97.5”]",
        "[d1:L3 'LIMIT = 97.5']",
        '[src/heat.py:L3 "LIMIT = 97.5"]',
        '[heat.py:L3 "LIMIT = 97.5"]',
        '[./src/heat.py:L3 "LIMIT = 97.5"]',
        '【d1:L3 "LIMIT = 97.5"】',
        '[d1:line 3 "LIMIT = 97.5"]',
        '[d1:L3-L4 "LIMIT = 97.5"]',
        '[d1:L3–4 "LIMIT = 97.5"]',
        '[d1:L2-4: "LIMIT = 97.5"]',
        '[d1:L3 "LIMIT = 97.5"](http://x)',
        '[d1:L3 "LIMIT = 97.5]',
        '[d1 "LIMIT = 97.5"]',
        '[d1:L3, "LIMIT = 97.5"]',
    ],
)
def test_a_citation_is_found_in_whatever_form_it_is_written(written: str) -> None:
    citation = only(f"So it is {written}, says the file.")
    assert citation.verdict is Verdict.EXACT
    assert citation.document == "d1"
    assert citation.path == "src/heat.py"
    assert citation.quote == "LIMIT = 97.5"
    assert citation.found == Span("line", 3, 3)


def test_several_citations_may_share_a_bracket() -> None:
    found = judge('See [d1:L3 "LIMIT = 97.5"; d2:p3] and [d1:L5, L9].', SHOWN)
    assert [(c.document, str(c.span)) for c in found] == [
        ("d1", "L3"), ("d2", "p3"), ("d1", "L5"), ("d1", "L9"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "a[d1:3]", "x[1:2]", "see [1] and [note]", "[a link](http://x:L3)", "- [ ] to do",
        '```py\n[d1:L3 "LIMIT = 97.5"]\n```', '["a", "b"]', "[key: value]",
        "[TCP/IP and/or p. 7]", "[Smith 2019, p. 7]", "[e.g. p. 7]", "[A1:C3]", "[10.0.0.1:8080]",
        "[example.com:80]", "[https://a.b/c:L3]", "[d1]", "[d9]", "[p 0.05]", "[^1]", "[d1:L3",
    ],
)  # fmt: skip
def test_other_brackets_are_no_citations(text: str) -> None:
    assert judge(text, SHOWN) == ()


def test_a_citation_of_no_such_document_is_kept_as_not_found() -> None:
    assert only("It is so [d9:L3].").verdict is Verdict.NOT_FOUND
    assert only('It is so [src/gone.py:L3 "x = 1"].').path == ""


def test_a_citation_knows_where_it_stands_in_the_answer() -> None:
    answer = 'Yes [d1:L3 "LIMIT = 97.5"].'
    citation = only(answer)
    assert citation.at
    assert answer[slice(*citation.at)] == '[d1:L3 "LIMIT = 97.5"]'


@pytest.mark.parametrize(
    ("written", "verdict"),
    [
        ('[d1:L7 "return min(target, LIMIT)"]', Verdict.EXACT),
        ('[d1:L6 "The kettle  must not be heated beyond its limit"]', Verdict.FOLDED),
        ('[d2:p1 "rent of GBP 96,400 a year, quarterly in advance"]', Verdict.FOLDED),
        ('[d2:p1 "the tenant shall pay rent of GBP 96,400 a year"]', Verdict.LETTERS),
        ('[d2:p1 "The Tenant shall … quarterly in advance"]', Verdict.NOT_FOUND),
        ('[d2:p3 "threatens the Building … above base rate"]', Verdict.NOT_FOUND),
        ('[d1:L6 "The kettle must … whatever is asked of it"]', Verdict.NOT_FOUND),
        ('[d1:L6 "must not be heated … whatever is asked of it"]', Verdict.ELIDED),
        ("[d1:L3]", Verdict.PLACE),
        ("[d2:p2]", Verdict.PLACE),
        ("[d1:L900]", Verdict.NOT_FOUND),
        ("[d2:p9]", Verdict.NOT_FOUND),
        ('[d1:L3 "LIMIT = 95.7"]', Verdict.NOT_FOUND),
        ('[d2:p2 "may enter without thirty (30) days\' written notice"]', Verdict.NOT_FOUND),
        ('[d2:p3 "Interest runs at 45% above base rate."]', Verdict.NOT_FOUND),
        ('[d1:L5 "target"]', Verdict.EXACT),
        ('[d1:L5-L9 "target"]', Verdict.NOT_FOUND),
    ],
)
def test_each_quote_gets_the_verdict_it_deserves(written: str, verdict: Verdict) -> None:
    assert only(f"So {written}.").verdict is verdict


def test_a_gap_is_shown() -> None:
    citation = only('So [d1:L6 "must not be heated … whatever is asked of it"].')
    assert "beyond its limit" in citation.note


@pytest.mark.parametrize("page", [2, 3])
def test_a_page_break_is_bridged(page: int) -> None:
    citation = only(f'So [d2:p{page} "except in an emergency that threatens the Building"].')
    assert citation.verdict is Verdict.FOLDED
    assert citation.found == Span("page", 2, 3)


def test_words_that_stand_elsewhere_are_not_found_there() -> None:
    citation = only('So [d2:p1 "Interest runs at 4.5% above base rate."].')
    assert citation.verdict is Verdict.NOT_FOUND
    assert citation.found == Span("page", 3, 3)
    assert "p3" in citation.note


def test_lines_may_be_a_little_off() -> None:
    assert only('[d1:L9 "return min(target, LIMIT)"]').verdict is Verdict.EXACT
    assert only('[d1:L1 "return min(target, LIMIT)"]').verdict is Verdict.NOT_FOUND


def test_the_closest_text_is_shown_as_a_difference() -> None:
    citation = only('So [d2:p2 "may not enter without sixty (60) days\' written notice"].')
    assert citation.verdict is Verdict.NOT_FOUND
    assert "[-sixty 60-]{+thirty 30+}" in citation.note


def test_what_was_not_in_the_prompt_is_not_shown() -> None:
    shown = {"d1": Shown(code(), ((0, 10),))}
    assert only('[d1:L7 "return min(target, LIMIT)"]', shown).verdict is Verdict.NOT_SHOWN
    assert only("[d1:L7]", shown).verdict is Verdict.NOT_SHOWN
    assert "only L1 stood in the prompt" in only("[d1:L1-L3]", shown).note


def test_what_stood_in_an_earlier_version_is_outdated() -> None:
    old = code(CODE.replace("97.5", "100"))
    shown = {"d1": Shown(code(), ((0, len(CODE)),), superseded=(old,))}
    assert only('[d1:L3 "LIMIT = 100\n\ndef heat"]', shown).verdict is Verdict.OUTDATED
    assert only('[d1:L3 "LIMIT = 97.5"]', shown).verdict is Verdict.EXACT


def test_text_from_a_picture_says_so() -> None:
    shown = {"d2": Shown(paged(), ((0, 9_999),), ocr={3: 0.9})}
    recognised = only('[d2:p3 "Interest runs at 4.5% above base rate."]', shown)
    assert recognised.ocr
    assert recognised.confidence == 0.9
    assert not only("[d2:p1]", shown).ocr
    assert only("[d2:p1]", shown).confidence is None
    kept = {"d2": Shown(paged(), ((0, 9_999),), ocr={3: None})}
    unknown = only("[d2:p3]", kept)
    assert unknown.ocr
    assert unknown.confidence is None


def test_a_neutralised_special_token_is_still_exact() -> None:
    document = code("say <|eot|> and then go on talking\n")
    citation = only('[d1:L1 "say <\u2060|eot|> and then go on"]', {"d1": whole(document)})
    assert citation.verdict is Verdict.EXACT


def test_a_choice_from_a_list_is_a_place() -> None:
    chosen = place("d2", Span("page", 2, 2), SHOWN)
    assert (chosen.verdict, chosen.guided, chosen.path) == (
        Verdict.PLACE, True, "leases/lease.pdf",
    )  # fmt: skip
    assert place("d7", Span("page", 2, 2), SHOWN).verdict is Verdict.NOT_FOUND


WORDS = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9), min_size=8, max_size=60
)


@given(WORDS, st.data())
def test_what_is_rendered_is_found_again(words: list[str], data: st.DataObject) -> None:
    lines = [" ".join(words[i : i + 5]) for i in range(0, len(words), 5)]
    document = code("\n".join(lines) + "\n")
    line = data.draw(st.integers(1, len(lines)))
    quote = lines[line - 1]
    assume(len(quote) >= 20)
    citation = Citation("d1", "", Span("line", line, line), quote, Verdict.EXACT)
    found = only(f"Yes {render(citation)}.", {"d1": whole(document)})
    assert (found.document, found.span, found.quote) == ("d1", citation.span, quote)
    assert found.verdict is Verdict.EXACT


@given(WORDS, st.integers(10, 9_999), st.data())
def test_an_altered_number_or_negation_never_holds(
    words: list[str], number: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(2, len(words) - 1))
    altered = data.draw(st.integers(10, 9_999).filter(lambda n: n != number))
    text = " ".join([*words[:at], str(number), "must", "not", *words[at:]])
    document = {"d1": whole(code(text + "\n"))}
    assert only(f'[d1:L1 "{text}"]', document).verdict is Verdict.EXACT
    wrong = text.replace(f" {number} ", f" {altered} ")
    assert not only(f'[d1:L1 "{wrong}"]', document).verdict.holds
    assert not only(f'[d1:L1 "{text.replace("must not", "must")}"]', document).verdict.holds


@pytest.mark.parametrize(
    ("written", "places"),
    [
        ("[d2:p1-3]", ["d2 p1-p3"]),
        ("[d2: pp. 2–3]", ["d2 p2-p3"]),
        ("[d2, page 2]", ["d2 p2"]),
        ("[d2, Section 4.2, pages 2 to 3]", ["d2 p2-p3"]),
        ("[lease.pdf p. 2]", ["d2 p2"]),
        ("[d2 leases/lease.pdf, p2]", ["d2 p2"]),
        ("[D1:L3]", ["d1 L3"]),
        ("[Source: d1:L3]", ["d1 L3"]),
        ("[see d1, lines 3-5]", ["d1 L3-L5"]),
        ("[d1#L3-L5]", ["d1 L3-L5"]),
        ("[src/heat.py#L3]", ["d1 L3"]),
        ("[heat.py:3-5]", ["d1 L3-L5"]),
        ("[d1:L10-L3]", ["d1 L3-L10"]),
        ("[d1:L110-15]", ["d1 L110-L115"]),
        ("[d1:L3, 5-6]", ["d1 L3", "d1 L5-L6"]),
        ("[d1:L3 and d2:p1]", ["d1 L3", "d2 p1"]),
        ("[[d1:L3]]", ["d1 L3"]),
        ("`[d1:L3]`", ["d1 L3"]),
        ("word[d1:L3]", ["d1 L3"]),
        ("[d9:L3; d1:L3]", ["d9 L3", "d1 L3"]),
    ],
)
def test_a_place_is_read_as_models_write_it(written: str, places: list[str]) -> None:
    assert [f"{c.document} {c.span}" for c in judge(f"So {written}.", SHOWN)] == places


@pytest.mark.parametrize(
    ("written", "quotes"),
    [
        ('[d1:L7 "min(target, LIMIT)" (emphasis added)]', ["min(target, LIMIT)"]),
        ('[d1:L5 "def heat", "(target)"]', ["def heat", "(target)"]),
        ('[d1:L5 "def heat" … "(target):"]', ["def heat", "(target):"]),
        ('[d1:L3 "LIMIT"; L5 "def heat"]', ["LIMIT", "def heat"]),
        ('[d1:L3 "LIMIT = 97.5] and [d1:L5 "def heat"]', ["LIMIT = 97.5", "def heat"]),
        ("[d1:L3 `LIMIT = 97.5`]", ["LIMIT = 97.5"]),
        ("[d1:L3 ('LIMIT = 97.5')]", ["LIMIT = 97.5"]),
        ("[d1:L3 — “LIMIT = 97.5”]", ["LIMIT = 97.5"]),
        ('[d1:L3\n"LIMIT = 97.5"]', ["LIMIT = 97.5"]),
        ('[d1:L3 ""]', [""]),
    ],
)
def test_a_quote_is_read_as_models_write_it(written: str, quotes: list[str]) -> None:
    found = judge(f"So {written}.", SHOWN)
    assert [c.quote for c in found] == quotes
    assert all(c.verdict.holds for c in found)


HARD = [
    'x = data["a"]["b"]',
    'print("a", "b") + f["c"]',
    'log("see [d2:p1] and [d1:L3 \\"x\\"]")',
    'y = "\\\\d+\\"[a]"',
    "z = '''a \"quoted\" ]'''",
    "w = [1, [2, 3]]  # [d1:L9]",
    "ends with a backslash here \\",
    'and "every" mark “of” ‘all’ `kinds` "]" there',
    "[masked: aws-access-key] in the text",
]


@pytest.mark.parametrize("line", HARD)
def test_a_quote_may_hold_brackets_and_marks(line: str) -> None:
    shown = {"d1": whole(code(f"before\n{line}\nafter\n"))}
    citation = Citation("d1", "", Span("line", 2, 2), line, Verdict.EXACT)
    found = only(f'Yes {render(citation)}, and "so" [d1:L1].'.split(", and")[0], shown)
    assert (found.quote, found.verdict) == (line, Verdict.EXACT)
    both = judge(f'Yes {render(citation)}, and "so" [d1:L1].', shown)
    assert [c.verdict for c in both] == [Verdict.EXACT, Verdict.PLACE]


@pytest.mark.parametrize("line", HARD[:2])
def test_marks_within_a_quote_need_no_escape_if_the_source_says_so(line: str) -> None:
    shown = {"d1": whole(code(f"before\n{line}\nafter\n"))}
    found = only(f'Yes [d1:L2 "{line}"].', shown)
    assert (found.quote, found.verdict) == (line, Verdict.EXACT)


def test_a_path_may_hold_brackets_commas_and_spaces() -> None:
    paths = ["app/[id]/page.tsx", "Acme, Inc. Lease.pdf", "a/util.py", "b/util.py"]
    shown = {f"d{n}": whole(code(path=path, id=f"d{n}")) for n, path in enumerate(paths, 1)}
    assert only("[app/[id]/page.tsx:L3]", shown).document == "d1"
    assert only("[Acme, Inc. Lease.pdf:L3]", shown).document == "d2"
    assert only("[b/util.py:L3]", shown).document == "d4"
    assert only("[util.py:L3]", shown).verdict is Verdict.NOT_FOUND


def test_an_only_document_needs_no_name() -> None:
    assert only("So [p2].", {"d2": SHOWN["d2"]}).document == "d2"
    assert judge("So [L2], [p2].", SHOWN) == ()


def test_code_fences_of_all_kinds_are_passed_over() -> None:
    for fence in ("```", "~~~~", "  ```py", "> ```", "- ```"):
        assert judge(f"A\n{fence}\n[d1:L3]\n", SHOWN) == ()
    found = judge("```\n[d1:L3]\n``\n[d1:L4]\n```\n[d1:L5]\n~~~\n[d1:L6]\n```\n~~~\n[d1:L7]", SHOWN)
    assert [str(c.span) for c in found] == ["L5", "L7"]


def test_a_short_quote_counts_where_it_is_the_only_one() -> None:
    assert only('[d1:L6 "heated"]').verdict is Verdict.EXACT
    found = only('[d1:L5-L10 "target"]')
    assert (found.verdict, found.found) == (Verdict.NOT_FOUND, None)
    assert "unique" in found.note
    assert only('[d1:L10 "return max(target, 4)"]').verdict is Verdict.EXACT


def test_a_document_is_no_quote_of_the_wrong_place() -> None:
    found = only('[d1:p2 "return min(target, LIMIT)"]')
    assert (found.verdict, str(found.found)) == (Verdict.NOT_FOUND, "L7")
    assert only("[d2:L2]").verdict is Verdict.NOT_FOUND


def test_a_quote_that_runs_on_beyond_its_lines_stands_there() -> None:
    words = "    return min(target, LIMIT)\n\ndef cool(target):\n    return max(target, 4)"
    found = only(f'[d1:L7 "{words}"]')
    assert (found.verdict, str(found.found)) == (Verdict.EXACT, "L7-L10")


def test_a_quote_shown_in_part_is_not_shown() -> None:
    at = CODE.index("return min")
    shown = {"d1": Shown(code(), ((0, at + 8), (at + 20, len(CODE))))}
    found = only('[d1:L7 "return min(target, LIMIT)"]', shown)
    assert (found.verdict, found.note) == (Verdict.NOT_SHOWN, "only partly in the prompt")
    shown = {"d1": Shown(code(), ((0, at + 10), (at + 10, len(CODE))))}
    assert only('[d1:L7 "return min(target, LIMIT)"]', shown).verdict is Verdict.EXACT


def test_words_that_only_moved_are_not_outdated() -> None:
    old = code("# gone\n" * 30 + CODE)
    shown = {"d1": Shown(code(), ((0, len(CODE)),), superseded=(old,))}
    found = only('[d1:L37 "return min(target, LIMIT)"]', shown)
    assert (found.verdict, str(found.found)) == (Verdict.NOT_FOUND, "L7")
    assert only("[d1:L37]", shown).verdict is Verdict.OUTDATED
    assert only("[d1:L99]", shown).verdict is Verdict.NOT_FOUND


def test_a_quote_cut_out_of_its_negation_is_told_apart() -> None:
    found = only('[d2:p2 "enter without thirty (30) days\' written notice"]')
    assert found.verdict is Verdict.NOT_FOUND
    assert "may not [enter" in found.note


def test_nothing_but_marks_is_no_quote() -> None:
    assert only('[d1:L3 "..."]').verdict is Verdict.PLACE
    assert judge('[d1 "..."]', {"d1": SHOWN["d1"]})[0].verdict is Verdict.NOT_FOUND


TEXTS = st.lists(
    st.sampled_from(
        ["abc", "d1:L2", "[d1:L2", '"]', '"', "\\", "]", "[", "(", "'", "`", "…", "\n", " ", "12",
         "not", "é", "ﬁ", "“", "” ", '", "', ";", "```\n", "<|eot|>", "\u2060", "the words"]
    ),
    min_size=1,
    max_size=40,
).map("".join)  # fmt: skip


@given(TEXTS, TEXTS)
def test_whatever_is_rendered_is_found_again(before: str, quote: str) -> None:
    assume(any(c.isalnum() for c in quote))
    text = f"{before}\n{quote}\nthe end of it all\n"
    first = before.count("\n") + 2
    span = Span("line", first, first + quote.count("\n"))
    shown = {"d1": whole(code(text)), "d3": SHOWN["d1"]}
    citation = Citation("d1", "", span, quote, Verdict.EXACT)
    (found, *others) = judge(f"Yes {render(citation)} and no more [d3:L3].", shown)
    assert (found.document, found.span, found.quote) == ("d1", span, quote)
    assert [c.document for c in others] == ["d3"]
    if len(quote.strip()) >= 40 and "\u2060" not in quote:
        assert found.verdict is Verdict.EXACT


EVIL = [
    "[", "[d1:", '[d1:L1 "', "[a b ", '[d1:L1 "x"; "', '[d1 "(" "', '[d1:L1 "\\', "~~~\n```\n",
    "[d1:L1] ", "[d1:L1 'a' , ", "[aaaa/", '"]', "【d1:L1 `", '[d1:L1 "(x"] ',
]  # fmt: skip


@pytest.mark.parametrize("evil", EVIL)
def test_a_hostile_answer_is_read_in_linear_time(evil: str) -> None:
    started = time.process_time()
    judge(evil * (200_000 // len(evil)), SHOWN)
    # Several times what it takes; a quadratic reading would take minutes.
    assert time.process_time() - started < 15


def test_a_thousand_citations_of_a_long_document_are_judged_in_seconds() -> None:
    lines = [
        f"the {n * 7919 % 10007} words of line {n} that say something else" for n in range(20_000)
    ]
    text = "\n".join(lines)
    assert len(text) > 900_000
    shown = {"d1": whole(code(text))}
    ways = [
        lambda n: lines[n],
        lambda n: lines[n].replace(" ", "  "),
        lambda n: lines[n].upper(),
        lambda n: lines[n].replace("words", "birds"),
        lambda n: lines[(n + 5_000) % 20_000],
    ]
    answer = " ".join(f'[d1:L{n + 1} "{ways[n % 5](n)}"]' for n in range(0, 19_999, 19))
    started = time.process_time()
    found = judge(answer, shown)
    # Aim: 2 seconds; the rest is for machines that are slow or busy.
    assert time.process_time() - started < 8
    assert len(found) > 1_000
    assert sum(c.verdict.holds for c in found) == sum(n % 5 < 3 for n in range(0, 19_999, 19))
