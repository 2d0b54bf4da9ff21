"""Sessions are read back as they were written, and deleted without a trace."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longread.errors import StoreError
from longread.store import Store, open_store
from longread.types import (
    Answer,
    Citation,
    Document,
    Entry,
    Layout,
    Ledger,
    Level,
    Page,
    Placed,
    Segment,
    Session,
    Source,
    Span,
    Usage,
    Verdict,
)

Make = Callable[..., Session]


@pytest.fixture
def store(path: Path) -> Store:
    return open_store(path)


def bytes_on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))


def test_a_session_is_read_back_as_it_was_written(store: Store, make: Make) -> None:
    session = make()
    assert store.session(store.create(session)) == session


def test_what_was_read_back_can_be_kept_again(store: Store, make: Make) -> None:
    session = make()
    assert store.session(store.create(store.session(store.create(session)))) == session


NOUNS = (
    Answer, Citation, Document, Entry, Layout, Ledger, Page, Placed, Segment, Session, Source,
    Usage,
)  # fmt: skip


@pytest.mark.parametrize("noun", NOUNS)
def test_every_field_of_every_noun_is_in_the_session_that_is_read_back(
    make: Make, noun: type
) -> None:
    every = list(nouns_in(make()))
    for field in (field for field in fields(noun) if field.compare):
        assert any(
            getattr(one, field.name) != field.default for one in every if type(one) is noun
        ), field.name


def nouns_in(value: object) -> Iterator[object]:
    """Every dataclass value in a value."""
    if is_dataclass(value):
        yield value
        for field in fields(value):
            yield from nouns_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from nouns_in(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from nouns_in(one)


def test_another_program_reads_the_same(store: Store, path: Path, make: Make) -> None:
    session = make()
    short = store.create(session)
    store.close()
    with open_store(path) as again:
        assert again.session(short) == session


def test_a_list_of_segments_is_read_back_with_the_same_content(store: Store, make: Make) -> None:
    session = make()
    listed = {
        key: replace(document, segments=list(document.segments))
        for key, document in session.documents.items()
    }
    assert store.session(store.create(replace(session, documents=listed))) == session


words = st.text(st.characters(exclude_categories=()), max_size=20)
spans = st.builds(
    Span, st.sampled_from(["line", "page", "cell"]), st.integers(1, 9999), st.integers(1, 9999)
)
offsets = st.tuples(st.integers(0, 10**7), st.integers(0, 10**7))
segments = st.builds(
    Segment, words, words, spans, st.integers(0, 10**7), st.integers(0, 10**7),
    st.none() | offsets, st.none() | offsets,
)  # fmt: skip
documents = st.builds(
    Document,
    path=words,
    kind=st.sampled_from(["source", "pdf", "empty"]),
    language=words,
    content_id=words,
    body=words,
    segments=st.lists(segments, max_size=4).map(tuple),
    unit=st.sampled_from(["line", "page", "cell"]),
    links=st.lists(words, max_size=3).map(tuple),
    id=words,
)
citations = st.builds(
    Citation, words, words, st.none() | spans, words, st.sampled_from(Verdict),
    st.booleans(), st.none() | spans, words, st.booleans(), st.none() | offsets,
)  # fmt: skip
answers = st.builds(
    Answer, words, words, st.lists(citations, max_size=3).map(tuple),
    st.sampled_from(["stop", "length", "cut"]), words, st.floats(0, 1),
    coverage=words, caveat=words, session=words,
)  # fmt: skip
layouts = st.builds(
    Layout,
    words,
    st.lists(
        st.builds(
            Placed, words, words, words, st.sampled_from(Level),
            st.lists(st.integers(0, 99), max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    title=words,
    kept=st.lists(documents, max_size=4),
    answered=st.lists(answers, max_size=2).map(tuple),
    layout=layouts,
)
def test_whatever_the_words_they_come_back(
    store: Store,
    make: Make,
    title: str,
    kept: list[Document],
    answered: tuple[Answer, ...],
    layout: Layout,
) -> None:
    session = replace(
        make(),
        title=title,
        documents={document.content_id: document for document in kept},
        answers=answered,
        layout=layout,
    )
    assert store.session(store.create(session)) == session


def test_an_answer_is_added_with_what_was_appended_for_it(store: Store, make: Make) -> None:
    session, other = make("one"), make("two")
    short = store.create(session)
    answer = replace(other.answers[0], session=short)
    store.add_answer(short, answer, other.layout, other.documents)
    kept = store.session(short)
    assert kept.answers == (*session.answers, answer)
    assert kept.layout == other.layout
    assert kept.documents == {**session.documents, **other.documents}


def test_an_answer_alone_changes_nothing_else(store: Store, make: Make) -> None:
    session = make()
    short = store.create(session)
    store.add_answer(short, session.answers[1])
    assert store.session(short) == replace(session, answers=(*session.answers, session.answers[1]))


def test_a_document_cut_anew_replaces_what_the_session_had(store: Store, make: Make) -> None:
    session = make()
    first, second = store.create(session), store.create(session)
    recut = {
        key: replace(document, segments=document.segments[:1], id="d77")
        for key, document in session.documents.items()
    }
    store.add_answer(first, session.answers[0], documents=recut)
    assert store.session(first).documents == recut
    assert store.session(second).documents == session.documents


def test_the_newest_is_the_one_that_was_written_to_last(store: Store, make: Make) -> None:
    first, second = store.create(make("one")), store.create(make("two"))
    assert store.resolve() == second
    store.add_answer(first, make().answers[1])
    assert store.resolve() == first
    assert [row.id for row in store.sessions()] == [first, second]


def test_a_list_says_what_each_session_is(store: Store, make: Make) -> None:
    short = store.create(make("one"))
    (row,) = store.sessions()
    assert (row.id, row.title, row.profile) == (short, "About one", "embedded")
    assert row.sources == ("/home/x/one", "/y")
    assert (row.answers, row.tokens) == (2, 7000)
    assert row.share == pytest.approx(120 / 180)
    assert row.created <= row.updated


def test_the_start_of_an_id_is_enough_where_it_is_the_only_one(store: Store, make: Make) -> None:
    ids = [store.create(replace(make(), documents={})) for _ in range(20)]
    first = ids[0]
    only = next(
        first[:n] for n in range(1, 9) if sum(short.startswith(first[:n]) for short in ids) == 1
    )
    assert store.resolve(only.upper()) == first
    shared = next(c for c in "0123456789abcdef" if sum(i.startswith(c) for i in ids) > 1)
    with pytest.raises(StoreError, match="any of several") as raised:
        store.session(shared)
    assert shared in raised.value.hint


@pytest.mark.parametrize("odd", ["zz", "%", "_", "' OR 1"])
def test_an_unknown_id_is_an_error_with_a_hint(store: Store, make: Make, odd: str) -> None:
    store.create(make())
    with pytest.raises(StoreError, match="no session") as raised:
        store.session(odd)
    assert "sessions list" in raised.value.hint
    with pytest.raises(StoreError):
        store.add_answer(odd, make().answers[0])


def test_an_empty_store_says_how_to_begin(store: Store) -> None:
    assert store.sessions() == []
    with pytest.raises(StoreError, match="no session yet") as raised:
        store.session()
    assert "ask" in raised.value.hint


def test_what_two_sessions_share_is_kept_once(store: Store, path: Path, make: Make) -> None:
    session = make(files=5)
    store.create(session)
    store.create(session)
    store.create(make("two", files=2))
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT count(*) FROM texts").fetchone() == (7,)


def test_deleting_leaves_nothing_of_a_session_in_the_file(
    store: Store, path: Path, make: Make
) -> None:
    kept = {}
    for n in range(12):
        kept[store.create(make(f"kept{n}x"))] = make(f"kept{n}x")
        if n % 3 == 0:
            gone = make(f"gone{n}x", files=n + 1)
            short = store.create(gone)
            store.add_answer(short, gone.answers[0])
            before = bytes_on_disk(path)
            packed = zlib.compress(gone.documents[f"gone{n}x-0"].text.encode(), 3)
            assert b"gone" in before
            assert packed in before
            store.delete(short)
            after = bytes_on_disk(path)
            assert b"gone" not in after
            assert packed not in after
    for short, session in kept.items():
        assert store.session(short) == session


def test_deleting_leaves_nothing_however_often_rows_were_moved(
    store: Store, path: Path, make: Make
) -> None:
    random = Random(2)
    live = {}
    for n in range(100):
        name = f"zq{n}qz"
        session = make(name, files=random.choice([0, 1, 3, 20]))
        long = replace(session.answers[0], text=name * random.choice([1, 50, 2000]))
        short = store.create(replace(session, answers=(long,) * random.choice([0, 1, 5])))
        live[short] = name
        other = random.choice(list(live))
        more = replace(make().answers[0], text=live[other] * random.choice([1, 300]))
        store.add_answer(other, more)
        if n % 2:
            gone = random.choice(list(live))
            store.delete(gone)
            assert live.pop(gone).encode() not in bytes_on_disk(path)


def test_deleting_gives_the_space_back(store: Store, path: Path, make: Make) -> None:
    store.create(make("small"))
    store.delete(store.create(make("first", files=400)))
    small = path.stat().st_size
    short = store.create(make("large", files=400))
    store.delete(short)
    assert path.stat().st_size <= small
    assert not path.with_name(path.name + "-wal").stat().st_size


def test_what_another_session_needs_survives_deletion(store: Store, make: Make) -> None:
    session = make()
    first, second = store.create(session), store.create(session)
    store.delete(first)
    assert store.session(second) == session
    with pytest.raises(StoreError):
        store.session(first)


def test_deleting_needs_a_name(store: Store, make: Make) -> None:
    short = store.create(make())
    with pytest.raises(StoreError, match="no session is named"):
        store.delete("")
    assert store.resolve() == short


def test_deleting_while_another_reads_says_that_the_log_still_has_it(
    path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longread.store.connection.BUSY_SECONDS", 0.1)
    with open_store(path) as store:
        short = store.create(make())
        reader = sqlite3.connect(path)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sessions").fetchall()
        with pytest.raises(StoreError, match="is deleted, but another program reads"):
            store.delete(short)
        reader.close()
        assert store.sessions() == []
    assert b"About one" not in bytes_on_disk(path)


def test_trust_is_asked_once_for_a_corpus_and_a_host(store: Store) -> None:
    assert not store.trusted("c1", "api.example.org")
    store.trust("c1", "api.example.org")
    store.trust("c1", "api.example.org")
    assert store.trusted("c1", "api.example.org")
    assert not store.trusted("c1", "other.example.org")
    assert not store.trusted("c2", "api.example.org")


def test_a_corpus_is_known_by_its_place_and_can_move(store: Store, make: Make) -> None:
    session = replace(make(), sources=make().sources[:1])
    place = session.sources[0].location
    assert store.place_known(place) is None
    short = store.create(session)
    corpus = store.place_known(place)
    assert corpus
    store.attach(corpus, "/moved/here")
    assert store.place_known("/moved/here") == corpus
    store.trust(corpus, "h")
    store.trust(place, "h")
    moved = replace(session, sources=(replace(session.sources[0], location="/moved/here"),))
    second = store.create(moved)
    store.delete(short)
    assert store.trusted(corpus, "h")
    store.delete(second)
    assert store.place_known(place) is None
    assert not store.trusted(corpus, "h")
    assert not store.trusted(place, "h")
    with pytest.raises(StoreError, match="no corpus"):
        store.attach(corpus, "/anywhere")


def test_several_sources_are_a_corpus_of_their_own(store: Store, make: Make) -> None:
    store.create(make())
    assert store.place_known("/home/x/one\n/y")
    assert store.place_known("/y") is None


def test_threads_share_one_store(store: Store, make: Make) -> None:
    short = store.create(make())
    answer = make().answers[0]
    threads = [
        threading.Thread(target=lambda: [store.add_answer(short, answer) for _ in range(5)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.session(short).answers) == 2 + 20
