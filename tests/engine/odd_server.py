"""A server on loopback that speaks the protocol well or badly, as a test wishes."""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

Route = Callable[[bytes], tuple[int, Any]]


@dataclass
class Script:
    """What the server does, and what it was sent."""

    words: list[str] = field(default_factory=lambda: ["It ", "is ", "so."])
    status: list[int] = field(default_factory=list)
    """Statuses of the first requests; 200 afterwards."""
    errors: list[dict[str, Any]] = field(default_factory=list)
    """What the first of those say, where not "status N"."""
    always: int = 0
    """A status of every request."""
    headers_sent: dict[str, str] = field(default_factory=dict)
    """With refusals."""
    drops_first: int = 0
    """Requests to which the connection is dropped without a word."""
    drops_after: int | None = None
    """Words after which the connection is dropped."""
    hangs_after: int | None = None
    """Words after which nothing comes any more, until the client leaves or the test ends."""
    breaks_after: int | None = None
    """Words after which an event comes that means nothing."""
    broken: str = '{"choices": [{"ind'
    finish: str | None = "stop"
    counts: int | None = None
    """Prompt tokens it claims; None: as many as were sent."""
    reasoning: str = ""
    provider: str = ""
    only_model: str = ""
    """The one model it knows; empty where it asks nothing."""
    window: int = 0
    """Tokens of prompt and answer it takes; 0: any number. A token is four characters, or an id."""
    wording: Callable[[int, int, int], dict[str, Any]] | None = None
    """What it says beyond that, of window, prompt and answer."""
    models: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "one"}])
    routes: dict[str, Route] = field(default_factory=dict)
    """Other answers, by method and path: "POST /api/show"."""
    details: dict[str, Any] = field(default_factory=dict)
    """More of usage."""
    seen: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    """Set when the client closed its connection while the server had more to say."""
    arrived: threading.Event = field(default_factory=threading.Event)
    """Set when a request came."""
    over: threading.Event = field(default_factory=threading.Event)


def tokens(request: dict[str, Any]) -> int:
    """Count a request's prompt as the server does."""
    if "messages" in request:
        return sum(len(json.dumps(message)) for message in request["messages"]) // 4
    return len(request["prompt"])


@contextmanager
def serve(script: Script, port: int = 0) -> Iterator[str]:
    """Yield the base address of a server that follows the script."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            if route := script.routes.get(f"GET {self.path}"):
                self._send(*route(b""))
            else:
                self._send(200, {"object": "list", "data": script.models})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if route := script.routes.get(f"POST {self.path}"):
                self._send(*route(body))
                return
            request = json.loads(body)
            script.seen.append(request)
            script.arrived.set()
            script.headers.append({k.lower(): v for k, v in self.headers.items()})
            if script.drops_first:
                script.drops_first -= 1
                self._drop()
                return
            if script.status or script.always:
                status = script.status.pop(0) if script.status else script.always
                said = {"message": f"status {status}", "code": status}
                said = script.errors.pop(0) if script.errors else said
                self._send(status, {"error": said}, script.headers_sent)
                return
            if script.only_model and request["model"] != script.only_model:
                said = {"message": f"The model `{request['model']}` does not exist.", "code": 404}
                self._send(404, {"error": said})
                return
            sent, answer = tokens(request), request["max_tokens"]
            if script.window and sent + answer > script.window:
                assert script.wording
                self._send(400, {"error": script.wording(script.window, sent, answer)})
                return
            self._stream("messages" in request, sent)

        def _stream(self, chat: bool, sent: int) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if script.reasoning:
                self._event(
                    {"choices": [{"index": 0, "delta": {"reasoning_content": script.reasoning}}]}
                )
            for index, word in enumerate([*script.words, ""]):
                if index == script.hangs_after:
                    self._hang()
                    return
                if index == script.drops_after:
                    self._drop()
                    return
                if index == script.breaks_after:
                    self._chunk(f"data: {script.broken}\n\n".encode())
                    return
                if word:
                    said = {"delta": {"content": word}} if chat else {"text": word}
                    self._event({"choices": [{"index": 0, **said}]})
            if script.finish:
                said = {"delta": {}} if chat else {"text": ""}
                self._event({"choices": [{"index": 0, "finish_reason": script.finish, **said}]})
            usage = {
                "prompt_tokens": sent if script.counts is None else script.counts,
                "completion_tokens": len(script.words),
                "total_tokens": 0,
                "prompt_tokens_details": {"cached_tokens": 3},
                **script.details,
            }
            self._event({"choices": [], "usage": usage})
            self._chunk(b"data: [DONE]\n\n")
            self._chunk(b"")

        def _hang(self) -> None:
            """Say nothing more; note when the client leaves."""
            self.close_connection = True
            while not script.over.is_set():
                if select.select([self.connection], [], [], 0.02)[0]:
                    try:
                        gone = not self.connection.recv(1, socket.MSG_PEEK)
                    except OSError:
                        gone = True
                    if gone:
                        script.left.set()
                        return

        def _drop(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            self.connection.close()

        def _event(self, value: dict[str, Any]) -> None:
            named = {"id": "x", "object": "chunk", "created": 1, "model": "one", **value}
            if script.provider:
                named["provider"] = script.provider
            self._chunk(b"data: " + json.dumps(named).encode() + b"\n\n")

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

        def _send(
            self, status: int, value: Any, more: Mapping[str, str] = MappingProxyType({})
        ) -> None:
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, text in more.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(data)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        script.over.set()
        server.shutdown()
        server.server_close()
