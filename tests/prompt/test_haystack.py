"""Needles in a corpus: the size of the prompt, where they stand, what prompts share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from longread.analysis import reading
from longread.cache.kept import open_derived
from longread.errors import BudgetError
from longread.ingest.read import Options, read
from longread.prompt import haystack, needles
from longread.prompt.haystack import Haystack
from longread.prompt.needles import KINDS, Known, Needle
from longread.tokens import open_family
from longread.tokens.pieces import Pieces
from longread.types import Route

PROMPT = Path(__file__).parent.parent.parent / "longread" / "prompt"
SHELF = Path(__file__).parent.parent.parent / "fixtures" / "shelf"


@cache
def measured(where: Path) -> reading.Measured:
    pieces = Pieces(open_family("llama4"), open_derived())
    corpus = read([str(where)], Options(), pieces.derived, lambda _: None)
    return reading.measure(corpus, pieces, True, lambda _: None)


def planted(room: int, made: list[Needle], where: Path = PROMPT, route: Route = "ids") -> Haystack:
    found = measured(where)
    layout = reading.lay_out(found, int(room * 1.02))
    chunks = reading.chunks(layout, found.corpus.documents)
    base = haystack.stream(chunks, found.corpus.documents, found.mark, found.pieces, route)
    return haystack.build(base, made, found.head, room, found.mark, found.pieces, route)


def several(number: int, key: str = "") -> list[Needle]:
    taken = Known()
    return [
        needles.make(KINDS[n % len(KINDS)], (n + 0.5) / number, f"{key}{n}", taken)
        for n in range(number)
    ]


@given(
    room=st.integers(700, 9_000),
    key=st.text("abc", max_size=2),
    route=st.sampled_from(["ids", "text"]),
)
@example_settings(max_examples=8)
def test_every_prompt_has_the_exact_size_and_every_fact(room: int, key: str, route: Route) -> None:
    made = several(max(1, min(8, room // 900)), key)
    found = planted(room, made, route=route)
    family = found.pieces.family
    fixed = measured(PROMPT).fixed
    for needle in made[:3]:
        prompt = found.prompt(needle.question)
        assert prompt.size == len(prompt.ids) == room + fixed
        text = prompt.turns[-1].text
        for fact in needle.facts:
            assert text.count(fact.sentence) == 1
        assert text.endswith(f"\n{found.mark} question\n{needle.question}")
    for piece in (*found.body, *found.tail):
        assert family.decode(piece.ids) == piece.text.replace("\u2060", "")


def test_facts_stand_where_they_are_meant_to() -> None:
    made = several(8)
    found = planted(30_000, made)
    assert found.at == pytest.approx([n.facts[0].depth for n in made], abs=0.02)


def test_prompts_of_one_haystack_share_all_but_the_end() -> None:
    made = several(8)
    found = planted(20_000, made)
    first, *others = (found.prompt(needle.question).ids for needle in made)
    for other in others:
        same = next(i for i, (a, b) in enumerate(zip(first, other, strict=True)) if a != b)
        assert len(first) - same <= 64
        assert same >= found.shared


def test_a_corpus_that_is_too_small_is_repeated_under_other_ids(tmp_path: Path) -> None:
    (tmp_path / "heat.py").write_text("LIMIT = 97.5\n\n\ndef heat(target):\n    return target\n")
    made = several(1)
    found = planted(2_000, made, tmp_path)
    text = found.prompt(made[0].question).turns[-1].text
    assert "d1 heat.py\n" in text
    assert "d1.2 heat.py\n" in text
    assert text.count("LIMIT = 97.5") > 20


def test_a_file_that_alone_is_longer_holds_facts_at_every_depth(tmp_path: Path) -> None:
    lines = [f"Rule {n}: lamp {n} is lit at dusk.\n\n" for n in range(2_000)]
    (tmp_path / "rules.md").write_text("".join(lines))
    made = several(6)
    found = planted(8_000, made, tmp_path)
    assert found.at == pytest.approx([n.facts[0].depth for n in made], abs=0.04)
    assert found.prompt(made[0].question).size == 8_000 + measured(tmp_path).fixed


def test_code_is_planted_in_between_its_functions(tmp_path: Path) -> None:
    body = "".join(
        f"def f{n}():\n" + "".join(f"    g({n}, {i})\n" for i in range(20)) + "\n\n"
        for n in range(90)
    )
    (tmp_path / "code.py").write_text(body)
    made = several(6)
    found = planted(12_000, made, tmp_path)
    lines = found.prompt(made[0].question).turns[-1].text.splitlines()
    marks = [i for i, row in enumerate(lines) if row.startswith("#") and "§" not in row]
    assert len(marks) == sum(len(needle.facts) for needle in made)
    for at in marks:
        after = next(row for row in lines[at:] if row and not row.startswith("#"))
        assert after.startswith(("def ", "§"))


def test_a_page_is_planted_with_plain_sentences() -> None:
    made = several(6)
    found = planted(9_000, made, SHELF)
    text = found.prompt(made[0].question).turns[-1].text
    for fact in (fact for needle in made for fact in needle.facts):
        assert f"\n{fact.sentence}\n" in text


def test_as_many_needles_share_a_haystack_as_take_an_eighth_of_it() -> None:
    pieces = measured(PROMPT).pieces
    made = several(20)
    sizes = [haystack.cost(needle, pieces) for needle in made]
    for room in (1_000, 4_000, 60_000):
        groups = haystack.share_out(made, room, pieces)
        assert [i for group in groups for i in group] == list(range(20))
        for group in groups:
            assert len(group) == 1 or sum(sizes[i] for i in group) <= room // haystack.SHARE
    assert len(haystack.share_out(made, 60_000, pieces)) == 1
    with pytest.raises(BudgetError, match="too short"):
        haystack.share_out(made, 100, pieces)
