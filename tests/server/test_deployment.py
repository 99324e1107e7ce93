"""What the deployment page says and what the server does (docs/deployment.md)."""

from __future__ import annotations

import re
from pathlib import Path

from audiokit.cli.serve import serve
from audiokit.server.metrics import Metrics
from audiokit.server.run import PING_S
from audiokit.server.settings import Limits, ServerSettings

PAGE = (Path(__file__).parents[2] / "docs" / "deployment.md").read_text("utf-8")
OTHERS = {"--create-home", "--no-cache-dir", "--stop-timeout"}  # of Docker's and pip's


def test_every_option_exists() -> None:
    ours = {option for parameter in serve.params for option in parameter.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - OTHERS <= ours


def test_the_limits_are_those_of_the_code() -> None:
    limits, settings = Limits(), ServerSettings()
    told = PAGE[PAGE.index("## Limits") : PAGE.index("## Logs")]
    for number in (
        f"{limits.sessions} a server",
        f"{limits.sessions_per_address} an address",
        f"{limits.messages_per_s:.0f} and {limits.bytes_per_s:,.0f} a second, {limits.burst_s:.0f} s at once",
        f"{limits.message_bytes:,} bytes, {limits.ahead_s:.0f} s of sound",
        f"| sound | {limits.ahead_s:.0f} s ahead",
        f"| {limits.strikes} |",
        f"{limits.backlog_bytes:,} bytes wait",
        f"| {limits.idle_s:.0f} s |",
        f"| {limits.session_s / 3600:.0f} hour |",
        f"{settings.drain_s:.0f} s for running turns",
    ):
        assert number in told
    assert f"pings every {PING_S:.0f} s" in PAGE


def test_the_counts_that_are_named_exist() -> None:
    text = Metrics().text()
    names = set(re.findall(r"audiokit_[a-z_]*(?:seconds|sessions|_total)", PAGE))
    assert len(names) == 5
    assert [name for name in names if f"# TYPE {name} " not in text] == []
