"""Reviews written, read and deleted; each cell is a commit of its own. It opens no file by itself.

Several processes work on one review: whoever has the lease of a document writes its cells, and a
lease that is not renewed runs out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update

from longread.errors import StoreError
from longread.store import cells as made
from longread.store import changes, contents, corpora, grid, parts, running, schema
from longread.store.changes import Changes, Since
from longread.store.connection import add, overwrite, reading, writing
from longread.store.contents import ReviewRow
from longread.store.running import Done, Kept
from longread.store.texts import Row as TextRow
from longread.store.texts import Texts
from longread.types import Document, Source
from longread.types.reviews import Cell, Long, Mark, Question, Review, Reviewed


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
                "long": review.long,
                "double": review.double,
                "created": now,
                "updated": now,
            }
            n = add(db, grid.reviews, row)
            contents.keep_sources(db, n, review.sources)
            contents.keep_questions(db, n, review.questions)
        return id, True

    def keep_questions(
        self, id: str, questions: Sequence[Question], known: Sequence[Question] | None = None
    ) -> None:
        """Keep the columns; those that are there no more go, and their cells wait for them.

        Args:
            known: those that there were when somebody decided on these; what others added since
                stays. None: all that there are.
        """
        with writing(self._engine, self._path) as db:
            n = self._number(db, id)
            if known is not None:
                names = {question.name for question in questions}
                new = [
                    question
                    for question in contents.questions(db, n).values()
                    if question not in known and question.name not in names
                    if not question.only_if or question.only_if[0] in names
                ]
                questions = (*questions, *new)
            contents.keep_questions(db, n, questions)

    def keep_way(self, id: str, *, long: Long, double: bool, budget: int | None) -> None:
        """Keep how a review is asked from now on; its cells stay as they are."""
        with writing(self._engine, self._path) as db:
            n = self._number(db, id)
            said = {"long": long, "double": double, "budget": budget}
            db.execute(update(grid.reviews).where(grid.reviews.c.n == n).values(said))

    def keep_documents(
        self,
        id: str,
        sources: Sequence[Source],
        documents: Sequence[Reviewed],
        texts: Mapping[str, Document],
        known: Review | None = None,
    ) -> bool:
        """Keep the rows in their order, with their texts.

        A document at a version that is there already keeps its cells, also under another path;
        one at another version is a new row, and the old one is put aside. So it is with one of
        which more could be read now.

        Args:
            texts: by content id; read only for what the review has not got.
            known: the review as it was when the documents were read; rows that others wrote since
                stay. None: as it is now.

        Returns:
            whether that was done. It is not where the review has other sources than `known`.
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
            if known is not None:
                before = {source.location for source in known.sources}
                if {source.location for source in contents.sources(db, n)} != before:
                    return False
            contents.set_aside(db, outdated)
            if known is not None:
                documents = contents.with_news(db, n, documents, known.documents)
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
        return True

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

    def done(
        self, id: str, documents: Collection[int] = (), *, second: bool = False
    ) -> dict[int, dict[str, Done]]:
        """Return what is there, by document and question's hash.

        Args:
            documents: numbers of those that are asked about; all where none is named.
            second: whether the second pass is meant, of which no person says anything.
        """
        with reading(self._engine, self._path) as db:
            return running.done(db, self._number(db, id), documents, second=second)

    def answers(
        self, id: str, documents: Collection[int], *, second: bool = False
    ) -> dict[str, tuple[Done, Cell]]:
        """Return a model's newest answer to each question, of some documents, by question's hash.

        What failed, and what was taken over from another document, is left out.
        """
        with reading(self._engine, self._path) as db:
            return running.answers(db, self._number(db, id), documents, second=second)

    def take(self, document: int, owner: str, seconds: float, gone: Collection[str] = ()) -> bool:
        """Take the lease of a document, unless somebody has it.

        Args:
            gone: owners that are known to have ended without giving theirs back.
        """
        with writing(self._engine, self._path) as db:
            return running.take(db, document, owner, seconds, gone)

    def renew(self, document: int, owner: str, seconds: float) -> bool:
        """Hold a lease on; say whether it is still held."""
        with writing(self._engine, self._path) as db:
            return running.renewed(db, document, owner, seconds)

    def release(self, document: int, owner: str) -> None:
        """Give a lease back."""
        with writing(self._engine, self._path) as db:
            running.release(db, document, owner)

    def leases(self, id: str) -> dict[int, str]:
        """Return who works on which document, by leases that have not run out."""
        with reading(self._engine, self._path) as db:
            return running.leases(db, self._number(db, id))

    def keep_cells(
        self,
        owner: str,
        seconds: float,
        cells: Sequence[tuple[int, Cell]],
        second: Collection[int] = (),
    ) -> list[Kept]:
        """Keep cells, each in a commit of its own; when this returns, all of them are safe.

        Only the last commit waits for the disk: that writes what the log has from the others too.
        What a person said of a cell stays. The leases are held on for so many seconds more.

        Args:
            cells: with the numbers of their documents.
            second: positions of those that are of the second pass.
        """
        kept: list[Kept] = []
        for position, (document, cell) in enumerate(cells):
            engine = self._engine if position == len(cells) - 1 else self._light
            with writing(engine, self._path) as db:
                if not running.renewed(db, document, owner, seconds):
                    kept.append("lost")
                    continue
                of_second = position in second
                taken = running.keep_cell(db, document, cell, second=of_second)
                kept.append("kept" if taken else "stays")
        return kept

    def mark(self, id: str, path: str, question: str, mark: Mark) -> None:
        """Keep what a person says of a cell, above all that was said of it before.

        It is said of what the mark has seen; where that is not named, of what the cell says now.

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
            seen = mark.seen or contents.seen(db, document, asked)
            row = made.of_mark(document, asked, mark, seen, contents.now())
            db.execute(insert(grid.marks).values(row))
            contents.touch(db, n)

    def review(self, id: str = "") -> Review:
        """Read a review by its id or the start of it; without one, the newest."""
        with reading(self._engine, self._path) as db:
            n = self._number(db, id)
            head = db.execute(select(grid.reviews).where(grid.reviews.c.n == n)).one()
            return contents.whole(db, head)

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
                long=head.long,
                double=head.double,
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
                .where(
                    # Of an agreement the row has the id that it has with all that belongs to it.
                    or_(d.content_id == content_id, texts.content_id == content_id)
                    if content_id
                    else d.position.is_not(None)
                )
                .order_by(d.position.is_(None), d.n)
            )
            row = db.execute(query).first()
        if row is None:
            raise StoreError(
                f"review {id} has no text of {path!r}", hint=f"longread review show {id} says why"
            )
        bare = Document(row.path, row.kind, row.language, row.content_id, "", (), row.unit, id="d1")
        kept = TextRow(bare, row.characters, row.text, row.segments)
        return Texts({row.content_id: kept})[row.content_id]

    def newest_of(self, locations: Collection[str]) -> str:
        """Return the id of the newest review whose sources include these; empty where none does.

        Args:
            locations: as sources have them.
        """
        r, s = grid.reviews.c, grid.review_sources.c
        wanted = sorted(set(locations))
        if not wanted:
            return ""
        with reading(self._engine, self._path) as db:
            found = (
                select(r.id)
                .join(grid.review_sources, s.review == r.n)
                .where(s.location.in_(wanted))
                .group_by(r.n)
                .having(func.count(s.location.distinct()) == len(wanted))
                .order_by(r.n.desc())
                .limit(1)
            )
            return db.scalar(found) or ""

    def there(self, id: str) -> bool:
        """Whether there is a review of just this id."""
        r = grid.reviews.c
        with reading(self._engine, self._path) as db:
            return db.scalar(select(r.n).where(r.id == id)) is not None

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
