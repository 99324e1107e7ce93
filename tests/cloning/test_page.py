"""audiokit.cloning.page: the listening page."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from audiokit.audio.files import read
from audiokit.cloning.evaluate import Judgement, SpokenLine
from audiokit.cloning.page import LOUDNESS_LUFS, write_page
from audiokit.contracts import Voice
from audiokit.dsp.loudness import loudness_lufs
from audiokit.errors import UsageError
from tests.cloning.makers import tone
from tests.server.browser import chromium

TEXTS = ("One </script><b>two", "Three & four", "Five", "Six", "Seven", "Eight")


def judgement(name: str, pitch_hz: float, texts: tuple[str, ...] = TEXTS, level_dbfs: float = -17.0) -> Judgement:
    lines = tuple(
        SpokenLine(
            text=text, audio=tone(pitch_hz, 1.0, level_dbfs), took_s=0.1, first_audio_s=0.1,
            similarity=None, heard=None, mos=None,
        )
        for text in texts
    )  # fmt: skip
    return Judgement(voice=Voice(name=name, provider="acme", voice_id=name), lines=lines, reference=None)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return write_page([judgement("<Ann>", 440), judgement("Ben", 880, level_dbfs=-37.0)], tmp_path / "listen.html")


def data_of(page: Path) -> dict[str, Any]:
    text = re.search(r'id="data">(.*?)</script>', page.read_text("utf-8"), re.DOTALL)
    assert text is not None
    data: dict[str, Any] = json.loads(text[1])
    return data


def sound_of(url: str, folder: Path) -> Any:
    (folder / "sound.mp3").write_bytes(base64.b64decode(url.removeprefix("data:audio/mpeg;base64,")))
    return read(folder / "sound.mp3")


def test_nothing_comes_from_elsewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"(?:https?:)?//[\w.]+", re.sub(r"base64,[\w+/=]+", "", text)) == []
    assert "default-src 'none'" in text


def test_a_text_cannot_become_part_of_the_page(page: Path) -> None:
    assert data_of(page)["rounds"][0]["text"] == TEXTS[0]
    assert "</script><b>" not in page.read_text("utf-8")
    assert "<Ann>" not in page.read_text("utf-8")
    assert "&lt;Ann&gt; (acme) or Ben (acme)" in page.read_text("utf-8")


def test_letters_hide_the_voices_and_lead_back_to_them(page: Path, tmp_path: Path) -> None:
    rounds = data_of(page)["rounds"]
    assert {tuple(one["voices"]) for one in rounds} == {(0, 1), (1, 0)}
    for one in rounds[:2]:
        for voice, url in zip(one["voices"], one["sounds"], strict=True):
            samples = sound_of(url, tmp_path).samples[:, 0]
            crossings = int((samples[:-1] * samples[1:] < 0).sum()) / (len(samples) / 16_000)
            assert crossings == pytest.approx((880, 1760)[voice], rel=0.15)


def test_all_sound_alike_loud(page: Path, tmp_path: Path) -> None:
    for url in data_of(page)["rounds"][0]["sounds"]:
        assert loudness_lufs(sound_of(url, tmp_path)) == pytest.approx(LOUDNESS_LUFS, abs=0.5)


def test_the_same_seed_gives_the_same_page(page: Path, tmp_path: Path) -> None:
    voices = [judgement("<Ann>", 440), judgement("Ben", 880, level_dbfs=-37.0)]
    assert write_page(voices, tmp_path / "again.html").read_bytes() == page.read_bytes()
    other = data_of(write_page(voices, tmp_path / "other.html", seed=7))
    assert [one["voices"] for one in other["rounds"]] != [one["voices"] for one in data_of(page)["rounds"]]


def test_voices_that_said_different_things_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="all of the same sentences"):
        write_page([judgement("Ann", 440), judgement("Ben", 880, ("Other",))], tmp_path / "listen.html")
    with pytest.raises(ValueError, match="one judgement or more"):
        write_page([], tmp_path / "listen.html")


def test_a_place_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_page([judgement("Ann", 440)], tmp_path / "nowhere" / "listen.html")


@pytest.mark.browser
def test_votes_are_counted_by_voice_and_kept(page: Path) -> None:
    first = [one["voices"].index(1) for one in data_of(page)["rounds"]]
    with chromium() as tab:
        tab.call("Page.navigate", url=page.as_uri())
        tab.wait(f"document.querySelectorAll('section').length === {len(TEXTS)}")
        tab.wait("[...document.querySelectorAll('audio')].every((sound) => sound.readyState > 0)")
        assert tab.value("document.getElementById('reveal').disabled") is True
        assert tab.value("document.querySelector('section b')") is None
        assert "Ben" not in tab.value("document.getElementById('rounds').textContent")
        for number, at in enumerate(first[:-1]):
            tab.value(f"document.querySelectorAll('section')[{number}].querySelectorAll('button')[{at}].click()")
        tab.call("Page.navigate", url=page.as_uri())
        tab.wait(f"document.getElementById('voted')?.textContent === '{len(TEXTS) - 1} of {len(TEXTS)} voted'")
        tab.value("[...document.querySelectorAll('section:last-child button')].at(-1).click()")
        tab.value("document.getElementById('reveal').click()")
        shown = tab.value("[...document.querySelectorAll('tr')].map((row) => row.innerText.replace(/\\s+/g, ' '))")
        assert shown == ["<Ann> (acme) 0", f"Ben (acme) {len(TEXTS) - 1}", "no difference 1"]
        tab.value("document.getElementById('again').click()")
        assert tab.value("document.getElementById('voted').textContent") == f"0 of {len(TEXTS)} voted"
        assert tab.complaints == []
