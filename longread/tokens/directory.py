"""Any model that lies in a directory: `tokenizer.json`, `chat_template.jinja`, stop ids."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from longread.errors import ConfigError
from longread.types import Role

PLACE = "\uf8ff{}\uf8ff"
"""Stands for a turn's content while the template is rendered; private use, so never in one."""


class DirectoryFamily:
    """A model directory as Hugging Face lays it out."""

    exact = True

    def __init__(self, directory: Path) -> None:
        from tokenizers import Tokenizer

        source = directory / "tokenizer.json"
        try:
            data = source.read_bytes()
            self._tokenizer: Any = Tokenizer.from_buffer(data)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{directory} has no usable tokenizer.json",
                hint="name a directory with tokenizer.json, as Hugging Face lays models out",
            ) from error
        # What looks like a special token inside a document is ordinary text.
        self._tokenizer.encode_special_tokens = True
        settings = _read_json(directory / "tokenizer_config.json")
        self._template = _template(directory, settings)
        self._names = {name: _token_text(settings.get(name)) for name in ("bos_token", "eos_token")}
        self.stop_ids = self._stop_ids(directory)
        digest = hashlib.blake2b(data, digest_size=8)
        digest.update(self._template.encode())
        self.id = f"{directory.name}:{digest.hexdigest()}:1"

    def encode(self, text: str) -> array[int]:
        """Return token ids of ordinary text."""
        return array("I", self._tokenizer.encode(text, add_special_tokens=False).ids)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text is; the library uses all cores."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(one.ids) for one in encoded]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of token ids."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=False)
        return text

    def frame(self, roles: Sequence[Role]) -> tuple[array[int], ...]:
        """Return the template's ids: it is rendered around stand-ins, and cut there."""
        messages = [
            {"role": role, "content": PLACE.format(index)} for index, role in enumerate(roles)
        ]
        left = self._render(messages)
        parts: list[str] = []
        for index in range(len(roles)):
            before, found, left = left.partition(PLACE.format(index))
            if not found:
                raise ConfigError(
                    f"the model's chat template drops the {roles[index]} turn",
                    hint='use route = "text", where the server applies its own template',
                )
            parts.append(before)
        return tuple(map(self._literal, [*parts, left]))

    def _render(self, messages: list[dict[str, str]]) -> str:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        def refuse(message: str) -> None:
            raise TemplateError(message)

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = refuse
        # A date in the template would change the first tokens every day.
        environment.globals["strftime_now"] = lambda _format: "1 January 2025"
        try:
            return environment.from_string(self._template).render(
                messages=messages, add_generation_prompt=True, **self._names
            )
        except TemplateError as error:
            raise ConfigError(
                f"the model's chat template cannot be used: {error}",
                hint='use route = "text", where the server applies its own template',
            ) from error

    def _literal(self, text: str) -> array[int]:
        self._tokenizer.encode_special_tokens = False
        try:
            return self.encode(text)
        finally:
            self._tokenizer.encode_special_tokens = True

    def _stop_ids(self, directory: Path) -> tuple[int, ...]:
        listed = _read_json(directory / "generation_config.json").get("eos_token_id", [])
        found = list(listed) if isinstance(listed, list) else [listed]
        own = self._tokenizer.token_to_id(self._names["eos_token"])
        return tuple(dict.fromkeys([*found, *([] if own is None else [own])]))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _template(directory: Path, settings: dict[str, Any]) -> str:
    try:
        return (directory / "chat_template.jinja").read_text(encoding="utf-8")
    except OSError:
        written = settings.get("chat_template")
    if isinstance(written, str):
        return written
    raise ConfigError(
        f"{directory} has no chat template",
        hint="add chat_template.jinja to it, or choose the instruct variant of the model",
    )


def _token_text(value: object) -> str:
    """Return a special token's text; older files wrap it in an object."""
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else ""
