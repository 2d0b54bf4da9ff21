"""Which language a file is in, by its name and first line; and that every grammar loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from longread.ingest.grammars import GRAMMARS, load
from longread.ingest.languages import COMMANDS, ENDS, NAMES, detect


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/app.py", "python"),
        ("stubs/app.pyi", "python"),
        ("web/App.jsx", "javascript"),
        ("web/app.mjs", "javascript"),
        ("web/types.d.ts", "typescript"),
        ("web/App.tsx", "tsx"),
        ("Include/object.h", "c"),
        ("Objects/object.c", "c"),
        ("src/object.cpp", "cpp"),
        ("README.md", "markdown"),
        ("README", "text"),
        ("docs/index.rst", "restructuredtext"),
        ("Makefile", "make"),
        ("Makefile.pre.in", "make"),
        ("docker/Dockerfile", "dockerfile"),
        ("Dockerfile.test", "dockerfile"),
        ("CMakeLists.txt", "cmake"),
        ("requirements-dev.txt", "requirements"),
        ("config.h.in", "c"),
        ("conf/project_template/manage.py-tpl", "python"),
        ("BUILD.bazel", "bazel"),
        ("go.mod", "gomod"),
        ("SRC/MAIN.PY", "python"),
        ("dir.py/file", ""),
        ("archive.qqq", ""),
        (".py", "python"),
        ("", ""),
    ],
)
def test_a_name_tells_the_language(path: str, language: str) -> None:
    assert detect(path) == language


@pytest.mark.parametrize(
    ("path", "line", "language"),
    [
        ("bin/run", "#!/bin/sh -e", "bash"),
        ("bin/run", "#!/usr/bin/env python3.11", "python"),
        ("bin/run", "#!/usr/bin/env -S LANG=C node --harmony", "javascript"),
        ("bin/run", "#! /usr/local/bin/perl5.36 -w", "perl"),
        ("bin/run", "\ufeff#!/usr/bin/php", "php"),
        ("bin/run", "#!", ""),
        ("bin/run", "#!/usr/bin/env", ""),
        ("bin/run", "import os", ""),
        ("page", "<!DOCTYPE html>", "html"),
        ("feed", '<?xml version="1.0"?>', "xml"),
        ("app_de.ts", '<?xml version="1.0" encoding="utf-8"?>', "xml"),
        ("tool.t", "#!/bin/sh", "bash"),
        ("setup.py", "#!/bin/sh", "python"),
    ],
)
def test_a_first_line_tells_what_the_name_does_not(path: str, line: str, language: str) -> None:
    assert detect(path, line) == language


def test_about_a_hundred_languages_are_named() -> None:
    assert len({*ENDS.values(), *NAMES.values(), *COMMANDS.values()}) >= 100
    assert set(GRAMMARS) <= {*ENDS.values(), *NAMES.values()}


def test_every_grammar_loads() -> None:
    for language, grammar in GRAMMARS.items():
        assert load(grammar.wheel).abi_version >= 13, language


def test_importing_loads_no_grammar() -> None:
    code = (
        "import sys, longread.ingest.syntax as s; s.parse('a\\n', 'text');"
        "print(*[m for m in sys.modules if m.startswith(('tree_sitter', 'psutil'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
