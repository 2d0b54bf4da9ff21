"""Which servers run on this machine, and which profiles would work with them."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from longread import config
from longread.analysis.check import examine
from longread.analysis.servers import Server, running, usable
from longread.config import Profile
from longread.engine import environment


class Offers(BaseHTTPRequestHandler):
    """Names one model at /v1/models, as these servers do."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = b'{"object": "list", "data": [{"id": "scout", "object": "model"}]}'
        self.send_response(200 if self.path == "/v1/models" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Offers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that accepts and says nothing that HTTP knows."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


def at(url: str, model: str = "scout") -> Profile:
    return Profile(name="mine", url=url, model=model)


def test_a_server_that_runs_here_is_found_with_its_models(
    url: str, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longread.analysis.servers.PATIENCE", 0.3)
    found = {s.url: s for s in asyncio.run(running((url, silent, "http://127.0.0.1:9/v1")))}
    assert found[url] == Server("a server", url, ("scout",))
    assert found[silent].models == ()
    assert found[silent].error
    assert "http://127.0.0.1:9/v1" not in found


def test_a_profile_works_where_its_server_offers_its_model(url: str) -> None:
    servers = asyncio.run(running((url,)))
    assert usable(at(url), True, servers).works
    other = usable(at(url, "maverick"), True, servers)
    assert (other.works, other.text) == (False, f"{url} does not offer maverick, but scout")
    tagged = [Server("Ollama", url, ("llama3.2:latest",))]
    assert usable(at(url, "llama3.2"), True, tagged).works
    gone = usable(Profile(name="vllm", url="http://127.0.0.1:8000/v1"), True, [])
    assert not gone.works
    assert "longread plan" in gone.hint


def test_a_hosted_profile_works_where_its_key_is(monkeypatch: pytest.MonkeyPatch) -> None:
    hosted = Profile(name="far", url="https://models.example/v1", key_env="FAR_KEY")
    monkeypatch.delenv("FAR_KEY", raising=False)
    assert usable(hosted, False, []).hint == "export FAR_KEY=…"
    monkeypatch.setenv("FAR_KEY", "k")
    assert usable(hosted, False, []).text == "FAR_KEY is set, not tried"


def test_the_doctor_says_of_every_profile_whether_it_would_work(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "find", lambda: None)
    folder = config.settings_dir() / "profiles"
    folder.mkdir()
    (folder / "house.toml").write_text(f'url = "{url}"\nmodel = "scout"\n')
    (folder / "odd.toml").write_text("windw = 5\n")
    said = {finding.text: finding for finding in examine()}
    assert f"a server at {url}: scout" in said
    assert not said[f"profile house: {url} offers scout"].optional
    assert said["profile embedded: no engine"].optional
    told = " ".join(said)
    assert "nothing is called 'windw' here" in told
    for name in config.profile_names():
        assert f"profile {name}: " in told or name == "odd"
