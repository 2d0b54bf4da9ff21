"""Encodings are found, named, and remembered rightly; what is no text is said to be none."""

from __future__ import annotations

import codecs

import pytest

from longread.ingest.text import DAMAGED, count_lines, decode


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"plain\n", "plain\n", "utf-8"),
        ("é€😀\n".encode(), "é€😀\n", "utf-8"),
        (codecs.BOM_UTF8 + "é".encode(), "é", "utf-8-sig"),
        ("é€😀\n".encode("utf-16"), "é€😀\n", "utf-16"),
        (codecs.BOM_UTF16_BE + "é\n".encode("utf-16-be"), "é\n", "utf-16"),
        ("é😀\n".encode("utf-32"), "é😀\n", "utf-32"),
        ("# -*- coding: koi8-r -*-\nпривет\n".encode("koi8-r"),
         "# -*- coding: koi8-r -*-\nпривет\n", "koi8-r"),
        (b'<?xml version="1.0" encoding="iso-8859-15"?>\n<a>\xa4</a>\n',
         '<?xml version="1.0" encoding="iso-8859-15"?>\n<a>€</a>\n', "iso8859-15"),
        (b"one\r\ntwo\rthree\n\x0cfour", "one\ntwo\nthree\n\x0cfour", "utf-8"),
    ],
)  # fmt: skip
def test_text_is_decoded_and_its_encoding_named(data: bytes, text: str, encoding: str) -> None:
    assert decode(data) == (text, encoding)
    assert decode(data, encoding) == (text, encoding)


def test_an_unnamed_legacy_encoding_is_guessed() -> None:
    text = "Größere Änderungen über müßige Übungen, nämlich für fünf Bücher.\n" * 20
    decoded, encoding = decode(text.encode("cp1252"))
    assert decoded == text
    assert encoding in ("cp1252", "iso8859-1", "latin-1", "cp1250", "iso8859-15", "iso8859-2")
    assert decode(text.encode("cp1252"), encoding) == (text, encoding)


def test_a_few_bad_bytes_do_not_spoil_the_rest() -> None:
    data = "Ünïcödé tèxt, lêttérs\n".encode() * 50 + b"\xff\n"
    text, encoding = decode(data)
    assert encoding == DAMAGED
    assert text == "Ünïcödé tèxt, lêttérs\n" * 50 + "\ufffd\n"
    assert decode(data, encoding) == (text, encoding)


@pytest.mark.parametrize(
    "data",
    [
        b"a\0b",
        bytes(range(256)) * 4,
        b"\xff\xfe\x00",
        codecs.BOM_UTF16_LE + b"\x00\xd8",
        codecs.BOM_UTF16_LE + b"a\x00\x00\x00",
        b"\x01\x02\x03\x04" * 10,
    ],
)
def test_what_is_no_text_is_said_to_be_none(data: bytes) -> None:
    assert decode(data) == ("", "")


@pytest.mark.parametrize("name", ["rot13", "zlib", "undefined", "idna", "../../x", "cp99999"])
def test_a_false_declaration_is_not_believed(name: str) -> None:
    text, encoding = decode(f"# coding: {name}\ncaf".encode() + b"\xe9 und M\xfcll\n")
    assert encoding
    assert "caf" in text


@pytest.mark.parametrize(
    ("text", "lines"), [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\n", 2), ("a\x0cb", 1)]
)
def test_lines_are_counted_as_editors_do(text: str, lines: int) -> None:
    assert count_lines(text) == lines


def test_of_encodings_that_are_as_likely_the_western_one_is_meant() -> None:
    french = "Le présent contrat est conclu à Genève, où les délais s’appliquent. "
    assert decode(french.encode("cp1252")) == (french, "cp1252")
    polish = "Niniejsza umowa została zawarta. Właściciel, świadczący usługę, żąda zapłaty. "
    assert decode(polish.encode("cp1250")) == (polish, "cp1250")
