"""Words of any script are found, also where no spaces stand between them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from longread.store import HIT, Store, open_store
from longread.types import Session

Make = Callable[..., Session]


@pytest.fixture
def store(path: Path) -> Store:
    return open_store(path)


def said(store: Store, make: Make, text: str) -> None:
    session = make()
    store.create(replace(session, answers=(replace(session.answers[1], text=text),)))


def found(store: Store, words: str) -> list[str]:
    return [hit.snippet.replace(HIT[0], "«").replace(HIT[1], "»") for hit in store.search(words)]


@pytest.mark.parametrize(
    ("text", "words", "snippet"),
    [
        ("何処で再試行が決まるのか、設定。", "再試行", "何処で«再試行»が決まるのか、設定。"),
        ("何処で再試行が決まるのか、設定。", "再試", "何処で«再試»行が決まるのか、設定。"),
        ("何処で再試行が決まるのか、設定。", "設定 再試行", "何処で«再試行»が決まるのか、«設定»。"),
        ("재시도횟수는 다섯", "횟수", "재시도«횟수»는 다섯"),
        ("日本𠮷野家", "𠮷野", "日本«𠮷野»家"),
        ("v2再試行", "試行", "v2再«試行»"),
        ("Un café à la crème", "CREME", "Un café à la «crème»"),
        ("Un cafe", "café", "Un «cafe»"),
        ("Где решается повтор?", "ПОВТОР", "Где решается «повтор»?"),
    ],
)
def test_words_of_any_script_are_found(
    store: Store, make: Make, text: str, words: str, snippet: str
) -> None:
    said(store, make, text)
    assert found(store, words) == [snippet]


def test_a_letter_with_its_accent_is_found_however_it_is_coded(store: Store, make: Make) -> None:
    said(store, make, unicodedata.normalize("NFD", "Un café"))
    assert found(store, unicodedata.normalize("NFC", "café"))
    assert found(store, unicodedata.normalize("NFD", "café"))


def test_one_korean_syllable_is_not_marked_for_another(store: Store, make: Make) -> None:
    said(store, make, "각 간")
    assert found(store, "간") == ["각 «간»"]


@pytest.mark.parametrize(
    ("text", "words"), [("再試と行く", "再試行"), ("getUser, nameById", "UserName")]
)
def test_no_run_of_parts_reaches_from_one_word_to_another(
    store: Store, make: Make, text: str, words: str
) -> None:
    said(store, make, text)
    assert found(store, words) == []


def test_a_star_says_that_a_word_is_unfinished(store: Store, make: Make) -> None:
    said(store, make, "the getStream function")
    assert found(store, "stre*") == ["the get«Stre»am function"]


def test_of_equal_texts_the_newest_are_found(store: Store, make: Make) -> None:
    ids = [store.create(replace(make(), answers=(make().answers[0],))) for _ in range(6)]
    newest = [hit.session for hit in store.search("where", limit=3)]
    assert newest == ids[:2:-1]
