"""Credentials of many kinds, drawn from a seed, in files as people write them.

Nothing here is a credential, and none is kept: bodies are drawn when asked for, from the form of
their kind, with its checksum where it has one. It never writes files.
"""

from __future__ import annotations

import base64
import binascii
import json
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from shlex import quote
from textwrap import indent, wrap
from urllib.parse import quote as urlquote

ALNUM = string.ascii_letters + string.digits
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
HEX = "0123456789abcdef"
URLSAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
BASE32 = string.ascii_uppercase + "234567"
STRONG = ALNUM + "!#%&*+-=?@^_~"


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential, and what it would be called in a settings file."""

    name: str
    """Upper case, as an environment variable; empty for what is a text of its own."""
    value: str
    secrets: tuple[str, ...]
    """What must not be seen of it: `value`, or parts of it."""
    marked: bool = True
    """Whether its form tells what it is, wherever it stands."""
    shapes: tuple[str, ...] = ()
    """The only shapes it comes in; empty for all."""
    extra: dict[str, str] = field(default_factory=dict)
    """What stands beside it, by name."""


def draw(rng: Random, letters: str, length: int) -> str:
    """Return `length` of `letters`; of neither only letters nor only digits."""
    while True:
        text = "".join(rng.choices(letters, k=length))
        if length < 8 or not (text.isalpha() or text.isdigit()):
            return text


def checked(body: str) -> str:
    """Return the six characters that GitHub and npm put behind a body: its CRC-32 in base 62."""
    number, digits = binascii.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return digits


def encoded(data: str | bytes) -> str:
    """Return `data` in base64."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def uuid(rng: Random) -> str:
    """Return a random UUID."""
    return "-".join(draw(rng, HEX, n) for n in (8, 4, 4, 4, 12))


def token(name: str, *parts: str, secret: int = -1) -> Credential:
    """Return a credential made of `parts`, whole or one of them secret."""
    value = "".join(parts)
    return Credential(name, value, (value if secret < 0 else parts[secret],))


def named(name: str, value: str, **extra: str) -> Credential:
    """Return a credential that only its name gives away."""
    return Credential(name, value, (value,), marked=False, extra=extra)


def pem(kind: str, start: bytes, size: int, header: str = "") -> Callable[[Random], Credential]:
    """Return what draws a private key of `size` bytes that begins with the bytes `start`."""

    def make(rng: Random) -> Credential:
        lines = wrap(encoded(start + rng.randbytes(size - len(start))), 64)
        value = (
            "\n".join((f"-----BEGIN {kind}-----", *([header, ""] if header else []), *lines))
            + f"\n-----END {kind}-----"
        )
        return Credential("PRIVATE_KEY", value, tuple(lines), shapes=PEM_SHAPES)

    return make


def service_account(rng: Random) -> Credential:
    """Return the settings of a Google service account; the key is secret, the rest is not."""
    key = pem("PRIVATE KEY", b"\x30\x82\x04\xbe\x02\x01\x00\x30\x0d", 1218)(rng)
    account = {
        "type": "service_account",
        "project_id": "shop-422811",
        "private_key_id": draw(rng, HEX, 40),
        "private_key": key.value + "\n",
        "client_email": "robot@shop-422811.iam.gserviceaccount.com",
        "client_id": "".join(rng.choices(string.digits, k=21)),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
    }
    return Credential("", json.dumps(account, indent=2), key.secrets, shapes=("file", "json"))


def jwt(rng: Random) -> Credential:
    """Return a JSON Web Token, signed with noise."""
    now = rng.randrange(1_600_000_000, 1_800_000_000)
    parts = (
        json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode(),
        json.dumps({"sub": draw(rng, ALNUM, 12), "exp": now}, separators=(",", ":")).encode(),
        rng.randbytes(32),
    )
    cut = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
    return Credential("SESSION_TOKEN", ".".join(cut), tuple(cut[1:]))


def database(scheme: str, letters: str = ALNUM, length: int = 14) -> Callable[[Random], Credential]:
    """Return what draws the address of a database."""

    def make(rng: Random) -> Credential:
        password = draw(rng, letters, length)
        value = f"{scheme}://shop_app:{password}@db-1.internal.shop.io:5432/orders"
        return Credential("DATABASE_URL", value, (password,))

    return make


