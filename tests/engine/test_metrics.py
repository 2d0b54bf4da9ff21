"""Speeds and shares are those of vLLM's own counters; the sample is what vLLM 0.32 printed."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from longread.engine import metrics

SAMPLE = Path(__file__).with_name("vllm_metrics.txt").read_text()


def test_counters_become_queue_cache_and_speed() -> None:
    load = metrics.read(SAMPLE)
    assert load
    assert (load.running, load.waiting, load.cache_used) == (2, 3, 0.25)
    assert (load.prompt_tokens, load.answer_tokens) == (65_536, 16)
    assert (load.reused_tokens, load.offloaded_tokens) == (32_768, 128)
    assert load.reused == 0.5
    assert load.prompt_speed == 32_896 / 8
    assert load.answer_speed == 14 / 0.25


def test_several_engines_behind_one_server_are_added_up() -> None:
    load = metrics.read(SAMPLE + SAMPLE.replace('engine="0"', 'engine="1"').replace("0.25", "0.5"))
    assert load
    assert (load.running, load.waiting, load.cache_used) == (4, 6, 0.5)
    assert load.reused == 0.5


def test_before_the_first_question_there_is_no_speed() -> None:
    load = metrics.read("vllm:num_requests_running 0.0\nvllm:num_requests_waiting 0.0\n")
    assert load
    assert (load.reused, load.prompt_speed, load.answer_speed) == (None, None, None)


def test_a_server_without_such_counters_says_nothing() -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"process_resident_memory_bytes 5.3e+08\n")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    assert metrics.ask(server.server_address[1]) is None
    server.shutdown()
    server.server_close()
    assert metrics.ask(server.server_address[1]) is None
