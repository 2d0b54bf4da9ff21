"""A small server in vLLM's place, which takes vLLM's arguments and misbehaves as it is told.

Its own options go where a profile's `arguments` go. It is run as a program by tests of the
supervisor and imports nothing of longread.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OPTIONS = argparse.ArgumentParser()
OPTIONS.add_argument("--port", type=int)
OPTIONS.add_argument("--ready-after", type=float, default=0, help="seconds")
OPTIONS.add_argument("--die", default="", help="at once, with these last words")
OPTIONS.add_argument("--unwell-while", type=Path, help="as long as this file is there")
OPTIONS.add_argument("--silent-while", type=Path, help="answer nobody as long as this is there")
OPTIONS.add_argument("--die-unless", type=Path, help="at once, unless this file is there")
OPTIONS.add_argument("--child", type=Path, help="start a stubborn child, and write its id here")

options, _ = OPTIONS.parse_known_args()
born = time.monotonic()
print("(APIServer pid=1) INFO 01-01 00:00:00 [loader.py:1] Loading the model", flush=True)
if options.die or (options.die_unless and not options.die_unless.exists()):
    print(options.die, file=sys.stderr, flush=True)
    raise SystemExit(7)
if options.child:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", stubborn])
    options.child.write_text(str(child.pid))


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        while options.silent_while and options.silent_while.exists():
            time.sleep(0.05)
        unwell = options.unwell_while and options.unwell_while.exists()
        if self.path == "/health":
            self.send_response(
                503 if unwell or time.monotonic() < born + options.ready_after else 200
            )
        elif self.path == "/metrics":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(Path(__file__).with_name("vllm_metrics.txt").read_bytes())
            return
        else:
            known = self.headers["Authorization"] == f"Bearer {os.environ['VLLM_API_KEY']}"
            self.send_response(200 if known else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
ThreadingHTTPServer(("127.0.0.1", options.port), Server).serve_forever()
