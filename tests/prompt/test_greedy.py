"""What is bought: never more than the room, and nothing better that is cheaper waits."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from longread.prompt.greedy import Chain, Raise, hull, spend


def rising(drawn: list[tuple[int, float]]) -> list[tuple[int, float, int]]:
    """Levels, each worth more than the one below; it may still cost less."""
    found, value = [], 0.0
    for level, (tokens, more) in enumerate(drawn, 1):
        value += more
        found.append((tokens, value, level))
    return found


points = st.lists(st.tuples(st.integers(1, 5_000), st.floats(0.01, 9)), max_size=5).map(rising)


@st.composite
def chain_lists(draw: st.DrawFn) -> list[Chain]:
    """Documents, some of which open the chains of their symbols."""
    documents = [hull(p) for p in draw(st.lists(points, max_size=12))]
    symbols: list[Chain] = []
    opens = []
    for _ in documents:
        made = [Chain(hull(p)) for p in draw(st.lists(points, max_size=3))]
        opens.append(range(len(documents) + len(symbols), len(documents) + len(symbols + made)))
        symbols += made
    return [*(Chain(r, o) for r, o in zip(documents, opens, strict=True)), *symbols]


rooms = st.integers(0, 20_000)


@given(points)
def test_slopes_along_a_hull_never_rise_and_end_at_the_last_point(
    drawn: list[tuple[int, float, int]],
) -> None:
    found = hull(drawn)
    slopes = [step.slope for step in found]
    assert all(a >= b - 1e-9 for a, b in pairwise(slopes))
    if drawn:
        assert sum(step.tokens for step in found) == drawn[-1][0]
        assert found[-1].level == drawn[-1][2]


def test_a_level_below_the_line_between_its_neighbours_is_left_out() -> None:
    assert [r.level for r in hull([(10, 1.0, 1), (20, 1.1, 2), (30, 3.0, 3)])] == [1, 3]
    assert [r.level for r in hull([(10, 1.0, 1), (10, 2.0, 2)])] == [2]
    assert [r.level for r in hull([(30, 1.0, 1), (20, 2.0, 2)])] == [2]


@given(chain_lists(), rooms)
def test_never_more_is_spent_than_there_is(chains: list[Chain], room: int) -> None:
    bought = spend(chains, room)
    spent = sum(
        step.tokens
        for chain, reached in zip(chains, bought.reached, strict=True)
        for step in chain.raises[:reached]
    )
    assert spent + bought.left == room
    assert bought.left >= 0


@given(chain_lists(), rooms)
def test_no_raise_is_made_while_a_cheaper_one_of_higher_value_waits(
    chains: list[Chain], room: int
) -> None:
    reached = [0] * len(chains)
    closed = {index for chain in chains for index in chain.opens}

    def waiting() -> list[Raise]:
        opened = {
            index
            for number, (chain, at) in enumerate(zip(chains, reached, strict=True))
            if at == len(chain.raises) and number not in closed
            for index in chain.opens
        }
        return [
            chain.raises[reached[index]]
            for index, chain in enumerate(chains)
            if (index not in closed or index in opened) and reached[index] < len(chain.raises)
        ]

    for index, at in spend(chains, room).order:
        made = chains[index].raises[at]
        assert not any(step.tokens < made.tokens and step.value > made.value for step in waiting())
        assert reached[index] == at
        reached[index] += 1


@given(chain_lists(), rooms)
def test_nothing_that_fits_what_is_left_and_was_never_passed_over_is_left(
    chains: list[Chain], room: int
) -> None:
    bought = spend(chains, room)
    first = bought.left
    for index, chain in enumerate(chains):
        opened = not any(index in c.opens for c in chains)
        if opened and bought.reached[index] < len(chain.raises):
            assert chain.raises[bought.reached[index]].tokens > first


@given(chain_lists())
def test_room_for_everything_buys_everything(chains: list[Chain]) -> None:
    room = sum(step.tokens for chain in chains for step in chain.raises)
    bought = spend(chains, room)
    assert bought.reached == [len(chain.raises) for chain in chains]
    assert bought.left == 0