def docker(rng: Random) -> Credential:
    """Return a client's settings for a registry."""
    auth = encoded(f"robot:{draw(rng, ALNUM, 20)}")
    value = json.dumps({"auths": {"registry.shop.io": {"auth": auth}}}, indent="\t")
    return Credential("", value, (auth,), shapes=("file", "json"))


def manifest(rng: Random) -> Credential:
    """Return a Kubernetes secret."""
    first, second = encoded(draw(rng, ALNUM, 18)), draw(rng, STRONG, 16)
    value = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\n  namespace: web\ntype: Opaque\n"
        f"data:\n  password: {first}\n  username: YWRtaW4=\nstringData:\n  other: '{second}'"
    )
    return Credential("", value, (first, second), shapes=("file", "markdown-block"))


def bot(rng: Random) -> Credential:
    """Return the token of a Discord bot: its number in base64, a time, a signature."""
    number = encoded(str(rng.randrange(4 * 10**17, 12 * 10**17))).rstrip("=")
    return token(
        "DISCORD_BOT_TOKEN", f"{number}.{draw(rng, URLSAFE, 6)}.", draw(rng, URLSAFE, 38), secret=1
    )


def sql_server(rng: Random) -> Credential:
    """Return a connection string as .NET writes them."""
    password = draw(rng, STRONG.replace("&", "").replace("=", ""), 16)
    value = f"Server=tcp:sql.shop.io,1433;Database=orders;User ID=app;Password={password};"
    return Credential("CONNECTION_STRING", value, (password,))


def storage(rng: Random) -> Credential:
    """Return the connection string of an Azure storage account."""
    key = encoded(rng.randbytes(64))
    value = (
        "DefaultEndpointsProtocol=https;AccountName=shopfiles;"
        f"AccountKey={key};EndpointSuffix=core.windows.net"
    )
    return Credential("AZURE_STORAGE_CONNECTION_STRING", value, (key,))


def macaroon(rng: Random) -> Credential:
    """Return a token of PyPI."""
    body = b"\x02\x01\x08pypi.org" + rng.randbytes(120)
    value = "pypi-" + base64.urlsafe_b64encode(body).decode().rstrip("=")
    return token("PYPI_TOKEN", value)


def openssh(rng: Random) -> Credential:
    """Return a private key as ssh-keygen writes it."""
    start = b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01"
    return pem("OPENSSH PRIVATE KEY", start, 290)(rng)


PEM_SHAPES = ("file", "python-block", "json", "dotenv", "yaml-block", "markdown-block", "notebook",
              "go-lines")  # fmt: skip

