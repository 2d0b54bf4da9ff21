"""What a question is about is found: literal names win, files before segments, kinds as asked."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from longread.cache.derived import Derived
from longread.cache.search import SearchIndex
from longread.prompt.asked import take_apart
from longread.prompt.evidence import Hit, excerpts, select
from longread.prompt.finding import bring_up_to_date, find
from longread.tokens import open_family
from longread.tokens.pieces import Pieces
from longread.types import Document, Kind, Segment, Span

WORDS = "cookie header route stream cache retry parse token budget window frame socket".split()


def code(path: str, *functions: tuple[str, str], kind: Kind = "source", at: int = 0) -> Document:
    """Make a file of functions, each a name and a body, one a segment."""
    text, segments = "", []
    for name, body in functions:
        start, line = len(text), text.count("\n") + 1
        text += f"def {name.rpartition('.')[2]}():\n    {body}\n"
        span = Span("line", line, line + 1)
        segments.append(Segment("function", name, span, start, len(text)))
    return Document(path, kind, "python", f"{path}:{text}", text, tuple(segments), id=f"d{at}")


def corpus(seed: int) -> list[Document]:
    """Make thirty files that talk of the same few words."""
    dice = random.Random(seed)
    return [
        code(
            f"{dice.choice(WORDS)}/{dice.choice(WORDS)}{number}.py",
            *(
                (f"{dice.choice(WORDS)}_{number}_{at}", " ".join(dice.choices(WORDS, k=12)))
                for at in range(dice.randint(1, 6))
            ),
            at=number,
        )
        for number in range(30)
    ]


def ask(question: str, documents: Sequence[Document]) -> list[Hit]:
    index = SearchIndex(None)
    bring_up_to_date(index, documents)
    hits = find(question, documents, index)
    index.close()
    return hits


CHATTER = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
SEEDS = st.integers(0, 20)


def other(documents: Sequence[Document], number: int) -> str:
    """Return what another file says, so that a question resembles that one."""
    document = documents[(number + 1) % len(documents)]
    return f"{document.text} {document.segments[0].name}".replace("def ", "").replace("():", "")


@given(SEEDS, st.integers(0, 29))
@examples(max_examples=25)
def test_a_symbol_that_the_question_names_wins(seed: int, number: int) -> None:
    documents = corpus(seed)
    meant = documents[number].segments[-1]
    chatter = " ".join(w for w in other(documents, number).split() if "_" not in w)
    best = ask(f"{chatter}: why does {meant.name}() fail? {chatter}", documents)[0]
    assert documents[best.document].segments[best.segment] is meant


@given(SEEDS, CHATTER, st.integers(0, 29))
@examples(max_examples=25)
def test_words_that_the_question_quotes_win(seed: int, chatter: str, number: int) -> None:
    documents = corpus(seed)
    segment = documents[number].segments[0]
    words = documents[number].text[segment.start : segment.end].splitlines()[1].strip()
    best = ask(f'{chatter} where is "{words}" said? {chatter}', documents)[0]
    assert words in documents[best.document].text
    assert best.literal


@given(SEEDS, st.integers(0, 29))
@examples(max_examples=25)
def test_a_file_that_the_question_names_wins(seed: int, number: int) -> None:
    documents = corpus(seed)
    chatter = " ".join(w for w in other(documents, number).split() if "_" not in w)
    best = ask(f"{chatter} in {documents[number].path}? {chatter}", documents)[0]
    assert best.document == number


@given(SEEDS, CHATTER, st.integers(50, 1_500))
@examples(max_examples=15)
def test_what_is_chosen_fits_and_wins_in_order(seed: int, chatter: str, room: int) -> None:
    documents = corpus(seed)
    name = documents[7].segments[0].name
    hits = ask(f"{chatter} {name}() {chatter}", documents)
    with tempfile.TemporaryDirectory() as folder, Derived(Path(folder) / "derived.db") as derived:
        pieces = Pieces(open_family("llama4"), derived)
        chosen = select(hits, documents, room, "§0", pieces)
        made = excerpts(chosen, documents, "§0")
        used = sum(len(pieces.encode_text(part)) for c in made for part in (c.title, c.rest))
        used += sum(len(pieces.encode_text(c.read())) for c in made)
    assert used <= room
    assert chosen == [hit for hit in hits if hit in chosen]
    assert len(set(chosen)) == len(chosen)
    if room >= 200:
        assert documents[chosen[0].document].segments[chosen[0].segment].name == name


def test_the_same_question_finds_the_same(tmp_path: Path) -> None:
    documents = corpus(3)
    backwards = SearchIndex(tmp_path / "backwards.db")
    bring_up_to_date(backwards, documents[::-1])
    question = "Where is a cookie retried, and what does route_3_0 parse?"
    assert ask(question, documents) == find(question, documents, backwards)
    backwards.close()


def test_what_is_named_wins_wherever_it_stands() -> None:
    talk = " ".join(["make_jar"] * 9 + ["table"] * 9)
    documents = [
        code("tests/conftest.py", ("make_jar", "return Jar()"), kind="test"),
        code("data/table.py", ("rows", "1, 2, 3"), kind="data"),
        *(code(f"table{n}/jar.py", (f"make_table_{n}", talk), (f"x{n}", talk)) for n in range(9)),
    ]
    first = ask("Which table does make_jar() make, and why not a jar?", documents)[0]
    assert (first.document, first.segment) == (0, 0)
    assert ask("Which jar does table make in data/table.py?", documents)[0].document == 1


def test_a_file_that_is_meant_is_shown_whole(tmp_path: Path) -> None:
    parts = [(f"step_{n}", f"self.count = {n}") for n in range(6)]
    documents = [code(f"m{i}.py", *parts, at=i) for i in range(3)]
    hits = [
        Hit(position, n, chance / (n + 1) / 2.45, chance)
        for position, chance in enumerate((1.0, 0.6, 0.6))
        for n in range(6)
    ]
    hits.sort(key=lambda hit: -hit.score)
    pieces = Pieces(open_family("llama4"), Derived(tmp_path / "derived.db"))
    room = pieces.count_text(documents[0].text) + 30
    made = excerpts(select(hits, documents, room, "§0", pieces), documents, "§0")
    assert "§0 d0 m0.py\n" in [chunk.head for chunk in made]


def test_what_a_found_segment_uses_is_found_too() -> None:
    documents = [
        code(
            "a.py",
            ("first", "pass"),
            ("unrelated", "pass"),
            ("frob", "return 1"),
            ("expire", "drop the oldest cookie; frob()"),
        ),
        code("b.py", ("other", "pass")),
    ]
    names = [
        documents[h.document].segments[h.segment].name for h in ask("oldest cookie", documents)
    ]
    assert names[:2] == ["expire", "frob"]


def test_tests_come_first_only_where_they_are_asked_for() -> None:
    documents = [
        code("jar.py", ("expire", "drop the oldest cookie")),
        code("tests/test_jar.py", ("test_expire", "the oldest cookie is dropped"), kind="test"),
    ]
    assert ask("drop the oldest cookie", documents)[0].document == 0
    assert ask("Which tests see the oldest cookie dropped?", documents)[0].document == 1


@pytest.mark.parametrize(
    ("question", "symbols", "paths"),
    [
        ("Why does Config.from_json() fail?", ("Config.from_json",), ()),
        ("see src/app.py, not net/io.go", ("src/app.py", "net/io.go"), ("src/app.py", "net/io.go")),
        ("Nothing like code. At all", (), ()),
    ],
)
def test_a_question_is_taken_apart(
    question: str, symbols: tuple[str, ...], paths: tuple[str, ...]
) -> None:
    asked = take_apart(question)
    assert asked.symbols == symbols
    assert set(paths) <= set(asked.paths)


@pytest.mark.parametrize(
    "question",
    [
        "", "\0", 'say "a\0b"', '"\ud800x" and `\udfff`', '"' * 50, '"½" “—” ** NEAR( OR NOT',
        "name : x* ^y {a b}", "a.b.c() " * 3_000, "../../etc/passwd /", "x" * 100_000,
    ],
)  # fmt: skip
def test_no_question_is_too_odd_to_be_asked(question: str) -> None:
    assert ask(question, corpus(1)) is not None
    assert ask(f"{question} cookie", corpus(1))


def test_the_subject_weighs_more_than_the_rest() -> None:
    asked = take_apart("Expire cookies\n\nThe jar keeps them. The jar grows.")
    assert asked.words["expire"] > asked.words["grows"]
    assert "the" not in asked.words
