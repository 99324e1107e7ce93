"""The page at `/` in a real browser (audiokit.server.page, audiokit/server/web)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from audiokit.agent.config_file import AgentConfig, build
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import chunks_of
from audiokit.audio.files import write
from audiokit.config import Key
from audiokit.portal import iterate
from audiokit.registry import provider
from audiokit.server.connection import INTERNAL
from audiokit.server.settings import ServerSettings
from tests.server.browser import ALLOW_MICROPHONE, Page, chromium
from tests.server.fake_agent import TONE_HZ, FakeAgent
from tests.server.serving import Served, serving, wait_until

pytestmark = pytest.mark.browser

TOKEN = "0123456789abcdef"
BLOCK = 1024
SILENT_WITHIN_S = 0.06
STATE = "document.body.dataset.state"
ALERT = "document.querySelector('#alert').textContent"
CAPTIONS = "document.querySelector('#captions').innerText"
SIZES = [(1280, 800, False), (390, 844, True), (320, 568, True)]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser whose microphone hears nothing."""
    silence = tmp_path_factory.mktemp("microphone") / "silence.wav"
    write(silence, Audio(np.zeros((16000, 1), np.float32), 16000))
    with chromium(ALLOW_MICROPHONE, f"--use-file-for-fake-audio-capture={silence}") as page:
        yield page


@pytest.fixture
def quiet_agent(monkeypatch: pytest.MonkeyPatch) -> FakeAgent:
    """It answers what is typed only."""
    monkeypatch.setattr("tests.server.fake_agent.TURN_S", 1e9)
    return FakeAgent()


@pytest.fixture
def site(quiet_agent: FakeAgent) -> Iterator[Served]:
    with serving(quiet_agent) as served:
        yield served


@pytest.fixture
def page(browser: Page, site: Served) -> Iterator[Page]:
    """The page, talking."""
    start(browser, site)
    yield browser
    assert browser.complaints == []
    browser.call("Page.navigate", url="about:blank")


def start(page: Page, site: Served) -> None:
    page.open(site.url)
    page.click("#talk")
    page.wait(f"{STATE} === 'idle'")


def type_text(page: Page, text: str) -> None:
    page.click("#text")
    page.call("Input.insertText", text=text)
    page.key("keyDown", "Enter", "Enter")
    page.call("Input.dispatchKeyEvent", type="char", text="\r")
    page.key("keyUp", "Enter", "Enter")


def test_the_microphone_is_heard_in_pieces_of_20_ms(page: Page, quiet_agent: FakeAgent) -> None:
    wait_until(lambda: quiet_agent.sessions[0].heard_s > 0.5)
    lengths = {(len(chunk.samples), chunk.sample_rate) for chunk in quiet_agent.sessions[0].heard}
    assert lengths == {(320, 16000)}


def test_what_is_typed_is_answered_audibly_and_captions_tell(page: Page, quiet_agent: FakeAgent) -> None:
    quiet_agent.reply_s = 1.0
    type_text(page, "Good morning")
    page.wait(f"{CAPTIONS}.includes('answered after 450 ms')")
    assert page.value(CAPTIONS).split("\n") == [
        "You:", "Good morning", "Using echo", "Agent:", "You said: Good morning", "answered after 450 ms"
    ]  # fmt: skip
    wait_until(lambda: (1, 1.0) in [(turn, round(time_s, 2)) for turn, time_s in quiet_agent.sessions[0].marks])
    recording = page.recording()
    loud = np.flatnonzero(np.abs(recording.samples[:, 0]) > 0.05)
    assert (loud[-1] - loud[0]) / recording.sample_rate == pytest.approx(1.0, abs=0.05)
    tone = recording.samples[loud[0] : loud[-1], 0]
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone))))
    assert np.argmax(spectrum) * recording.sample_rate / len(tone) == pytest.approx(TONE_HZ, abs=3)


def test_an_interruption_silences_the_loudspeaker(page: Page, quiet_agent: FakeAgent) -> None:
    quiet_agent.reply_s = 8.0
    type_text(page, "Talk")
    page.wait("window.recorded.filter(isLoud).length > 15")
    type_text(page, "interrupt")
    page.wait("window.clearedAt && window.recorded.length > window.clearedAt + 60")
    loud_after = page.value("window.recorded.slice(window.clearedAt).filter(isLoud).length")
    assert loud_after * BLOCK / page.value("recordedRate") <= SILENT_WITHIN_S
    wait_until(lambda: quiet_agent.sessions[0].marks[-1][1] < 7)


def test_a_lost_connection_comes_back_by_itself(page: Page, site: Served, quiet_agent: FakeAgent) -> None:
    (connection,) = site.service.hub._connections.values()
    site.server.servers[0].get_loop().call_soon_threadsafe(connection.end, INTERNAL, "a test")
    page.wait(f"{ALERT}.includes('Trying again')")
    wait_until(lambda: len(quiet_agent.sessions) == 2)
    page.wait(f"{STATE} === 'idle' && {ALERT} === ''")
    wait_until(lambda: quiet_agent.sessions[1].heard_s > 0.1)


def test_held_by_key_the_button_opens_the_microphone(page: Page) -> None:
    page.click("input[value=hold]")
    assert page.value("document.body.hasAttribute('data-muted')")
    page.value("document.querySelector('#talk').focus()")
    page.key("keyDown", " ", "Space")
    assert page.value("document.querySelector('#talk-label').textContent") == "Release to send"
    assert not page.value("document.body.hasAttribute('data-muted')")
    page.key("keyUp", " ", "Space")
    assert page.value("document.querySelector('#talk-label').textContent") == "Hold to talk"