KINDS: dict[str, Callable[[Random], Credential]] = {
    "aws access key id": lambda r: token("AWS_ACCESS_KEY_ID", "AKIA", draw(r, BASE32, 16)),
    "aws secret key": lambda r: named(
        "AWS_SECRET_ACCESS_KEY", draw(r, BASE64, 40), AWS_REGION="eu-central-1"
    ),
    "aws session token": lambda r: named("AWS_SESSION_TOKEN", "IQoJ" + draw(r, BASE64, 312)),
    "github token": lambda r: (
        lambda body: token("GITHUB_TOKEN", r.choice(("ghp_", "gho_", "ghs_")), body, checked(body))
    )(draw(r, ALNUM, 30)),
    "github fine-grained": lambda r: token(
        "GITHUB_TOKEN", "github_pat_", draw(r, ALNUM, 22), "_", draw(r, ALNUM, 59)
    ),
    "gitlab token": lambda r: token("GITLAB_TOKEN", "glpat-", draw(r, URLSAFE, 20)),
    "gitlab routable": lambda r: token(
        "GITLAB_TOKEN", "glpat-", draw(r, URLSAFE, 27), ".01.", draw(r, HEX, 9)
    ),
    "slack token": lambda r: token(
        "SLACK_BOT_TOKEN",
        r.choice(("xoxb-", "xoxp-")),
        f"{r.randrange(10**11, 10**12)}-{r.randrange(10**12, 10**13)}-",
        draw(r, ALNUM, 24),
        secret=2,
    ),
    "slack webhook": lambda r: token(
        "SLACK_WEBHOOK",
        "https://hooks.slack" + ".com/services/",
        f"T{draw(r, BASE32, 10)}/B{draw(r, BASE32, 10)}/{draw(r, ALNUM, 24)}",
        secret=1,
    ),
    "stripe key": lambda r: token(
        "STRIPE_KEY", r.choice(("sk_live_", "rk_live_")), draw(r, ALNUM, 99)
    ),
    "stripe webhook secret": lambda r: token("STRIPE_WEBHOOK_SECRET", "whsec_", draw(r, ALNUM, 32)),
    "google api key": lambda r: token("GOOGLE_API_KEY", "AIza", draw(r, URLSAFE, 35)),
    "google oauth secret": lambda r: token("GOOGLE_CLIENT_SECRET", "GOCSPX-", draw(r, URLSAFE, 28)),
    "google service account": service_account,
    "azure storage": storage,
    "azure client secret": lambda r: token(
        "AZURE_CLIENT_SECRET", draw(r, ALNUM, 3), "8Q~", draw(r, ALNUM + "-_.", 34)
    ),
    "npm token": lambda r: (lambda body: token("NPM_TOKEN", "npm_", body, checked(body)))(
        draw(r, ALNUM, 30)
    ),
    "pypi token": macaroon,
    "sendgrid key": lambda r: token(
        "SENDGRID_API_KEY", "SG.", draw(r, URLSAFE, 22), ".", draw(r, URLSAFE, 43)
    ),
    "twilio auth token": lambda r: named(
        "TWILIO_AUTH_TOKEN", draw(r, HEX, 32), TWILIO_ACCOUNT_SID="AC" + draw(r, HEX, 32)
    ),
    "twilio api key": lambda r: token("TWILIO_API_KEY", "SK", draw(r, HEX, 32)),
    "openai key": lambda r: token(
        "OPENAI_API_KEY", "sk-proj-", draw(r, URLSAFE, 74), "T3BlbkFJ", draw(r, URLSAFE, 74)
    ),
    "openai legacy key": lambda r: token(
        "OPENAI_API_KEY", "sk-", draw(r, ALNUM, 20), "T3BlbkFJ", draw(r, ALNUM, 20)
    ),
    "anthropic key": lambda r: token(
        "ANTHROPIC_API_KEY", "sk-ant-api03-", draw(r, URLSAFE, 93), "AA"
    ),
    "hugging face token": lambda r: token(
        "HF_TOKEN", "hf_", draw(r, string.ascii_letters + "0", 34)
    ),
    "jwt": jwt,
    "rsa key": pem("RSA PRIVATE KEY", b"\x30\x82\x04\xa3\x02\x01\x00\x02\x82\x01\x01\x00", 1191),
    "rsa key, encrypted": pem(
        "RSA PRIVATE KEY",
        b"",
        1200,
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0F1E2D3C4B5A69788796A5B4C3D2E1F0",
    ),
    "ec key": pem("EC PRIVATE KEY", b"\x30\x77\x02\x01\x01\x04\x20", 121),
    "ed25519 key": pem(
        "PRIVATE KEY", b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22", 48
    ),
    "openssh key": openssh,
    "pgp key": pem("PGP PRIVATE KEY BLOCK", b"\x95\x03\x98\x04", 900, "Version: GnuPG v2"),
    "postgres url": database("postgresql"),
    "mysql url": database("mysql+pymysql", ALNUM + "%!._-"),
    "redis url": database("redis", HEX, 24),
    "mongodb url": database("mongodb+srv", ALNUM, 16),
    "short url password": database("amqp", string.ascii_lowercase, 7),
    "sql server string": sql_server,
    "password": lambda r: named("DB_PASSWORD", draw(r, STRONG, 16)),
    "api key": lambda r: named("API_KEY", draw(r, ALNUM, 32)),
    "api key, hex": lambda r: named("DATADOG_API_KEY", draw(r, HEX, 32)),
    "api key, uuid": lambda r: named("HEROKU_API_KEY", uuid(r)),
    "client secret": lambda r: named("OAUTH_CLIENT_SECRET", draw(r, URLSAFE, 40)),
    "secret key": lambda r: named("SECRET_KEY", draw(r, ALNUM + "!@#$%^&*(-_=+)", 50)),
    "telegram bot": lambda r: token(
        "TELEGRAM_BOT_TOKEN",
        f"{r.randrange(10**9, 10**10)}:",
        "AA" + draw(r, URLSAFE, 33),
        secret=1,
    ),
    "discord bot": bot,
    "digitalocean token": lambda r: token("DIGITALOCEAN_TOKEN", "dop_v1_", draw(r, HEX, 64)),
    "mailgun key": lambda r: token("MAILGUN_API_KEY", "key-", draw(r, HEX, 32)),
    "mailgun key, new": lambda r: token(
        "MAILGUN_API_KEY", draw(r, HEX, 32), "-", draw(r, HEX, 8), "-", draw(r, HEX, 8)
    ),
    "docker auth": docker,
    "kubernetes secret": manifest,
    "shopify token": lambda r: token("SHOPIFY_TOKEN", "shpat_", draw(r, HEX, 32)),
    "vault token": lambda r: token("VAULT_TOKEN", "hvs.", draw(r, URLSAFE, 95)),
    "databricks token": lambda r: token("DATABRICKS_TOKEN", "dapi", draw(r, HEX, 32)),
    "grafana token": lambda r: token(
        "GRAFANA_TOKEN", "glsa_", draw(r, ALNUM, 32), "_", draw(r, HEX, 8)
    ),
    "linear key": lambda r: token("LINEAR_API_KEY", "lin_api_", draw(r, ALNUM, 40)),
    "netrc": lambda r: (
        lambda word: Credential(
            "", f"machine api.shop.io\n  login ann\n  password {word}", (word,), shapes=("file",)
        )
    )(draw(r, STRONG, 14)),
    "basic authorization": lambda r: (
        lambda auth: Credential(
            "",
            f'curl -H "Authorization: Basic {auth}" https://api.shop.io',
            (auth,),
            shapes=("file", "markdown-block"),
        )
    )(encoded(f"ann:{draw(r, ALNUM, 14)}")),
}
"""What draws a credential, by the name of its kind."""


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


