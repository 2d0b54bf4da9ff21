"""Llama 4's tokens, with the vocabulary that Meta's `llama-models` package carries."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longread.types import Role

if TYPE_CHECKING:
    from splintr import Tokenizer
    from tiktoken import Encoding

RUN = re.compile(r"\s{500000}")
"""tiktoken panics on a run of a million spaces; runs are cut at half of that."""
SLICE = 100_000
"""Characters encoded at a time where tiktoken panics all the same."""
CUT = 500_000
"""Characters of such a run."""
NEAR = 1_000
"""Characters on one side or the other of any place that lies in one, which are in it too."""
LONG_S = "'\u017f"
"""Only with this, an apostrophe and a long s, does splintr differ from tiktoken, the reference, to
which it is "'s" in another case. In 500,000 texts made at random every difference had it."""


class Llama4Family:
    """Counts are the model's own: equal to `usage.prompt_tokens` of a server that runs it."""

    exact = True
    id = "llama4:1"
    """The number grows when the cutting rules change."""

    @property
    def stop_ids(self) -> tuple[int, ...]:
        """`<|end_of_text|>`, `<|eom|>` and `<|eot|>`."""
        return tuple(self._special[f"<|{name}|>"] for name in ("end_of_text", "eom", "eot"))

    @property
    def _encoding(self) -> Encoding:
        encoding: Encoding = self._tokenizer.model
        return encoding

    @cached_property
    def _special(self) -> dict[str, int]:
        """The ids behind the vocabulary, as the reference numbers them, which is not loaded."""
        from llama_models.llama4 import tokenizer

        names = [*tokenizer.BASIC_SPECIAL_TOKENS, *tokenizer.LLAMA4_SPECIAL_TOKENS]
        return {name: id for id, name in enumerate(names, self._vocabulary.count(b"\n"))}

    @cached_property
    def _vocabulary(self) -> bytes:
        from llama_models.llama4 import tokenizer

        return Path(tokenizer.__file__).with_name("tokenizer.model").read_bytes()

    @cached_property
    def _tokenizer(self) -> Any:
        # It takes 95 MiB: loaded for the few texts that only it encodes, and to decode.
        from llama_models.llama4.tokenizer import Tokenizer

        return Tokenizer.get_instance()

    @cached_property
    def _fast(self) -> Tokenizer:
        """The same vocabulary and pattern in splintr: a third of the time, a third of the load."""
        import splintr
        from llama_models.llama4 import tokenizer

        pattern = tokenizer.Tokenizer.O200K_PATTERN
        return splintr.Tokenizer.from_bytes(self._vocabulary, pattern, {})

    def encode(self, text: str) -> array[int]:
        """Return token ids of ordinary text."""
        if LONG_S in text:
            return self._by_reference(text)
        try:
            flat, _ = self._fast.encode_batch_flat(list(_cut(text)))
        except UnicodeEncodeError:  # half of a character, which tiktoken replaces
            return self._by_reference(text)
        ids = array("I")
        ids.frombytes(flat)
        return ids

    def _by_reference(self, text: str) -> array[int]:
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
        """Return how many tokens each text is."""
        # What must be cut, or asked elsewhere, is rare: all the others go in one call.
        odd = {i for i, t in enumerate(texts) if LONG_S in t or _may_have_run(t)}
        plain = [text for i, text in enumerate(texts) if i not in odd] if odd else list(texts)
        if not plain:
            return [len(self.encode(text)) for text in texts]
        try:
            _, offsets = self._fast.encode_batch_flat(plain)
        except UnicodeEncodeError:
            return [len(self.encode(text)) for text in texts]
        found = (b - a for a, b in pairwise(array("Q", offsets)))
        return [len(self.encode(t)) if i in odd else next(found) for i, t in enumerate(texts)]

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
            *self.encode(role),
            self._special["<|header_end|>"],
            *self.encode("\n\n"),
        ]


class EstimateFamily(Llama4Family):
    """For models whose tokenizer is not known: Llama 4's counts stand in, and are called so."""

    exact = False
    id = "estimate:1"


def _may_have_run(text: str) -> bool:
    """Whether a run so long can be in a text: a multiple of its length lies in it."""
    return len(text) >= CUT and any(
        text[max(0, at - NEAR) : at].isspace() or text[at : at + NEAR].isspace()
        for at in range(0, len(text), CUT)
    )


def _cut(text: str) -> Iterator[str]:
    """Yield the parts of a text that tiktoken takes without panic."""
    if not _may_have_run(text):
        yield text
        return
    start = 0
    for run in RUN.finditer(text):
        yield text[start : run.end()]
        start = run.end()
    if start < len(text):
        yield text[start:]
