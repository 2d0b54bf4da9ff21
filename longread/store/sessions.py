"""Sessions written, read and deleted, each call one transaction. It opens no file by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, select, update

from longread.errors import StoreError
from longread.store import corpora, parts, probes, schema, search
from longread.store.about import About, about
from longread.store.connection import add, connect, overwrite, reading, writing
from longread.store.listing import Row, listed, pace
from longread.store.probes import Probed
from longread.store.reviews import Reviews
from longread.store.search import Found
from longread.types import Answer, Document, Layout, Ledger, Session, Source
from longread.types.probes import Trial


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that is being written, or was when its program ended."""

    number: int
    session: str
    question: str
    owner: str
    """The writing process, as it named itself."""
    started: datetime


class Store:
    """One file of sessions and reviews. Several threads and processes may use it at once."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._light = connect(path, durable=False)
        self.path = path
        self.reviews = Reviews(engine, self._light, path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()
        self._light.dispose()

    def create(self, session: Session) -> str:
        """Keep a session, whole, and return its short id."""
        ready = self._ready(session.documents)
        now = _now()
        with writing(self._engine, self.path) as db:
            session_id = corpora.new_id(db, schema.sessions)
            n = add(
                db,
                schema.sessions,
                {
                    "id": session_id,
                    "corpus": corpora.read_from(db, session.sources, now),
                    "title": session.title,
                    "profile": session.profile,
                    "created": now,
                    "updated": now,
                    "reading": session.reading,
                },
            )
            parts.keep_sources(db, n, session.sources)
            parts.keep_layout(db, n, session.layout)
            parts.keep_ledger(db, n, session.ledger)
            parts.keep_documents(db, n, session.documents, ready)
            search.index_source(db, n, session.title, session.sources, session.ledger)
            for answer in session.answers:
                parts.keep_answer(db, n, answer, now)
        return session_id

    def add_answer(
        self,
        session_id: str,
        answer: Answer,
        layout: Layout | None = None,
        documents: Mapping[str, Document] = {},
    ) -> None:
        """Keep one more answer, and what was appended to the prompt for it."""
        ready = self._ready(documents)
        now = _now()
        with writing(self._engine, self.path) as db:
            n = self._number(db, session_id)
            parts.keep_documents(db, n, documents, ready)
            if layout:
                parts.keep_layout(db, n, layout)
            parts.keep_answer(db, n, answer, now)
            db.execute(update(schema.sessions).where(schema.sessions.c.n == n).values(updated=now))

    def begin(
        self, session_id: str, question: str, owner: str, profile: str = "", strategy: str = ""
    ) -> int:
        """Keep a question whose answer is about to come; return the draft's number.

        Args:
            owner: names the writing process, so that others see whether it still runs.
        """
        now = _now()
        with writing(self._engine, self.path) as db:
            n = self._number(db, session_id)
            answer = Answer(
                question,
                "",
                (),
                "cut",
                strategy=strategy,
                # Until the answer is judged, what the session as a whole shows is near enough.
                share=parts.share(db, n),
                session=session_id,
                profile=profile,
            )
            number = parts.begin_answer(db, n, answer, owner, now)
            db.execute(update(schema.sessions).where(schema.sessions.c.n == n).values(updated=now))
        return number

    def extend(self, draft: int, text: str) -> None:
        """Keep one more piece of an answer; it survives the end of this program at once.

        Raises:
            StoreError: the session was deleted meanwhile, or the answer was finished.
        """
        with writing(self._light, self.path) as db:
            if not parts.extend_answer(db, draft, text):
                parts.session_of(db, draft)
                raise StoreError(
                    "the rest of the answer cannot be kept: it was finished meanwhile",
                    hint="ask again, in one program at a time",
                )

    def finish(
        self,
        draft: int,
        answer: Answer,
        layout: Layout | None = None,
        documents: Mapping[str, Document] = {},
    ) -> None:
        """Keep the whole answer in the draft's place, and what was appended for it.

        An answer that was kept there before, as one that was cut, is replaced.

        Raises:
            StoreError: the session was deleted meanwhile.
        """
        ready = self._ready(documents)
        now = _now()
        with writing(self._engine, self.path) as db:
            n = parts.session_of(db, draft)
            parts.keep_documents(db, n, documents, ready)
            if layout:
                parts.keep_layout(db, n, layout)
            parts.finish_answer(db, n, draft, answer, now)
            db.execute(update(schema.sessions).where(schema.sessions.c.n == n).values(updated=now))

    def abandon(self, draft: int) -> None:
        """Forget a question to which nothing came."""
        with writing(self._engine, self.path) as db:
            parts.abandon_answer(db, draft)

    def drafts(self) -> list[Draft]:
        """Return the answers that are being written, or were cut by the end of their program."""
        d, a, s = schema.drafts.c, schema.answers.c, schema.sessions.c
        query = (
            select(d.answer, s.id, a.question, d.owner, d.started)
            .join(schema.answers, a.n == d.answer)
            .join(schema.sessions, s.n == a.session)
            .order_by(d.answer)
        )
        with reading(self._engine, self.path) as db:
            return [
                Draft(row.answer, row.id, row.question, row.owner, _time(row.started))
                for row in db.execute(query)
            ]

    def draft_text(self, draft: int) -> str:
        """Return what has come of a draft."""
        with reading(self._engine, self.path) as db:
            return parts.came(db, parts.session_of(db, draft)).get(draft, "")

    def replace_layout(
        self,
        session_id: str,
        layout: Layout,
        ledger: Ledger,
        profile: str | None = None,
        documents: Mapping[str, Document] = {},
        sources: Sequence[Source] = (),
    ) -> None:
        """Keep that a session was laid out anew, perhaps for another profile.

        Args:
            documents: versions that it did not have; those that it has stay.
            sources: as they were read again, if they were.
        """
        ready = self._ready(documents)
        values = {"profile": profile} if profile else {}
        if documents or sources:
            # A level that is set is no news: the session keeps its place among the newest.
            values["updated"] = _now()
        with writing(self._engine, self.path) as db:
            n = self._number(db, session_id)
            parts.keep_documents(db, n, documents, ready)
            if sources:
                parts.keep_sources(db, n, sources)
            parts.keep_layout(db, n, layout)
            if parts.keep_ledger(db, n, ledger):
                search.index_source_anew(db, n)
            if values:
                db.execute(update(schema.sessions).where(schema.sessions.c.n == n).values(values))

    def search(self, words: str, limit: int = 100) -> list[Found]:
        """Return questions, answers, quotes and sources that have all the words, best first.

        The last word may be unfinished; nothing in `words` is an operator.
        """
        with reading(self._engine, self.path) as db:
            return search.search(db, words, limit)

    def questions(self, limit: int = 200) -> list[str]:
        """Return the questions that were asked anywhere, each once, newest first."""
        a = schema.answers.c
        query = select(a.question).group_by(a.question).order_by(func.max(a.n).desc()).limit(limit)
        with reading(self._engine, self.path) as db:
            return list(db.scalars(query))

    def session(self, session_id: str = "") -> Session:
        """Read a session by its id or the start of it; without one, the newest."""
        with reading(self._engine, self.path) as db:
            n = self._number(db, session_id)
            head = db.execute(select(schema.sessions).where(schema.sessions.c.n == n)).one()
            return Session(
                title=head.title,
                sources=parts.sources(db, n),
                profile=head.profile,
                layout=parts.layout(db, n),
                ledger=parts.ledger(db, n),
                documents=parts.documents(db, n),
                answers=parts.answers(db, n),
                reading=head.reading,
            )

    def documents(self, session_id: str) -> Mapping[str, Document]:
        """Read the versions that a session has, by content id; unpacked when looked at."""
        with reading(self._engine, self.path) as db:
            return parts.documents(db, self._number(db, session_id))

    def about(self, session_id: str) -> About:
        """Read what a list says of one session, without its texts."""
        with reading(self._engine, self.path) as db:
            return about(db, self._number(db, session_id))

    def resolve(self, session_id: str = "") -> str:
        """Return the whole id that starts so; without a start, the newest session's."""
        with reading(self._engine, self.path) as db:
            n = self._number(db, session_id)
            return str(db.scalar(select(schema.sessions.c.id).where(schema.sessions.c.n == n)))

    def sessions(self) -> list[Row]:
        """Return what is kept, newest first."""
        with reading(self._engine, self.path) as db:
            return listed(db)

    def delete(self, session_id: str) -> None:
        """Remove a session and every byte of it that no other session needs.

        Raises:
            StoreError: it is removed, but another program is reading, so that its text can
                still be found in the write-ahead log until that program ends.
        """
        if not session_id:
            raise StoreError("no session is named", hint="longread sessions list shows them")
        with writing(self._engine, self.path) as db:
            n = self._number(db, session_id)
            corpus = db.scalar(select(schema.sessions.c.corpus).where(schema.sessions.c.n == n))
            search.forget_session(db, n)
            db.execute(delete(schema.sessions).where(schema.sessions.c.n == n))
            parts.drop_unneeded_texts(db)
            corpora.drop_unneeded(db, corpus)
        overwrite(self._engine, self.path, f"session {session_id}")

    def content_ids(self) -> set[str]:
        """Return the content ids of all texts that are kept."""
        with reading(self._engine, self.path) as db:
            return set(db.scalars(select(schema.texts.c.content_id)))

    def pace(self, profile: str) -> tuple[float, float]:
        """Return how many tokens a profile's model reads and writes in a second; 0 if unknown.

        Medians of its last answers; of a prompt only what was not cached counts as read.
        """
        with reading(self._engine, self.path) as db:
            return pace(db, profile)

    def trusted(self, corpus: str, host: str) -> bool:
        """Whether a person has said that this corpus may be sent to this host.

        A corpus is named by its id or by its place; the same name must be used each time.
        """
        with reading(self._engine, self.path) as db:
            return corpora.trusted(db, corpus, host)

    def trust(self, corpus: str, host: str) -> None:
        """Remember that a person said so."""
        with writing(self._engine, self.path) as db:
            corpora.trust(db, corpus, host, _now())

    def place_known(self, location: str) -> str | None:
        """Return the id of the corpus that was read there, if one was.

        The place of several sources is their locations, sorted, one a line.
        """
        with reading(self._engine, self.path) as db:
            return corpora.at(db, location)

    def attach(self, corpus: str, location: str) -> None:
        """Say that a corpus is now read from this place too, as when a folder was moved."""
        with writing(self._engine, self.path) as db:
            corpora.attach(db, corpus, location)

    def begin_probe(self, key: str, title: str, profile: str, model: str, seed: int) -> int:
        """Return the number of the probe with this key, new if there is none.

        Args:
            key: what was planted in which corpus, for which model.
        """
        with writing(self._engine, self.path) as db:
            return probes.begin(db, key, title, profile, model, seed, _now())

    def keep_trial(self, probe: int, trial: Trial) -> None:
        """Keep one trial at once; one at the same place is replaced."""
        with writing(self._engine, self.path) as db:
            probes.keep(db, probe, trial, _now())

    def trials(self, key: str) -> list[Trial]:
        """Return the trials of the probe with this key; none where there is no such probe."""
        with reading(self._engine, self.path) as db:
            return probes.trials(db, key)

    def probes(self) -> list[Probed]:
        """Return all probes, the newest first."""
        with reading(self._engine, self.path) as db:
            return probes.listed(db)

    def _number(self, db: Connection, session_id: str) -> int:
        s = schema.sessions.c
        if not session_id:
            n = db.scalar(select(s.n).order_by(s.updated.desc(), s.n.desc()).limit(1))
            if n is None:
                raise StoreError(
                    f"no session yet in {self.path}", hint="longread ask SOURCE starts one"
                )
            return int(n)
        starts = func.substr(s.id, 1, len(session_id)) == session_id.lower()
        match db.execute(select(s.n, s.id).where(starts).limit(9)).all():
            case [only]:
                return int(only.n)
            case []:
                raise StoreError(
                    f"no session {session_id} in {self.path}",
                    hint="longread sessions list shows them",
                )
            case several:
                names = ", ".join(row.id for row in several)
                raise StoreError(
                    f"{session_id} could be any of several sessions",
                    hint=f"type more of one: {names}",
                )

    def _ready(self, documents: Mapping[str, Document]) -> parts.Ready:
        """Compress what is not there yet before the lock is taken, for it takes time."""
        with reading(self._engine, self.path) as db:
            return parts.ready(db, documents)


def _time(kept: str) -> datetime:
    return datetime.fromisoformat(kept)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
