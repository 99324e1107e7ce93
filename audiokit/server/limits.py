"""Counting what clients ask: rates with a burst, messages that make no sense, conversations by address."""

from __future__ import annotations

from collections import Counter


class Bucket:
    """A rate that may be exceeded for a moment: a full bucket of `burst_s` seconds, refilled as time goes on.

    Parameters
    ----------
    per_s : how much a second is allowed.
    burst_s : how many seconds' worth may come at once.
    now_s : the time, on any clock.
    """

    __slots__ = ("_capacity", "_full_at_s", "_left", "_per_s")

    def __init__(self, per_s: float, burst_s: float, now_s: float) -> None:
        self._per_s, self._capacity = per_s, per_s * burst_s
        self._left, self._full_at_s = self._capacity, now_s

    def take(self, amount: float, now_s: float) -> float:
        """Take `amount` out, and say how many seconds its sender must wait until the bucket is above zero again."""
        self._left = min(self._capacity, self._left + (now_s - self._full_at_s) * self._per_s) - amount
        self._full_at_s = now_s
        return max(0.0, -self._left / self._per_s)


class Seats:
    """Places for conversations, in all and by address.

    Parameters
    ----------
    total : most at a time.
    per_address : most at a time from one address.
    """

    def __init__(self, total: int, per_address: int) -> None:
        self._total, self._per_address = total, per_address
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._taken.total()

    def take(self, address: str) -> str:
        """Take one; empty, or the reason why there is none."""
        if self.taken >= self._total:
            return "all places are taken; try again later"
        if self._taken[address] >= self._per_address:
            return "too many conversations from your address; end one of them"
        self._taken[address] += 1
        return ""

    def give_back(self, address: str) -> None:
        """Free one."""
        self._taken[address] -= 1
        if not self._taken[address]:
            del self._taken[address]
