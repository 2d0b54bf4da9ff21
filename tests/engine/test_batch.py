"""Batches at a server that behaves as OpenAI's does: uploads, states, partial failures."""

from __future__ import annotations

import json
import re
from array import array
from dataclasses import dataclass, field
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from longread.config import Profile
from longread.engine import batch_files
from longread.engine.batch import Batch
from longread.engine.batch_files import Asked, Outcome
from longread.errors import ConfigError, EngineError
from longread.types import Piece, Progress, Prompt, Sampling, Turn
from tests.engine.odd_server import Script, serve


def asked(name: str) -> Asked:
    turns = (Turn("system", (Piece("Be brief.", array("I", [1])),)),
             Turn("user", (Piece(f"what of {name}?", array("I", [2, 3])),)))  # fmt: skip
    return Asked(name, Prompt(turns, (array("I"),) * 3), Sampling(50))


@dataclass
class Provider:
    """`/v1/files` and `/v1/batches`, as OpenAI documents them."""

    looks: int = 1
    """Looks at a batch before it is over."""
    ends: str = "completed"
    refuses: str = ""
    """The name of a question that gets no answer, but an error."""
    forgets: str = ""
    """The name of a question that is in no file of results."""
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    fails_to_say: bool = False
    """Whether the next batch is made, and the answer that says so is lost."""
    fetched: list[str] = field(default_factory=list)

    def script(self) -> Any:
        self.odd = Script()
        self.odd.routes["POST /v1/files"] = self.upload
        self.odd.routes["POST /v1/batches"] = self.create
        self.odd.routes["GET /v1/batches"] = lambda _: (
            200, {"object": "list", "data": list(self.batches.values()), "has_more": False}
        )  # fmt: skip
        return self.odd

    def upload(self, body: bytes) -> tuple[int, Any]:
        boundary = body.split(b"\r\n", 1)[0][2:]
        head = b"Content-Type: multipart/form-data; boundary=" + boundary + b"\r\n\r\n"
        form = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in BytesParser().parsebytes(head + body).get_payload()
        }
        assert form["purpose"] == b"batch"
        id = f"file-{len(self.files)}"
        self.files[id] = form["file"]
        self.odd.routes[f"GET /v1/files/{id}/content"] = lambda _: (200, self.files[id])
        return 200, {"id": id, "object": "file", "bytes": 1, "created_at": 1,
                     "filename": "x", "purpose": "batch", "status": "processed"}  # fmt: skip

    def create(self, body: bytes) -> tuple[int, Any]:
        made = json.loads(body)
        id = f"batch_{len(self.batches)}"
        self.batches[id] = {
            "id": id, "object": "batch", "created_at": 1, "status": "validating", "seen": 0, **made
        }  # fmt: skip
        self.odd.routes[f"GET /v1/batches/{id}"] = lambda _: (200, self.look(id))
        self.odd.routes[f"POST /v1/batches/{id}/cancel"] = lambda _: (200, self.stop(id))
        if self.fails_to_say:
            self.fails_to_say = False
            return 502, {"error": {"message": "bad gateway"}}
        return 200, self.batches[id]

    def stop(self, id: str) -> dict[str, Any]:
        self.batches[id]["status"] = "cancelled"
        return self.batches[id]

    def look(self, id: str) -> dict[str, Any]:
        one = self.batches[id]
        lines = [json.loads(line) for line in self.files[one["input_file_id"]].splitlines()]
        one["seen"] += 1
        if one["seen"] <= self.looks:
            one["status"] = "in_progress"
            one["request_counts"] = {"total": len(lines), "completed": 1, "failed": 0}
            return one
        if one["status"] == "in_progress":
            good, bad = [], []
            for line in reversed(lines):
                name = line["custom_id"]
                if name == self.refuses:
                    error = {"message": "the prompt is too long", "code": 400}
                    response = {"status_code": 400, "body": {"error": error}}
                    bad.append({"custom_id": name, "error": None, "response": response})
                elif name != self.forgets:
                    body = {
                        "choices": [{"message": {"content": f"<think>hm</think>of {name}"},
                                     "finish_reason": "stop"}],
                        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
                    }  # fmt: skip
                    good.append({"id": "r", "custom_id": name, "error": None,
                                 "response": {"status_code": 200, "body": body}})  # fmt: skip
            one["output_file_id"], one["error_file_id"] = self.result(good), self.result(bad)
            one["status"] = self.ends
            one["request_counts"] = {
                "total": len(lines), "completed": len(good), "failed": len(bad)
            }  # fmt: skip
        return one

    def result(self, lines: list[dict[str, Any]]) -> str | None:
        if not lines:
            return None
        id = f"file-{len(self.files)}"
        self.files[id] = "\n".join(map(json.dumps, lines)).encode()

        def content(_: bytes) -> tuple[int, Any]:
            self.fetched.append(id)
            return 200, self.files[id]

        self.odd.routes[f"GET /v1/files/{id}/content"] = content
        return id


def profile(url: str, **settings: Any) -> Profile:
    return Profile(name="cheap", url=url, model="one", **settings)


NAMES = ["a/1", "a/2", "b/1"]


