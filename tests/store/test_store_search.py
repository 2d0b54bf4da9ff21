"""What was asked, answered, quoted and read is found by its words, and gone when deleted."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longread.store import HIT, Store, open_store
from longread.types import Answer, Citation, Entry, Session, Verdict

Make = Callable[..., Session]


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as store:
        yield store


@pytest.fixture
def asked(store: Store, make: Make) -> Callable[..., str]:
    """Keep a session with one answer."""

    def keep(question: str = "?", text: str = "", *quotes: str, **changed: object) -> str:
        citations = tuple(Citation("d1", "a.py", None, q, Verdict.EXACT) for q in quotes)
        answers = (Answer(question, text, citations, "stop"),)
        bare = replace(make("zero", files=0), title="untitled", answers=answers)
        return store.create(replace(bare, **changed))

    return keep


def hits(snippet: str) -> list[str]:
    return re.findall(f"{HIT[0]}([^{HIT[1]}]*){HIT[1]}", snippet)


def test_each_kind_of_text_is_found(store: Store, make: Make) -> None:
    short = store.create(make("one"))
    store.create(make("two"))
    found = [(hit.kind, hit.answer, hit.session) for hit in store.search("one")]
    assert sorted(found, key=str) == [
        ("answer", 0, short), ("question", 0, short), ("quote", 0, short), ("source", None, short),
    ]  # fmt: skip


def test_a_place_a_title_and_a_file_lead_to_their_session(store: Store, make: Make) -> None:
    short = store.create(make("one"))
    store.create(make("two"))
    for words in ("About one", "/home/x/one", "src/one_2.py", "one_2"):
        assert [hit.session for hit in store.search(words)] == [short], words
    # A file that could not be read is in the ledger too.
    assert len(store.search("logo.png")) == 2


def test_all_words_must_stand_in_one_text(store: Store, asked: Callable[..., str]) -> None:
    asked("Where is the kettle?", "In the kitchen.")
    assert store.search("kettle where")
    assert not store.search("kettle kitchen")
    assert not store.search("kettle lid")


def test_the_answer_that_was_found_is_named_by_its_position(store: Store, make: Make) -> None:
    first = store.create(make("one"))
    second = store.create(make("two"))
    for text in ("of no use", "needle", "of no use"):
        for short in (first, second):
            store.add_answer(short, Answer("?", text, (), "stop"))
    draft = store.begin(first, "needle?", "me")
    assert sorted((h.session == first, h.kind, h.answer) for h in store.search("needle")) == [
        (False, "answer", 3), (True, "answer", 3), (True, "question", 5),
    ]  # fmt: skip
    assert store.session(first).answers[5].question == "needle?"
    store.finish(draft, Answer("needle?", "It is a needle.", (), "stop"))
    assert [(h.kind, h.answer) for h in store.search("it is a needle")] == [("answer", 5)]


def test_what_a_draft_says_is_found_when_it_is_finished(store: Store, make: Make) -> None:
    draft = store.begin(store.create(make()), "Which thermostat?", "me")
    store.extend(draft, "bimetallic")
    assert store.search("thermostat")
    assert not store.search("bimetallic")
    store.finish(draft, Answer("Which thermostat?", "bimetallic", (), "stop"))
    assert [hit.kind for hit in store.search("bimetallic")] == ["answer"]
    assert len(store.search("thermostat")) == 1


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("getUserNameById", "getUserNameById"),
        ("getusernamebyid", "getUserNameById"),
        ("getUser", "getUser"),
        ("UserName", "UserName"),
        ("username ", "UserName"),
        ("usernameby", "UserNameBy"),
        ("name ", "Name"),
        ("nam", "Nam"),
        ("retry_policy", "retry_policy"),
        ("retry", "retry"),
        ("policy ", "policy"),
        ("HTTPClient2", "HTTPClient2"),
        ("http ", "HTTP"),
        ("client ", "Client"),
        ("client2", "Client2"),
        ("cafe ", "café"),
        ("CAFÉ ", "café"),
        ("cafe\u0301 ", "café"),
        ("src/retry.py", "src/retry.py"),
        ("retry.py:12", "retry.py:12"),
        ("日本", "日本"),
        ('"is in café"', "is in café"),
    ],
)
def test_identifiers_and_words_are_found_whole_and_in_parts(
    store: Store, asked: Callable[..., str], words: str, marked: str
) -> None:
    text = (
        "getUserNameById of HTTPClient2 is in café 日本語, "
        "the retry_policy stands in src/retry.py:12."
    )
    asked("?", "Nothing of it here.")
    asked("?", text)
    (found,) = store.search(words)
    assert marked in hits(found.snippet)
    assert found.snippet.replace(HIT[0], "").replace(HIT[1], "") == text


@pytest.mark.parametrize(
    "words", ["sername", "etUser", "ret ry", "retry ", "client", "user name x", '"b a"', "名"]
)
def test_what_stands_nowhere_is_not_found(
    store: Store, asked: Callable[..., str], words: str
) -> None:
    asked("?", "a b getUserName and retrying clyent")
    assert store.search(words) == []


def test_only_the_last_word_may_be_unfinished(store: Store, asked: Callable[..., str]) -> None:
    asked("Is the thermostat bimetallic?")
    assert store.search("thermostat bim")
    assert not store.search("therm bimetallic")
    assert not store.search("bim ")


@pytest.mark.parametrize(
    "words",
    [
        "", " ", '"', '""', "'", "*", "(", ")", "a AND", "OR", "NOT x", "NEAR(a b)", "text:a", "-a",
        "^a", "a*b", '"a" "', "{a b}: c", "+", "a + b", "\x00", "\ud800", "_", "__", "💥", "a\x00b",
        "\N{COMBINING ACUTE ACCENT}", "\x02a\x03", "٣", "ⅷ", "𝕏", "a" * 5000, "a." * 5000,
        "a " * 500,
    ],
)  # fmt: skip
def test_nothing_that_is_typed_is_an_operator(store: Store, make: Make, words: str) -> None:
    store.create(make())
    for hit in store.search(words):
        assert hit.snippet


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(st.sampled_from('aB1_é."́ß☃日İ\n*(\x02\x00'), max_size=60),
    words=st.text(st.sampled_from('aB1_é."́ß日İ *('), max_size=8),
)
def test_whatever_is_typed_the_search_ends_and_snippets_are_of_the_text(
    store: Store, make: Make, text: str, words: str
) -> None:
    short = store.create(replace(make(files=0), answers=(Answer(text, "", (), "stop"),)))
    for hit in store.search(words, 3):
        if (hit.session, hit.kind) == (short, "question"):
            plain = re.sub(f"[{''.join(HIT)}]", "", hit.snippet).strip("…")
            assert plain in text.replace(HIT[0], " ")


def test_the_snippet_shows_where_most_of_the_words_stand_together(
    store: Store, asked: Callable[..., str]
) -> None:
    far = "lorem ipsum " * 40
    asked("?", f"A kettle. {far} The kettle has no thermostat and no lid. {far} lid")
    (found,) = store.search("lid kettle thermostat")
    assert hits(found.snippet) == ["kettle", "thermostat", "lid"]
    assert found.snippet.startswith("…")
    assert found.snippet.endswith("…")
    assert len(found.snippet) < 140
    assert set(re.findall(r"…(\w+)|(\w+)…", found.snippet)) <= {
        ("lorem", ""), ("ipsum", ""), ("", "lorem"), ("", "ipsum"),
    }  # fmt: skip


def test_a_source_is_shown_by_its_lines_that_have_the_words(
    store: Store, asked: Callable[..., str], make: Make
) -> None:
    files = tuple(Entry(f"lib/part{n}/theFile{n}.py", "source") for n in range(2000))
    ledger = replace(make().ledger, files=files)
    asked(ledger=ledger, title="Kettles, whole")
    (found,) = store.search("thefile1234")
    assert found.snippet == f"lib/part1234/{HIT[0]}theFile1234{HIT[1]}.py"
    (found,) = store.search("kettles 1999 ")
    assert found.snippet == f"{HIT[0]}Kettles{HIT[1]}, whole … lib/part{HIT[0]}1999{HIT[1]}/" + (
        f"theFile{HIT[0]}1999{HIT[1]}.py"
    )


def test_marks_in_a_text_are_no_hits(store: Store, asked: Callable[..., str]) -> None:
    asked("?", f"{HIT[0]}forged{HIT[1]} and real")
    (found,) = store.search("real")
    assert hits(found.snippet) == ["real"]


def test_the_best_comes_first_and_no_more_than_asked_for(
    store: Store, asked: Callable[..., str]
) -> None:
    for n in range(5):
        asked("?", "The lease ends. " + "Something else is said here. " * 5 * n)
    best = store.search("lease")
    assert [len(store.session(hit.session).answers[0].text) for hit in best] == sorted(
        len(store.session(hit.session).answers[0].text) for hit in best
    )
    assert store.search("lease", limit=2) == best[:2]


def test_files_are_those_of_the_newest_layout(store: Store, make: Make) -> None:
    session, other = make("one"), make("two")
    short = store.create(session)
    store.replace_layout(short, other.layout, other.ledger)
    assert [hit.kind for hit in store.search("two_1.py")] == ["source"]
    assert store.search("one_1.py") == []
    assert store.search("About one")


def test_deleting_leaves_no_word_of_a_session_in_the_index(
    store: Store, path: Path, make: Make
) -> None:
    random = Random(7)

    def word() -> str:
        return "".join(random.choices("bcdfghjklmnpqrstvwxz", k=14))

    def said() -> str:
        return " ".join(f"{word()}{word().title()}" for _ in range(random.choice([1, 30, 400])))

    live: dict[str, list[str]] = {}
    for n in range(24):
        texts = [said() for _ in range(4)]
        session = make(word(), files=random.choice([0, 3]))
        texts.append(session.title)
        quoted = (Citation("d1", "a.py", None, texts[2], Verdict.EXACT),)
        answer = Answer(texts[0], texts[1], quoted, "stop")
        short = store.create(replace(session, answers=(answer,)))
        match n % 4:
            case 0:
                draft = store.begin(short, texts[3], word())
                store.extend(draft, texts[0])
            case 1:
                draft = store.begin(short, texts[3], "me")
                store.extend(draft, texts[0])
                store.finish(draft, replace(answer, question=texts[2]))
            case 2:
                store.abandon(store.begin(short, texts[3], "me"))
            case 3:
                again = make(word())
                store.replace_layout(short, again.layout, again.ledger)
        live[short] = texts
        if n % 3 == 2:
            gone = random.choice(list(live))
            # What an index has in common with the word before it is not written again.
            ends = {
                part.lower()[4:]
                for text in live.pop(gone)
                for part in re.findall(r"[A-Z]?[a-z]{14}", text)
            }
            assert ends
            store.delete(gone)
            raw = b"".join(f.read_bytes() for f in path.parent.glob(path.name + "*")).lower()
            assert not [end for end in ends if end.encode() in raw]
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    for short, texts in live.items():
        assert short in {hit.session for hit in store.search(texts[1].split()[0])}


def test_questions_are_told_once_newest_first(store: Store, make: Make) -> None:
    assert store.questions() == []
    one, two = store.create(make("one")), store.create(make("two"))
    assert store.questions() == ["And?", "Where is two?", "Where is one?"]
    store.begin(one, "Where is one?", "me")
    store.add_answer(two, Answer("New \udcff?", "", (), "stop"))
    assert store.questions() == ["New \udcff?", "Where is one?", "And?", "Where is two?"]
    assert store.questions(limit=1) == ["New \udcff?"]
