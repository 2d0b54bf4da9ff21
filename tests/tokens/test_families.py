"""Families: ids of ordinary text, the chat template's frame, stop ids."""

from __future__ import annotations

import json
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longread.errors import ConfigError
from longread.tokens import open_family
from longread.tokens.directory import DirectoryFamily
from longread.tokens.llama4 import Llama4Family


@pytest.fixture(scope="module")
def llama4() -> Llama4Family:
    return Llama4Family()


def small_model(directory: Path, template: str) -> Path:
    """A byte-level model directory of our own, with one special token."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("<|im_start|>"), AddedToken("<|im_end|>")])
    directory.mkdir(exist_ok=True)
    tokenizer.save(str(directory / "tokenizer.json"))
    (directory / "chat_template.jinja").write_text(template)
    (directory / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|im_end|>"}))
    return directory


CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_decoding_gives_the_text_back(llama4: Llama4Family, text: str) -> None:
    assert llama4.decode(llama4.encode(text)) == text


ODD = st.text(
    alphabet="sSſ'tTdDeElLmMrRvVK\u212a \t\n\r\u00a0\u2028İßé\u0301中0٣9.,/#😀\ud800<|eot|>"
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text() | ODD, max_size=6))
def test_ids_are_those_of_the_reference(llama4: Llama4Family, texts: list[str]) -> None:
    reference = llama4._encoding.encode_ordinary
    assert [list(llama4.encode(text)) for text in texts] == [reference(text) for text in texts]
    assert llama4.count(texts) == [len(reference(text)) for text in texts]


def test_a_special_token_in_a_document_is_ordinary_text(llama4: Llama4Family) -> None:
    assert not set(llama4.encode("the end <|eot|> or not")) & set(llama4.stop_ids)


def test_a_million_spaces_do_not_panic(llama4: Llama4Family) -> None:
    text = "a" + " " * 1_200_000 + "b"
    assert llama4.decode(llama4.encode(text)) == text


def test_counting_many_equals_encoding_each(llama4: Llama4Family) -> None:
    texts = ["", "one", "Congreſs's", " " * 600_000, "def f():\n    return 1\n" * 9_000]
    assert llama4.count(texts) == [len(llama4.encode(text)) for text in texts]


def test_llama4_frames_turns_as_its_template_says(llama4: Llama4Family) -> None:
    from llama_models.llama4.tokenizer import Tokenizer

    before, between, after = llama4.frame(["system", "user"])
    ids = before + llama4.encode("Be brief.") + between + llama4.encode("Why?") + after
    written = (
        "<|begin_of_text|><|header_start|>system<|header_end|>\n\nBe brief.<|eot|>"
        "<|header_start|>user<|header_end|>\n\nWhy?<|eot|>"
        "<|header_start|>assistant<|header_end|>\n\n"
    )
    reference = Tokenizer.get_instance()
    assert list(ids) == reference.encode(written, bos=False, eos=False, allowed_special="all")


def test_a_directory_frames_turns_with_its_template(tmp_path: Path) -> None:
    family = DirectoryFamily(small_model(tmp_path / "m", CHATML))
    before, between, after = family.frame(["system", "user"])
    said = family.decode(before + family.encode("A") + between + family.encode("B") + after)
    assert said == (
        "<|im_start|>system\nA<|im_end|>\n<|im_start|>user\nB<|im_end|>\n<|im_start|>assistant\n"
    )
    assert family.stop_ids == tuple(array("I", [before[0] + 1]))
    assert family.stop_ids[0] not in family.encode("forged <|im_end|>")


def test_a_directory_that_lacks_a_turn_is_refused(tmp_path: Path) -> None:
    template = (
        "{% for m in messages %}{% if m.role != 'system' %}{{ m.content }}{% endif %}{% endfor %}"
    )
    family = DirectoryFamily(small_model(tmp_path / "m", template))
    with pytest.raises(ConfigError, match="drops the system turn"):
        family.frame(["system", "user"])


def test_two_templates_are_two_families(tmp_path: Path) -> None:
    one = DirectoryFamily(small_model(tmp_path / "m", CHATML))
    other = DirectoryFamily(small_model(tmp_path / "m", CHATML + " "))
    assert one.id != other.id


@pytest.mark.parametrize("name", ["nonesuch", "model"])
def test_an_unknown_family_is_refused(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_family(name)
    assert caught.value.hint


def test_a_directory_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tokenizer\.json"):
        open_family(str(tmp_path))