def _escaped(value: str) -> str:
    return json.dumps(value)[1:-1]


def _words(name: str) -> str:
    return name.replace("_", " ").lower()


def _notebook(c: Credential) -> str:
    value = f'"""{c.value}"""' if "\n" in c.value else json.dumps(c.value)
    source = f"import os\nimport requests\n\n{c.name.lower()} = {value}\nprint('ready')\n"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Load the orders\n"]},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "outputs": [],
            "source": source.splitlines(keepends=True),
        },
    ]
    about = {"language_info": {"name": "python"}}
    return json.dumps({"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5})


NAMED: dict[str, Callable[[Credential], str]] = {
    "python": lambda c: f"DEBUG = False\n{c.name} = '{c.value}'\nPORT = 8080\n",
    "python-call": lambda c: (
        f"client = connect(\n    host='api.shop.io',\n    {c.name.lower()}=\"{c.value}\",\n)\n"
    ),
    "python-dict": lambda c: f"SETTINGS = {{\n    '{c.name.lower()}': '{c.value}',\n}}\n",
    "python-environ": lambda c: f'os.environ["{c.name}"] = "{c.value}"\n',
    "dotenv": lambda c: f"DEBUG=0\n{c.name}={_escaped(c.value)}\nPORT=8080\n",
    "dotenv-quoted": lambda c: f'{c.name}="{c.value}"\n',
    "shell": lambda c: f"#!/bin/sh\nexport {c.name}='{c.value}'\nexec shop\n",
    "dockerfile": lambda c: f"FROM debian\nENV {c.name}={c.value}\n",
    "yaml": lambda c: f"app:\n  port: 8080\n  {c.name.lower()}: {c.value}\n  debug: false\n",
    "yaml-quoted": lambda c: f'app:\n  {_camel(c.name)}: "{c.value}"\n',
    "compose": lambda c: f"services:\n  web:\n    environment:\n      - {c.name}={c.value}\n",
    "actions": lambda c: f"    env:\n      {c.name}: '{c.value}'\n    run: make\n",
    "json": lambda c: json.dumps({"port": 8080, _camel(c.name): c.value, "debug": False}, indent=2),
    "json-packed": lambda c: json.dumps({"a": {c.name: c.value}, "z": 1}, separators=(",", ":")),
    "properties": lambda c: (
        f"server.port=8080\nshop.{c.name.lower().replace('_', '.')}={c.value}\nspring.x=y\n"
    ),
    "toml": lambda c: f'[shop]\n{c.name.lower()} = "{c.value}"\n',
    "ini": lambda c: f"[shop]\n{c.name.lower()} = {c.value}\nport = 1\n",
    "javascript": lambda c: f"const {_camel(c.name)} = `{c.value}`;\nexport default {{}};\n",
    "go": lambda c: f'const {_camel(c.name)} = "{c.value}"\n\nfunc main() {{}}\n',
    "java": lambda c: f'  private static final String {c.name} = "{c.value}";\n',
    "xml": lambda c: f"<shop>\n  <{_camel(c.name)}>{c.value}</{_camel(c.name)}>\n</shop>\n",
    "terraform": lambda c: f'variable "x" {{}}\n{c.name.lower()} = "{c.value}"\n',
    "option": lambda c: f"shop serve --{c.name.lower().replace('_', '-')}={quote(c.value)}\n",
    "option-spaced": lambda c: (
        f"$ shop serve --{c.name.lower().replace('_', '-')} {quote(c.value)} -v\n"
    ),
    "markdown": lambda c: f"# Set-up\n\nThe {_words(c.name)} is `{c.value}`; keep it.\n",
    "markdown-block": lambda c: f"Then:\n\n```sh\nexport {c.name}={c.value}\n```\n",
    "notebook": _notebook,
    "bold": lambda c: f"- {_words(c.name).title()}: **{c.value}**\n",
    "query": lambda c: (
        f"GET https://api.shop.io/v1?{c.name.lower()}={urlquote(c.value, safe='')}&n=2\n"
    ),
    "windows": lambda c: f"set {c.name}={c.value}\r\nshop.exe\r\n",
    "one-long-line": lambda c: (
        f'{"var a=1;" * 4000}var {_camel(c.name)}="{c.value}";{"b();" * 4000}'
    ),
}
"""How a name and a value are written, by the name of the shape."""
BARE: dict[str, Callable[[Credential], str]] = {
    "argument": lambda c: f"client = connect('{c.value}')\n",
    "list": lambda c: f"values:\n  - one\n  - {c.value}\n  - two\n",
    "address": lambda c: f"curl -s 'https://api.shop.io/v1/orders?k={c.value}&page=2'\n",
    "log": lambda c: f"12:00:01 INFO shop.main got {c.value} from cache (3 ms)\n",
    "table": lambda c: f"| who | what |\n|---|---|\n| ann | {c.value} |\n",
}
"""How a value is written that says itself what it is."""
BLOCKS: dict[str, Callable[[Credential], str]] = {
    "file": lambda c: c.value + "\n",
    "python-block": lambda c: f'KEY = """\\\n{c.value}\n"""\nPORT = 1\n',
    "yaml-block": lambda c: f"tls:\n  key: |\n{indent(c.value, '    ')}\n  port: 1\n",
    "markdown-block": lambda c: f"Put it there:\n\n```\n{c.value}\n```\n\nDone.\n",
    "go-lines": lambda c: (
        "var key = " + " +\n\t".join(f'"{line}\\n"' for line in c.value.split("\n")) + "\n"
    ),
}
"""How what takes several lines is written."""


def files(credential: Credential) -> Iterator[tuple[str, str]]:
    """Yield (shape, text) for every shape in which `credential` comes."""
    for shape, write in BLOCKS.items():
        if shape in credential.shapes:
            yield shape, write(credential)
    for shape, write in NAMED.items():
        if shape == "query" and not set(credential.value).isdisjoint(";/\n"):
            continue
        if credential.name and (shape in credential.shapes or not credential.shapes):
            yield shape, write(credential)
        elif not credential.name and shape in credential.shapes and shape == "json":
            yield shape, json.dumps({"file": credential.value})
    if credential.name and credential.marked and not credential.shapes:
        for shape, write in BARE.items():
            yield shape, write(credential)


def leaks(masked: str, credential: Credential, length: int = 8) -> bool:
    """Whether `length` characters in a row of a secret can be read in `masked`."""
    return any(
        secret[at : at + length] in masked
        for secret in credential.secrets
        for at in range(max(len(secret) - length, 0) + 1)
    )