async def test_a_batch_is_sent_waited_for_and_read_with_its_failures(tmp_path: Path) -> None:
    provider = Provider(refuses="a/2", forgets="b/1")
    with serve(provider.script()) as url:
        made = Batch(profile(url), tmp_path / "batch")
        await made.submit(map(asked, NAMES))
        steps = [step async for step in made.wait(0.01)]
        prompts = {name: asked(name).prompt for name in NAMES}
        found = await made.results(prompts)
    assert steps == [Progress("batch", 1, 3), Progress("batch", 2, 3)]
    answered = found["a/1"]
    assert (answered.text, answered.finished, answered.error) == ("of a/1", "stop", "")
    assert answered.usage
    assert (answered.usage.prompt_tokens, answered.usage.expected_tokens) == (3, 3)
    assert found["a/2"] == Outcome("a/2", error="the prompt is too long")
    assert "(completed) before it was answered" in found["b/1"].error
    sent = [json.loads(line) for line in provider.files["file-0"].splitlines()]
    assert [line["custom_id"] for line in sent] == NAMES
    assert {(line["method"], line["url"]) for line in sent} == {("POST", "/v1/chat/completions")}
    assert sent[0]["body"]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert "stream" not in sent[0]["body"]


async def test_whoever_was_ended_goes_on_where_it_was(tmp_path: Path) -> None:
    provider = Provider()
    with serve(provider.script()) as url:
        await Batch(profile(url), tmp_path / "batch").submit(map(asked, NAMES))
        again = Batch(profile(url), tmp_path / "batch")
        await again.submit(map(asked, ["other"]))
        assert len(provider.batches) == len(provider.files) == 1
        before = await again.results()
        assert "not over" in before["a/1"].error
        async for _ in Batch(profile(url), tmp_path / "batch").wait(0.01):
            pass
        last = Batch(profile(url), tmp_path / "batch")
        assert last.over
        assert [o.text for o in (await last.results()).values()] == ["of a/1", "of a/2", "of b/1"]
        assert len(provider.fetched) == 1
        await last.results()
        assert len(provider.fetched) == 1


async def test_a_batch_whose_making_was_not_heard_of_is_found_and_not_made_twice(
    tmp_path: Path,
) -> None:
    provider = Provider(fails_to_say=True)
    with serve(provider.script()) as url:
        made = Batch(profile(url), tmp_path / "batch")
        with pytest.raises(EngineError, match="bad gateway"):
            await made.submit(map(asked, NAMES))
        await Batch(profile(url), tmp_path / "batch").submit()
    assert len(provider.batches) == 1


async def test_a_batch_that_expired_keeps_what_was_answered(tmp_path: Path) -> None:
    provider = Provider(ends="expired", forgets="a/1")
    with serve(provider.script()) as url:
        made = Batch(profile(url), tmp_path / "batch")
        await made.submit(map(asked, NAMES))
        async for _ in made.wait(0.01):
            pass
        found = await made.results()
    assert found["a/2"].text == "of a/2"
    assert "(expired)" in found["a/1"].error


async def test_a_batch_can_be_called_off(tmp_path: Path) -> None:
    provider = Provider(looks=99)
    with serve(provider.script()) as url:
        made = Batch(profile(url), tmp_path / "batch")
        await made.submit(map(asked, NAMES))
        await made.cancel()
    assert made.over
    assert provider.batches["batch_0"]["status"] == "cancelled"


def test_what_one_file_does_not_hold_goes_into_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_files, "REQUESTS", 2)
    parts = batch_files.write(
        tmp_path / "b", map(asked, NAMES), profile("http://x/v1", route="ids")
    )
    assert [part.requests for part in parts] == [2, 1]
    lines = [(tmp_path / "b" / part.file).read_text().splitlines() for part in parts]
    first = json.loads(lines[0][0])
    assert (first["url"], first["body"]["prompt"]) == ("/v1/completions", [1, 2, 3])
    monkeypatch.setattr(batch_files, "BYTES", 10)
    assert len(batch_files.write(tmp_path / "c", map(asked, NAMES), profile("http://x/v1"))) == 3


def test_its_files_are_their_owners_alone(tmp_path: Path) -> None:
    (part,) = batch_files.write(tmp_path / "b", [asked("a")], profile("http://x/v1"))
    assert (tmp_path / "b" / part.file).stat().st_mode & 0o077 == 0
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0


def test_two_questions_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape("'a'")):
        batch_files.write(tmp_path / "b", [asked("a"), asked("a")], profile("http://x/v1"))


def test_a_file_of_results_that_was_cut_is_read_as_far_as_it_goes() -> None:
    line = {
        "id": "vllm-1", "custom_id": "a", "error": None,
        "response": {"status_code": 200, "request_id": "r",
                     "body": {"choices": [{"text": "yes", "finish_reason": "length"}]}},
    }  # fmt: skip
    data = json.dumps(line).encode() + b'\n{"custom_id": "b", "respon'
    assert list(batch_files.read(data)) == [Outcome("a", "yes", "length")]
    lost = {"custom_id": "c", "response": {"status_code": 500, "body": None}, "error": None}
    (outcome,) = batch_files.read(json.dumps(lost).encode())
    assert outcome.error == "no answer came (status 500)"
