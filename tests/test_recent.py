"""What was asked for last is kept, and no more than may be."""

from __future__ import annotations

from longread.recent import Recent


def test_only_what_was_asked_for_last_is_held() -> None:
    recent: Recent[str, str] = Recent(10, len)
    for name in "abcd":
        recent.put(name, name * 3)
    assert recent.get("a") is None
    assert recent.get("b") == "bbb"
    recent.put("e", "eee")
    assert recent.get("c") is None
    assert recent.get("b") == "bbb"
    recent.put("long", "x" * 9)
    assert recent.get("long") is None


def test_what_is_kept_stays_as_it_is_until_all_is_let_go() -> None:
    recent: Recent[int, str] = Recent(2)
    recent.put(1, "one")
    recent.put(1, "another")
    assert recent.get(1) == "one"
    recent.put(2, "two")
    recent.put(3, "three")
    assert recent.get(1) is None
    recent.clear()
    assert recent.get(3) is None
    for number in (4, 5):
        recent.put(number, "more")
    assert recent.get(4) == "more"
