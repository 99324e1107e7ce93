"""Who may connect: the token, signed tickets that stand for it for a minute, and the sites whose pages may call.

A ticket is `EXPIRY.NONCE.SIGNATURE`, an HMAC-SHA256 under the token, and opens one connection. Any process that knows
the token can check it; which ones were used, the workers of one server tell each other.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from audiokit.config import Key, is_loopback
from audiokit.server.spent import Spent

TICKET_S = 60  # time to open a page's connection, too short to be of use in a log


class Gate:
    """Decides over requests.

    Parameters
    ----------
    token : what clients must show; None lets in whoever reaches the loopback address.
    origins : sites other than ours whose pages may connect.
    spent : knows the tickets that were used.
    """

    def __init__(self, token: Key | None, origins: tuple[str, ...] = (), spent: Spent | None = None) -> None:
        self._token, self._origins = token, frozenset(origins)
        self._spent = spent or Spent()

    @property
    def is_open(self) -> bool:
        """Whether no token is asked for."""
        return self._token is None

    def knows(self, token: str) -> bool:
        """Tell whether this is the token, in a time that says nothing about it."""
        return self._token is None or hmac.compare_digest(token.encode(), self._token.secret.encode())

    def ticket(self, now_s: float) -> str:
        """Sign a ticket.

        Parameters
        ----------
        now_s : seconds since 1970.
        """
        body = f"{int(now_s) + TICKET_S}.{secrets.token_hex(8)}"
        return f"{body}.{self._signature(body)}"

    def redeems(self, ticket: str, now_s: float) -> bool:
        """Tell whether a ticket was signed here, is still good, and was not used before; now it is."""
        body, _, signature = ticket.rpartition(".")
        expiry, _, _ = body.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(body).encode()):
            return False
        return expiry.isdecimal() and now_s <= int(expiry) and self._spent.spend(body, int(expiry), now_s)

    def admits(self, headers: Mapping[str, str], query: Mapping[str, str], now_s: float) -> bool:
        """Tell whether a request may come in: by a token in its headers, or by a ticket in its address, now used up."""
        if self._token is None:
            return True
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.knows(token.strip()):
            return True
        if self.knows(headers.get("xi-api-key", "")):
            return True
        tickets = (query.get("ticket", ""), query.get("conversation_signature", ""))
        return any(self.redeems(ticket, now_s) for ticket in tickets)

    def refuses_site(self, headers: Mapping[str, str]) -> str:
        """Give the reason why a page of that site may not call, or nothing.

        Without a token the Host must be this machine: a stranger's name that leads to 127.0.0.1 (DNS rebinding) would
        make his page look like ours.
        """
        host = headers.get("host", "")
        if self._token is None and not is_loopback(_hostname(host)):
            return f"the host {host!r} is not this machine"
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return ""
        if origin in (f"http://{host}", f"https://{host}"):
            return ""
        return f"pages of {origin!r} may not connect; the server's --origins names those that may"

    def _signature(self, body: str) -> str:
        secret = self._token.secret if self._token else ""
        return hmac.new(f"audiokit ticket {secret}".encode(), body.encode(), hashlib.sha256).hexdigest()


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
