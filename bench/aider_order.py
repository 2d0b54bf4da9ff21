"""Answer in which order aider's map ranks the files of a folder; run by a Python that has aider.

Reads lines of JSON, {"root": …, "files": […], "question": …}, and answers each with a line of
JSON: the files, best first. Nothing of longread is imported here, and aider asks no model.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

from aider.repomap import RepoMap

NAME = 5
"""Letters from which a word of the question that is a file's name counts as naming it (aider's
own rule, `Coder.get_ident_filename_matches`)."""


def main() -> None:
    """Answer until there are no more questions."""
    silent = SimpleNamespace(
        tool_output=lambda *_: None,
        tool_warning=lambda *_: None,
        tool_error=lambda *_: None,
        read_text=lambda name: Path(name).read_text(encoding="utf-8", errors="replace"),
    )
    maps: dict[str, RepoMap] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        root, files = Path(asked["root"]), asked["files"]
        if asked["root"] not in maps:
            maps[asked["root"]] = RepoMap(root=asked["root"], main_model=None, io=silent)
        idents = set(re.split(r"\W+", asked["question"]))
        low = {ident.lower() for ident in idents if len(ident) >= NAME}
        named = {file for file in files if Path(file).stem.lower() in low}
        every = [str(root / file) for file in files]
        tags = maps[asked["root"]].get_ranked_tags([], every, named, idents)
        print(json.dumps(list(dict.fromkeys(tag[0] for tag in tags))), flush=True)


if __name__ == "__main__":
    main()
