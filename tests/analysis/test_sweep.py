"""One question over everything: all of it is read, nothing found is lost, what failed is named."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from longread.analysis.ask import Request, ask
from longread.analysis.drafts import mend
from longread.analysis.findings import DEAR
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.errors import EngineError, TrustError, WindowError
from longread.store import open_store
from longread.types import (
    Answer,
    Event,
    Finished,
    Progress,
    Prompt,
    Sampling,
    Text,
    Usage,
    Verdict,
)

SCRIPTED = Profile(name="scripted", engine="replay", window=4_000, trusted=4_000, answer=200)
NAMES = ("alder", "birch", "cedar", "doges", "elder", "fichu")
LAWS = dict(zip(NAMES, ("Delaware", "New York", "Ohio", "Utah", "Texas", "Iowa"), strict=True))
UNFINISHED = '{"findings": [{"says": "The law of'
FILLER = "The parties have read this line, and line {n} says nothing that anybody asks about.\n"


def shelf(folder: Path, lines: int = 120) -> Path:
    """Agreements of which one fills most of a part."""
    folder.mkdir(exist_ok=True)
    for name, law in LAWS.items():
        body = "".join(FILLER.format(n=n) for n in range(lines))
        (folder / f"{name}.txt").write_text(f"Governed by the laws of {law}, {name} says.\n{body}")
    return folder


class Reader:
    """Answers each part by `say`, given the paths it shows and how often that was asked before."""

    def __init__(
        self,
        say: Callable[[tuple[str, ...], int], object] | None = None,
        merge: Callable[[str], object] | None = None,
    ) -> None:
        self.prompts: list[Prompt] = []
        self.answering: Prompt
        self.parts: list[tuple[str, ...]] = []
        self.merges: list[str] = []
        self.now = self.most = 0
        self._say, self._merge = say or truth, merge

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
        assert prompt.size == len(prompt.ids)
        assert prompt.size + sampling.max_tokens <= SCRIPTED.trusted
        self.prompts.append(prompt)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        self.answering = prompt  # the last that came may be another
        said = self._answer(prompt)
        if isinstance(said, Exception):
            raise said
        yield Text(said if isinstance(said, str) else json.dumps(said))
        yield Usage(prompt.size, 10, 0, 0.01, 0.02, prompt.size)
        yield Finished("length" if said == UNFINISHED else "stop")  # type: ignore[arg-type]

    def _answer(self, prompt: Prompt) -> object:
        if "findings on a question" in prompt.turns[0].text:
            self.merges.append(prompt.turns[1].text)
            return self._merge(prompt.turns[1].text) if self._merge else {}
        shown = [p.text.split("\n")[0] for p in prompt.turns[1].pieces if p.document]
        paths = tuple(dict.fromkeys(line.split()[2] for line in shown))
        before = self.parts.count(paths)
        self.parts.append(paths)
        return self._say(paths, before)


def finding(says: str, *quotes: tuple[str, str]) -> dict[str, object]:
    return {"says": says, "quotes": [{"place": p, "words": w} for p, w in quotes]}


def truth(paths: tuple[str, ...], _: int) -> object:
    """Find in each agreement which law governs it."""
    found = []
    for path in paths:
        law = LAWS[Path(path).stem]
        quote = (f"{path}:L1", f"Governed by the laws of {law}")
        found.append(finding(f"The law of {law} governs {path}.", quote))
    return {"findings": found}


async def yes(_: Departure) -> bool:
    return True


def to(folder: Path, **more: object) -> Request:
    request = Request("Which law governs?", SCRIPTED, (str(folder),), strategy="sweep")
    return replace(request, **more)  # type: ignore[arg-type]


async def collect(request: Request, engine: Reader) -> list[Event]:
    return [event async for event in ask(request, yes, engine)]


async def answer_of(request: Request, engine: Reader) -> Answer:
    answer = (await collect(request, engine))[-1]
    assert isinstance(answer, Answer)
    return answer


async def test_all_is_read_in_parts_and_each_finding_is_cited(tmp_path: Path) -> None:
    reader = Reader()
    events = await collect(to(shelf(tmp_path / "deals")), reader)
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert len(reader.parts) == 6
    assert [c.verdict for c in answer.citations] == [Verdict.EXACT] * 6
    assert [c.path for c in answer.citations] == [f"{name}.txt" for name in NAMES]
    assert answer.text.startswith('1. The law of Delaware governs alder.txt. [d1:L1 "Governed by')
    assert (answer.strategy, answer.share, answer.finished) == ("sweep", 1.0, "stop")
    assert answer.coverage == "6 parts, 6 of 6 documents shown in full"
    assert "".join(e.text for e in events if isinstance(e, Text)) == answer.text
    steps = [(e.done, e.total) for e in events if isinstance(e, Progress) and e.stage == "sweep"]
    assert steps[0] == (0, 6)
    assert steps[-1] == (6, 6)
    assert answer.usage
    assert answer.usage.prompt_tokens == sum(prompt.size for prompt in reader.prompts)
    with open_store() as store:
        assert store.session(answer.session).answers == (answer,)


async def test_another_question_finds_the_parts_as_they_were(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    first, second = Reader(), Reader()
    await collect(to(folder), first)
    await collect(to(folder, question="On which day was each agreement made, and where?"), second)
    assert len(first.parts) == len(second.parts) == 6
    for one, other in zip(by_document(first), by_document(second), strict=True):
        assert one.turns[0] == other.turns[0]
        assert one.turns[1].pieces[:-1] == other.turns[1].pieces[:-1]
        assert one.turns[1].pieces[-1] != other.turns[1].pieces[-1]
        assert "Which law governs?" in one.turns[1].pieces[-1].text


def by_document(reader: Reader) -> list[Prompt]:
    return sorted(reader.prompts[:6], key=lambda prompt: prompt.turns[1].pieces[0].document)


async def test_parts_are_asked_side_by_side_as_many_as_are_wanted(tmp_path: Path) -> None:
    reader = Reader()
    await collect(to(shelf(tmp_path / "deals"), parallel=2), reader)
    assert reader.most == 2


async def test_a_quote_that_does_not_stand_is_asked_for_once_more_and_then_flagged(
    tmp_path: Path,
) -> None:
    def say(paths: tuple[str, ...], before: int) -> object:
        path = paths[0]
        if path not in ("alder.txt", "birch.txt"):
            return {"findings": []}
        if before and path == "alder.txt":
            words = "Governed by the laws of Delaware"
            return {"quotes": [{"number": 1, "place": f"{path}:L1", "words": words}]}
        if before:
            return {"quotes": []}
        words = "Governed by the laws of Narnia"
        return {"findings": [finding(f"{path} names Narnia.", (f"{path}:L1", words))]}

    reader = Reader(say)
    answer = await answer_of(to(shelf(tmp_path / "deals")), reader)
    assert len(reader.parts) == 8
    again = [prompt for prompt in reader.prompts if len(prompt.turns) == 4]
    assert all("1. " in p.turns[-1].text and "Narnia" in p.turns[-1].text for p in again)
    assert [c.verdict for c in answer.citations] == [Verdict.EXACT, Verdict.NOT_FOUND]
    assert "what it quotes does not stand there" in reader.merges[0]


async def test_what_says_the_same_is_joined_and_keeps_its_citations(tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], _: int) -> object:
        quote = (f"{paths[0]}:L1", "Governed by the laws of")
        says = "Some law GOVERNS it" if paths[0] == "cedar.txt" else "Some law governs it."
        if paths[0] in ("elder.txt", "fichu.txt"):
            says = f"{paths[0]} is governed."
        return {"findings": [finding(says, quote)]}

    def merge(text: str) -> object:
        assert re.findall(r"^\d+\. .*?\.txt is", text, re.M) == [
            "2. elder.txt is",
            "3. fichu.txt is",
        ]
        pair = {"numbers": [1, 3], "why": "one is of two"}
        return {"same": [[1, 2], [7, 3]], "contradict": [pair], "summary": "It is [1][2]. So [3]."}

    reader = Reader(say, merge)
    answer = await answer_of(to(shelf(tmp_path / "deals")), reader)
    lines = answer.text.split("\n")
    assert lines[0] == "It is (1) (1). So (2)."
    assert lines[2].startswith("1. Some law governs it. [d1:L1")
    assert lines[3].startswith("2. fichu.txt is governed. [d6:L1")
    assert lines[-1] == "- 1 and 2: one is of two"
    assert len(answer.citations) == 6
    assert all(c.verdict is Verdict.EXACT for c in answer.citations)


async def test_what_a_merge_leaves_out_stays(tmp_path: Path) -> None:
    for nonsense in ("no JSON", {"same": [[1]], "contradict": [], "summary": ""}, {"same": 3}):
        reader = Reader(merge=lambda _, said=nonsense: said)  # type: ignore[misc]
        answer = await answer_of(to(shelf(tmp_path / "deals")), reader)
        assert len(answer.citations) == 6
        malformed = not isinstance(nonsense, dict) or nonsense["same"] == 3
        assert ("6 findings were not compared" in answer.caveat) == malformed
        assert len(reader.merges) == 1 + malformed


async def test_findings_that_do_not_fit_one_prompt_are_compared_in_a_tree(tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], _: int) -> object:
        return {
            "findings": [
                finding(f"Number {n} of {'very ' * 12}many in {paths[0]}.", (place, words))
                for n in range(9)
                for place, words in [(f"{paths[0]}:L1", "Governed by the laws of")]
            ]
        }

    def merge(text: str) -> object:
        numbers = [int(n) for n in re.findall(r"^(\d+)\. ", text, re.M)]
        return {
            "same": [numbers[:-1]],
            "contradict": [],
            "summary": f"All of it [1, {numbers[-1]}].",
        }

    reader = Reader(say, merge)
    answer = await answer_of(to(shelf(tmp_path / "deals")), reader)
    assert len(reader.merges) > 2
    assert "There are others" in reader.merges[0]
    assert "sum up" in reader.merges[-1]
    assert answer.text.startswith("All of it (1, 2).")
    assert len({c.path for c in answer.citations}) == 6
    # A model that joins nothing: all are kept, and it is said that not all were compared.
    flat = await answer_of(to(shelf(tmp_path / "deals")), Reader(say))
    assert flat.text.count("\n") == 53
    assert "54 findings are more than fit one prompt" in flat.caveat


async def test_a_part_that_fails_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], before: int) -> object:
        if paths[0] == "birch.txt":
            return EngineError("it was too much", hint="ask again")
        return "I think so." if paths[0] == "elder.txt" else truth(paths, before)

    answer = await answer_of(to(shelf(tmp_path / "deals")), Reader(say))
    assert len(answer.citations) == 4
    assert answer.finished == "stop"
    assert 0.6 < answer.share < 0.7
    assert "1 part not read (birch.txt): it was too much" in answer.coverage
    assert "1 part not read (elder.txt): no answer: there is no JSON in it" in answer.coverage


async def test_an_engine_that_dies_leaves_what_came(tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], before: int) -> object:
        return truth(paths, before) if paths[0] < "c" else EngineError("gone", hint="start it")

    events: list[Event] = []

    async def gather() -> None:
        async for event in ask(to(shelf(tmp_path / "deals"), parallel=1), yes, Reader(say)):
            events.append(event)

    with pytest.raises(EngineError, match="gone"):
        await gather()
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.finished == "cut"
    assert [c.verdict for c in answer.citations] == [Verdict.EXACT] * 2
    assert "".join(e.text for e in events if isinstance(e, Text)) == answer.text
    assert "1 part not read (fichu.txt): it was stopped before" in answer.coverage
    with open_store() as store:
        (kept,) = store.session(answer.session).answers
    assert kept == answer


async def test_whoever_leaves_keeps_what_was_found(tmp_path: Path) -> None:
    async with aclosing(ask(to(shelf(tmp_path / "deals"), parallel=1), yes, Reader())) as events:
        async for event in events:
            if isinstance(event, Progress) and event.stage == "sweep" and event.done == 2:
                break
    with open_store() as store:
        (row,) = store.sessions()
        (answer,) = store.session(row.id).answers
    assert (answer.finished, len(answer.citations)) == ("cut", 2)
    assert answer.share < 0.5


async def test_what_a_killed_program_left_is_judged(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")
    whole = await answer_of(to(folder), Reader())
    with open_store() as store:
        line = '- The law is known. [d1:L1 "Governed by the laws of Delaware"]\n'
        number = store.begin(whole.session, "And?", "elsewhere:1:1.0", "scripted", "sweep")
        store.extend(number, line)
    from longread.analysis import drafts
    from longread.analysis.conversation import reopen

    with open_store() as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(drafts, "alive", lambda _: False)
        opened = mend(store, reopen(store, whole.session, SCRIPTED, print), print)
    assert [c.verdict for c in opened.answers[-1].citations] == [Verdict.EXACT]
    assert "not known" in opened.answers[-1].coverage


async def test_an_answer_too_long_for_its_part_is_asked_of_its_halves(tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], _: int) -> object:
        # Of one part alone: for the halves of all, the price said at most would not do.
        long = len(reader.answering.ids) >= 2_000 and paths[0] == "cedar.txt"
        return UNFINISHED if long else truth(paths, 0)

    reader = Reader(say)
    answer = await answer_of(to(shelf(tmp_path / "deals")), reader)
    halves = [paths for paths in reader.parts if "cedar.txt" in paths]
    assert len(halves) >= 3
    assert {citation.path for citation in answer.citations} == {f"{name}.txt" for name in NAMES}
    assert all(c.verdict is not Verdict.NOT_FOUND for c in answer.citations)
    assert "not all may be told" not in answer.caveat


async def test_each_part_is_named_whose_halves_the_price_does_not_cover(tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], _: int) -> object:
        return UNFINISHED if len(reader.answering.ids) >= 2_000 else truth(paths, 0)

    reader = Reader(say)
    answer = await answer_of(to(shelf(tmp_path / "deals")), reader)
    told = {citation.path for citation in answer.citations}
    named = re.search(r"Of (.*?) not all may be told: (.*)\.", answer.caveat)
    assert named
    assert DEAR in named[2]
    more = re.search(r"and (\d+) more", named[1])
    short = named[1].count(".txt") + int(more[1] if more else 0)
    assert len(told) + short >= len(NAMES)
    assert DEAR in answer.caveat.split("Of ")[0]


async def test_a_server_with_a_smaller_window_is_asked_smaller_parts(tmp_path: Path) -> None:
    class Small(Reader):
        async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
            if prompt.size + sampling.max_tokens > 2_000:
                raise WindowError("too long", hint="less", limit=2_000)
            async for event in super().stream(prompt, sampling):
                yield event

    def say(paths: tuple[str, ...], before: int) -> object:
        return truth(paths, before) if not before else {"findings": []}

    answer = await answer_of(to(shelf(tmp_path / "deals")), Small(say))
    assert answer.share == 1.0
    assert answer.coverage.startswith("12 parts")


async def test_a_guided_model_chooses_places_of_each_part(tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], _: int) -> object:
        found = "no" if paths[0] == "cedar.txt" else "yes"
        return {"says": f"Of {paths[0]}.", "found": found, "place": "d1:L1-L60"}

    reader = Reader(say)
    small = replace(SCRIPTED, citations="guided", family="llama4")
    answer = await answer_of(to(shelf(tmp_path / "deals"), profile=small), reader)
    assert reader.merges == []
    assert "Of alder.txt. [d1:L1-L60]" in answer.text
    assert "cedar" not in answer.text
    assert all(citation.guided for citation in answer.citations)
    assert "Places: d1:L1" in by_document(reader)[0].turns[1].text


async def test_the_price_of_all_parts_is_asked_before_anything_is_sent(tmp_path: Path) -> None:
    away = replace(
        SCRIPTED, name="away", engine="server", url="https://models.example/v1", price_input=1.0
    )  # fmt: skip
    asked: list[Departure] = []

    async def no(departure: Departure) -> bool:
        asked.append(departure)
        return False

    reader = Reader()
    with pytest.raises(TrustError):
        async for _ in ask(to(shelf(tmp_path / "deals"), profile=away), no, reader):
            pass
    assert reader.prompts == []
    assert asked[0].tokens > 6 * 2_000
    assert asked[0].price == pytest.approx(asked[0].tokens / 1e6, rel=0.01)


async def test_a_session_goes_on_with_a_sweep_and_auto_says_what_one_takes(tmp_path: Path) -> None:
    folder = shelf(tmp_path / "deals")

    class Plain(Reader):
        def _answer(self, prompt: Prompt) -> object:
            return "It says so."

    events = await collect(to(folder, strategy="auto"), Plain())
    (shown,) = [e.note for e in events if isinstance(e, Progress) and e.stage == "show"]
    assert "--strategy sweep would read all of it: about 5 parts" in shown
    first = events[-1]
    assert isinstance(first, Answer)
    onward = Request("Which law?", SCRIPTED, session=first.session, strategy="sweep")
    answer = await answer_of(onward, Reader())
    assert (answer.session, answer.strategy, len(answer.citations)) == (first.session, "sweep", 6)


async def test_findings_stay_where_the_engine_fails_at_their_quotes(tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], before: int) -> object:
        if before:
            return EngineError("gone", hint="start it")
        return {"findings": [finding(f"{paths[0]} says so.", (f"{paths[0]}:L1", "No such words"))]}

    answer = await answer_of(to(shelf(tmp_path / "deals")), Reader(say))
    assert [c.verdict for c in answer.citations] == [Verdict.NOT_FOUND] * 6
    assert (answer.share, answer.finished) == (1.0, "stop")


async def test_a_half_that_fails_leaves_what_the_whole_said_and_is_told(tmp_path: Path) -> None:
    begun = json.dumps(truth(("alder.txt",), 0))[:-2] + ', {"says": "And'

    class Long(Reader):
        async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
            async for event in super().stream(prompt, sampling):
                yield Finished("length") if isinstance(event, Finished) else event

    def say(paths: tuple[str, ...], before: int) -> object:
        if paths[0] != "alder.txt":
            return {"findings": []}
        return "no JSON" if before else begun

    answer = await answer_of(to(shelf(tmp_path / "deals")), Long(say))
    assert [(c.path, c.verdict) for c in answer.citations] == [("alder.txt", Verdict.EXACT)]
    assert "Of alder.txt not all may be told: more was found" in answer.caveat
    assert "there is no JSON in it" in answer.caveat


async def test_parts_that_were_read_while_nobody_looked_are_kept(tmp_path: Path) -> None:
    async with aclosing(ask(to(shelf(tmp_path / "deals"), parallel=6), yes, Reader())) as events:
        async for event in events:
            if isinstance(event, Progress) and event.stage == "sweep" and event.done:
                await asyncio.sleep(0.5)
                break
    assert len(asyncio.all_tasks()) == 1
    with open_store() as store:
        (row,) = store.sessions()
        (answer,) = store.session(row.id).answers
    assert (answer.finished, len(answer.citations)) == ("cut", 6)
    assert answer.usage
    assert answer.usage.output_tokens == 60


async def test_a_guided_answer_that_was_cut_is_not_taken_for_nothing(tmp_path: Path) -> None:
    small = replace(SCRIPTED, citations="guided", family="llama4")
    answer = await answer_of(
        to(shelf(tmp_path / "deals"), profile=small), Reader(lambda *_: UNFINISHED)
    )
    assert answer.share == 0
    assert "6 parts not read" in answer.coverage


async def test_parts_that_were_paid_before_a_server_refused_one_are_counted(
    tmp_path: Path,
) -> None:
    class Small(Reader):
        async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Event]:
            if prompt.size > 2_000 and self.prompts:
                raise WindowError("too long", hint="less", limit=2_000)
            async for event in super().stream(prompt, sampling):
                yield event

    reader = Small()
    answer = await answer_of(to(shelf(tmp_path / "deals"), parallel=1), reader)
    assert answer.usage
    assert answer.usage.prompt_tokens == sum(prompt.size for prompt in reader.prompts)


def unstopped(_: tuple[str, ...], __: int) -> object:
    return UNFINISHED


def wordless(_: tuple[str, ...], __: int) -> object:
    return "I think so."


def invented(paths: tuple[str, ...], before: int) -> object:
    quotes = (f"{paths[0]}:L1", "No such words are in it"), (f"{paths[0]}:L2", "Nor are these")
    return {"findings": [finding(f"Number {n} of {paths[0]}", *quotes) for n in range(9)]}


@pytest.mark.parametrize("say", [truth, unstopped, wordless, invented])
async def test_no_model_makes_a_sweep_dearer_than_was_said(
    say: Callable[[tuple[str, ...], int], object], tmp_path: Path
) -> None:
    asked: list[Departure] = []

    async def go(departure: Departure) -> bool:
        asked.append(departure)
        return True

    away = replace(
        SCRIPTED, name="away", engine="server", url="https://models.example/v1", price_input=1.0,
        price_output=9.0,
    )  # fmt: skip
    reader = Reader(say, lambda _: "no JSON")
    request = to(shelf(tmp_path / "deals"), profile=away)
    answer = [event async for event in ask(request, go, reader)][-1]
    assert isinstance(answer, Answer)
    most = len(reader.prompts) * away.answer * 9.0 + sum(prompt.size for prompt in reader.prompts)
    assert most / 1e6 <= asked[0].price
    if say is unstopped:
        assert "would cost more than was said at most" in f"{answer.caveat} {answer.coverage}"


@pytest.mark.parametrize(
    "says",
    [
        "~~~ is what it says",
        "```python is what it says",
        'It says [d1:L2 "',
        "It says [d1:L2",
        "[[[ it says",
        'It says [d1:L2 "The parties" and',
    ],
)
async def test_words_of_a_model_hide_no_citation(says: str, tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], _: int) -> object:
        return {"findings": [finding(f"{says} {paths[0]}", (f"{paths[0]}:L1", "Governed by the"))]}

    def merge(_: str) -> object:
        return {"same": [], "contradict": [], "summary": f"{says} [1]\n{says}"}

    answer = await answer_of(to(shelf(tmp_path / "deals")), Reader(say, merge))
    ours = [c for c in answer.citations if c.quote == "Governed by the"]
    assert [(c.path, c.verdict) for c in ours] == [(f"{n}.txt", Verdict.EXACT) for n in NAMES]
    for citation in answer.citations:
        assert citation.at
        start, end = citation.at
        assert answer.text[start] == "["
        assert answer.text[end - 1] == "]"
    assert [c.at for c in answer.citations] == sorted(c.at for c in answer.citations if c.at)


@pytest.mark.parametrize("place", ["page 4", "", "the deal] [d1:L1", "somewhere"])
async def test_a_quote_whose_place_names_nothing_is_flagged(place: str, tmp_path: Path) -> None:
    def say(paths: tuple[str, ...], _: int) -> object:
        words = "Governed by the laws of Narnia"
        return {"findings": [finding("It is Narnia's.", (place, words))]}

    answer = await answer_of(to(shelf(tmp_path / "deals", lines=2)), Reader(say))
    assert [c.verdict for c in answer.citations] == [Verdict.NOT_FOUND]


async def test_nothing_found_is_said(tmp_path: Path) -> None:
    answer = await answer_of(to(shelf(tmp_path / "deals")), Reader(lambda *_: {"findings": []}))
    assert answer.text == "Nothing in what was read says anything on it."
    assert answer.share == 1.0
