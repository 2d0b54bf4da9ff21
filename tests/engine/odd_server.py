"""A server on loopback that speaks the protocol well or badly, as a test wishes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What the server does, and what it was sent."""

    words: list[str] = field(default_factory=lambda: ["It ", "is ", "so."])
    status: list[int] = field(default_factory=list)
    """Statuses of the first requests; 200 afterwards."""
    drops_after: int | None = None
    """Words after which the connection is dropped."""
    finish: str | None = "stop"
    counts: int | None = None
    """Prompt tokens it claims; None: as many as were sent."""
    reasoning: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def serve(script: Script) -> Iterator[str]:
    """Yield the base address of a server that follows the script."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._json(200, {"object": "list", "data": [{"id": "one", "object": "model"}]})

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            script.seen.append(request)
            script.headers.append({k.lower(): v for k, v in self.headers.items()})
            if script.status:
                status = script.status.pop(0)
                self._json(status, {"error": {"message": f"status {status}", "code": status}})
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            chat = "messages" in request
            if script.reasoning:
                self._event(
                    {"choices": [{"index": 0, "delta": {"reasoning_content": script.reasoning}}]}
                )
            for index, word in enumerate(script.words):
                if index == script.drops_after:
                    self.close_connection = True
                    self.connection.close()
                    return
                said = {"delta": {"content": word}} if chat else {"text": word}
                self._event({"choices": [{"index": 0, **said}]})
            if script.finish:
                said = {"delta": {}} if chat else {"text": ""}
                self._event({"choices": [{"index": 0, "finish_reason": script.finish, **said}]})
            sent = len(request["prompt"]) if not chat else 7
            usage = {
                "prompt_tokens": sent if script.counts is None else script.counts,
                "completion_tokens": len(script.words),
                "total_tokens": 0,
                "prompt_tokens_details": {"cached_tokens": 3},
            }
            self._event({"choices": [], "usage": usage})
            self._chunk(b"data: [DONE]\n\n")
            self._chunk(b"")

        def _event(self, value: dict[str, Any]) -> None:
            named = {"id": "x", "object": "chunk", "created": 1, "model": "one", **value}
            self._chunk(b"data: " + json.dumps(named).encode() + b"\n\n")

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

        def _json(self, status: int, value: dict[str, Any]) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
