"""Levels set by hand: kept to the letter, never beyond the window, and named in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longread import config
from longread.analysis import reading
from longread.analysis.conversation import Conversation, open_sources, reopen
from longread.config import Profile
from longread.errors import BudgetError
from longread.ingest.read import Options
from longread.prompt import pack
from longread.prompt.costs import Costs, levels_of
from longread.store import open_store
from longread.types import Document, Level, Progress, Segment, Span

MakeRepository = Callable[..., Path]
PROFILE = Profile(name="scripted", engine="replay", window=8_000, trusted=8_000, answer=200)
SET = (Level.NONE, Level.PATH, Level.SIGNATURES, Level.FULL)


def quietly(_: Progress) -> None:
    pass


def function(name: str, lines: int) -> str:
    body = "".join(f"    {name}_{n} = a + {n}\n" for n in range(lines))
    return f"def {name}(a):\n{body}    return a\n"


FILES = {
    "README.md": "# Kettle\n\nA small kettle controller.\n",
    "kettle/heat.py": function("heat", 150),
    "kettle/app.py": function("app", 150),
    "kettle/deep/pump.py": function("pump", 90),
    "tools/trim.py": function("trim", 120),
    "tools/list.txt": "one\ntwo\n" * 60,
    "tests/test_heat.py": function("test_heat", 150),
    "tests/test_app.py": function("test_app", 90),
    "other/a/x.py": function("x", 120),
    "other/b/y.py": function("y", 120),
    "empty.py": "",
}


@pytest.fixture
def conversation(make_repository: MakeRepository) -> Conversation:
    return opened(make_repository(FILES))


def opened(root: Path, profile: Profile = PROFILE) -> Conversation:
    return open_sources((str(root),), Options(), profile, None, "auto", quietly)


def shown(conversation: Conversation) -> str:
    return conversation.prompt("What?", quietly).turns[1].text


def levels(conversation: Conversation) -> dict[str, Level]:
    return {p.path: p.level for p in conversation.layout.placed}


def reasons(conversation: Conversation) -> dict[str, str]:
    return {entry.path: entry.reason for entry in conversation.ledger.files}


def test_a_folder_raised_to_full_stands_in_the_prompt_word_for_word(
    conversation: Conversation,
) -> None:
    assert FILES["tests/test_heat.py"] not in shown(conversation)
    made = conversation.relaid("auto", {"tests/": Level.FULL}, quietly)
    for path in ("tests/test_heat.py", "tests/test_app.py"):
        assert FILES[path] in shown(made)
        assert levels(made)[path] is Level.FULL
        assert reasons(made)[path] == ""


def test_tokens_that_a_lowered_folder_frees_go_to_others(conversation: Conversation) -> None:
    def elsewhere(found: Conversation) -> int:
        return sum(e.tokens for e in found.ledger.files if not e.path.startswith("kettle/"))

    made = conversation.relaid("auto", {"kettle/": Level.NONE}, quietly)
    assert "heat_1 = " not in shown(made).partition("§0 question")[0].partition("§0 not shown")[0]
    assert elsewhere(made) > elsewhere(conversation)
    assert reasons(made)["kettle/heat.py"] == reading.BY_HAND
    assert reasons(made)["kettle/deep/pump.py"] == reading.BY_HAND


def test_what_is_taken_back_is_packed_as_before(conversation: Conversation) -> None:
    made = conversation.relaid("auto", {"kettle/": Level.NONE}, quietly)
    again = made.relaid("auto", {}, quietly)
    assert again.layout == conversation.layout
    assert again.ledger == conversation.ledger


def test_a_files_own_level_wins_over_its_folders_and_the_nearest_folder_over_others() -> None:
    found = {
        "": Level.PATH,
        "a/": Level.NONE,
        "a/b/": Level.SIGNATURES,
        "a/b/x.py": Level.FULL,
    }
    assert reading.level_of("a/b/x.py", found) is Level.FULL
    assert reading.level_of("a/b/y.py", found) is Level.SIGNATURES
    assert reading.level_of("a/b/", found) is Level.SIGNATURES
    assert reading.level_of("a/bc/y.py", found) is Level.NONE
    assert reading.level_of("a/z.py", found) is Level.NONE
    assert reading.level_of("ab.py", found) is Level.PATH
    assert reading.level_of("ab.py", {"a/": Level.NONE}) is None
    assert reading.level_of("x", {}) is None


COST = Costs(5, 6, 9, 20, 90)


@pytest.mark.parametrize(
    ("level", "cost", "has", "rendered"),
    [
        (Level.NONE, COST, "nsd", Level.NONE),
        (Level.PATH, COST, "nsd", Level.PATH),
        (Level.OUTLINE, COST, "nsd", Level.OUTLINE),
        (Level.OUTLINE, COST, "s", Level.PATH),
        (Level.SIGNATURES, COST, "nsd", Level.SIGNATURES),
        (Level.SIGNATURES, COST, "n", Level.OUTLINE),
        (Level.SIGNATURES_DOC, COST, "nsd", Level.SIGNATURES_DOC),
        (Level.SIGNATURES_DOC, COST, "ns", Level.SIGNATURES),
        (Level.FULL, COST, "nsd", Level.FULL),
        (Level.SIGNATURES, COST, "", Level.PATH),
        (Level.SIGNATURES, Costs(5, 6, 9, 9, 8), "ns", Level.FULL),
        (Level.SIGNATURES, Costs(5, 8, 8, 8, 8), "", Level.PATH),
    ],
)
def test_a_level_becomes_one_that_can_be_shown(
    level: Level, cost: Costs, has: str, rendered: Level
) -> None:
    """`has` names what the document has: a name, a signature, a doc."""
    segment = Segment(
        "function",
        "f" if "n" in has else "",
        Span("line", 1, 1),
        0,
        5,
        (0, 5) if "s" in has else None,
        (0, 1) if "d" in has else None,
    )
    document = Document("a.py", "source", "python", "c", "a = 1", (segment,))
    assert pack.rendered(level, document, cost) is rendered


def test_a_text_without_symbols_shows_its_edges_and_has_no_outline(
    conversation: Conversation,
) -> None:
    made = conversation.relaid("auto", {"": Level.SIGNATURES}, quietly)
    assert levels(made)["tools/list.txt"] is Level.SIGNATURES
    assert levels(made)["tests/test_app.py"] is Level.SIGNATURES
    first, *_, last = FILES["tools/list.txt"].splitlines()
    assert f"L1 {first}\n" in shown(made)
    assert f"{last}\n" in shown(made)
    assert FILES["tools/list.txt"] not in shown(made)
    made = conversation.relaid("auto", {"": Level.OUTLINE}, quietly)
    assert levels(made)["tools/list.txt"] is Level.PATH
    assert "list.txt outline" not in shown(made)


def test_a_file_is_never_packed_at_a_level_that_shows_nothing_of_it(
    make_repository: MakeRepository,
) -> None:
    files = {f"data/{n}.txt": "one two three\n" * 300 for n in range(20)}
    made = opened(make_repository(FILES | files))
    for document, place in zip(made.corpus.documents, made.layout.placed, strict=True):
        between = Level.PATH < place.level < Level.FULL
        assert not between or place.level in levels_of(document)


def test_nothing_of_a_file_set_by_hand_is_raised_beside_it(conversation: Conversation) -> None:
    made = conversation.relaid("auto", {"": Level.PATH}, quietly)
    assert {p.level for p in made.layout.placed} == {Level.PATH}
    assert all(not p.raised for p in made.layout.placed)


def test_more_than_the_room_is_refused_with_a_hint(conversation: Conversation) -> None:
    with pytest.raises(BudgetError, match="levels that were set take") as caught:
        conversation.relaid("auto", {"": Level.FULL}, quietly)
    assert caught.value.hint


def test_what_is_set_may_take_what_was_meant_for_evidence(conversation: Conversation) -> None:
    made = conversation.relaid(
        "auto", {"tests/": Level.FULL, "kettle/heat.py": Level.FULL}, quietly
    )
    assert made.ledger.tokens > PROFILE.window * 0.45 > conversation.ledger.tokens
    assert FILES["kettle/heat.py"] in shown(made)


def test_a_level_of_what_is_not_there_changes_nothing(conversation: Conversation) -> None:
    made = conversation.relaid("auto", {"gone/": Level.FULL, "gone.py": Level.NONE}, quietly)
    assert made.layout.placed == conversation.layout.placed


def test_lowering_one_file_of_what_fits_whole_lets_a_question_find_it(
    make_repository: MakeRepository,
) -> None:
    small = {path: FILES[path] for path in ("README.md", "kettle/heat.py", "kettle/app.py")}
    found = opened(make_repository(small))
    assert found.strategy == "whole"
    made = found.relaid("auto", {"kettle/heat.py": Level.PATH}, quietly)
    assert made.strategy == "focus"
    assert made.relaid("auto", {}, quietly).strategy == "whole"


def test_what_a_person_asked_for_is_remembered(conversation: Conversation) -> None:
    assert conversation.wanted == "auto"
    assert conversation.relaid("focus", {}, quietly).wanted == "focus"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.dictionaries(
        st.sampled_from(["", "kettle/", "kettle/deep/", "tests/", "other/", "other/a/", *FILES]),
        st.sampled_from(SET),
        max_size=6,
    ),
    strategy=st.sampled_from(["auto", "focus"]),
)
def test_no_levels_exceed_the_window(
    conversation: Conversation, chosen: dict[str, Level], strategy: str
) -> None:
    try:
        made = conversation.relaid("focus" if strategy == "focus" else "auto", chosen, quietly)
    except BudgetError:
        return
    prompt = made.prompt("What is the heat of a pump?", quietly)
    assert prompt.size + PROFILE.answer <= PROFILE.window
    assert made.ledger.tokens + PROFILE.answer <= PROFILE.window
    for path, level in levels(made).items():
        wanted = reading.level_of(path, chosen)
        if wanted is Level.FULL or wanted is Level.NONE:
            assert level is wanted


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(room=st.integers(60, 3_000), hidden=st.integers(0, 25))
def test_the_notice_of_what_is_not_shown_has_its_room(
    many: reading.Measured, room: int, hidden: int
) -> None:
    chosen = {f"folder{n:02}/": Level.NONE for n in range(hidden)}
    layout = reading.lay_out(many, room, chosen)
    notice = reading.notice_tokens(many, layout)
    tokens = sum(e.tokens for e in reading.ledger(many, layout, room, 0).files)
    assert tokens + notice <= room or notice > room / 2


@pytest.fixture
def many(make_repository: MakeRepository) -> reading.Measured:
    files = {f"folder{n:02}/f.py": function(f"f{n}", 5 + n) for n in range(25)}
    return opened(make_repository(files)).measure(quietly)


def test_levels_survive_the_store(conversation: Conversation, tmp_path: Path) -> None:
    config.add_profile(
        "scripted",
        {"engine": "replay", "window": 8_000, "trusted": 8_000, "answer": 200},
    )
    chosen = {"tests/": Level.FULL, "kettle/app.py": Level.NONE}
    with open_store(tmp_path / "longread.db") as store:
        conversation.keep(store)
        made = conversation.relaid("auto", chosen, quietly)
        store.replace_layout(made.session, made.layout, made.ledger)
        again = reopen(store, made.session, None, quietly)
        assert dict(again.layout.levels) == chosen
        assert again.layout == made.layout
        assert shown(again) == shown(made)
        assert reasons(again)["kettle/app.py"] == reading.BY_HAND
        # Raised from what was kept alone, it is laid out as from the sources themselves.
        lower = again.relaid("auto", {"tests/": Level.PATH}, quietly)
        assert lower.layout == conversation.relaid("auto", {"tests/": Level.PATH}, quietly).layout
        assert lower.session == made.session
        assert [d.id for d in lower.corpus.documents] == [
            d.id for d in conversation.corpus.documents
        ]


def test_pages_say_who_left_them_out(make_repository: MakeRepository) -> None:
    shelf = Path(__file__).parents[2] / "fixtures" / "shelf"
    paths = sorted(shelf.glob("*.pdf"))[:2]
    root = make_repository({f"shelf/{path.name}": path.read_bytes() for path in paths})
    found = opened(root).relaid("auto", {f"shelf/{paths[0].name}": Level.NONE}, quietly)
    first = {p.reason for p in found.ledger.pages if p.path.endswith(paths[0].name)}
    assert first == {reading.BY_HAND}
    again = found.relaid("auto", {}, quietly)
    assert reading.BY_HAND not in {page.reason for page in again.ledger.pages}
