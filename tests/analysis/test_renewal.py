"""Sources that change between two questions: the next is put to what there is now."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fpdf import FPDF

from longread.analysis import freshness
from longread.analysis.ask import Request, ask, put
from longread.analysis.conversation import Conversation, open_sources, reopen
from longread.analysis.follow import follow
from longread.analysis.portions import parts_of
from longread.analysis.preview import preview
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.ingest.read import Options
from longread.ingest.select import Selection
from longread.prompt import changes
from longread.store import open_store
from longread.types import Answer, Event, Level, Progress, Role, Verdict

MakeRepository = Callable[..., Path]
FILES = {
    "README.md": "# Kettle\n\nA small kettle controller.\n",
    "kettle/heat.py": "LIMIT = 97.5\n\n\ndef heat(target):\n    return min(target, LIMIT)\n",
    "kettle/app.py": "from kettle.heat import heat\n\n\ndef main():\n    print(heat(120))\n",
}
SCRIPTED = Profile(name="scripted", engine="replay", window=8_000, trusted=8_000, answer=200)


async def no(_: Departure) -> bool:
    return False


async def collect(request: Request, engine: ReplayEngine) -> list[Event]:
    return [event async for event in ask(request, no, engine)]


async def answered(request: Request, engine: ReplayEngine) -> Answer:
    answer = (await collect(request, engine))[-1]
    assert isinstance(answer, Answer)
    return answer


def onward(question: str, session: str, **more: bool) -> Request:
    return replace(Request(question, SCRIPTED, session=session), **more)  # type: ignore[arg-type]


def notes(events: list[Event]) -> list[str]:
    """What was said of the sources, but for how they were read."""
    said = [e.note for e in events if isinstance(e, Progress) and e.stage == "source"]
    return said[1:]


async def test_a_change_is_in_the_next_prompt_behind_all_that_stood_in_the_first(
    make_repository: MakeRepository,
) -> None:
    root = make_repository(FILES)
    engine = ReplayEngine(
        'It is 97.5 [kettle/heat.py:L1 "LIMIT = 97.5"].',
        'It is 88 [kettle/heat.py:L1 "LIMIT = 88.25"], was [kettle/heat.py:L1 "LIMIT = 97.5"].',
    )
    first = await answered(Request("What is the limit?", SCRIPTED, (str(root),)), engine)
    (root / "kettle/heat.py").write_text(FILES["kettle/heat.py"].replace("97.5", "88.25"))
    events = await collect(onward("And now?", first.session), engine)
    assert notes(events) == ["since the last answer: 1 file changed (kettle/heat.py)"]
    before, after = (p.turns[1].text for p in engine.prompts)
    corpus = before[: before.index("§0 question")]
    assert after.startswith(corpus)
    assert after[len(corpus) :].startswith("§0 d2 kettle/heat.py supersedes the version above\n")
    assert "LIMIT = 88.25" in after
    second = events[-1]
    assert isinstance(second, Answer)
    assert [c.verdict for c in second.citations] == [Verdict.EXACT, Verdict.OUTDATED]
    assert second.share == 1.0
    with open_store() as store:
        again = reopen(store, first.session, SCRIPTED, lambda _: None)
        # A citation opens the version that it was judged against.
        texts = []
        for answer in again.answers:
            for citation in answer.citations:
                found = follow(again, citation)
                assert found.document
                texts.append([found.document.text[a:b] for a, b in found.marked])
        assert texts == [["LIMIT = 97.5"], ["LIMIT = 88.25"], ["LIMIT = 97.5"]]
        assert follow(again, again.answers[0].citations[0]).document != again.corpus.documents[0]
        (entry,) = [e for e in again.ledger.files if e.path == "kettle/heat.py"]
        assert (entry.level, entry.reason) == (Level.FULL, "")
        assert again.ledger.tokens == preview(again, "?").tokens - _spoken(again, "?")


def _spoken(conversation: Conversation, question: str) -> int:
    """Tokens of a prompt that are no corpus: earlier turns, and the question."""
    parts = list(parts_of(conversation))
    said = sum(p.tokens for p in parts if p.role in ("question", "answer"))
    pieces = conversation.pieces
    family = pieces.family
    roles: list[Role] = ["system", "user", "assistant", "user", "assistant", "user"]
    one, all_ = (sum(map(len, family.frame(part))) for part in (roles[:2], roles))
    return said - 256 + pieces.count_text(f"§0 question\n{question}") + all_ - one


async def test_what_is_new_deleted_and_renamed_is_said_and_shown(
    make_repository: MakeRepository, git: Callable[..., str]
) -> None:
    root = make_repository(FILES)
    engine = ReplayEngine("One.", 'Two [kettle/steam.py:L1 "STEAM = 100.25"].', "Three.")
    first = await answered(Request("One?", SCRIPTED, (str(root),)), engine)
    git(root, "mv", "kettle/app.py", "kettle/main.py")
    (root / "kettle/steam.py").write_text("STEAM = 100.25\n")
    (root / "README.md").unlink()
    git(root, "add", "-A")
    events = await collect(onward("Two?", first.session), engine)
    assert notes(events) == [
        "since the last answer: 1 new (kettle/steam.py), 1 deleted (README.md),"
        " 1 renamed (kettle/main.py)"
    ]
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.citations[0].verdict is Verdict.EXACT
    text = engine.prompts[1].turns[1].text
    assert "README.md is deleted" in text
    assert "kettle/main.py is the new path of" in text
    assert text.count("print(heat(120))") == 1
    with open_store() as store:
        kept = store.session(first.session)
    assert {e.path for e in kept.ledger.files} == {
        "kettle/heat.py", "kettle/main.py", "kettle/steam.py",
    }  # fmt: skip
    # Nothing changes: nothing is said, and the prompt goes on where it was.
    events = await collect(onward("Three?", first.session), engine)
    assert notes(events) == []
    assert engine.prompts[2].ids[: len(engine.prompts[1].ids)] == engine.prompts[1].ids


async def test_a_session_can_be_asked_as_it_was(make_repository: MakeRepository) -> None:
    root = make_repository(FILES)
    engine = ReplayEngine("One.", 'Two [kettle/heat.py:L1 "LIMIT = 97.5"].')
    first = await answered(Request("One?", SCRIPTED, (str(root),)), engine)
    (root / "kettle/heat.py").write_text("LIMIT = 1\n")
    events = await collect(onward("Two?", first.session, as_it_was=True), engine)
    assert notes(events) == []
    assert "LIMIT = 1\n" not in engine.prompts[1].turns[1].text
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.citations[0].verdict is Verdict.EXACT


async def test_where_the_sources_are_gone_what_was_kept_is_asked(
    make_repository: MakeRepository,
) -> None:
    root = make_repository(FILES)
    engine = ReplayEngine("One.", 'Two [kettle/heat.py:L1 "LIMIT = 97.5"].')
    first = await answered(Request("One?", SCRIPTED, (str(root),)), engine)
    shutil.rmtree(root)
    events = await collect(onward("Two?", first.session), engine)
    (note,) = notes(events)
    assert note.startswith("not brought up to date: ")
    assert str(root) in note
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.citations[0].verdict is Verdict.EXACT


async def test_a_file_that_cannot_be_read_just_now_stays_as_it_was(
    make_repository: MakeRepository, git: Callable[..., str]
) -> None:
    root = make_repository(FILES)
    engine = ReplayEngine("One.", "Two.")
    first = await answered(Request("One?", SCRIPTED, (str(root),)), engine)
    # A folder where git tracks a file: what stood there is not to be had.
    (root / "kettle/heat.py").unlink()
    (root / "kettle/heat.py").mkdir()
    events = await collect(onward("Two?", first.session), engine)
    assert notes(events) == []
    assert "LIMIT = 97.5" in engine.prompts[1].turns[1].text


async def test_more_than_the_reserve_lays_all_out_anew_and_says_so(
    make_repository: MakeRepository,
) -> None:
    root = make_repository(FILES)
    engine = ReplayEngine("One.", 'Two [kettle/heat.py:L300 "word299 = 299"].', "Three.")
    first = await answered(Request("One?", SCRIPTED, (str(root),)), engine)
    (root / "kettle/heat.py").write_text("".join(f"word{n} = {n}\n" for n in range(400)))
    events = await collect(onward("Two?", first.session), engine)
    (note,) = notes(events)
    assert note.startswith("since the last answer: 1 file changed")
    assert note.endswith("so all is laid out anew")
    text = engine.prompts[1].turns[1].text
    assert "LIMIT = 97.5" not in text
    assert "supersedes" not in text
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.citations[0].verdict is Verdict.EXACT
    with open_store() as store:
        again = reopen(store, first.session, SCRIPTED, lambda _: None)
    assert again.layout.changes == ()
    assert follow(again, again.answers[1].citations[0]).marked


async def test_in_a_conversation_that_stays_open_the_sources_are_looked_at(
    make_repository: MakeRepository,
) -> None:
    root = make_repository(FILES)
    engine = ReplayEngine("One.", "Two.")
    with open_store() as store:
        opened = open_sources((str(root),), Options(), SCRIPTED, None, "auto", lambda _: None)
        opened.keep(store)
        # From here on the texts are the store's.
        (root / "kettle/heat.py").write_text("LIMIT = 1\n")
        assert "LIMIT = 97.5" in opened.prompt("?", lambda _: None).turns[1].text
        events = [e async for e in put(opened, "One?", store, no, engine=engine)]
        assert any(isinstance(e, Progress) and "heat.py" in e.note for e in events)
        assert "LIMIT = 1\n" in engine.prompts[0].turns[1].text
        assert store.session(opened.session).layout == opened.layout
        assert [d.path for d in opened.corpus.documents] == [
            p.path for p in changes.live(opened.layout)
        ]


async def test_the_options_of_the_first_reading_hold_for_the_next(
    make_repository: MakeRepository, git: Callable[..., str]
) -> None:
    root = make_repository(FILES)
    commit = git(root, "rev-parse", "HEAD").strip()
    options = Options(rev=commit, secrets="keep", passwords=("hush",))
    engine = ReplayEngine("One.", "Two.")
    request = Request("One?", SCRIPTED, (str(root),), options=options)
    first = await answered(request, engine)
    (root / "kettle/heat.py").write_text("LIMIT = 1\n")
    events = await collect(onward("Two?", first.session), engine)
    assert notes(events) == []
    with open_store() as store:
        kept = store.session(first.session)
        again = reopen(store, first.session, SCRIPTED, lambda _: None)
    assert "hush" not in kept.reading
    assert again.options == replace(options, passwords=())


KILLED = """
import asyncio, os, signal, sys
from longread.analysis import ask as flow
from longread.analysis.ask import Request, ask
from longread.config import Profile
from longread.types import Progress

