"""Pages that a model that sees is shown as pictures, for one question."""

from __future__ import annotations

from collections.abc import Sequence

from longread.config import Profile
from longread.errors import IngestError
from longread.ingest import drawing, shelf
from longread.ingest.read import Options, bytes_of
from longread.ingest.texts import digest_of
from longread.prompt import compose
from longread.recent import Recent
from longread.tokens import tiles
from longread.tokens.pieces import Pieces
from longread.types import Corpus, Document, Picture, Progress, Tell

Seen = tuple[Document, Picture]
KEPT = 32
"""Pictures that are kept, of about a quarter of a megabyte each."""


RECENT: Recent[tuple[str, int], Picture] = Recent(KEPT)
"""By content id and page: while a question is typed they are asked for again and again."""


def able(profile: Profile) -> bool:
    """Whether a profile's model takes pictures."""
    # Token ids cannot say where a picture stands.
    return profile.images > 0 and profile.route == "text"


def sees(profile: Profile, corpus: Corpus) -> bool:
    """Whether a profile's model takes pictures, and the corpus has pages to be shown as such."""
    return able(profile) and bool(corpus.pages)


def unread(corpus: Corpus) -> list[Document]:
    """Return the documents that have pages and no text: all that can be known of them is seen.

    Their short ids are beyond all that a document with a text will have.
    """
    read = {document.path for document in corpus.documents}
    paged = {page.path for page in corpus.pages if page.path not in read}
    first = 900
    while first < 3 * len(corpus.documents):
        first *= 10
    return [
        Document(e.path, "pdf", e.language, e.content_id, "", (), "page", id=f"d{first + n}")
        for n, e in enumerate([e for e in corpus.entries if e.path in paged], 1)
    ]


def draw(
    chosen: Sequence[tuple[Document, int]],
    corpus: Corpus,
    options: Options,
    mark: str,
    pieces: Pieces,
    room: int,
    tell: Tell,
) -> list[Seen]:
    """Return pages as pictures, in the order in which they were chosen, as many as fit.

    A file that is gone, is not what was read or needs a password that nobody gave is left out,
    and that is said.

    Args:
        room: tokens that the pictures and the lines above them may take.
    """
    drawn = {(d.path, page): RECENT.get((d.content_id, page)) for d, page in chosen}
    wanted: dict[str, list[int]] = {}
    for (path, page), picture in drawn.items():
        if not picture:
            wanted.setdefault(path, []).append(page)
    documents = {d.path: d for d, _ in chosen if d.path in wanted}
    for path, data in _files(documents, corpus, options, tell).items():
        tell(Progress("draw", note=path))
        try:
            for page, png, width, height in drawing.draw(data, wanted[path], options.passwords):
                drawn[path, page] = picture = Picture(png, tiles.count(width, height), page)
                RECENT.put((documents[path].content_id, page), picture)
        except IngestError as error:
            note = f"{path}: none of its pages is shown as a picture: {error}; {error.hint}"
            tell(Progress("source", note=note))
    seen: list[Seen] = []
    for document, page in chosen:
        if picture := drawn[document.path, page]:
            tokens = picture.tokens + pieces.count_text(compose.caption(document, page, mark))
            if tokens <= room:
                seen.append((document, picture))
                room -= tokens
    return seen


def _files(
    documents: dict[str, Document], corpus: Corpus, options: Options, tell: Tell
) -> dict[str, bytes]:
    """Return the bytes of documents, by path, where they are what was read."""
    if not documents:
        return {}
    found: dict[str, bytes] = {}
    locations = [source.location for source in corpus.sources]
    try:
        for file in bytes_of(locations, options, documents, lambda _: None):
            path = file.prefix + file.path
            if shelf.is_pdf(digest_of(file.data), documents[path].content_id, options.secrets):
                found[path] = file.data
    except IngestError:
        pass  # what is not found is said below
    for path in documents.keys() - found.keys():
        tell(Progress("source", note=f"{path} is not what was read: none of its pages is shown"))
    return found
