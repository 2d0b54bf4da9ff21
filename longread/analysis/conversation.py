"""One session: a corpus laid out for one model, and the questions asked of it.

`open_sources` reads and lays out; `reopen` takes a kept session up again. Both are blocking:
run them in a thread through `longread.analysis.work`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from longread import config
from longread.analysis import freshness, pictures, reading
from longread.analysis.engines import open_tokens
from longread.analysis.kept import Kept
from longread.analysis.reading import Measured
from longread.analysis.relevance import evidence_share, relevant
from longread.analysis.sources import read_sources
from longread.cache.kept import open_derived
from longread.config import Profile
from longread.errors import BudgetError
from longread.ingest.places import few
from longread.ingest.read import Options
from longread.prompt import changes, compose, evidence, render
from longread.prompt.evidence import Hit
from longread.prompt.pictures import choose
from longread.prompt.render import Chunk
from longread.store import Store
from longread.tokens.pieces import Pieces
from longread.types import (
    Answer,
    Corpus,
    Document,
    Layout,
    Ledger,
    Level,
    Prompt,
    Session,
    Shown,
    Source,
    Tell,
)

Strategy = Literal["auto", "whole", "focus", "sweep"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
CONVERSATION = 8
"""One part in so many of the window is kept for follow-up questions where all is shown."""
CHOOSING = 384
"""Tokens of the request, after the answer, to choose places from a list, and of the choice."""
QUESTION = 256
"""Tokens kept for a question; a longer one takes from what is left."""


@dataclass(slots=True)
class Conversation:
    """What is shown of a corpus, and what was said about it."""

    profile: Profile
    window: int
    """Tokens a prompt and its answer may take together."""
    corpus: Corpus
    layout: Layout
    ledger: Ledger
    pieces: Pieces
    strategy: Literal["whole", "focus"]
    wanted: Strategy = "auto"
    """What a person asked for; "auto" after a session is reopened. For "sweep" the layout is that
    of "auto": it serves the questions that are put otherwise."""
    answers: list[Answer] = field(default_factory=list)
    session: str = ""
    """Id in the store; empty until it is kept."""
    measured: Measured | None = None
    """What each document costs; counted when it is first asked for where a session is reopened."""
    options: Options = field(default_factory=Options)
    """How the sources are read."""
    texts: Mapping[str, Document] = field(default_factory=dict, repr=False)
    """By content id, every version that stands, or stood, in a prompt of it."""

    def prompt(self, question: str, tell: Tell) -> Prompt:
        """Return the prompt for the next question; old exchanges go where there is no room.

        Raises:
            BudgetError: the question does not fit even alone.
        """
        guided = self.profile.citations == "guided"
        head = render.head(self.layout.mark, guided)
        chunks, later = self.chunks()
        notice = render.not_shown(self.layout)
        exchanges = [(a.question, a.text) for a in self.answers if a.finished != "cut"]
        while True:
            parts = (head, chunks, notice, exchanges)
            tail = (question, self.layout.mark, self.pieces, self.profile.route)
            made = compose.compose(*parts, [], *tail, later)
            left = self.window - self.profile.answer - made.size
            if left >= 0 or not exchanges:
                break
            exchanges = exchanges[1:]
        if left < 0:
            raise BudgetError(
                f"the question does not fit: {-left:,} tokens too many",
                hint="ask a shorter question, or raise --budget",
            )
        sees = pictures.sees(self.profile, self.corpus)
        hits = self.hits(question, tell) if sees or self.strategy == "focus" else []
        seen = self._seen(question, hits, left // 2, tell) if sees else []
        if self.strategy == "whole":
            return compose.compose(*parts, [], *tail, later, seen) if seen else made
        documents, mark = self.corpus.documents, self.layout.mark
        shown = compose.ranges(made, least=Level.FULL)
        hits = evidence.unseen(hits, documents, shown)
        left -= compose.size_of(seen, mark, self.pieces)
        chosen = evidence.select(hits, documents, left, mark, self.pieces)
        excerpts = evidence.excerpts(chosen, documents, mark)
        return compose.compose(*parts, excerpts, *tail, later, seen)

    def _seen(
        self, question: str, hits: Sequence[Hit], room: int, tell: Tell
    ) -> list[pictures.Seen]:
        """Return the pages that are shown as pictures, within `room` tokens."""
        documents = [*self.corpus.documents, *pictures.unread(self.corpus)]
        chosen = choose(question, documents, self.corpus.pages, hits)
        of_session = (self.corpus, self.options, self.layout.mark, self.pieces)
        return pictures.draw(chosen[: self.profile.images], *of_session, room, tell)

    def chunks(self) -> tuple[list[Chunk], list[Chunk]]:
        """Return what the prompt shows of the corpus from the beginning, and what changed since."""
        if not self.layout.changes:
            return reading.chunks(self.layout, self.corpus.documents), []
        return changes.corpus(self.layout, self.texts), changes.appended(self.layout, self.texts)

    def hits(self, question: str, tell: Tell) -> list[Hit]:
        """Return the segments most relevant to `question`."""
        return relevant(self.corpus, question, tell)

    def take(self, other: Conversation) -> None:
        """Go on as `other` does, about the same session."""
        for name in ("corpus", "layout", "ledger", "strategy", "measured", "texts"):
            setattr(self, name, getattr(other, name))

    def shown(self, prompt: Prompt) -> dict[str, Shown]:
        """Return every document as citations can be judged against it, by short id."""
        return self.shown_in(compose.ranges(prompt), compose.pictured(prompt))

    def shown_in(
        self,
        ranges: Mapping[str, tuple[tuple[int, int], ...]],
        seen: Mapping[str, frozenset[int]] = {},
    ) -> dict[str, Shown]:
        """As `shown`, for what several prompts showed together.

        Args:
            ranges: by short id, the character ranges that were shown.
            seen: by short id, the pages that were shown as pictures.
        """
        recognised: dict[str, dict[int, float | None]] = {}
        for page in self.ledger.pages:
            if page.ocr:
                recognised.setdefault(page.path, {})[page.page] = page.confidence
        shown = {
            d.id: Shown(
                d,
                ranges.get(d.id, ()),
                ocr=recognised.get(d.path, {}),
                seen=seen.get(d.id, frozenset()),
            )
            for d in self.corpus.documents
        }
        for unread in pictures.unread(self.corpus) if seen else []:
            shown[unread.id] = Shown(unread, (), seen=seen.get(unread.id, frozenset()))
        for id, versions in changes.superseded(self.layout).items():
            earlier = tuple(
                replace(self.texts[version], id=id) for version in versions if version in self.texts
            )
            if id in shown:
                shown[id] = replace(shown[id], superseded=earlier)
            elif earlier:
                # What is deleted can still be named.
                gone = replace(earlier[-1], content_id="", body="", segments=())
                shown[id] = Shown(gone, (), earlier)
        return shown

    @property
    def title(self) -> str:
        """What people call it: the last part of each source's location."""
        return title_of(self.corpus.sources)

    def keep(self, store: Store) -> str:
        """Keep the session, without answers, unless it is kept; return its id.

        Its texts are the store's from then on, for a file can change.

        Raises:
            ChangedError: a file has changed since it was read.
        """
        if not self.session:
            documents = {d.content_id: d for d in self.corpus.documents}
            session = store.create(
                Session(
                    self.title,
                    self.corpus.sources,
                    self.profile.name,
                    self.layout,
                    self.ledger,
                    documents,
                    reading=freshness.kept_options(self.options),
                )
            )
            self.texts = store.documents(session)
            kept = Kept(changes.live(self.layout), self.texts)
            self.corpus = replace(self.corpus, documents=kept)
            if self.measured:
                self.measured = replace(self.measured, corpus=self.corpus)
            self.session = session
        return self.session

    def measure(self, tell: Tell) -> Measured:
        """Return what each document costs at each level."""
        if self.measured is None:
            guided = self.profile.citations == "guided"
            corpus = reading.unplaced(self.corpus)
            self.measured = reading.measure(corpus, self.pieces, guided, tell)
        return self.measured

    def relaid(self, strategy: Strategy, levels: Mapping[str, Level], tell: Tell) -> Conversation:
        """Return the same session, laid out anew; answers stay, the prompt's prefix does not.

        Args:
            levels: set by a person, as `reading.lay_out` takes them.

        Raises:
            BudgetError: what is wanted does not fit.
        """
        measured = self.measure(tell)
        made = _lay(measured, self.profile, self.window, strategy, levels)
        return replace(
            made,
            answers=self.answers,
            session=self.session,
            options=self.options,
            texts=self.texts or made.texts,
        )

    def with_profile(self, profile: Profile, budget: int | None, tell: Tell) -> Conversation:
        """Return a new session about the same corpus, laid out for another model.

        Raises:
            BudgetError: nothing fits the other model's window.
        """
        window = usable(profile, budget)
        pieces = Pieces(open_tokens(profile, tell), self.pieces.derived)
        corpus, guided = reading.unplaced(self.corpus), profile.citations == "guided"
        made = _lay(reading.measure(corpus, pieces, guided, tell), profile, window, "auto", {})
        return replace(made, options=self.options)