async def no(_): return False

async def main():
    profile = Profile(name="scripted", engine="replay", window=8_000, trusted=8_000, answer=200)
    async for event in ask(Request("Two?", profile, session=sys.argv[1]), no):
        if isinstance(event, Progress) and event.stage == "show":
            os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_program_killed_between_the_change_and_the_answer_loses_nothing(
    make_repository: MakeRepository,
) -> None:
    root = make_repository(FILES)
    engine = ReplayEngine('One [kettle/heat.py:L1 "LIMIT = 97.5"].', "Two.")
    first = await answered(Request("One?", SCRIPTED, (str(root),)), engine)
    (root / "kettle/heat.py").write_text("LIMIT = 88.25\n")
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, first.session)
    assert await killed.wait() == -signal.SIGKILL
    with open_store() as store:
        again = reopen(store, first.session, SCRIPTED, lambda _: None)
    assert [a.text for a in again.answers] == [first.text]
    assert follow(again, again.answers[0].citations[0]).marked
    await collect(onward("Two?", first.session), engine)
    text = engine.prompts[1].turns[1].text
    assert text.index("LIMIT = 97.5") < text.index("LIMIT = 88.25")


def test_options_are_kept_as_they_are_but_for_passwords() -> None:
    selection = Selection(("src/**",), ("*.min.js",), ("source",), (("docs/", Level.OUTLINE),))
    options = Options("v1", "keep", ("hush",), selection, "ignore")
    kept = freshness.kept_options(options)
    assert "hush" not in kept
    again = freshness.options_of(kept, ("other",))
    assert again == replace(options, passwords=("other",))
    assert type(again.selection.levels[0][1]) is Level
    assert freshness.options_of("") == Options()
    assert freshness.options_of('{"of another version": 1}') == Options()


