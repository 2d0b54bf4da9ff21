"""Credentials are masked, lines stay where they are, and nothing else is touched."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longread.ingest import notebook, secrets
from longread.ingest.text import decode


def load(path: Path) -> ModuleType:
    """Return a module that belongs to no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


credentials = load(Path(__file__).parents[2] / "bench" / "credentials.py")

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
        ("db = postgres://ann:replace9me@db/x\n", "replace9me", "generic-credential-uri"),
        ("db = oracle+oracledb://scott:tiger@db/x\n", "tiger", "database-password"),
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


FRAGMENTS = (
    "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----", f"{LINE}\n",
    "kind: Secret\n", "data:\n", "  password: c2VjcmV0IHdvcmRz\n", "  note: |\n    one\n    two\n",
    '{"kind": "Secret", "data": {', '"a": "c2VjcmV0IHdvcmRz"', "}}", "\n---\n", "\n", "\r\n", "\\n",
    f"token = '{GITHUB}'", f"aws_secret_access_key = {AWS_KEY}", "machine a login b\npassword c1\n",
    "password: ", "\u2028", "\f", "\v", "\x85", "é😀", "\ufeff", "\0", "\ud800", " ",
)  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=30), max_size=25).map("".join))
def test_lines_stay_where_they_are_in_any_text(text: str) -> None:
    masks = secrets.find(text)
    masked = secrets.apply(text, masks)
    assert masked.count("\n") == text.count("\n")
    ends = [0, *(place for mask in masks for place in (mask.start, mask.end)), len(text)]
    assert ends == sorted(ends)
    for before, after in zip(text.split("\n"), masked.split("\n"), strict=True):
        assert before == after or "[masked: " in masked
    if not masks:
        assert masked == text


@pytest.mark.parametrize("kind", credentials.KINDS)
def test_every_kind_is_masked_in_every_file_it_comes_in(kind: str) -> None:
    credential = credentials.KINDS[kind](Random(kind))
    shapes = 0
    for shape, raw in credentials.files(credential):
        text = decode(raw.encode())[0]
        if shape == "notebook":
            cells = notebook.extract(text)
            assert cells
            text = cells.text
        assert credentials.leaks(text, credential)
        masked, count = secrets.mask(text)
        assert not credentials.leaks(masked, credential), shape
        assert count > 0
        assert masked.count("\n") == text.count("\n")
        shapes += 1
    assert shapes > 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_secrets_are_masked_however_a_file_is_written(encoding: str, end: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    written = f"{mark}# clé\ntoken = '{GITHUB}'\n{KEY}\nend\n".replace("\n", end).encode(encoding)
    text, _ = decode(written)
    masked, count = secrets.mask(text)
    gap = "\n" * KEY.count("\n")
    assert masked.lstrip("\ufeff") == (
        f"# clé\ntoken = '[masked: github-pat]'\n[masked: private-key]{gap}\nend\n"
    )
    assert count == 2


def test_line_ends_of_two_characters_do_not_part_a_key() -> None:
    masked, count = secrets.mask(f"{KEY}\nend\n".replace("\n", "\r\n"))
    assert (LINE in masked, count) == (False, 1)
    cut, count = secrets.mask(KEY.rpartition("\n")[0].replace("\n", "\r\n"))
    assert (LINE in cut, count) == (False, 1)


def test_a_secret_in_one_line_of_a_million_characters_is_masked() -> None:
    text = f"{'a=b;' * 125_000}token='{GITHUB}';{'c(d);' * 100_000}"
    masked, count = secrets.mask(text)
    assert count == 1
    assert masked == text.replace(GITHUB, "[masked: github-pat]")


def test_code_that_speaks_of_keys_keeps_its_text() -> None:
    code = (
        "BEGIN = '-----BEGIN RSA PRIVATE" + " KEY-----'\n"
        + "def wrap(data):\n    return BEGIN + '\\n' + encode(data) + END\n" * 9
        + "END = '-----END RSA PRIVATE" + " KEY-----'\n"
    )  # fmt: skip
    assert secrets.mask(code) == (code, 0)


def test_of_a_service_account_only_its_key_is_masked() -> None:
    credential = credentials.KINDS["google service account"](Random(1))
    masked, _ = secrets.mask(credential.value)
    assert '"client_email": "robot@shop-422811.iam.gserviceaccount.com"' in masked
    assert masked.count("[masked: private-key]") == 1


def test_a_manifest_keeps_its_names() -> None:
    text = (
        "kind: ConfigMap\ndata:\n  motd: hello there\n---\n"
        "apiVersion: v1\nkind: Secret\ndata:\n  user: YWRtaW4x\n  file.pem: |\n    AAAA\n    BBBB\n"
        "stringData: {pin: 'a b c d'}\ntype: Opaque\n---\nkind: Service\n"
    )
    hole = "[masked: kubernetes-secret-yaml]"
    assert secrets.mask(text)[0] == (
        "kind: ConfigMap\ndata:\n  motd: hello there\n---\n"
        f"apiVersion: v1\nkind: Secret\ndata:\n  user: {hole}\n  file.pem: |\n{hole}\n\n"
        f"stringData: {{pin: '{hole}'}}\ntype: Opaque\n---\nkind: Service\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "password = request.POST['password1']",
        "self.auth_token = get_random_token(length=32)",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "DB_PASSWORD=${DB_PASSWORD:-changeme}",
        "api_key: '<your-api-key-here>'",
        "url = 'postgres://user:password@localhost/db'",
        "password = 'pbkdf2_sha256$10000$LUyhxJjuLwXF$f6Zbpnx1L5dPze8m0itBaHMDyZ/n6JyhuavQy='",
        "PublicKeyToken=b77a5c561934e089",
        "access_key_id = settings.AWS_ACCESS_KEY_ID",
        "secret = 'abcdefghijklmnop0123456789'",
        "aws_session_token = self.session_token_of_provider",
        "integrity sha512-k2EmdSVB1J7kd6bDPaHXCDBKBWUSbWJQJqBDc3RtxKCTcIOhX0bW1sJmWkP+dQyqKQyqF2=",
        '{"auth": "none"}',
        "commit 6bd662c1a2b34c5d6e7f8091a2b3c4d5e6f70819",
    ],
)
def test_what_only_sounds_like_a_secret_is_shown(line: str) -> None:
    assert secrets.mask(f"{line}\n") == (f"{line}\n", 0)


def test_the_ledger_can_say_which_rules_masked_what() -> None:
    masks = secrets.find(f"a = '{GITHUB}'\nb = '{GITHUB}'\nid = {AWS_ID}\n")
    assert secrets.notes(masks) == ("masked: github-pat ×2, aws-access-key-id",)
    assert secrets.notes(()) == ()


def test_rules_are_named_without_their_numbers() -> None:
    masked, _ = secrets.mask("RESEND=re_" + "Xk29sLq8_Zm4TqWb7Nc1Rd5Vf3Yg6HjKp\n")
    assert masked == "RESEND=[masked: resend-api-key]\n"


def test_the_rules_are_compiled_again_where_what_was_kept_of_them_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGREAD_CACHE", str(tmp_path))
    compiled = secrets._make
    assert compiled().rules.cache_status == "stored"
    assert compiled().rules.cache_status == "loaded"
    (kept,) = (tmp_path / "secrets").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1_000] + b"\0" * 1_000)
    scanner = compiled()
    assert scanner.rules.cache_status != "loaded"
    assert scanner.scan(f"token = '{GITHUB}'")