def open_sources(
    locations: Sequence[str],
    options: Options,
    profile: Profile,
    budget: int | None,
    strategy: Strategy,
    tell: Tell,
) -> Conversation:
    """Read sources and lay them out for the profile's model.

    Raises:
        IngestError: a source cannot be read at all.
        BudgetError: nothing fits, or `strategy` is "whole" and not all does.
    """
    window = usable(profile, budget)
    family = open_tokens(profile, tell)
    derived = open_derived()
    pieces = Pieces(family, derived)
    blind = not pictures.able(profile)
    corpus = read_sources(locations, options, pieces, window, tell, blind=blind)
    measured = reading.measure(corpus, pieces, profile.citations == "guided", tell)
    return replace(_lay(measured, profile, window, strategy, {}), options=options)


def _lay(
    measured: Measured,
    profile: Profile,
    window: int,
    strategy: Strategy,
    levels: Mapping[str, Level],
) -> Conversation:
    room = window - profile.answer - QUESTION - measured.fixed
    if room <= 0:
        raise BudgetError(
            f"a budget of {window:,} tokens is smaller than the head, the question and the"
            f" answer, which take {window - room:,}",
            hint="lower --answer" if profile.answer >= window else "raise --budget",
        )
    spare = room - window // CONVERSATION
    whole = measured.full <= spare
    if strategy == "whole" and not whole:
        raise BudgetError(
            f"the corpus has {measured.full:,} tokens, and there is room for {max(spare, 0):,}",
            hint="use --strategy focus, or a profile with a larger window",
        )
    if whole and strategy != "focus":
        layout = reading.lay_out(measured, spare, levels)
    else:
        share = int(room * (1 - evidence_share(window)))
        # What a person wants to be shown may take what was meant for evidence.
        layout = reading.lay_out(measured, share, levels, spare)
    chosen: Literal["whole", "focus"] = "focus" if strategy == "focus" else strategy_of(layout)
    ledger = reading.ledger(measured, layout, window, measured.fixed)
    return Conversation(
        profile,
        window,
        measured.corpus,
        layout,
        ledger,
        measured.pieces,
        chosen,
        strategy,
        measured=measured,
        texts={d.content_id: d for d in measured.corpus.documents},
    )


