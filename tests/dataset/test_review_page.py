"""The review page (audiokit/dataset/web) in a real browser, by keyboard and by mouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset, write_manifest
from audiokit.dataset.review import reviewing
from audiokit.dataset.review_server import serving
from tests.dataset.small import small_dataset
from tests.server.browser import Page, chromium
from tests.server.serving import wait_until

pytestmark = pytest.mark.browser

IDS = ["0870", "0880", "0890", "0920", "0930"]
SHOWN = "document.querySelector('[aria-current] span').textContent"
COUNT = "document.querySelector('#count').textContent"
CODES = {"ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "Escape": 27, "Enter": 13, " ": 32}


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Five clips; the third is flagged, and the second holds what could be markup."""
    dataset = small_dataset(tmp_path / "talks")
    changes = {"0880": {"text": "<b>bold</b> words"}, "0890": {"flags": ("no text",), "quality": 0.1}}
    clips = [replace(clip, **changes.get(clip.id, {})) for clip in dataset.clips]
    write_manifest(Layout(dataset.root), dataset.settings, dataset.sources, clips)
    return dataset.root


@pytest.fixture
def page(browser: Page, root: Path) -> Iterator[Page]:
    with reviewing(root) as session, serving(session) as address:
        browser.size(1280, 800)
        browser.open(address)
        browser.wait("document.body.dataset.state === 'ready'")
        yield browser
        assert browser.complaints == []
        browser.call("Page.navigate", url="about:blank")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        code = CODES.get(key, ord(key[0].upper()))
        text = {"text": key} if len(key) == 1 else {}
        page.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        page.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)


def clips(root: Path) -> dict[str, object]:
    return {clip.id: clip for clip in Dataset.open(root).clips}


def retype(page: Page, text: str) -> None:
    press(page, "e")
    page.value("document.querySelector('#text').select()")
    page.call("Input.insertText", text=text)


def test_keys_keep_and_refuse_and_go_on(page: Page, root: Path) -> None:
    press(page, "k", "r", "ArrowDown", "R")
    page.wait(f"{COUNT} === '3 of 5 decided, 2 refused'")
    assert [clip_id for clip_id, clip in clips(root).items() if clip.kept] == ["0870", "0890", "0930"]  # type: ignore[attr-defined]
    marks = page.value("[...document.querySelectorAll('#list button')].map((row) => row.dataset.mark)")
    assert marks == ["keep", "refuse", "", "refuse", ""]


def test_undo_takes_a_refusal_back(page: Page, root: Path) -> None:
    before = clips(root)
    press(page, "r", "ArrowUp")
    page.wait(f"{COUNT} === '1 of 5 decided, 1 refused'")
    press(page, "u")
    page.wait(f"{COUNT} === '0 of 5 decided, 0 refused'")
    assert clips(root) == before


def test_a_text_is_corrected(page: Page, root: Path) -> None:
    retype(page, "Keys like k and r are words here.")
    press(page, "Enter")
    page.wait("document.querySelector('#facts').textContent.includes('corrected by hand')")
    assert clips(root)["0870"].text == "Keys like k and r are words here."  # type: ignore[attr-defined]
    assert page.value(SHOWN) == "Keys like k and r are words here."
    assert page.value(COUNT) == "0 of 5 decided, 0 refused"


def test_keeping_takes_the_text_along(page: Page, root: Path) -> None:
    retype(page, "New words.")
    page.click("#keep")
    page.wait(f"{COUNT}.startsWith('1 of 5')")
    assert clips(root)["0870"].text == "New words."  # type: ignore[attr-defined]
    press(page, "ArrowUp", "k")
    page.wait("document.querySelectorAll('[aria-current]').length === 1")
    press(page, "ArrowUp", "r")
    page.wait(f"{COUNT} === '1 of 5 decided, 1 refused'")
    assert clips(root)["0870"].text == "New words."  # type: ignore[attr-defined]


def test_a_verdict_right_after_the_words_does_not_lose_them(page: Page, root: Path) -> None:
    retype(page, "New words.")
    press(page, "Enter", "k", "ArrowUp", "u", "k")
    page.wait(f"{COUNT} === '1 of 5 decided, 0 refused'")
    page.wait("fetch('clips.json').then((told) => told.json()).then((told) => told.clips[0].verdict === 'keep')")
    press(page, "ArrowUp")
    retype(page, "Newer words.")
    press(page, "Enter", "k")
    wait_until(lambda: clips(root)["0870"].text == "Newer words.")  # type: ignore[attr-defined]
    page.wait(f"{COUNT}.startsWith('1 of 5')")


