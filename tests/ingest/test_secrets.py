"""Credentials are masked, lines stay where they are, and nothing else is touched."""

from __future__ import annotations

import re

import pytest

from longread.ingest import secrets

# Put together here, so that no scanner takes this file for a leak.
GITHUB = "ghp" + "_a8Fk29dKq0ZmX7LwB3nR5vTyU1cEhJ4sPgQo"
SLACK = "xoxb" + "-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"
AWS_ID = "AKIA" + "Q6XPLE7HZN3WVT4B"
AWS_KEY = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYzK3hT9qLmA"
LINE = "MIIEpAIBAAKCAQEA7bq3fYh2kP9sXcVnLwR8tZ0mQeUjD4aGyB6oTiKpF1xWzSvN"
KEY = "-----BEGIN RSA PRIVATE" + " KEY-----\n" + f"{LINE}\n" * 5 + "-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret", "name"),
    [
        (f"token = '{GITHUB}'\n", GITHUB, "github-pat"),
        (f"slack: {SLACK}\n", SLACK, "slack-bot-token"),
        (f"id = {AWS_ID}\n", AWS_ID, "aws-access-key-id"),
        (f'aws_secret_access_key = "{AWS_KEY}"\n', AWS_KEY, "aws-secret-access-key"),
        (f"key = '''{KEY}'''\n", KEY, "private-key"),
        ("db = postgres://ann:Xk29sLq8Zm@db/x\n", "Xk29sLq8Zm", "generic-credential-uri"),
    ],
)
def test_a_secret_is_masked_and_named(text: str, secret: str, name: str) -> None:
    masked, count = secrets.mask(text)
    breaks = "\n" * secret.count("\n")
    assert masked == text.replace(secret, f"[masked: {name}]{breaks}")
    assert count == 1


def test_a_private_key_keeps_its_lines() -> None:
    text = f"before\n{KEY}\nafter\n"
    masked, _ = secrets.mask(text)
    assert masked.split("\n").index("after") == text.split("\n").index("after")
    assert LINE not in masked


def test_a_private_key_cut_short_is_masked_too() -> None:
    masked, count = secrets.mask(KEY.rpartition("\n")[0] + "\n")
    assert (LINE in masked, count) == (False, 1)


def test_offsets_hold_behind_letters_of_more_than_one_byte() -> None:
    masked, _ = secrets.mask(f"é€😀 = '{GITHUB}' # é\n")
    assert masked == "é€😀 = '[masked: github-pat]' # é\n"


def test_offsets_hold_for_many_secrets_among_long_letters() -> None:
    tokens = [GITHUB[:-2] + f"{number:02}" for number in range(60)]
    text = "".join(f"ключ{'é' * n} = '{token}' # €\n" for n, token in enumerate(tokens))
    masked, count = secrets.mask(text)
    assert count == 60
    assert masked == "".join(f"ключ{'é' * n} = '[masked: github-pat]' # €\n" for n in range(60))


def test_offsets_hold_behind_a_byte_order_mark_within_the_text() -> None:
    masked, _ = secrets.mask(f"\ufeff\ufefftoken = '{GITHUB}'\n")
    assert GITHUB not in masked


def test_a_secret_is_masked_wherever_it_is_repeated() -> None:
    masked, count = secrets.mask(f"{AWS_KEY}\naws_secret_access_key = '{AWS_KEY}'\n")
    assert (AWS_KEY in masked, count) == (False, 2)


def test_both_halves_of_a_pair_are_masked() -> None:
    masked, count = secrets.mask(f"aws_access_key_id={AWS_ID}\naws_secret_access_key={AWS_KEY}\n")
    assert re.sub(r"\[masked: [\w-]+\]", "*", masked) == (
        "aws_access_key_id=*\naws_secret_access_key=*\n"
    )
    assert count == 2


def test_ordinary_text_is_left_alone() -> None:
    text = "password = getpass()\nkey = 'AKIAIOSFODNN7EXAMPLE'\nsha = '" + "ab12" * 10 + "'\n"
    assert secrets.mask(text) == (text, 0)


def test_a_secret_that_runs_across_pages_is_masked_on_both() -> None:
    lines = KEY.split("\n")
    pages, masks = secrets.mask_parts(
        ["Annex\n" + "\n".join(lines[:3]), "\n".join(lines[3:]) + "\nend", "last"]
    )
    assert secrets.notes(masks) == ("masked: private-key",)
    assert not any(LINE in page for page in pages)
    assert pages[0].startswith("Annex\n[masked: private-key]")
    assert pages[1].endswith("\nend")
    assert pages[2] == "last"
