import numpy as np
import pytest

from audiokit.agent.playback import PacedPlayer

RATE = 1000


def sound(length_s: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.ones((round(length_s * RATE), 1), np.float32)


def sent_s(player: PacedPlayer, now_s: float) -> float:
    return sum(len(chunk.samples) for chunk in player.due(now_s)) / RATE


def playing(length_s: float = 10.0, ahead_s: float = 0.2) -> PacedPlayer:
    player = PacedPlayer(RATE, ahead_s)
    player.push(sound(length_s))
    return player


def test_nothing_is_sent_more_than_the_send_ahead_before_its_time() -> None:
    player = playing()
    total_s = 0.0
    for step in range(100):
        now_s = 5.0 + step * 0.013
        total_s += sent_s(player, now_s)
        assert now_s - 5.0 <= total_s <= now_s - 5.0 + 0.2 + 0.02


def test_pieces_are_20_ms_and_what_is_left() -> None:
    player = playing(0.05)
    assert [len(chunk.samples) for chunk in player.due(0.0)] == [20, 20, 10]


def test_it_tells_when_it_wants_to_be_asked_again() -> None:
    player = playing()
    sent_s(player, 1.0)
    next_s = player.next_s()
    assert next_s is not None
    assert sent_s(player, next_s - 0.005) == 0.0
    assert sent_s(player, next_s) > 0.0


def test_being_late_once_does_not_make_everything_later() -> None:
    player = playing()
    sent_s(player, 0.0)
    sent_s(player, 0.15)
    sent_s(player, 0.19)
    assert player.sent_s <= 0.42
    assert player.end_s() == pytest.approx(10.0)


def test_after_a_gap_it_begins_anew() -> None:
    player = playing(0.1)
    sent_s(player, 0.0)
    player.push(sound(0.1))
    sent_s(player, 3.0)
    assert player.end_s() == pytest.approx(3.1)
    assert player.heard_s(3.05) == pytest.approx(0.15)


@pytest.mark.parametrize(("now_s", "heard_s"), [(0.0, 0.0), (0.1, 0.1), (0.35, 0.22), (9.0, 0.22)])
def test_what_was_not_sent_was_not_heard(now_s: float, heard_s: float) -> None:
    player = playing(ahead_s=0.21)
    sent_s(player, 0.0)
    assert player.heard_s(now_s) == pytest.approx(heard_s)


def test_a_pause_stops_the_clock_and_loses_nothing() -> None:
    player = playing()
    sent_s(player, 0.0)
    player.pause(0.1)
    assert sent_s(player, 1.0) == 0.0
    assert player.next_s() is None
    assert player.end_s() is None
    assert player.heard_s(5.0) == pytest.approx(0.1)
    player.resume(5.1)
    assert player.heard_s(5.1) == pytest.approx(0.1)
    assert player.end_s() == pytest.approx(15.0)


def test_a_listener_that_knows_better_is_believed() -> None:
    player = playing()
    sent_s(player, 0.0)
    sent_s(player, 0.2)
    player.mark(0.05, 0.2)
    assert player.heard_s(0.2) == pytest.approx(0.05)
    assert player.heard_s(0.3) == pytest.approx(0.15)


def test_a_mark_is_carried_on_for_a_moment_only() -> None:
    player = playing(ahead_s=5.0)
    sent_s(player, 0.0)
    player.mark(0.1, 0.2)
    assert player.heard_s(4.0) == pytest.approx(0.6)


def test_a_mark_cannot_say_more_than_was_sent() -> None:
    player = playing()
    sent_s(player, 0.0)
    player.mark(99.0, 0.1)
    assert player.heard_s(0.1) == player.sent_s


def test_cleared_sound_is_gone() -> None:
    player = playing()
    sent_s(player, 0.0)
    player.clear()
    assert sent_s(player, 5.0) == 0.0
