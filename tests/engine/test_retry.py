"""How long is waited, and for what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from longread.engine import pinning, retry

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=40), usegmt=True)}, 40.0),
        ({"retry-after": format_datetime(NOW - timedelta(hours=1), usegmt=True)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_what_a_server_asks_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry.asked_wait(headers, NOW) == seconds


def test_waits_grow_and_no_two_clients_return_together() -> None:
    drawn = [[retry.back_off(n) for _ in range(200)] for n in range(1, 9)]
    for n, waits in enumerate(drawn):
        most = min(0.5 * 2**n, 30.0)
        assert all(most / 2 <= wait <= most for wait in waits)
        assert len(set(waits)) > 150
    assert all(max(a) <= max(b) + 1 for a, b in pairwise(drawn))
    assert retry.back_off(10_000) <= 30.0


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_passes_is_tried_again(status: int) -> None:
    assert retry.passes(status)


@pytest.mark.parametrize("status", [0, 400, 401, 402, 403, 404, 413, 422])
def test_what_does_not_pass_is_not(status: int) -> None:
    assert not retry.passes(status)


def test_a_longer_prompt_may_take_longer_to_its_first_token() -> None:
    sizes = [0, 1_000, 131_072, 1_000_000, 10_000_000]
    waits = [retry.first_token(size) for size in sizes]
    assert waits == sorted(waits)
    assert waits[0] == 300
    assert waits[2] == pytest.approx(300 + 1_310.72)
    # Eight H100s at 40 % of their peak take 66 minutes for ten million tokens.
    assert 66 * 60 < waits[-1] == 4 * 3600


def test_losing_a_server_moves_only_what_it_held() -> None:
    urls = [f"http://gpu{n}/v1" for n in range(4)]
    corpora = [f"corpus {n}" for n in range(400)]
    homes = {corpus: pinning.order(urls, corpus)[0] for corpus in corpora}
    assert all(60 < list(homes.values()).count(url) < 140 for url in urls)
    for corpus, home in homes.items():
        left = pinning.order([url for url in urls if url != urls[1]], corpus)[0]
        assert left == home or home == urls[1]