def strategy_of(layout: Layout) -> Literal["whole", "focus"]:
    """Return "whole" where every document is shown in full: there is no evidence to add then."""
    return "whole" if changes.everything_in_full(layout) else "focus"


def reopen(
    store: Store,
    session: str,
    profile: Profile | None,
    tell: Tell,
    passwords: tuple[str, ...] = (),
) -> Conversation:
    """Take a kept session up again, with its texts and layout as they were.

    Args:
        profile: another than the session's own, or None.
        passwords: tried on encrypted PDFs; they are not kept with a session.
    """
    session = store.resolve(session)
    kept = store.session(session)
    profile = profile or config.load_profile(kept.profile)
    family = open_tokens(profile, tell)
    corpus = Corpus(
        kept.sources,
        Kept(changes.live(kept.layout), kept.documents),
        kept.ledger.files,
        kept.ledger.pages,
    )
    return Conversation(
        profile,
        min(kept.ledger.budget, _limit(profile)),
        corpus,
        kept.layout,
        kept.ledger,
        Pieces(family, open_derived()),
        strategy_of(kept.layout),
        answers=list(kept.answers),
        session=session,
        options=freshness.options_of(kept.reading, passwords),
        texts=kept.documents,
    )


def usable(profile: Profile, budget: int | None) -> int:
    """Return the tokens a prompt and its answer may take: the budget, or what is trusted.

    Raises:
        BudgetError: the budget is more than the profile's window.
    """
    if budget is not None and budget > profile.window:
        raise BudgetError(
            f"a budget of {budget:,} tokens is more than the window of profile {profile.name},"
            f" which is {profile.window:,}",
            hint="lower --budget, or choose a profile with a larger window",
        )
    window = min(profile.trusted if budget is None else budget, _limit(profile))
    return int(window * (1 - profile.margin))


def _limit(profile: Profile) -> int:
    """Return what one prompt and its answer may take, so that places can be chosen after it."""
    return profile.window - (CHOOSING if profile.citations == "guided" else 0)


def title_of(sources: Sequence[Source]) -> str:
    """Return what people call what is read: the last part of each source's location."""
    return few([name(source) for source in sources])


def name(source: Source) -> str:
    """Return the last part of where a source lies, for titles."""
    return source.location.rstrip("/").rpartition("/")[2] or source.location
