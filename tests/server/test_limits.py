"""Rates and places (audiokit.server.limits, .settings)."""

from __future__ import annotations

import pytest

from audiokit.config import Key
from audiokit.errors import ConfigError
from audiokit.server.limits import Bucket, Seats
from audiokit.server.settings import Limits, ServerSettings, token_from_environment


def test_a_bucket_lets_a_burst_pass_and_then_asks_to_wait() -> None:
    bucket = Bucket(per_s=10, burst_s=2, now_s=0)
    assert [bucket.take(1, now_s=0) for _ in range(20)] == [0] * 20
    assert bucket.take(1, now_s=0) == pytest.approx(0.1)
    assert bucket.take(1, now_s=0) == pytest.approx(0.2)
    assert bucket.take(1, now_s=1) == 0


def test_a_bucket_holds_no_more_than_its_burst() -> None:
    bucket = Bucket(per_s=10, burst_s=1, now_s=0)
    assert bucket.take(10, now_s=1000) == 0
    assert bucket.take(1, now_s=1000) > 0


def test_seats_run_out_by_address_and_in_all() -> None:
    seats = Seats(total=3, per_address=2)
    assert [seats.take(address) != "" for address in "aaabb"] == [False, False, True, False, True]
    assert seats.taken == 3
    seats.give_back("a")
    assert seats.take("b") == ""


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"host": "0.0.0.0"}, "no token"),  # noqa: S104  the very thing that is refused
        ({"token": Key("short")}, "16"),
        ({"port": 70000}, "65535"),
        ({"workers": 0}, "workers"),
        ({"origins": ("example.com",)}, "https://example.com"),
        ({"origins": ("https://example.com/page",)}, "host only"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        ServerSettings(**settings)  # type: ignore[arg-type]


def test_limits_must_be_positive() -> None:
    with pytest.raises(ConfigError, match="strikes"):
        Limits(strikes=0)


def test_the_world_may_be_served_with_a_token() -> None:
    settings = ServerSettings(host="0.0.0.0", token=Key("0123456789abcdef"))  # noqa: S104
    assert "0123456789abcdef" not in repr(settings)


def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert token_from_environment() is None
    monkeypatch.setenv("AUDIOKIT_SERVER_TOKEN", " 0123456789abcdef ")
    assert token_from_environment() == Key("0123456789abcdef")
    assert ServerSettings(host="0.0.0.0").token == Key("0123456789abcdef")  # noqa: S104