async def test_what_is_left_out_now_is_shown_no_longer(
    make_repository: MakeRepository, git: Callable[..., str]
) -> None:
    root = make_repository(FILES)
    engine = ReplayEngine("One.", "Two.")
    first = await answered(Request("One?", SCRIPTED, (str(root),)), engine)
    (root / ".longread.toml").write_text('exclude = ["README.md"]\n')
    git(root, "add", "-A")
    events = await collect(onward("Two?", first.session), engine)
    assert notes(events) == ["since the last answer: 1 new (.longread.toml), 1 deleted (README.md)"]
    assert "README.md is deleted" in engine.prompts[1].turns[1].text
    with open_store() as store:
        entries = {e.path: e for e in store.session(first.session).ledger.files}
    assert entries["README.md"].reason.startswith("left out by .longread.toml")


async def test_history_can_be_cited_and_goes_on_with_the_session(
    make_repository: MakeRepository,
) -> None:
    root = make_repository(FILES)
    (root / "kettle/heat.py").write_text("LIMIT = 88.25\n")
    engine = ReplayEngine('It was 97.5 [d4 "-LIMIT = 97.5"].', 'Now [d4 "+LIMIT = 12.125"].')
    request = Request("What?", SCRIPTED, (str(root),), options=Options(diff="HEAD", log=2))
    first = await answered(request, engine)
    (citation,) = first.citations
    assert (citation.verdict, citation.path) == (Verdict.EXACT, "git diff HEAD..")
    (root / "kettle/heat.py").write_text("LIMIT = 12.125\n")
    events = await collect(onward("And now?", first.session), engine)
    assert notes(events) == [
        "since the last answer: 2 files changed (git diff HEAD.., kettle/heat.py)"
    ]
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.citations[0].verdict is Verdict.EXACT


async def test_a_document_that_is_locked_now_is_asked_as_it_was(tmp_path: Path) -> None:
    def lease(password: str = "") -> bytes:
        made = FPDF()
        if password:
            made.set_encryption("owner", password)
        made.set_font("helvetica", size=12)
        made.add_page()
        made.multi_cell(0, 6, "The rent is 900 EUR a month.")
        return bytes(made.output())

    place = tmp_path / "shelf" / "lease.pdf"
    place.parent.mkdir()
    place.write_bytes(lease())
    (place.parent / "note.txt").write_text("A note.\n")
    engine = ReplayEngine("900.", "900 still.", "And now.")
    first = await answered(Request("What is the rent?", SCRIPTED, (str(place.parent),)), engine)
    place.write_bytes(lease("sesame"))
    events = await collect(onward("And now?", first.session), engine)
    assert notes(events) == [
        "lease.pdf changed and cannot be opened, so what was kept is asked: give the password"
        " with --password or --password-file"
    ]
    assert "900 EUR" in engine.prompts[-1].turns[1].text
    given = replace(onward("Now?", first.session), options=Options(passwords=("sesame",)))
    assert notes(await collect(given, engine)) == [
        "since the last answer: 1 file changed (lease.pdf)"
    ]
