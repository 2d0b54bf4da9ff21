"""Llama 4's tokens, with the vocabulary that Meta's `llama-models` package carries."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from longread.types import Role

if TYPE_CHECKING:
    from tiktoken import Encoding

RUN = re.compile(r"\s{500000}")
"""tiktoken panics on a run of a million spaces; runs are cut at half of that."""
SLICE = 100_000
"""Characters encoded at a time where tiktoken panics all the same."""


class Llama4Family:
    """Counts are the model's own: equal to `usage.prompt_tokens` of a server that runs it."""

    exact = True
    id = "llama4:1"
    """The number grows when the cutting rules change."""

    @property
    def stop_ids(self) -> tuple[int, ...]:
        """`<|end_of_text|>`, `<|eom|>` and `<|eot|>`."""
        return tuple(self._tokenizer.stop_tokens)

    @property
    def _encoding(self) -> Encoding:
        encoding: Encoding = self._tokenizer.model
        return encoding

    @property
    def _special(self) -> dict[str, int]:
        special: dict[str, int] = self._tokenizer.special_tokens
        return special

    @cached_property
    def _tokenizer(self) -> Any:
        # Loaded when the first text is encoded: where every count is cached, none is.
        from llama_models.llama4.tokenizer import Tokenizer

        return Tokenizer.get_instance()

    def encode(self, text: str) -> array[int]:
        """Return token ids of ordinary text."""
        ids = array("I")
        for part in _cut(text):
            try:
                ids.extend(self._encoding.encode_ordinary(part))
            except BaseException as error:
                if type(error).__name__ != "PanicException":
                    raise
                for start in range(0, len(part), SLICE):
                    ids.extend(self._encoding.encode_ordinary(part[start : start + SLICE]))
        return ids

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text is; the encoder lets go of the interpreter's lock."""
        if sum(map(len, texts)) < SLICE:
            return [len(self.encode(text)) for text in texts]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return list(threads.map(lambda text: len(self.encode(text)), texts))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of token ids."""
        return self._encoding.decode(list(ids))

    def frame(self, roles: Sequence[Role]) -> tuple[array[int], ...]:
        """Return the template's ids, as in `llama_models/llama4/chat_format.py`."""
        eot = [self._special["<|eot|>"]]
        ends = [[self._special["<|begin_of_text|>"]], *([eot] * len(roles))]
        return tuple(
            array("I", [*end, *self._header(role)])
            for end, role in zip(ends, [*roles, "assistant"], strict=True)
        )

    def _header(self, role: str) -> list[int]:
        return [
            self._special["<|header_start|>"],
            *self._encoding.encode_ordinary(role),
            self._special["<|header_end|>"],
            *self._encoding.encode_ordinary("\n\n"),
        ]


class EstimateFamily(Llama4Family):
    """For models whose tokenizer is not known: Llama 4's counts stand in, and are called so."""

    exact = False
    id = "estimate:1"


def _cut(text: str) -> Iterator[str]:
    """Yield the parts of a text that tiktoken takes without panic."""
    start = 0
    for run in RUN.finditer(text):
        yield text[start : run.end()]
        start = run.end()
    if start < len(text):
        yield text[start:]