def test_the_button_mutes_and_says_so(page: Page) -> None:
    page.click("#talk")
    assert page.value("document.querySelector('#talk').getAttribute('aria-pressed')") == "true"
    assert page.value("document.querySelector('#talk-label').textContent") == "Unmute"


def test_the_transcript_is_downloaded(page: Page, tmp_path: Path) -> None:
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    type_text(page, "Good morning")
    page.wait(f"{CAPTIONS}.includes('answered')")
    page.click("#download")
    wait_until(lambda: list(tmp_path.glob("conversation-*.txt")))
    (file,) = tmp_path.glob("conversation-*.txt")
    lines = [line.partition("] ")[2] for line in file.read_text("utf-8").splitlines()]
    assert lines == ["You: Good morning", "Using echo", "Agent: You said: Good morning"]


def test_the_end_button_ends(page: Page, quiet_agent: FakeAgent) -> None:
    page.click("#end")
    page.wait(f"{STATE} === 'off'")
    wait_until(lambda: not quiet_agent.sessions[0].is_open)
    assert page.value(ALERT) == ""


@pytest.mark.parametrize(("width", "height", "is_phone"), SIZES)
def test_the_page_fits_its_window(page: Page, width: int, height: int, is_phone: bool) -> None:
    page.size(width, height, is_phone=is_phone)
    assert page.value("document.documentElement.scrollWidth") <= width
    box = page.value("document.querySelector('#talk').getBoundingClientRect().bottom")
    assert box < height
    assert page.value("document.querySelector('#captions').clientHeight") > 60
    page.size(1200, 800)


def test_every_control_has_a_name(page: Page) -> None:
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "radio", "checkbox", "combobox", "textbox", "meter", "log")
    controls = [node for node in nodes if node["role"]["value"] in roles and not node["ignored"]]
    assert len(controls) >= 9
    assert [node for node in controls if not node["name"]["value"]] == []


def test_nothing_comes_from_elsewhere(page: Page, site: Served) -> None:
    addresses = page.value("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert len(addresses) > 8
    assert [address for address in addresses if not address.startswith(site.url)] == []


def test_a_token_is_asked_for(browser: Page, quiet_agent: FakeAgent) -> None:
    with serving(quiet_agent, ServerSettings(port=0, token=Key(TOKEN))) as site:
        browser.open(site.url)
        for token, outcome in (("wrong", f"{ALERT}.includes('does not know')"), (TOKEN, f"{STATE} === 'idle'")):
            browser.click("#talk")
            browser.wait("document.querySelector('#token-dialog').open")
            browser.click("#token")
            browser.call("Input.insertText", text=token)
            browser.click("#token-dialog button:not(#token-cancel)")
            browser.wait(outcome)
        browser.call("Page.navigate", url="about:blank")


def test_a_refused_microphone_is_explained_and_typing_still_works(quiet_agent: FakeAgent) -> None:
    with serving(quiet_agent) as site, chromium() as page:
        page.call("Browser.setPermission", permission={"name": "microphone"}, setting="denied")
        start(page, site)
        assert "blocked" in page.value(ALERT)
        type_text(page, "Good morning")
        page.wait(f"{CAPTIONS}.includes('You said')")


@pytest.mark.model
def test_a_voice_over_the_reply_silences_it(tmp_path: Path) -> None:
    """Nothing is a fake: the second question begins while the answer to the first is heard."""
    room = [0.0] * 16000
    speech = [room, spoken("What can you do?"), room * 3, spoken("Stop. What is two plus two?"), room * 20]
    write(tmp_path / "questions.wav", Audio(np.concatenate(speech).astype(np.float32), 16000))
    microphone = f"--use-file-for-fake-audio-capture={tmp_path / 'questions.wav'}%noloop"
    with serving(build(AgentConfig(cache=False))) as site, chromium(ALLOW_MICROPHONE, microphone) as page:
        page.open(site.url)
        page.click("#talk")
        page.wait(f"window.clearedAt && {CAPTIONS}.includes('makes 4')")
        blocks = "window.recorded.slice(window.clearedAt, window.clearedAt + 12)"
        assert page.value(f"{blocks}.filter(isLoud).length") * BLOCK / page.value("recordedRate") <= SILENT_WITHIN_S
        assert page.value("window.recorded.slice(0, window.clearedAt).filter(isLoud).length") > 20


def spoken(text: str) -> np.ndarray:
    tts = provider("tts", "hibari")
    samples = np.concatenate([chunk.samples for chunk in iterate(tts.synthesize(text))])
    return Audio(samples, tts.sample_rate).resample(16000).samples[:, 0]


@pytest.mark.model
def test_a_spoken_question_is_answered_aloud(tmp_path: Path) -> None:
    """Nothing is a fake: the browser's microphone plays a question, and what comes out is transcribed."""
    room = [0.0] * 16000
    write(tmp_path / "question.wav", Audio(np.concatenate([room, spoken("What is two plus two?"), room * 20]), 16000))
    microphone = f"--use-file-for-fake-audio-capture={tmp_path / 'question.wav'}%noloop"
    with serving(build(AgentConfig(cache=False))) as site, chromium(ALLOW_MICROPHONE, microphone) as page:
        page.open(site.url)
        page.click("#talk")
        page.wait(f"{CAPTIONS}.includes('answered after')")
        page.wait(f"{STATE} === 'idle'")
        captions, reply = page.value(CAPTIONS), page.recording().resample(16000)
        assert page.complaints == []
    assert "plus" in captions
    assert "That makes 4" in captions

    async def heard():  # type: ignore[no-untyped-def]
        for chunk in chunks_of(reply):
            yield chunk

    (transcript,) = [each for each in iterate(provider("stt", "whisper").transcribe(heard())) if each.is_final]
    assert any(word in transcript.text.lower() for word in ("four", "4", "for"))
