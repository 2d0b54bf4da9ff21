"""Quotes against texts: what is forgiven, what never is, and how that does on real contracts."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from longread.ingest.pdf import lay_out, read_many
from longread.prompt.cite import judge, render
from longread.prompt.folding import fold, letters
from longread.prompt.quotes import Match, Quote, Searched, cuts
from longread.prompt.ruler import Ruler
from longread.types import Citation, Document, Segment, Shown, Span, Verdict

ROOT = Path(__file__).parents[2]
SHELF = ROOT / "fixtures" / "shelf"
CONTRACTS = ROOT.parent / "shared" / "corpora" / "contracts"
"""Contracts with quotes that lawyers marked (CUAD), where they lie beside the checkout."""


def look(text: str, words: str, code: bool = False) -> list[Match]:
    found = Searched(text, text, code).find(Quote(words, code), 0, len(text))
    return next((matches for matches in found if matches), [])


def verdict(text: str, words: str, code: bool = False) -> str:
    return look(text, words, code)[0].verdict.value if look(text, words, code) else "not found"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("the  first\n\tof two", "the first of two"),
        ("the first of two", "the\nfirst\u00a0of two"),
        ("a “quoted” word and the owner’s", 'a "quoted" word and the owner\'s'),
        ("a 'single' mark", 'a "single" mark'),
        ("from 2019–2021 — a while", "from 2019-2021 - a while"),
        ("a break in termi-\nnation", "a break in termination"),
        ("a break in termi-\n   nation", "a break in termi-\nnation"),
        ("soft\u00adhyphens in\u200bside", "softhyphens inside"),
        ("PDFium's termi\u0002nation", "PDFium's termination"),
        ("eﬃcient oﬀers", "efficient offers"),
        ("Ｗｉｄｅ １２３ letters", "Wide 123 letters"),
        ("cafe\u0301 society", "café society"),
        ("say <|eot|> there", "say <\u2060|eot|>  there"),
        ("it ends here.", "…it ends here…"),
        ("it ends here.", "[...] it ends here."),
    ],
)
def test_folding_forgives_how_words_are_written(text: str, quote: str) -> None:
    assert verdict(f"Before {text} after.", quote) == "folded"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The Term, as defined (below)", "the term as defined below"),
        ("non-\nexclusive licence", "non-exclusive licence"),
        ("a co-operation of state - owned firms", "a cooperation of state owned firms"),
        ("a sum of 1,000,000 shares", "a sum of 1000000 shares"),
        ("within thirty (30) days", "within thirty 30 days"),
        ("**bold** words and _more_", "bold words and more"),
        ("the t ext of a bad scan", "the text of a bad scan"),
        ("STRASSE and straße", "strasse and strasse"),
        ("paid on June 3, 2019; then", "paid on June 3, 2019, then"),
        ("a rate of 5 % a year", "a rate of 5% a year"),
    ],
)
def test_letters_and_digits_alone_may_agree(text: str, quote: str) -> None:
    assert verdict(f"Before {text} after.", quote) in ("letters", "folded")


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("a rate of 1.5 points", "a rate of 15 points"),
        ("a rate of 1.5 points", "a rate of 1 5 points"),
        ("a rate of .5 points", "a rate of 5 points"),
        ("a rate of -3 points", "a rate of 3 points"),
        ("a rate of −3 points", "a rate of 3 points"),
        ("a rate of 5% a year", "a rate of 5 a year"),
        ("a rate of 5 a year", "a rate of 5 % a year"),
        ("p < 0.05 was found", "p > 0.05 was found"),
        ("p < 0.05 was found", "p 0.05 was found"),
        ("p ≤ 0.05 was found", "p ≥ 0.05 was found"),
        ("x != 4 was found", "x = 4 was found"),
        ("a fee of $500 a year", "a fee of 500 a year"),
        ("a fee of $500 a year", "a fee of €500 a year"),
        ("a fee of 500 € a year", "a fee of 500 a year"),
        ("a fee of ±5 a year", "a fee of 5 a year"),
        ("sections 30 60 apply", "sections 3060 apply"),
        ("sections 3(0) apply", "sections 30 apply"),
        ("10² of them came", "102 of them came"),
        ("5½ of them came", "51/2 of them came"),
        ("m₂ of them came", "m2 of them came"),
        ("on 10/12 they came", "on 1012 they came"),
        ("from 10-20 came", "from 1020 came"),
        ("a part of 1,5 came", "a part of 15 came"),
        ("they shall not pay", "they shall pay"),
        ("they shall pay", "they shall not pay"),
        ("it isn't due today", "it is due today"),
        ("a notable change came", "a not able change came"),
        ("the words of one", "the word of one"),
        ("año de la vida", "ano de la vida"),
        ("हिन्दी की भाषा", "हिन्दी का भाषा"),
    ],
)
def test_what_says_something_else_never_agrees(text: str, quote: str) -> None:
    assert verdict(f"Before {text} after.", quote) == "not found"


@pytest.mark.parametrize(
    ("text", "quote", "holds"),
    [
        ("if !ready and more", "if ready and more", False),
        ("if a == b return", "if a != b return", False),
        ("if a < b return", "if a > b return", False),
        ("if a and b return", "if a or b return", False),
        ("x = a - b\n", "x = a + b", False),
        ("x = a & b\n", "x = a | b", False),
        ("range(1,100)", "range(1100)", False),
        ("x += 1", "x -= 1", False),
        ("call( a, b )\n", "call(a, b)", True),
        ("call(\n    a,\n    b,\n)", "call(a, b)", True),
        ('name = "x"', "name = 'x'", True),
        ("# one line\n# and the next", "one line and the next", True),
    ],
)
def test_operators_of_code_count(text: str, quote: str, holds: bool) -> None:
    assert (verdict(text, quote, code=True) != "not found") is holds


@pytest.mark.parametrize(
    ("text", "quote", "whole"),
    [
        ("it costs 15 now", "it costs 1", False),
        ("it costs 15 now", "5 now", False),
        ("it costs 1.5 now", "5 now", False),
        ("it costs 1.5 now", "it costs 1", False),
        ("it costs 1,500 now", "it costs 1", False),
        ("it costs -3 now", "3 now", False),
        ("it costs <3 now", "3 now", False),
        ("it costs $3 now", "3 now", False),
        ("it costs 3% now", "it costs 3", False),
        ("it takes 100ms now", "it takes 100", False),
        ("an unlawful act", "lawful act", False),
        ("a non-exclusive right", "exclusive right", False),
        ("we cannot pay", "we can", False),
        ("we don't pay", "we do", False),
        ("it is harmless", "it is harm", False),
        ("it ends in 2019.", "in 2019", True),
        ("pages 10-20 say", "20 say", True),
        ("the getName call", "Name call", True),
        ("a refundable fee", "a refund", True),
        ("it is so", "it is", True),
    ],
)
def test_a_quote_may_not_cut_what_changes_its_meaning(text: str, quote: str, whole: bool) -> None:
    start = text.index(quote)
    assert cuts(text, start, start + len(quote)) is not whole


def test_a_quote_may_not_begin_behind_its_not() -> None:
    text = "The Tenant shall not, and may not, sublet the premises to any other person."
    assert verdict(text, "sublet the premises to any other person") == "exact"
    text = "The Tenant shall not sublet the premises to any other person."
    assert verdict(text, "sublet the premises to any other person") == "not found"
    assert verdict(text, "The Tenant shall not sublet the premises") == "exact"


CLAUSE = (
    "The Supplier shall deliver the goods, together with all papers that belong to them, to the "
    "Buyer's warehouse. Payment is due without deduction within thirty (30) days of delivery."
)


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("The Supplier shall deliver the goods … to the Buyer's warehouse", "elided"),
        ("The Supplier shall deliver the goods ... to the Buyer's warehouse", "elided"),
        ("The Supplier shall deliver the goods [...] to the Buyer's warehouse", "elided"),
        ("The Supplier shall deliver the goods [. . .] to the Buyer's warehouse", "elided"),
        ("The Supplier shall deliver the goods <omitted> to the Buyer's warehouse", "elided"),
        ("…the goods, together … papers that belong … Buyer's warehouse.", "elided"),
        ("to the Buyer's warehouse … shall deliver the goods", "not found"),
        ("Payment is due … within thirty (30) days", "not found"),
        ("Payment is due without deduction … days of delivery", "not found"),
        ("The Supplier … all … belong to them", "not found"),
        ("The Supplier shall deliver … to the Seller's warehouse", "not found"),
    ],
)
def test_an_ellipsis_may_hide_neither_a_no_nor_a_number(quote: str, expected: str) -> None:
    assert verdict(CLAUSE, quote) == expected


def test_the_parts_of_an_elided_quote_stand_near_each_other() -> None:
    far = f"It begins like this. {'Words and words. ' * 200} And it ends like that."
    assert verdict(far, "It begins like this … it ends like that") == "not found"


def test_a_gap_is_kept() -> None:
    (match,) = look(CLAUSE, "deliver the goods … to the Buyer's warehouse")
    assert match.gap == ", together with all papers that belong to them,"


def pages(*texts: str) -> Document:
    segments = []
    at = 0
    for number, text in enumerate(texts, 1):
        segments.append(Segment("page", "", Span("page", number, number), at, at + len(text)))
        at += len(text)
    whole = "".join(texts)
    return Document("x.pdf", "pdf", "", whole, whole, tuple(segments), "page", id="d1")


def test_running_headers_and_footers_do_not_part_a_sentence() -> None:
    document = pages(
        *(
            f"Supply Agreement\n{'gan' + 'x' * n} elsewhere ends. Then come words of its own, "
            f"many {'y' * n} of\nthem, a {'z' * n} sentence that be-\nConfidential\n- {n + 2} -\n"
            for n in range(1, 6)
        )
    )
    ruler = Ruler(document)
    assert len(ruler.bridged) == len(document.text)
    assert "Confidential" not in ruler.bridged
    assert "Then come words of its own" in ruler.bridged
    searched = Searched(document.text, ruler.bridged, code=False)
    words = Quote("them, a zz sentence that beganxxx elsewhere ends.", code=False)
    found = next(m for m in searched.find(words, 0, len(document.text)) if m)
    assert str(ruler.span(found[0].start, found[0].end)) == "p2-p3"


def test_a_figure_at_the_edge_of_a_page_is_no_page_number() -> None:
    document = pages("one\n40\n", "two\n40\n", "three\n40\n")
    assert Ruler(document).bridged == document.text


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)


@given(WORDS, st.booleans())
def test_every_folded_character_knows_where_it_came_from(text: str, code: bool) -> None:
    folded = fold(text)
    kept = letters(folded, code)
    for form in (folded, kept):
        origins = [form.origin(n) for n in range(len(form.text))]
        assert origins == sorted(origins)
        assert all(0 <= origin < len(text) for origin in origins)
        assert form.index(0) == 0
        assert form.index(len(text)) == len(form.text)


SENTENCES = st.lists(
    st.sampled_from(
        ["the", "Buyer", "shall", "not", "pay", "1.5%", "$20", "within", "30", "days,", "of",
         "“Delivery”", "non-exclusive", "(a)", "it's", "—", "2019;", "term", "of", "Seller."]
    ),
    min_size=12,
    max_size=60,
)  # fmt: skip


@given(SENTENCES, st.data())
def test_other_white_space_and_quote_marks_always_hold(
    words: list[str], data: st.DataObject
) -> None:
    text = " ".join(words)
    spaces = st.sampled_from([" ", "\n", "  ", "\u00a0", "\t", " \u200b", "\r\n"])
    marks = {"“": "\"'„", "”": "\"'“", "'": "’‘`"}
    other = "".join(
        data.draw(spaces) if c == " " else data.draw(st.sampled_from(marks[c])) if c in marks else c
        for c in text
    )
    assert verdict(text, other) in ("exact", "folded")


@given(SENTENCES, st.data())
def test_an_altered_digit_never_holds(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    digits = [m.start() for m in re.finditer(r"\d", text)]
    assume(digits)
    at = data.draw(st.sampled_from(digits))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != text[at]]))
    assert verdict(text, text[:at] + digit + text[at + 1 :]) == "not found"
    assert verdict(text, text[:at] + text[at + 1 :]) == "not found"


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text))


@given(SENTENCES, st.data())
def test_a_not_that_came_or_went_never_holds(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    at = data.draw(st.integers(0, len(words)))
    assert verdict(text, " ".join([*words[:at], "not", *words[at:]])) == "not found"
    nots = [n for n, word in enumerate(words) if word == "not"]
    assume(nots)
    gone = data.draw(st.sampled_from(nots))
    left = " ".join(words[:gone] + words[gone + 1 :])
    # Without its first or last word a quote says nothing else, whatever marks stand beside it.
    assume(plain(left) not in plain(text))
    assert verdict(text, left) == "not found"


def read(files: Sequence[Path]) -> dict[str, Document]:
    documents = {}
    given_files = ((path.name, path.read_bytes()) for path in files)
    for number, (name, pdf) in enumerate(read_many(given_files), 1):
        text, segments = lay_out(pdf.pages)
        documents[name] = Document(name, "pdf", "", name, text, segments, "page", id=f"d{number}")
    return documents


def verdicts(
    documents: Mapping[str, Document], quotes: Sequence[tuple[str, str]]
) -> list[tuple[str, str, Verdict]]:
    """Judge quotes, each against the document named with it, as one answer a document."""
    asked: dict[str, list[str]] = defaultdict(list)
    for name, quote in quotes:
        asked[name].append(quote)
    judged = []
    for name, texts in asked.items():
        document = documents[name]
        shown = {document.id: Shown(document, ((0, len(document.text)),))}
        cited = [Citation(document.id, "", None, text, Verdict.PLACE) for text in texts]
        found = judge(" and ".join(map(render, cited)), shown)
        assert [c.quote for c in found] == texts
        judged += [(name, c.quote, c.verdict) for c in found]
    return judged


NO = re.compile(r"\b(?:not|no|never|nor|without)\s(?=\w)", re.IGNORECASE)
VERB = re.compile(r"\b(?:shall|may|will|is|are|has)\b ")


def alter(quote: str, rng: random.Random) -> str | None:
    """Return the quote with a digit changed, or a "not" put in or taken out."""
    ways = []
    if digits := list(re.finditer(r"\d", quote)):
        spot = rng.choice(digits)
        other = str((int(spot.group()) + rng.randint(1, 9)) % 10)
        ways.append(quote[: spot.start()] + other + quote[spot.end() :])
    if nos := list(NO.finditer(quote)):
        spot = rng.choice(nos)
        ways.append(quote[: spot.start()] + quote[spot.end() :])
    if verbs := list(VERB.finditer(quote)):
        spot = rng.choice(verbs)
        ways.append(f"{quote[: spot.end()]}not {quote[spot.end() :]}")
    return rng.choice(ways) if ways else None


def measure(documents: Mapping[str, Document], gold: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return the share of gold quotes that hold, and how many hold that must not.

    A heading such as "SPONSORSHIP AGREEMENT" does stand in other contracts, so the quotes put
    against the wrong one have 60 characters or more.
    """
    rng = random.Random(7)
    right = verdicts(documents, gold)
    names = sorted(documents)
    long = [(name, quote) for name, quote in gold if len(quote) >= 60]
    wrong = [
        (rng.choice([other for other in names if other != name]), quote)
        for name, quote in rng.choices(long, k=600)
    ]
    altered = [
        (name, changed)
        for name, quote in rng.choices(gold, k=800)
        if (changed := alter(quote, rng))
    ][:600]
    return {
        "quotes": len(gold),
        "held": sum(v.holds for _, _, v in right) / len(right),
        "wrong contract": sum(v.holds for _, _, v in verdicts(documents, wrong)),
        "altered": sum(v.holds for _, _, v in verdicts(documents, altered)),
        "of altered": len(altered),
    }


