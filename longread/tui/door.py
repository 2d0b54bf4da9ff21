"""Who may come in: the token, the cookie, and the names that the server answers to.

It decides, and neither listens nor serves. A page elsewhere can make a browser send requests
here, under a name of its own that it lets point here (DNS rebinding), or to the socket, which
browsers let any page open. Hence the two checks of names beside the secret.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from longread.errors import ConfigError

SHORTEST = 16
"""Characters of a token that somebody chose."""
PORTS = {"http": 80, "https": 443}
NETLOC = re.compile(r"[\w.-]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?", re.ASCII)


@dataclass(frozen=True)
class Door:
    """What one server was told, and the secret of its cookie."""

    address: str
    """The address that it is bound to."""
    port: int
    token: str
    name: str = ""
    """The name by which it was told where to bind."""
    public: str = ""
    """The address under which a proxy shows it, with a slash at its end."""
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies do not tell ports apart."""
        return f"longread-{self.port}"

    @property
    def url(self) -> str:
        """Where a person goes, without the token."""
        if self.public:
            return self.public
        if ipaddress.ip_address(self.address).is_unspecified:
            return f"http://{socket.gethostname()}:{self.port}/"
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}/"

    def has_token(self, given: str) -> bool:
        """Say whether this is the token."""
        return same(given, self.token)

    def has_cookie(self, given: str) -> bool:
        """Say whether this is the cookie's secret."""
        return same(given, self.secret)

    def is_public(self, host: str) -> bool:
        """Say whether a Host header names the public address."""
        if not self.public:
            return False
        scheme, netloc = urlsplit(self.public)[:2]
        return _place(host, PORTS[scheme]) == _place(netloc, PORTS[scheme])

    def knows(self, host: str) -> bool:
        """Say whether a Host header names this server."""
        if not NETLOC.fullmatch(host):
            return False
        if self.is_public(host):
            return True
        name, port = _place(host, 80)
        if port != self.port:
            return False
        bound = ipaddress.ip_address(self.address)
        if name == "localhost":
            return bound.is_loopback or bound.is_unspecified
        if bound.is_unspecified:
            # Bound to every address: none can be rebound by a name that is not this machine's.
            return is_address(name) or name == socket.gethostname().lower()
        return name in (self.address, self.name.lower())

    def trusts(self, origin: str, host: str) -> bool:
        """Say whether an Origin header is of a page that came from here, under this Host."""
        if self.public and origin == "://".join(urlsplit(self.public)[:2]):
            return True
        return origin == f"http://{host.lower()}" and not self.is_public(host)


def same(given: str, wanted: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def is_address(name: str) -> bool:
    """Say whether a host is named by its number."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def checked_token(token: str | None) -> str:
    """Return the token that was chosen, or one that nobody can guess.

    Raises:
        ConfigError: it is too short.
    """
    if token is None:
        return secrets.token_urlsafe(24)
    if len(token) < SHORTEST or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ConfigError(
            f"the token is not {SHORTEST} or more characters of ASCII without spaces",
            hint="python3 -c 'import secrets; print(secrets.token_urlsafe())' makes a good one",
        )
    return token


def checked_public(url: str) -> str:
    """Return the public address, in lower case where it does not matter, ending in a slash.

    Raises:
        ConfigError: it is not the address of a page.
    """
    if not url:
        return ""
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:
        found, port = urlsplit(""), None
    if (
        found.scheme not in PORTS
        or not NETLOC.fullmatch(found.netloc)
        or found.query
        or found.fragment
        or not re.fullmatch(r"[\w/.~-]*", found.path, re.ASCII)
    ):
        raise ConfigError(
            f"{url!r} cannot be the public address",
            hint="such as https://example.org/longread, without user, query and fragment",
        )
    host = found.netloc.lower()
    if port == PORTS[found.scheme]:
        # Browsers leave the usual port out of Origin.
        host = host.rpartition(":")[0]
    return f"{found.scheme}://{host}{found.path.rstrip('/')}/"


def _place(netloc: str, port: int) -> tuple[str, int]:
    found = urlsplit(f"//{netloc}")
    try:
        return found.hostname or "", found.port or port
    except ValueError:
        return "", 0
