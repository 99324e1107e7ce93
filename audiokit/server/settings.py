"""What may be chosen about the server, and what one client may ask of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from audiokit.config import Key, is_loopback
from audiokit.errors import ConfigError

TOKEN_VARIABLE = "AUDIOKIT_SERVER_TOKEN"  # noqa: S105  the name of a variable, not a token
MIN_TOKEN_CHARACTERS = 16  # 64 bits even when every character is a hex digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is too much."""

    sessions: int = 200
    """Most conversations at a time in one process."""
    sessions_per_address: int = 20
    """Most conversations at a time from one address."""
    messages_per_s: float = 200.0
    """Most messages a second from one client; 20 ms of audio a message are 50."""
    bytes_per_s: float = 400_000.0
    """Most bytes a second from one client; 48 kHz PCM are 96,000, and a third more as base64."""
    burst_s: float = 5.0
    """How many seconds' worth may come at once, after a stall of the network."""
    ahead_s: float = 10.0
    """How much sound may come ahead of the clock, in seconds: as much as a stalled network holds back."""
    message_bytes: int = 262_144
    """Longest message."""
    backlog_bytes: int = 1_000_000
    """How much may wait for a client that reads slowly: about 20 s of 24 kHz PCM."""
    strikes: int = 3
    """How many messages that make no sense close a connection."""
    session_s: float = 3600.0
    """Longest conversation, in seconds."""
    idle_s: float = 60.0
    """How long a client may send nothing, not even a heartbeat, in seconds."""
    opening_s: float = 10.0
    """How long a client may take to say how it wants to talk, in seconds."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ConfigError(f"limit {name} is {getattr(self, name)}; expected more than 0")


def token_from_environment() -> Key | None:
    """Read the token that clients must show, if the environment holds one."""
    secret = os.environ.get(TOKEN_VARIABLE, "").strip()
    return Key(secret) if secret else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where to listen, whom to let in, and whom they talk with."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8765
    """Port to listen on; 0 takes a free one."""
    workers: int = 1
    """Processes; each has its own conversations."""
    exchange: Path | None = None
    """A folder where the workers meet; made by the server itself when there are several."""
    config: Path | None = None
    """The agent's TOML; None: the offline agent."""
    bridge_agent_id: str = ""
    """An agent hosted by ElevenLabs that is talked with instead."""
    token: Key | None = field(default_factory=token_from_environment)
    """Who has it may talk; by default that of AUDIOKIT_SERVER_TOKEN. None: everybody on this machine."""
    origins: tuple[str, ...] = ()
    """Other sites whose pages may connect, such as https://example.com."""
    drain_s: float = 30.0
    """How long conversations may go on after SIGTERM, in seconds."""
    log_text: bool = False
    """Whether logs hold what was said."""
    quiet: bool = False
    """Whether logs hold errors only."""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port is {self.port}; expected 0 to 65535")
        if self.workers < 1 or self.drain_s < 0:
            raise ConfigError(f"workers is {self.workers} and drain_s {self.drain_s}; expected at least 1 and 0")
        if self.token and len(self.token.secret) < MIN_TOKEN_CHARACTERS:
            raise ConfigError(
                f"the token has {len(self.token.secret)} characters; expected at least {MIN_TOKEN_CHARACTERS}. "
                'Make one with: python -c "import secrets; print(secrets.token_urlsafe())"'
            )
        if not self.token and not is_loopback(self.host):
            raise ConfigError(
                f"host is {self.host}, which others can reach, and there is no token. "
                f"Set {TOKEN_VARIABLE} or give --token, or listen on 127.0.0.1."
            )
        for origin in self.origins:
            _check_origin(origin)


def _check_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
        raise ConfigError(f"origin is {origin!r}; expected scheme and host only, such as https://example.com")