def test_sentences_of_our_shelf_are_found_in_its_pdfs() -> None:
    documents = read(sorted(SHELF.glob("*.pdf")))
    gold = [
        (name, sentence)
        for name, document in documents.items()
        for sentence in re.findall(r"[A-Z][^.;]{40,400}[.;](?=\s)", document.text)
    ]
    gold = [(name, " ".join(sentence.split())) for name, sentence in gold]
    figures = measure(documents, gold)
    assert figures["quotes"] > 100
    assert figures["held"] >= 0.99, figures
    assert (figures["wrong contract"], figures["altered"]) == (0, 0), figures


@pytest.mark.parametrize("gold", [CONTRACTS / "gold.jsonl"], ids=["CUAD"])
def test_what_lawyers_marked_is_found_and_nothing_else(gold: Path) -> None:
    if not gold.exists():
        # The test above has the same shape, on a shelf of our own.
        return
    documents = read(sorted(CONTRACTS.glob("*.pdf")))
    rows = [json.loads(line) for line in gold.read_text("utf-8").splitlines()]
    quotes = {(row["file"], row["quote"]) for row in rows if len(row["quote"]) >= 20}
    plain = sorted(q for q in quotes if "<omitted>" not in q[1])
    figures = measure(documents, plain)
    print(figures)
    assert figures["held"] >= 0.99, figures
    assert (figures["wrong contract"], figures["altered"]) == (0, 0), figures


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("y", False),
        ("par", False),
        ("party", True),
        ("Licence is non", False),
        ("Licence is nonexclusive", True),
        ("consen", False),
        ("consent", True),
        ("either party may assign this non", False),  # long, and what is left of the word is little
        ("either party may assign this nonexclus", True),  # where somebody ran out of room
        ("either party may assign this nonexclusive Licence", True),
    ],
)
def test_a_quote_may_not_end_inside_a_word(quote: str, stands: bool) -> None:
    text = "Licence is nonexclusive; either party may assign this nonexclusive Licence by consent."
    assert (verdict(text, quote) != "not found") is stands
