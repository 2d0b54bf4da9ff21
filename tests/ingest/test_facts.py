"""What is remembered comes back equal, and only segments that are looked at are made."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from longread.ingest.columns import Segments
from longread.ingest.facts import Facts, PageFacts, pack, unpack
from longread.ingest.kinds import Looks
from longread.ingest.secrets import Mask
from longread.types import Document, Segment, Span, Unit

NUMBERS = st.integers(0, 2**31)
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)


def segments(unit: Unit) -> st.SearchStrategy[Segment]:
    spans = st.builds(Span, st.just(unit), NUMBERS, NUMBERS)
    signatures = st.none() | st.tuples(NUMBERS, NUMBERS)
    return st.builds(Segment, WORDS, WORDS, spans, NUMBERS, NUMBERS, signatures, signatures)


FACTS = st.builds(
    Facts,
    encoding=WORDS,
    identity=WORDS,
    notes=st.lists(WORDS).map(tuple),
    marks=st.lists(WORDS).map(tuple),
    picture=st.booleans(),
    words=st.none() | st.lists(NUMBERS).map(lambda numbers: array("I", numbers)),
    masks=st.lists(st.builds(Mask, NUMBERS, NUMBERS, WORDS)).map(tuple),
    masked=NUMBERS,
    lines=NUMBERS,
    looks=st.builds(Looks, st.booleans(), st.booleans(), NUMBERS),
    segments=st.sampled_from(("line", "page", "cell")).flatmap(
        lambda unit: st.lists(segments(unit)).map(tuple)  # type: ignore[arg-type]
    ),
    links=st.lists(WORDS).map(tuple),
    language=WORDS,
    reason=WORDS,
    text=st.none() | WORDS,
    pages=st.lists(st.builds(PageFacts, NUMBERS, WORDS, NUMBERS, WORDS)).map(tuple),
)


@given(FACTS)
def test_facts_come_back_equal(facts: Facts) -> None:
    assert unpack(pack(facts)) == facts


@given(FACTS, st.integers(0, 200))
def test_a_value_cut_short_is_not_believed(facts: Facts, cut: int) -> None:
    value = pack(facts)
    assert unpack(value[: max(0, len(value) - 1 - cut)]) is None


def test_stored_segments_are_a_tuple_in_all_but_name() -> None:
    made = (
        Segment("function", "f", Span("line", 1, 3), 0, 20, (0, 8)),
        Segment("block", "", Span("line", 4, 9), 20, 50),
    )
    facts = unpack(pack(Facts("utf-8", segments=made)))
    assert facts
    stored = facts.segments
    assert isinstance(stored, Segments)
    assert len(stored) == 2
    assert stored.end == 50
    assert stored._made is None
    assert stored == made
    assert made == stored
    assert hash(stored) == hash(made)
    assert (stored[0], stored[-1], stored[1:], list(stored)) == (
        made[0],
        made[1],
        made[1:],
        [*made],
    )
    assert made[1] in stored
    assert stored != made[:1]
    assert repr(stored) == repr(made)


@given(FACTS)
def test_what_is_known_of_segments_is_what_they_are_when_they_are_made(facts: Facts) -> None:
    kept = unpack(pack(facts))
    assert kept
    plain = document(tuple(facts.segments))
    stored = document(kept.segments)
    assert (stored.names, stored.parts) == (plain.names, plain.parts)
    if facts.segments:
        assert stored.size == plain.size


def document(segments: Sequence[Segment]) -> Document:
    return Document("a", "source", "", "c", "text", segments)
