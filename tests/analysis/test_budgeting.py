"""Where tokens go: sums that add up, and pieces that together are the prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longread.analysis import budgeting
from longread.analysis.budgeting import Grouping, Node, Spending, spend, stepped, tree
from longread.analysis.conversation import Conversation, open_sources
from longread.config import Profile
from longread.ingest.read import Options
from longread.types import Answer, Level, Progress

MakeRepository = Callable[..., Path]
PROFILE = Profile(name="scripted", engine="replay", window=8_000, trusted=7_000, answer=200)
GROUPINGS: tuple[Grouping, ...] = ("folders", "kinds", "levels", "pieces")


def quietly(_: Progress) -> None:
    pass


def function(name: str, lines: int) -> str:
    body = "".join(f"    {name}_{n} = a + {n}\n" for n in range(lines))
    return f"def {name}(a):\n{body}    return a\n"


FILES: dict[str, str | bytes] = {
    "README.md": "# Kettle\n\nA small kettle controller.\n",
    "kettle/heat.py": function("heat", 120),
    "kettle/deep/pump.py": function("pump", 120),
    "kettle/many.py": "".join(function(f"many_{n}", 4) for n in range(90)),
    "tests/test_heat.py": function("test_heat", 120),
    "tests/test_pump.py": function("test_pump", 120),
    "docs/long.md": "# Long\n\n" + "Words that say little.\n" * 300,
    "logo.bin": b"\x00\x01\x02" * 50,
}


def opened(root: Path, profile: Profile = PROFILE) -> Conversation:
    return open_sources((str(root),), Options(), profile, None, "auto", quietly)


@pytest.fixture
def conversation(make_repository: MakeRepository) -> Conversation:
    return opened(make_repository(FILES))


@pytest.fixture
def spending(conversation: Conversation) -> Spending:
    return spend(conversation)


def every(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from every(node.children)


def find(nodes: list[Node], key: str) -> Node:
    return next(node for node in every(nodes) if node.key == key)


def before_question(text: str, mark: str) -> str:
    return text.rpartition(f"{mark} question\n")[0]


@pytest.mark.parametrize("strategy", ["auto", "focus"])
def test_pieces_in_reading_order_are_the_prompt(conversation: Conversation, strategy: str) -> None:
    made = conversation.relaid("focus" if strategy == "focus" else "auto", {}, quietly)
    parts = spend(made).parts
    prompt = made.prompt("zzz", quietly)
    assert parts[0].read() == prompt.turns[0].text
    assert parts[0].tokens == len(prompt.turns[0].pieces[0].ids)
    shown = "".join(p.read() for p in parts if p.role in ("corpus", "notice"))
    assert prompt.turns[1].text.startswith(shown)
    assert parts[-1].read().startswith(f"{made.layout.mark} question\n")
    corpus = [part for part in parts if part.role == "corpus"]
    pieces = prompt.turns[1].pieces[: len(corpus)]
    assert [part.read() for part in corpus] == [piece.text for piece in pieces]
    assert [part.tokens for part in corpus] == [len(piece.ids) for piece in pieces]


def test_earlier_questions_and_answers_are_walked_through_too(conversation: Conversation) -> None:
    said = [Answer(f"Why {n}?", f"Because {n}.", (), "stop") for n in range(2)]
    cut = Answer("What?", "Bec", (), "cut")
    made = replace(conversation, answers=[*said, cut])
    parts = [p for p in spend(made).parts if p.role in ("question", "answer")]
    assert [part.name for part in parts] == [
        "question 1", "answer 1", "question 2", "answer 2", "question"
    ]  # fmt: skip
    turns = made.prompt("Now?", quietly).turns
    assert turns[1].text.endswith(parts[0].read())
    assert parts[1].read() == turns[2].text
    assert parts[2].read() == turns[3].text


def test_exchanges_that_no_longer_fit_are_not_walked_through(conversation: Conversation) -> None:
    long = [Answer(f"Why {n}?", "Because. " * 900, (), "stop") for n in range(6)]
    made = replace(conversation, answers=long)
    answers = [part for part in spend(made).parts if part.role == "answer"]
    turns = [t for t in made.prompt("Now?", quietly).turns if t.role == "assistant"]
    assert 0 < len(answers) < 6
    assert len(turns) - len(answers) in (0, 1)


def test_what_a_server_would_read_as_special_is_shown_as_it_is_sent(
    make_repository: MakeRepository,
) -> None:
    root = make_repository({"evil.md": "before <|eot|> after\n"})
    made = opened(root, replace(PROFILE, route="text"))
    part = next(part for part in spend(made).parts if part.path == "evil.md")
    assert "<|eot|>" not in part.read()
    assert part.read() in made.prompt("What?", quietly).turns[1].text


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    window=st.integers(900, 40_000),
    answer=st.integers(16, 300),
    said=st.integers(0, 4),
    lowered=st.booleans(),
)
def test_shares_add_up_to_the_window(
    conversation: Conversation, window: int, answer: int, said: int, lowered: bool
) -> None:
    profile = replace(PROFILE, window=window, trusted=window, answer=answer)
    made = replace(conversation, profile=profile, window=window)
    made = made.relaid("auto", {"kettle/": Level.NONE} if lowered else {}, quietly)
    exchanges = [Answer("Why?", "Because it is so. " * 9, (), "stop")] * said
    w = spend(replace(made, answers=exchanges)).window
    shares = (w.corpus, w.frame, w.answer, w.question, w.evidence, w.conversation, w.free)
    assert min(shares) >= 0
    assert sum(shares) == w.window
    assert w.corpus + w.frame == made.ledger.tokens


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_every_grouping_accounts_for_the_whole_prompt(
    spending: Spending, grouping: Grouping
) -> None:
    roots = tree(spending, grouping)
    assert sum(node.shown for node in roots) == sum(part.tokens for part in spending.parts)


@pytest.mark.parametrize("grouping", ["folders", "kinds", "levels", "reasons"])
def test_a_sum_is_that_of_what_is_below(spending: Spending, grouping: Grouping) -> None:
    for node in every(tree(spending, grouping)):
        if node.children:
            assert node.shown == sum(child.shown for child in node.children)
            assert node.full == sum(child.full for child in node.children)
            assert node.files == sum(child.files for child in node.children)
            assert node.position == min(child.position for child in node.children)


def test_folders_are_nested(spending: Spending) -> None:
    top = tree(spending, "folders")[0]
    assert {child.key for child in top.children} == {
        "README.md", "kettle/", "tests/", "docs/", "logo.bin"
    }  # fmt: skip
    kettle = find([top], "kettle/")
    assert {child.key for child in kettle.children} == {
        "kettle/heat.py", "kettle/many.py", "kettle/deep/"
    }  # fmt: skip
    assert kettle.files == 3
    assert (top.files, top.target, kettle.target) == (8, "", "kettle/")


def test_what_is_left_out_has_a_reason(conversation: Conversation, spending: Spending) -> None:
    left = list(every(tree(spending, "folders", left_out=True)))
    keys = {node.key for node in left}
    assert "logo.bin" in keys
    assert "README.md" not in keys
    assert all(node.reason for node in left if not node.children)
    reasons = tree(spending, "reasons")
    assert {child.key for node in reasons for child in node.children} == {
        entry.path for entry in conversation.ledger.files if entry.reason
    }
    assert not any(node.key == "\0around" for node in tree(spending, "kinds", left_out=True))


def test_parts_that_fit_are_one_reason(conversation: Conversation, spending: Spending) -> None:
    partly = {p.path for p in conversation.layout.placed if p.raised}
    assert partly
    found = next(n for n in tree(spending, "reasons") if n.name == budgeting.PARTS)
    assert {child.key for child in found.children} == partly
    assert all(set(child.levels) == {"~"} for child in found.children)


def test_what_cannot_be_read_has_no_level_to_set(spending: Spending) -> None:
    assert find(tree(spending, "folders"), "logo.bin").target is None


def test_levels_set_by_hand_are_marked_also_below_their_folder(
    conversation: Conversation,
) -> None:
    chosen = {"kettle/": Level.PATH, "kettle/heat.py": Level.FULL}
    found = tree(spend(conversation.relaid("auto", chosen, quietly)), "folders")
    marks = {node.key: (node.by_hand, node.own) for node in every(found) if node.target}
    assert marks["kettle/"] == (Level.PATH, True)
    assert marks["kettle/deep/"] == (Level.PATH, False)
    assert marks["kettle/deep/pump.py"] == (Level.PATH, False)
    assert marks["kettle/heat.py"] == (Level.FULL, True)
    assert marks["tests/"] == (None, False)


def test_pieces_of_a_file_have_its_size_and_level(spending: Spending) -> None:
    files = {file.key: file for file in spending.files}
    for node, part in zip(tree(spending, "pieces"), spending.parts, strict=True):
        assert node.shown == part.tokens
        if part.path:
            assert node.target == part.path
            assert node.full == max(files[part.path].full, part.tokens)
    partial = tree(spending, "pieces", left_out=True)
    assert partial
    assert all(node.left for node in partial)


def test_a_level_is_raised_and_lowered_step_by_step() -> None:
    node = Node("a.py", "a.py", target="a.py", levels={"P": 1})
    assert stepped(node, {}, 1) is Level.SIGNATURES
    assert stepped(node, {}, -1) is Level.NONE
    assert stepped(node, {"a.py": Level.SIGNATURES}, 1) is Level.FULL
    assert stepped(node, {"": Level.FULL}, 1) is Level.FULL
    assert stepped(node, {"": Level.NONE}, -1) is Level.NONE


def test_a_folders_level_is_the_middle_one_of_its_files() -> None:
    node = Node("a/", "a/", target="a/", levels={"F": 2, "S": 2, "-": 1})
    assert stepped(node, {}, 1) is Level.FULL
    assert stepped(node, {}, -1) is Level.PATH
    assert budgeting.middle(Node("b/", "b/")) is Level.NONE


def test_the_share_in_full_is_what_the_corpus_shows_without_a_question(
    conversation: Conversation, spending: Spending
) -> None:
    assert 0 < spending.share < 1
    text = sum(len(d.text) for d in conversation.corpus.documents)
    least = sum(
        len(d.text)
        for d, p in zip(conversation.corpus.documents, conversation.layout.placed, strict=True)
        if p.level is Level.FULL
    )
    assert spending.share >= least / text
