"""Reviews written, read and deleted; each cell is a commit of its own. It opens no file by itself.

Several processes work on one review: whoever has the lease of a document writes its cells, and a
lease that is not renewed runs out.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from longread.errors import StoreError
from longread.store import cells as made
from longread.store import changes, contents, corpora, grid, parts, schema
from longread.store.changes import Changes, Since
from longread.store.connection import add, overwrite, reading, writing
from longread.store.contents import ReviewRow
from longread.store.texts import Row as TextRow
from longread.store.texts import Texts
from longread.types import Document, Source
from longread.types.reviews import Cell, CellState, Mark, Question, Review, Reviewed, marked


@dataclass(frozen=True, slots=True)
class Done:
    """What a run must know of a cell that is there."""

    state: CellState
    normal: tuple[str, ...]
    model: str
    corrected: bool = False
    """Whether a person's value stands in the model's place; `normal` is the person's then."""
    created: str = ""
    """When the model's answer was kept."""

    @property
    def missing(self) -> bool:
        """Whether a run asks again, for nothing came of it."""
        return self.state is CellState.FAILED and not self.corrected

    def other(self, model: str) -> bool:
        """Whether it is another model's word, and no person's."""
        return not self.corrected and self.model not in ("", model)


class Reviews:
    """The reviews of one file."""

    def __init__(self, engine: Engine, light: Engine, path: Path) -> None:
        """Take the file's two ways to write: `light` does not wait for the disk."""
        self._engine, self._light = engine, light
        self._path = path

    def create(self, review: Review, *, another: bool = True) -> tuple[str, bool]:
        """Keep a review without documents and cells; return its short id, and whether it is new.

        Args:
            another: whether it is kept although there is one of the same sources. Otherwise that
                one is returned, also where another program has just made it.
        """
        now = contents.now()
        with writing(self._engine, self._path) as db:
            corpus = corpora.read_from(db, review.sources, now)
            r = grid.reviews.c
            there = select(r.id).where(r.corpus == corpus).order_by(r.n.desc()).limit(1)
            if not another and (known := db.scalar(there)):
                return known, False
            id = corpora.new_id(db, grid.reviews)
            row = {
                "id": id,
                "corpus": corpus,
                "title": review.title,
                "profile": review.profile,
                "reading": review.reading,
                "budget": review.budget,
                "created": now,
                "updated": now,
            }
            n = add(db, grid.reviews, row)
            contents.keep_sources(db, n, review.sources)
            contents.keep_questions(db, n, review.questions)
        return id, True

    def keep_questions(self, id: str, questions: Sequence[Question]) -> None:
        """Keep the columns; those that are there no more go, and their cells wait for them."""
        with writing(self._engine, self._path) as db:
            contents.keep_questions(db, self._number(db, id), questions)

    def keep_documents(
        self,
        id: str,
        sources: Sequence[Source],
        documents: Sequence[Reviewed],
        texts: Mapping[str, Document],
    ) -> None:
        """Keep the rows in their order, with their texts.

        A document at a version that is there already keeps its cells, also under another path;
        one at another version is a new row, and the old one is put aside. So it is with one of
        which more could be read now.

        Args:
            texts: by content id; read only for what the review has not got.
        """
        d = grid.review_documents.c
        with reading(self._engine, self._path) as db:
            n = self._number(db, id)
            outdated = contents.outdated(db, n, documents, texts)
            had = contents.there(db, n).keys() - outdated.values()
            new = {
                one.content_id: texts[one.content_id]
                for one in documents
                if (one.path, one.content_id) not in had and one.content_id in texts
            }
            ready = parts.ready(db, new)
        with writing(self._engine, self._path) as db:
            contents.set_aside(db, outdated)
            contents.rename(db, n, documents)
            there = contents.there(db, n)
            if tuple(contents.documents(db, n).values()) != tuple(documents):
                numbers = parts.keep_texts(db, ready)
                db.execute(update(grid.review_documents).where(d.review == n).values(position=None))
                for position, one in enumerate(documents):
                    kept = ready.packed.get(one.content_id)
                    text = numbers[kept.digest] if kept else None
                    row = made.of_document(n, position, one, text)
                    if (one.path, one.content_id) in there:
                        del row["text"]
                        number = there[one.path, one.content_id][0]
                        db.execute(update(grid.review_documents).where(d.n == number).values(row))
                    else:
                        db.execute(insert(grid.review_documents).values(row))
                contents.keep_sources(db, n, sources)
                contents.keep_corpus(db, n, sources)
                contents.touch(db, n)

    def families(self, id: str) -> dict[str, str]:
        """Return the agreement of each document that has one, by path; "" for those left alone."""
        with reading(self._engine, self._path) as db:
            return contents.families(db, self._number(db, id), alone=True)

    def keep_families(self, id: str, ties: Mapping[str, str], *, by_person: bool) -> None:
        """Keep what belongs to which agreement; the agreements' rows are other versions then.

        Args:
            ties: the agreement by path; "" says that a document belongs to none.
            by_person: whether a person said each of it; what was said so is not overwritten by
                what was suggested.
        """
        with writing(self._engine, self._path) as db:
            n = self._number(db, id)
            contents.keep_families(db, n, ties, by_person=by_person)
            contents.read_with(db, n)
            contents.touch(db, n)

    def numbers(self, id: str) -> dict[tuple[str, str], int]:
        """Return the numbers of the documents by path and content id."""
        with reading(self._engine, self._path) as db:
            there = contents.there(db, self._number(db, id))
        return {key: n for key, (n, _) in contents.placed(there)}

    def done(self, id: str, documents: Collection[int] = ()) -> dict[int, dict[str, Done]]:
        """Return what is there, by document and question's hash.

        Args:
            documents: numbers of those that are asked about; all where none is named.
        """
        d, c, m = grid.review_documents.c, grid.cells.c, grid.marks.c
        with reading(self._engine, self._path) as db:
            n = self._number(db, id)
            chosen = d.n.in_(list(documents)) if documents else d.position.is_not(None)
            within = (d.review == n, chosen)
            query = (
                select(c.document, c.question, c.state, c.value, c.model, c.created)
                .join(grid.review_documents, d.n == c.document)
                .where(*within, c.round == 0)
            )
            found: dict[int, dict[str, Done]] = {}
            for kept in db.execute(query):
                normal = made.normal_of(kept.value)
                state = CellState(kept.state)
                one = Done(state, normal, kept.model, created=kept.created)
                found.setdefault(kept.document, {})[kept.question] = one
            said = (
                select(grid.marks)
                .join(grid.review_documents, d.n == m.document)
                .where(*within)
                .order_by(m.n)
            )
            logs: dict[tuple[int, str], list[Mark]] = {}
            for row in db.execute(said).mappings():
                logs.setdefault((row["document"], row["question"]), []).append(made.to_mark(row))
            for (document, question), log in logs.items():
                if mark := marked(log, None).correction:
                    state = CellState.ANSWERED if mark.value else CellState.NOT_PRESENT
                    normal = mark.value.normal if mark.value else ()
                    corrected = Done(state, normal, "", corrected=True)
                    found.setdefault(document, {})[question] = corrected
        return found

    def take(self, document: int, owner: str, seconds: float, gone: Collection[str] = ()) -> bool:
        """Take the lease of a document, unless somebody has it.

        Args:
            gone: owners that are known to have ended without giving theirs back.
        """
        leases, now = grid.leases.c, time.time()
        with writing(self._engine, self._path) as db:
            held = db.execute(
                select(leases.owner, leases.until).where(leases.document == document)
            ).one_or_none()
            if held and held.until > now and held.owner not in gone:
                return False
            row = {"document": document, "owner": owner, "until": now + seconds}
            db.execute(
                upsert(grid.leases)
                .values(row)
                .on_conflict_do_update(index_elements=["document"], set_=row)
            )
        return True

    def renew(self, document: int, owner: str, seconds: float) -> bool:
        """Hold a lease on; say whether it is still held."""
        with writing(self._engine, self._path) as db:
            return contents.renewed(db, document, owner, seconds)

    def release(self, document: int, owner: str) -> None:
        """Give a lease back."""
        leases = grid.leases.c
        with writing(self._engine, self._path) as db:
            db.execute(
                delete(grid.leases).where(leases.document == document, leases.owner == owner)
            )

    def leases(self, id: str) -> dict[int, str]:
        """Return who works on which document, by leases that have not run out."""
        leases, d = grid.leases.c, grid.review_documents.c
        with reading(self._engine, self._path) as db:
            query = (
                select(leases.document, leases.owner)
                .join(grid.review_documents, d.n == leases.document)
                .where(d.review == self._number(db, id), leases.until > time.time())
            )
            return {row.document: row.owner for row in db.execute(query)}

    def keep_cells(
        self, owner: str, seconds: float, cells: Sequence[tuple[int, Cell]]
    ) -> list[bool]:
        """Keep cells, each in a commit of its own; when this returns, all of them are safe.

        Only the last commit waits for the disk: that writes what the log has from the others too.
        What a person said of a cell stays. The leases are held on for so many seconds more.

        Args:
            cells: with the numbers of their documents.

        Returns:
            for each cell whether it is kept. It is not where its document's lease went to somebody
            else meanwhile, or the review is gone.
        """
        kept = []
        for position, (document, cell) in enumerate(cells, 1):
            engine = self._engine if position == len(cells) else self._light
            with writing(engine, self._path) as db:
                held = contents.renewed(db, document, owner, seconds)
                if held:
                    contents.keep_cell(db, document, cell)
            kept.append(held)
        return kept

    def mark(self, id: str, path: str, question: str, mark: Mark) -> None:
        """Keep what a person says of a cell, above all that was said of it before.

        Raises:
            StoreError: the review has no such document or question.
        """
        d, q = grid.review_documents.c, grid.review_questions.c
        with writing(self._engine, self._path) as db:
            n = self._number(db, id)
            document = db.scalar(
                select(d.n).where(d.review == n, d.path == path, d.position.is_not(None))
            )
            asked = db.scalar(
                select(q.hash).where(q.review == n, q.name == question, q.position.is_not(None))
            )
            if document is None or asked is None:
                what = f"document {path!r}" if document is None else f"question {question!r}"
                raise StoreError(
                    f"review {id} has no {what}", hint=f"longread review show {id} names them"
                )
            seen = contents.seen(db, document, asked)
            row = made.of_mark(document, asked, mark, seen, contents.now())
            db.execute(insert(grid.marks).values(row))
            contents.touch(db, n)

    def review(self, id: str = "") -> Review:
        """Read a review by its id or the start of it; without one, the newest."""
        with reading(self._engine, self._path) as db:
            n = self._number(db, id)
            head = db.execute(select(grid.reviews).where(grid.reviews.c.n == n)).one()
            questions = contents.questions(db, n)
            documents = contents.documents(db, n)
            cells = contents.cells(db, n, documents, questions)
            marks = contents.marks(db, n, documents, questions, cells)
            corrected = {key for key, said in marks.items() if said.correction}
            return Review(
                title=head.title,
                sources=contents.sources(db, n),
                profile=head.profile,
                questions=tuple(questions.values()),
                documents=tuple(documents.values()),
                cells=cells,
                seconds=contents.cells(db, n, documents, questions, second=True),
                marks=marks,
                earlier={
                    key: mark
                    for key, mark in contents.earlier(db, n).items()
                    if key not in corrected
                },
                families=contents.families(db, n),
                reading=head.reading,
                budget=head.budget,
            )

    def newest(self, id: str) -> Since:
        """Return how far a review is now, to look later at what has come since."""
        with reading(self._engine, self._path) as db:
            return changes.newest(db, self._number(db, id))

    def changes(self, id: str, since: Since) -> Changes:
        """Return what has come to a review since somebody looked, in any program."""
        with reading(self._engine, self._path) as db:
            return changes.changes(db, self._number(db, id), since)

    def head(self, id: str) -> Review:
        """Read a review without its cells."""
        with reading(self._engine, self._path) as db:
            n = self._number(db, id)
            head = db.execute(select(grid.reviews).where(grid.reviews.c.n == n)).one()
            return Review(
                title=head.title,
                sources=contents.sources(db, n),
                profile=head.profile,
                questions=tuple(contents.questions(db, n).values()),
                documents=tuple(contents.documents(db, n).values()),
                families=contents.families(db, n),
                reading=head.reading,
                budget=head.budget,
            )

    def document(self, id: str, path: str, content_id: str = "") -> Document:
        """Read the text of a document as it was asked about; the current one if none is named.

        Raises:
            StoreError: the review has no such document, or nothing of it could be read.
        """
        d, texts = grid.review_documents.c, schema.texts.c
        with reading(self._engine, self._path) as db:
            n = self._number(db, id)
            query = (
                select(d.path, texts.kind, texts.language, texts.unit, texts.characters)
                .add_columns(texts.content_id, texts.text, texts.segments)
                .join(schema.texts, texts.n == d.text)
                .where(d.review == n, d.path == path)
                .where(d.content_id == content_id if content_id else d.position.is_not(None))
            )
            row = db.execute(query).one_or_none()
        if row is None:
            raise StoreError(
                f"review {id} has no text of {path!r}", hint=f"longread review show {id} says why"
            )
        bare = Document(row.path, row.kind, row.language, row.content_id, "", (), row.unit, id="d1")
        kept = TextRow(bare, row.characters, row.text, row.segments)
        return Texts({row.content_id: kept})[row.content_id]

    def newest_of(self, sources: Iterable[Source]) -> str:
        """Return the id of the newest review of these sources; empty where there is none."""
        location = "\n".join(sorted({source.location for source in sources}))
        r = grid.reviews.c
        with reading(self._engine, self._path) as db:
            corpus = corpora.at(db, location)
            if corpus is None:
                return ""
            found = (
                select(r.id)
                .join(schema.corpora, schema.corpora.c.n == r.corpus)
                .where(schema.corpora.c.id == corpus)
                .order_by(r.n.desc())
                .limit(1)
            )
            return db.scalar(found) or ""

    def resolve(self, id: str = "") -> str:
        """Return the whole id that starts so; without a start, the newest review's."""
        with reading(self._engine, self._path) as db:
            n = self._number(db, id)
            return str(db.scalar(select(grid.reviews.c.id).where(grid.reviews.c.n == n)))

    def listed(self) -> list[ReviewRow]:
        """Return what is kept, newest first."""
        r = grid.reviews.c
        with reading(self._engine, self._path) as db:
            heads = db.execute(select(grid.reviews).order_by(r.updated.desc(), r.n.desc())).all()
            return [contents.listed(db, head) for head in heads]

    def delete(self, id: str) -> None:
        """Remove a review and every byte of it that nothing else needs.

        Raises:
            StoreError: it is removed, but another program is reading, so that its text can
                still be found in the write-ahead log until that program ends.
        """
        if not id:
            raise StoreError("no review is named", hint="longread review list shows them")
        with writing(self._engine, self._path) as db:
            n = self._number(db, id)
            corpus = db.scalar(select(grid.reviews.c.corpus).where(grid.reviews.c.n == n))
            db.execute(delete(grid.reviews).where(grid.reviews.c.n == n))
            parts.drop_unneeded_texts(db)
            corpora.drop_unneeded(db, corpus)
        overwrite(self._engine, self._path, f"review {id}")

    def _number(self, db: Connection, id: str) -> int:
        r = grid.reviews.c
        if not id:
            n = db.scalar(select(r.n).order_by(r.updated.desc(), r.n.desc()).limit(1))
            if n is None:
                raise StoreError(
                    f"no review yet in {self._path}",
                    hint="longread review SOURCE --questions FILE starts one",
                )
            return int(n)
        starts = func.substr(r.id, 1, len(id)) == id.lower()
        match db.execute(select(r.n, r.id).where(starts).limit(9)).all():
            case [only]:
                return int(only.n)
            case []:
                raise StoreError(
                    f"no review {id} in {self._path}", hint="longread review list shows them"
                )
            case several:
                raise StoreError(
                    f"{id} could be any of several reviews",
                    hint=f"type more of one: {', '.join(row.id for row in several)}",
                )
