"""What is secret in a source is nowhere in what longread keeps, writes or sends."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import sqlite3
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from click.testing import CliRunner

from longread.analysis.ask import Request, ask
from longread.analysis.trust import Departure
from longread.cli.pack import pack
from longread.config import Profile
from longread.engine.replay import ReplayEngine
from longread.store import open_store
from longread.tokens import open_family
from longread.types import Answer

MakeRepository = Callable[..., Path]
SCRIPTED = Profile(name="s", engine="replay", window=400_000, trusted=400_000, answer=200)


def load(path: Path) -> ModuleType:
    """Return a module that belongs to no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


credentials = load(Path(__file__).parents[2] / "bench" / "credentials.py")


def seeded() -> tuple[dict[str, str | bytes], list[str]]:
    """Return files with a credential of each kind, and pieces of the credentials."""
    rng = Random(7)
    files: dict[str, str | bytes] = {"README.md": "# Shop\n\nSells kettles.\n"}
    pieces: list[str] = []
    for number, (kind, make) in enumerate(credentials.KINDS.items()):
        credential = make(rng)
        shapes = list(credentials.files(credential))
        shape, text = shapes[number % len(shapes)]
        ending = ".ipynb" if shape == "notebook" else rng.choice((".py", ".yaml", ".txt", ".md"))
        # What a file is written in has to make no difference.
        encoding = ("utf-8", "utf-8", "utf-16", "utf-8-sig")[number % 4]
        files[f"{kind.replace(' ', '-')}{ending}"] = text.encode(
            "utf-8" if shape == "notebook" else encoding
        )
        # Not their first letters: those of a maker's mark are no secret, and stand in the rules.
        pieces += [secret[at:][:8] for secret in credential.secrets for at in (-8, -16)]
    return files, [piece for piece in pieces if len(piece) == 8]


def spoken(data: bytes) -> Iterator[bytes]:
    """Yield `data`, and what it is if it was packed in one of the usual ways."""
    yield data
    with contextlib.suppress(zlib.error):
        yield from spoken(zlib.decompress(data))
    with contextlib.suppress(ValueError):
        yield base64.b64decode(data, validate=True)
    if data and len(data) % 4 == 0:
        ids = array("I", data)
        if max(ids) < 201_000:
            yield open_family("llama4").decode(ids).encode()


def kept(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield all that lies in `folder`: files, and each value of their databases."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        yield from ((path.name, told) for told in spoken(data))
        if not data.startswith(b"SQLite format 3"):
            continue
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                for row in database.execute(f'SELECT * FROM "{table}"'):
                    for value in row:
                        raw = value.encode() if isinstance(value, str) else value
                        if isinstance(raw, bytes):
                            yield from ((f"{path.name}: {table}", told) for told in spoken(raw))


def seen(pieces: list[str], places: Iterator[tuple[str, bytes]]) -> set[tuple[str, str]]:
    wanted = [(piece, piece.encode(), piece.encode("utf-16-le")) for piece in pieces]
    return {
        (place, piece)
        for place, data in places
        for piece, plain, wide in wanted
        if plain in data or wide in data
    }


async def yes(_: Departure) -> bool:
    return True


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


async def test_a_secret_is_nowhere_in_what_is_kept_written_or_sent(
    make_repository: MakeRepository, tmp_path: Path, own_cache: Path
) -> None:
    files, pieces = seeded()
    root = str(make_repository(files))
    written = tmp_path / "written"
    written.mkdir()
    output = ["-o", str(written / "prompt.txt"), "--ledger", str(written / "ledger.json")]
    packed = CliRunner().invoke(pack, [root, "--budget", "300k", *output], catch_exceptions=False)
    assert packed.exit_code == 0
    engine = ReplayEngine("It sells kettles [README.md:L3].")
    last = None
    async for event in ask(Request("What is sold?", SCRIPTED, (root,)), yes, engine):
        last = event
    assert isinstance(last, Answer)
    prompt = engine.prompts[0]
    sent = "".join(turn.text for turn in prompt.turns).encode()
    (written / "sent.txt").write_bytes(sent)
    (written / "sent.ids").write_bytes(prompt.ids.tobytes())
    with open_store() as store:
        texts = "\n".join(d.text for d in store.documents(last.session).values())
    assert "Sells kettles" in texts
    (written / "store.txt").write_text(texts, encoding="utf-8")

    home = tmp_path / "longread-home"
    assert b"Sells kettles" in sent
    assert any(b"Sells kettles" in data for _, data in kept(home))
    for folder in (written, home, own_cache):
        assert seen(pieces, kept(folder)) == set()

    ledger = json.loads((written / "ledger.json").read_text())
    told = {entry["path"]: entry for entry in ledger["files"]}
    assert told.keys() == files.keys()
    assert told["README.md"]["notes"] == []
    for path in files.keys() - {"README.md"}:
        assert told[path]["masked"] > 0
        assert told[path]["notes"][0].startswith("masked: ")


async def test_keeping_secrets_shares_nothing_with_masking_them(
    make_repository: MakeRepository, tmp_path: Path, own_cache: Path
) -> None:
    files, pieces = seeded()
    root = str(make_repository({path: data for path, data in files.items() if path != "README.md"}))

    def prompt(*options: str) -> bytes:
        output = tmp_path / "prompt.txt"
        command = [root, "--budget", "300k", "-o", str(output), *options]
        assert CliRunner().invoke(pack, command, catch_exceptions=False).exit_code == 0
        return output.read_bytes()

    def rows() -> dict[tuple[str, str], bytes]:
        with contextlib.closing(sqlite3.connect(own_cache / "derived.db")) as database:
            found = database.execute("SELECT kind, key, value FROM derived")
            return {(kind, key): value for kind, key, value in found}

    masked = prompt()
    before = rows()
    shown = prompt("--secrets", "keep")
    after = rows()
    assert {piece for piece in pieces if piece.encode() not in shown} == set()
    assert before.items() <= after.items()
    facts = [key for key in before if key[0].startswith("facts")]
    assert len(facts) == len(files) - 1
    assert not {key for kind, key in facts} & {
        key for kind, key in after.keys() - before.keys() if kind.startswith("facts")
    }
    assert prompt() == masked
    assert seen(pieces, iter([("prompt", masked)])) == set()