def test_a_key_held_down_decides_about_one_clip(page: Page) -> None:
    for repeats in (False, True, True):
        page.call(
            "Input.dispatchKeyEvent", type="keyDown", key="r", text="r", windowsVirtualKeyCode=82, autoRepeat=repeats
        )
    page.wait(f"{COUNT} === '1 of 5 decided, 1 refused'")
    assert page.value("[...document.querySelectorAll('#list button')].map((row) => row.hasAttribute('aria-current'))")[
        1
    ]


def test_an_answer_does_not_undo_what_is_being_typed(page: Page) -> None:
    page.value(
        "window.fetchNow = window.fetch; window.fetch = (...words) =>"
        " new Promise((go) => { window.answer = () => go(window.fetchNow(...words)); })"
    )
    retype(page, "First words.")
    press(page, "Enter", "e")
    page.call("Input.insertText", text=" More.")
    page.value("window.answer()")
    page.wait("document.querySelector('#facts').textContent.includes('corrected by hand')")
    assert page.value("document.querySelector('#text').value") == "First words. More."
    press(page, "Escape")
    assert page.value(SHOWN) == "First words."


def test_what_was_not_saved_can_be_saved_again(page: Page, root: Path) -> None:
    page.value("window.fetchNow = window.fetch; window.fetch = () => Promise.reject(new Error('gone'))")
    retype(page, "New words.")
    press(page, "Enter")
    page.wait("document.querySelector('#alert').textContent.startsWith('Not saved: gone')")
    page.value("window.fetch = window.fetchNow")
    press(page, "e", "Enter")
    page.wait("document.querySelector('#facts').textContent.includes('corrected by hand')")
    assert clips(root)["0870"].text == "New words."  # type: ignore[attr-defined]


def test_escape_leaves_the_text_as_it_was(page: Page, root: Path) -> None:
    before = clips(root)
    retype(page, "Never mind.")
    press(page, "Escape", "ArrowDown")
    page.wait(f"{SHOWN}.includes('bold')")
    assert clips(root) == before


def test_a_text_is_text(page: Page) -> None:
    press(page, "ArrowDown")
    assert page.value(SHOWN) == "<b>bold</b> words"


def test_clips_are_played_and_parts_of_them_fetched(page: Page) -> None:
    sound = "document.querySelector('#sound')"
    press(page, "ArrowDown", "ArrowUp")
    page.wait(f"{sound}.currentTime > 0.2")
    press(page, " ")
    page.wait(f"{sound}.paused")
    press(page, "ArrowRight")
    page.wait(f"{sound}.currentTime > 2 && !{sound}.seeking")
    assert page.value(f"{sound}.duration") == pytest.approx(7.1, abs=0.01)


def test_a_refused_clip_can_still_be_heard(page: Page) -> None:
    press(page, "r")
    page.wait(f"{COUNT} === '1 of 5 decided, 1 refused'")
    press(page, "ArrowUp")
    page.wait("document.querySelector('#sound').duration > 7")


@pytest.mark.parametrize(
    ("control", "choice", "first", "count"),
    [("filter", "flagged", "0890", 1), ("filter", "refused", None, 0), ("order", "worst", "0890", 5)],
)
def test_the_list_is_what_is_asked_for(
    page: Page, root: Path, control: str, choice: str, first: str | None, count: int
) -> None:
    page.value(
        f"(() => {{ const list = document.querySelector('#{control}'); list.value = '{choice}';"
        " list.dispatchEvent(new Event('change')); })()"
    )
    texts = page.value("[...document.querySelectorAll('#list span')].map((words) => words.textContent)")
    assert len(texts) == count
    assert texts[:1] == ([clips(root)[first].text] if first else [])  # type: ignore[attr-defined]
    assert page.value("document.querySelector('#none').hidden") == (count > 0)


def test_what_is_not_saved_is_said(page: Page, root: Path) -> None:
    press(page, "r")
    page.wait(f"{COUNT} === '1 of 5 decided, 1 refused'")
    (root / ".audiokit" / "refused" / "0870.wav").unlink()
    press(page, "ArrowUp", "u")
    page.wait("document.querySelector('#alert').textContent.includes('its sound is gone')")
    assert page.value(COUNT) == "1 of 5 decided, 1 refused"
    page.complaints.clear()  # the missing sound and the refused request are what this is about


@pytest.mark.parametrize(
    ("width", "height", "is_phone", "is_dark"), [(1280, 800, False, False), (390, 844, True, True)]
)
def test_the_page_fits_every_screen(page: Page, width: int, height: int, is_phone: bool, is_dark: bool) -> None:
    page.size(width, height, is_phone=is_phone, is_dark=is_dark)
    assert page.value("document.documentElement.scrollWidth <= innerWidth")
    buttons = page.value("[...document.querySelectorAll('.decide button')].map((one) => one.offsetHeight)")
    assert min(buttons) >= 44
