"""Files of the cache that several begin at once: each is made once, and none is taken away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

INDEX = r"""
from longread.cache.search import SearchIndex
opened = SearchIndex(path)
opened.sync({f"c{n}": lambda: [(0, "heat", "some words")] for n in range(20)})
told(f"{len(opened.defining('heat', 100))} {len(opened.search(['words'], 100))}\n")
"""
VALUES = r"""
from longread.cache.derived import Derived
with Derived(path) as cache:
    cache.put("a:1", [("x", b"one")])
    told(cache.get("a:1", ["x"])["x"].decode() + "\n")
"""
AT_ONCE = """
import sys, threading
from pathlib import Path
for folder in sys.argv[2:]:
    path, all_here = Path(folder) / "new.db", threading.Barrier(4)
    def begin():
        all_here.wait()
        exec(sys.argv[1], {"path": path, "told": sys.stdout.write})
    begun = [threading.Thread(target=begin) for _ in range(4)]
    for one in begun: one.start()
    for one in begun: one.join()
"""


@pytest.mark.parametrize(("opening", "said"), [(INDEX, "20 20"), (VALUES, "one")])
def test_a_file_that_several_begin_at_once_is_whole(
    tmp_path: Path, opening: str, said: str
) -> None:
    # In a process of their own: where a file was taken from under another, that one was killed.
    folders = [str(tmp_path / str(n)) for n in range(20)]
    command = [sys.executable, "-c", AT_ONCE, opening, *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n") == [*[said] * 80, ""]
