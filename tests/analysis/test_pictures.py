"""A model that sees is shown pages whose text does not tell all, within its budget."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from PIL import Image
from pypdf import PdfWriter

from longread.analysis import pictures
from longread.analysis.ask import Request, ask
from longread.analysis.conversation import reopen
from longread.analysis.trust import Departure
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.ingest.read import Options
from longread.store import open_store
from longread.types import Answer, Event, Piece, Progress, Verdict

SEES = Profile(
    name="sees", engine="replay", window=40_000, trusted=40_000, answer=200, images=2
)  # fmt: skip


def lease(*scans: str) -> bytes:
    """Return a PDF of a page of text and as many scans, each in one colour."""
    made = FPDF()
    made.set_font("helvetica", size=12)
    made.add_page()
    made.multi_cell(0, 6, "The lease was signed by both parties; the signatures follow.")
    for colour in scans:
        made.add_page()
        made.image(Image.new("RGB", (300, 400), colour), 0, 0, 210, 297)
    return bytes(made.output())


@pytest.fixture(autouse=True)
def nothing_drawn() -> None:
    pictures.RECENT.clear()


async def no(_: Departure) -> bool:
    return False


async def asked(
    place: Path, profile: Profile, engine: ReplayEngine, question: str = "Who signed the lease?"
) -> list[Event]:
    request = Request(question, profile, (str(place),))
    return [event async for event in ask(request, no, engine)]


def shown(engine: ReplayEngine) -> list[Piece]:
    return [p for turn in engine.prompts[-1].turns for p in turn.pieces if p.picture]


async def test_scans_beside_what_is_relevant_are_shown(tmp_path: Path) -> None:
    (tmp_path / "lease.pdf").write_bytes(lease("red", "green", "blue"))
    engine = ReplayEngine(
        'As seen [lease.pdf:p2], [lease.pdf:p4] and [lease.pdf:p3 "I, Ann, sign"].'
    )
    events = await asked(tmp_path, SEES, engine)
    first, second = shown(engine)
    assert first.text.endswith(" lease.pdf p2 as a picture\n")
    assert [p.picture and p.picture.page for p in (first, second)] == [2, 3]
    assert first.picture
    colour = Image.open(BytesIO(first.picture.png)).getpixel((500, 500))
    assert isinstance(colour, tuple)
    assert colour[0] > 200 > 60 > colour[1]
    prompt = engine.prompts[-1]
    assert prompt.size == len(prompt.ids) + sum(
        p.picture.tokens for p in shown(engine) if p.picture
    )
    # What is shown for this question stands right before it, behind all that stays the same.
    assert [bool(p.picture) for p in prompt.turns[-1].pieces][-3:] == [True, True, False]
    (said,) = [e.note for e in events if isinstance(e, Progress) and e.stage == "show"]
    assert said.endswith(", 2 pages shown as a picture")
    answer = events[-1]
    assert isinstance(answer, Answer)
    seen, unseen, quoted = answer.citations
    assert (seen.verdict, seen.note) == (Verdict.PLACE, "shown as a picture")
    assert unseen.verdict in (Verdict.NOT_SHOWN, Verdict.NOT_FOUND)
    assert quoted.verdict is Verdict.NOT_FOUND
    assert "in which nothing can be checked" in quoted.note


@pytest.mark.parametrize(
    "other",
    [{"images": 0}, {"route": "ids"}, {"window": 4_000, "trusted": 4_000}],
    ids=["blind", "ids", "small"],
)
async def test_nothing_is_shown_that_cannot_be_seen_or_does_not_fit(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    profile = replace(SEES, **other)
    (tmp_path / "lease.pdf").write_bytes(lease("red"))
    engine = ReplayEngine("Nobody.")
    await asked(tmp_path, profile, engine)
    assert shown(engine) == []
    assert engine.prompts[-1].size <= profile.window - profile.answer


async def test_a_file_that_is_another_now_is_not_shown(tmp_path: Path) -> None:
    place = tmp_path / "lease.pdf"
    place.write_bytes(lease("red"))
    engine = ReplayEngine("One.", "Two.")
    events = await asked(tmp_path, SEES, engine)
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert len(shown(engine)) == 1
    pictures.RECENT.clear()
    place.write_bytes(lease("blue"))
    request = Request("Who signed?", SEES, session=answer.session, as_it_was=True)
    later = [event async for event in ask(request, no, engine)]
    assert shown(engine) == []
    notes = [e.note for e in later if isinstance(e, Progress)]
    assert "lease.pdf is not what was read: none of its pages is shown" in notes


async def test_a_password_is_not_kept_and_asked_for_again(tmp_path: Path) -> None:
    place = tmp_path / "lease.pdf"
    writer = PdfWriter(BytesIO(lease("red")))
    writer.encrypt("sesame", algorithm="AES-256")
    writer.write(place)
    engine = ReplayEngine("One.", "Two.", "Three.")
    given = Options(passwords=("sesame",))
    request = Request("Who signed?", SEES, (str(place),), options=given)
    answer = [event async for event in ask(request, no, engine)][-1]
    assert isinstance(answer, Answer)
    assert len(shown(engine)) == 1
    pictures.RECENT.clear()
    request = Request("Who signed it?", SEES, session=answer.session)
    later = [event async for event in ask(request, no, engine)]
    assert shown(engine) == []
    notes = [e.note for e in later if isinstance(e, Progress) and "its password" in e.note]
    (note,) = notes
    assert note == (
        "lease.pdf: none of its pages is shown as a picture: it needs its password;"
        " give its password again: --password, or --password-file"
    )
    request = replace(request, options=given)
    [event async for event in ask(request, no, engine)]
    assert len(shown(engine)) == 1
    with open_store() as store:
        assert reopen(store, answer.session, SEES, lambda _: None).options.passwords == ()
        assert b"sesame" not in store.path.read_bytes()


async def test_pages_are_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lease.pdf").write_bytes(lease("red"))
    engine = ReplayEngine("One.", "Two.")
    await asked(tmp_path, SEES, engine)

    def forbidden(*_: object) -> None:
        raise AssertionError("drawn twice")

    monkeypatch.setattr(pictures.drawing, "draw", forbidden)
    await asked(tmp_path, SEES, engine, "Who signed it?")
    assert len(shown(engine)) == 1


async def test_pictures_are_asked_about_though_text_may_be_sent(tmp_path: Path) -> None:
    (tmp_path / "lease.pdf").write_bytes(lease("red"))
    away = replace(SEES, engine="server", url="https://models.example/v1")
    asked_for: list[int] = []

    async def yes(departure: Departure) -> bool:
        asked_for.append(departure.pictures)
        return True

    async def put(profile: Profile) -> None:
        engine = ReplayEngine("One.")
        request = Request("Who signed?", profile, (str(tmp_path / "lease.pdf"),))
        [event async for event in ask(request, yes, engine)]

    for profile in (replace(away, images=0), replace(away, images=0), away, away):
        await put(profile)
    assert asked_for == [0, 1]


def test_a_person_is_told_that_nothing_is_masked_in_pictures() -> None:
    departure = Departure("models.example", "m", 3, 900, 0.0, 2, 1)
    assert departure.hidden == "2 secrets masked; 1 page as pictures, in which nothing is masked"
    assert replace(departure, pictures=0).hidden == "2 secrets masked"


def scan() -> bytes:
    """Return a PDF of one scanned page, and nothing else."""
    made = FPDF()
    made.add_page()
    made.image(Image.new("RGB", (300, 400), "red"), 0, 0, 210, 297)
    return bytes(made.output())


async def test_a_scan_of_which_nothing_is_known_can_be_shown_and_cited(tmp_path: Path) -> None:
    (tmp_path / "lease.pdf").write_bytes(lease("green"))
    (tmp_path / "deed.pdf").write_bytes(scan())
    engine = ReplayEngine("It is red [deed.pdf:p1].", "It is green [lease.pdf:p2].")
    events = await asked(tmp_path, SEES, engine, "What colour is the deed?")
    assert [p.text.split(" ", 2)[2] for p in shown(engine)] == [
        "deed.pdf p1 as a picture\n",
        "lease.pdf p2 as a picture\n",
    ]
    answer = events[-1]
    assert isinstance(answer, Answer)
    (cited,) = answer.citations
    assert (cited.path, cited.verdict, cited.note) == (
        "deed.pdf", Verdict.PLACE, "shown as a picture",
    )  # fmt: skip


async def test_a_source_of_scans_alone_can_be_asked_about(tmp_path: Path) -> None:
    (tmp_path / "deed.pdf").write_bytes(scan())
    engine = ReplayEngine("It is red [deed.pdf:p1].")
    events = await asked(tmp_path, SEES, engine, "What colour is it?")
    assert len(shown(engine)) == 1
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.citations[0].verdict is Verdict.PLACE
