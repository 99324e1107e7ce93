"""Which tickets were used: each opens one connection, whichever worker it comes to."""

from __future__ import annotations

import logging
from pathlib import Path

log = logging.getLogger(__name__)

MOST = 100_000  # tickets a minute, at about 150 bytes each; more are refused rather than remembered


class Spent:
    """Remembers tickets until they would be too old anyway.

    Parameters
    ----------
    folder : where workers meet: there each ticket is a file, which only one of them can be the first to make. None:
        this process is alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._expiries_s: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._expiries_s)

    def spend(self, ticket_id: str, expiry_s: int, now_s: float) -> bool:
        """Use a ticket; False when it was used before.

        Parameters
        ----------
        ticket_id : fit for a file's name.
        expiry_s, now_s : in seconds since 1970.
        """
        self._forget(now_s)
        if ticket_id in self._expiries_s or len(self._expiries_s) >= MOST or not self._is_first(ticket_id):
            return False
        self._expiries_s[ticket_id] = expiry_s
        return True

    def _forget(self, now_s: float) -> None:
        """Drop from the front what is too old: tickets are used about as they expire, all within a minute."""
        while self._expiries_s:
            ticket_id, expiry_s = next(iter(self._expiries_s.items()))
            if expiry_s >= now_s:
                return
            del self._expiries_s[ticket_id]
            if self._folder:
                (self._folder / f"ticket-{ticket_id}").unlink(missing_ok=True)

    def _is_first(self, ticket_id: str) -> bool:
        if self._folder is None:
            return True
        try:
            (self._folder / f"ticket-{ticket_id}").touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError as error:  # a full disk: better nobody than somebody twice
            log.warning("a ticket cannot be noted: %s", error.strerror)
            return False
        return True
