"""The command line as people use it: in a process of its own, with its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.enums import EncryptionMethod

from longread import config

MakeRepository = Callable[..., Path]
HEAVY = ("textual", "sqlalchemy", "pypdf", "pypdfium2", "selectolax", "tree_sitter", "openai",
         "torch", "vllm", "tiktoken", "tokenizers", "rich", "alembic", "kingfisher_sdk",
         "jinja2", "openpyxl")  # fmt: skip


def longread(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from longread.cli import main; main()", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture
def scripted(tmp_path: Path) -> Path:
    """A profile named "scripted" whose model says a fixed answer."""
    folder = tmp_path / "longread-config" / "profiles"
    folder.mkdir(parents=True)
    script = tmp_path / "script.txt"
    script.write_text('The limit is 97.5 [heat.py:L1 "LIMIT = 97.5"].\n---\nAs said.')
    (folder / "scripted.toml").write_text(
        f'engine = "replay"\nmodel = "{script}"\nwindow = 8000\ntrusted = 8000\nanswer = 100\n'
    )
    return folder


@pytest.fixture
def source(make_repository: MakeRepository) -> str:
    return str(make_repository({"heat.py": "LIMIT = 97.5\n", "README.md": "# Kettle\n"}))


@pytest.mark.parametrize("module", ["longread", "longread.types", "longread.cli"])
def test_light_imports_stay_light(module: str) -> None:
    code = f"import sys, {module}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_command_has_help() -> None:
    listed = longread("--help").stdout
    for name in ("ask", "pack", "review", "sessions", "profiles", "engine", "doctor"):
        assert name in listed
        assert longread(name, "--help").returncode == 0


def test_an_answer_is_printed_with_its_verdict_and_opened_again(
    source: str, scripted: Path
) -> None:
    done = longread("ask", source, "What is the limit?", "--profile", "scripted")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The limit is 97.5")
    assert "✓ exact" in done.stdout
    assert "heat.py:L1" in done.stdout
    assert "2 tracked files" in done.stderr
    again = longread("ask", "--continue", "-q", "Sure?", "--json")
    assert again.returncode == 0, again.stderr
    answer = json.loads(again.stdout)
    shown = json.loads(longread("sessions", "show", answer["session"], "--json").stdout)
    assert [a["question"] for a in shown["answers"]] == ["What is the limit?", "Sure?"]
    (citation,) = shown["answers"][0]["citations"]
    assert {k: citation[k] for k in ("path", "span", "quote", "verdict", "guided")} == {
        "path": "heat.py", "span": "L1", "quote": "LIMIT = 97.5", "verdict": "exact",
        "guided": False,
    }  # fmt: skip


def test_a_question_with_another_profile_continues_a_session(source: str, scripted: Path) -> None:
    assert longread("ask", source, "-q", "One?", "--profile", "scripted").returncode == 0
    done = longread("ask", "--continue", "-q", "Two?", "--profile", "scripted")
    assert done.returncode == 0, done.stderr


def test_pack_writes_prompt_and_ledger(source: str, tmp_path: Path) -> None:
    ledger, output = tmp_path / "ledger.json", tmp_path / "prompt.txt"
    done = longread("pack", source, "--budget", "2k", "-o", str(output), "--ledger", str(ledger))
    assert done.returncode == 0, done.stderr
    assert output.read_text().endswith("heat.py\nLIMIT = 97.5\n")
    data = json.loads(ledger.read_text())
    assert data["budget"] == 2_000
    assert [(e["path"], e["level"], e["reason"]) for e in data["files"]] == [
        ("README.md", "full", ""), ("heat.py", "full", ""),
    ]  # fmt: skip


BAD = {
    "no such path": (["ask", "{tmp}/nowhere", "-q", "x"], "nowhere"),
    "empty repository": (["ask", "{tmp}/empty", "-q", "x"], "empty"),
    "nothing readable": (["ask", "{tmp}/binaries", "-q", "x"], "read"),
    "a PDF that is not one": (["ask", "{tmp}/fake.pdf", "-q", "x"], "PDF"),
    "a budget smaller than the head": (["ask", "{source}", "-q", "x", "--budget", "150"], "150"),
    "a pack budget smaller than the head": (["pack", "{source}", "--budget", "20"], "20"),
    "an unknown profile": (["ask", "{source}", "-q", "x", "--profile", "scriptd"], "scriptd"),
    "an unknown key": (["ask", "{source}", "-q", "x", "--profile", "typo"], "windw"),
    "no such revision": (["ask", "{source}", "-q", "x", "--rev", "v9"], "v9"),
    "no question": (["ask", "{source}"], "question"),
    "no source": (["ask", "-q", "x"], "source"),
    "no such session": (["ask", "--continue", "ffff", "-q", "x"], "ffff"),
    "an unknown profile for the screens": (["tui", "--profile", "scriptd"], "scriptd"),
    "screens without a terminal": (["tui"], "terminal"),
    "screens of sources and of a session": (["tui", "{source}", "--continue"], "--continue"),
    "an unknown tokenizer": (["pack", "{source}", "--tokenizer", "gpt9"], "gpt9"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_a_hint(
    name: str, source: str, scripted: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    subprocess.run(["git", "init", "-q", str(tmp_path / "empty")], check=True)
    (tmp_path / "binaries").mkdir()
    (tmp_path / "binaries" / "a.bin").write_bytes(b"\0\1\2" * 99)
    (tmp_path / "fake.pdf").write_text("not a PDF at all")
    (scripted / "typo.toml").write_text('engine = "replay"\nwindw = 8\n')
    arguments, word = BAD[name]
    filled = [a.format(tmp=tmp_path, source=source) for a in arguments]
    if filled[0] == "ask" and "--profile" not in filled and "--continue" not in filled:
        filled += ["--profile", "scripted"]
    done = longread(*filled)
    assert done.returncode == 2, (done.stdout, done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.startswith(("error: ", "hint: "))]
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    assert word in lines[0]
    assert "Traceback" not in done.stderr


def test_a_server_that_is_not_there_is_the_engines_failure(source: str, scripted: Path) -> None:
    (scripted / "gone.toml").write_text('url = "http://127.0.0.1:9/v1"\nmodel = "m"\n')
    done = longread("ask", source, "-q", "x", "--profile", "gone")
    assert done.returncode == 3, done.stderr
    assert "error: no server answers" in done.stderr
    assert "hint: " in done.stderr


def test_text_is_not_sent_away_without_a_terminal(source: str, scripted: Path) -> None:
    (scripted / "away.toml").write_text('url = "https://models.example/v1"\nmodel = "m"\n')
    done = longread("ask", source, "-q", "x", "--profile", "away")
    assert done.returncode == 2
    assert "models.example" in done.stderr
    assert "--yes" in done.stderr


def test_a_missing_key_is_told_before_anything_is_read(source: str, scripted: Path) -> None:
    (scripted / "away.toml").write_text(
        'url = "https://models.example/v1"\nmodel = "m"\nkey_env = "NO_SUCH_KEY"\n'
    )
    for command in (("ask", source, "-q", "x"), ("probe", source, "--lengths", "1k")):
        done = longread(*command, "--profile", "away", "--yes")
        assert (done.returncode, done.stderr.splitlines()[0]) == (
            2, "error: profile away needs a key, and NO_SUCH_KEY is not set",
        ), done.stderr  # fmt: skip


def test_profiles_are_listed_shown_and_added(scripted: Path) -> None:
    listed = longread("profiles", "list").stdout
    for name in ("embedded", "vllm", "openrouter", "together", "ollama", "scripted"):
        assert name in listed
    done = longread("profiles", "add", "house", "--like", "vllm", "url=http://gpu:8000/v1")
    assert done.returncode == 0, done.stderr
    shown = json.loads(longread("profiles", "show", "house", "--json").stdout)
    assert shown["url"] == "http://gpu:8000/v1"
    assert shown["route"] == "ids"
    assert longread("profiles", "add", "bad", "windw=3").returncode == 2
    assert "bad" not in longread("profiles", "list").stdout


def test_a_profile_is_written_over_only_on_request(scripted: Path) -> None:
    words = ("profiles", "add", "scripted", "answer=300")
    before = (scripted / "scripted.toml").read_bytes()
    refused = longread(*words)
    assert refused.returncode == 2
    assert "there is a profile 'scripted' already" in refused.stderr
    assert (scripted / "scripted.toml").read_bytes() == before
    model = json.loads(longread("profiles", "show", "scripted", "--json").stdout)["model"]
    assert longread(*words, "--like", "scripted").returncode == 0
    shown = json.loads(longread("profiles", "show", "scripted", "--json").stdout)
    assert (shown["answer"], shown["model"]) == (300, model)
    done = longread("profiles", "add", "scripted", "engine=replay", "--force")
    assert done.returncode == 0, done.stderr
    assert not json.loads(longread("profiles", "show", "scripted", "--json").stdout)["model"]


def test_numbers_of_a_profile_are_written_as_people_do(scripted: Path) -> None:
    done = longread("profiles", "add", "house", "--like", "vllm", "window=64k")
    assert done.returncode == 0, done.stderr
    shown = json.loads(longread("profiles", "show", "house", "--json").stdout)
    assert (shown["window"], shown["trusted"]) == (64_000, 64_000)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["window=many"], "profile bad: window = 'many' is not a whole number that can be used"),
        (["temperature=nan"], "profile bad: temperature = nan is not a number that can be used"),
        (["price_input=-1.0"], "profile bad: price_input = -1.0 is not a number that can be used"),
        (["url=nonsense"], "profile bad: 'nonsense' is no address of a server"),
        (["url=ftp://x/v1"], "profile bad: 'ftp://x/v1' is no address of a server"),
        (["window=4k", "trusted=8k"], "profile bad: 8,000 tokens are trusted, and the window has"),
    ],
)
def test_a_profile_that_means_nothing_is_refused_by_its_name(
    scripted: Path, values: list[str], words: str
) -> None:
    done = longread("profiles", "add", "bad", *values)
    assert done.returncode == 2
    assert f"error: {words}" in done.stderr
    assert sorted(path.name for path in scripted.iterdir()) == ["scripted.toml"]


def test_a_profile_can_be_tried(scripted: Path) -> None:
    done = longread("profiles", "test", "scripted")
    assert done.returncode == 0, done.stderr
    assert "✓ scripted answers" in done.stdout


def test_the_doctor_says_what_is_missing() -> None:
    done = longread("doctor", "--json")
    findings = json.loads(done.stdout)
    assert any("Python" in finding["text"] for finding in findings)
    assert any("engine" in finding["text"] and finding["hint"] for finding in findings)


def test_a_mistyped_name_is_told_what_may_be_meant(tmp_path: Path) -> None:
    done = longread("pakc")
    assert done.returncode == 2
    assert "Did you mean 'pack'?" in done.stderr
    (tmp_path / "my notes").mkdir()
    done = longread("pack", str(tmp_path / "my nots"))
    assert done.returncode == 2
    assert "did you mean my notes?" in done.stderr


def sheet(path: Path, password: str = "") -> str:
    page = FPDF()
    page.add_page()
    page.set_font("Times", size=11)
    for row, cells in enumerate((("Paint", "Price"), ("Yellow", "14.00"), ("Green", "12.00"))):
        for column, text in enumerate(cells):
            page.set_xy(20 + 60 * column, 20 + 6 * row)
            page.cell(text=text)
    if password:
        page.set_encryption("owner", password, encryption_method=EncryptionMethod.AES_256)
    path.write_bytes(bytes(page.output()))
    return str(path)


def test_passwords_are_read_from_a_file(tmp_path: Path) -> None:
    locked = sheet(tmp_path / "locked.pdf", "open sesame ")
    (tmp_path / "passwords").write_text("wrong\n\nopen sesame \n")
    assert "needs password" in longread("pack", locked, "-q", "How much?").stderr
    done = longread("pack", locked, "--password-file", str(tmp_path / "passwords"))
    assert done.returncode == 0, done.stderr
    assert "Yellow" in done.stdout
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text('[pdf]\npassword_file = "../passwords"\n')
    environment = {"LONGREAD_CONFIG": str(tmp_path / "config"), "LONGREAD_CACHE": str(tmp_path)}
    assert "Yellow" in longread("pack", locked, **environment).stdout
    (tmp_path / "passwords").unlink()
    refused = longread("pack", locked, **environment)
    assert refused.returncode == 2
    assert "correct password_file under [pdf] in config.toml" in refused.stderr


def test_the_library_that_reads_pdfs_is_a_setting(tmp_path: Path) -> None:
    table = sheet(tmp_path / "table.pdf")
    settings = {}
    for library in ("pdfium", "pypdf", "word"):
        folder = tmp_path / library
        folder.mkdir()
        (folder / "config.toml").write_text(f'[pdf]\ntext = "{library}"\n')
        settings[library] = longread("pack", table, LONGREAD_CONFIG=str(folder))
    assert "Yellow   14.00" in settings["pdfium"].stdout
    assert "Yellow" in settings["pypdf"].stdout
    assert "Yellow   14.00" not in settings["pypdf"].stdout
    assert settings["word"].returncode == 2
    assert "text = 'word' means nothing" in settings["word"].stderr


@pytest.mark.parametrize(
    "written",
    [
        "first\r\npässwort\r\n".encode("utf-16"),
        "first\npässwort\n".encode("cp1252"),
        "first\r\npässwort".encode("utf-8-sig"),
        b"first\n\xff\x00\x81\n" + "pässwort".encode("cp1252"),
    ],
    ids=["utf-16", "cp1252", "utf-8 with a mark", "odd bytes"],
)
def test_a_file_of_passwords_may_be_written_by_any_program(written: bytes) -> None:
    assert {"first", "pässwort"} <= set(config.passwords_in(written))


def test_pack_says_what_was_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("kept\n")
    for n in range(2):
        (tmp_path / f"{n}.bin").write_bytes(b"\0\1\2" * 50)
    (tmp_path / "empty.txt").write_bytes(b"")
    done = longread("pack", str(tmp_path), "-o", str(tmp_path.parent / "out.txt"))
    assert "3 files were not read (2 binary, 1 empty); --ledger FILE names them" in done.stderr
