"""Facts that are planted: what they are made of, how they look, how answers are scored."""

from __future__ import annotations

import re

import pytest

from longread.prompt.needles import KINDS, Known, Needle, dress, fold, is_right, known, make


def facts(needle: Needle) -> list[str]:
    return [fact.sentence for fact in needle.facts]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_key_gives_the_same_needle_and_another_key_another(kind: str) -> None:
    assert make(kind, 0.5, "a", Known()) == make(kind, 0.5, "a", Known())
    assert make(kind, 0.5, "a", Known()) != make(kind, 0.5, "b", Known())


def test_a_value_that_stands_in_the_corpus_is_not_taken() -> None:
    first = make("number", 0.5, "key", Known())
    second = make("number", 0.5, "key", known([f"see ticket 77{first.value}4 of last year"]))
    assert second.value != first.value
    words = make("phrase", 0.5, "key", Known()).value
    start = " ".join(words.split()[:2])
    assert make("phrase", 0.5, "key", known([f"a {start.upper()} in it"])).value != words


def test_needles_that_share_a_prompt_share_no_name_and_no_value() -> None:
    taken = Known()
    made = [make(kind, 0.5, str(n), taken) for n in range(25) for kind in KINDS]
    values = [n.value for n in made if n.kind != "count"]
    values += [value for n in made for value in n.wrong]
    assert len(values) == len(set(values))
    questions = [n.question for n in made]
    assert len(questions) == len(set(questions))


@pytest.mark.parametrize("kind", ["number", "phrase"])
def test_beside_a_fact_stand_its_near_misses(kind: str) -> None:
    needle = make(kind, 0.3, "key", Known())
    right = next(s for s in facts(needle) if needle.value in s)
    misses = [s for s in facts(needle) if s != right]
    assert len(misses) == len(needle.wrong) == 2
    assert all(any(value in miss for miss in misses) for value in needle.wrong)
    name = re.search(r"of the (\w+ \w+ \w+)", needle.question)
    assert name
    # One is about a thing of nearly the same name, the other about the same thing.
    assert [name[1] in miss for miss in misses].count(True) == 1
    near = next(miss for miss in misses if name[1] not in miss)
    assert name[1].rpartition(" ")[0] in near
    assert {fact.depth for fact in needle.facts} == {0.3}


def test_what_one_fact_names_another_tells_half_a_corpus_away() -> None:
    needle = make("hop", 0.3, "key", Known())
    telling = next(fact for fact in needle.facts if needle.value in fact.sentence)
    assert telling.depth == pytest.approx(0.8)
    name = re.search(r"of the (\w+ \w+ \w+)\?", needle.question)
    assert name
    assert name[1] not in telling.sentence
    link = next(s for s in facts(needle) if s.startswith(f"The {name[1]} "))
    through = re.search(r"as the (\w+ \w+ \w+)\.", link)
    assert through
    assert through[1] in telling.sentence


def test_sentences_to_be_counted_are_as_many_as_the_value() -> None:
    needle = make("count", 0.1, "key", Known())
    name = re.search(r"was the (\w+ \w+ \w+) repaired", needle.question)
    assert name
    counted = [s for s in facts(needle) if s.startswith(f"The {name[1]} was repaired in ")]
    assert len(set(counted)) == int(needle.value)
    assert len(facts(needle)) == len(counted) + 2


NUMBER = Needle("number", "?", "481930", ("120044", "981930"), ())
PHRASE = Needle("phrase", "?", "walnut harbour thimble", ("acorn ferry quilt",), ())
COUNT = Needle("count", "?", "4", (), ())


@pytest.mark.parametrize(
    ("needle", "answer", "right"),
    [
        (NUMBER, "481930", True),
        (NUMBER, "  **481930**.\n", True),
        (NUMBER, "The recall number is 481,930 [d3:L4].", True),
        (NUMBER, "４８１９３０", True),
        (NUMBER, "1481930", False),
        (NUMBER, "481930.5", False),
        (NUMBER, "4819301", False),
        (NUMBER, "48193", False),
        (NUMBER, "", False),
        (NUMBER, "It is 481930, not 120044.", False),
        (NUMBER, "It is 481930, not 555555.", False),
        (PHRASE, "Walnut  Harbour\nThimble!", True),
        (PHRASE, 'The phrase is "walnut harbour thimble".', True),
        (PHRASE, "walnut harbour thimbles", False),
        (PHRASE, "walnut thimble harbour", False),
        (PHRASE, "walnut harbour thimble or acorn ferry quilt", False),
        (COUNT, "4", True),
        (COUNT, "Four.", True),
        (COUNT, "In four different years (4).", True),
        (COUNT, "4 or 5", False),
        (COUNT, "14", False),
        (COUNT, "none", False),
    ],
)  # fmt: skip
def test_an_answer_is_right_where_it_names_the_value_whole_and_no_other(
    needle: Needle, answer: str, right: bool
) -> None:
    assert is_right(needle, answer, ["555555", needle.value]) is right


def test_what_folding_leaves_is_the_value() -> None:
    assert fold(" “Walnut\tHARBOUR”. ") == "walnut harbour"
    assert fold("?!") == ""


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("python", "    # It is so.\n"),
        ("rust", "    // It is so.\n"),
        ("sql", "    -- It is so.\n"),
        ("css", "    /* It is so. */\n"),
        ("ocaml", "    (* It is so. *)\n"),
        ("html", "    <!-- It is so. -->\n"),
        ("markdown", "It is so.\n"),
        ("", "It is so.\n"),
    ],
)
def test_a_fact_looks_like_what_stands_around_it(language: str, line: str) -> None:
    assert dress("It is so.", language, "    ") == line
