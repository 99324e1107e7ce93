"""What all connections of one process share."""

from __future__ import annotations

from dataclasses import dataclass, field

from audiokit.server.access import Gate
from audiokit.server.hub import Hub
from audiokit.server.limits import Seats
from audiokit.server.metrics import Metrics
from audiokit.server.partner import Partner
from audiokit.server.settings import ServerSettings
from audiokit.server.spent import Spent
from audiokit.server.workers import Workers


@dataclass(slots=True)
class Service:
    """One process' partner, rules and counts."""

    partner: Partner
    settings: ServerSettings
    hub: Hub = field(default_factory=Hub)
    metrics: Metrics = field(default_factory=Metrics)
    gate: Gate = field(init=False)
    seats: Seats = field(init=False)
    telephones: Seats = field(init=False)
    """Places of their own: a call shows its token only in its first message, and strangers must not fill the others."""
    workers: Workers = field(init=False)

    def __post_init__(self) -> None:
        limits = self.settings.limits
        self.gate = Gate(self.settings.token, self.settings.origins, Spent(self.settings.exchange))
        self.workers = Workers(self.hub, self.metrics, self.settings.exchange)
        self.seats = Seats(limits.sessions, limits.sessions_per_address)
        self.telephones = Seats(max(1, limits.sessions // 4), limits.sessions_per_address)
