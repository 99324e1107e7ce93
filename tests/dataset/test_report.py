"""audiokit.dataset.report, read by a parser and by a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from audiokit.dataset.clip import Clip
from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset, Source
from audiokit.dataset.report import PLAYERS, TIMELINES, report, write_report
from audiokit.dataset.settings import PrepSettings
from tests.dataset.rows import a_clip, a_source, refused_clip
from tests.dataset.small import small_dataset
from tests.server.browser import Page, chromium

NOISE = "noise: SNR 3.0 dB < 15 dB"
EMPTY = {"meta", "link", "br", "img", "input", "rect", "path"}


class Read(HTMLParser):
    """A page taken apart: its texts, its addresses, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]
        self.open += [tag] if tag not in EMPTY else []
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def page(tmp_path: Path, clips: list[Clip], *sources: Source) -> str:
    written = write_report(Layout(tmp_path), PrepSettings(), sources or (a_source(),), clips)
    text = written.read_text("utf-8")
    assert Read(text).open == []
    return text


def rows(text: str) -> list[list[str]]:
    return Read(text).rows


def test_clips_are_counted_by_reason(tmp_path: Path) -> None:
    clips = [a_clip(), a_clip(), refused_clip(NOISE), refused_clip(NOISE, "too long: 13 s > 12 s")]
    told = {row[0]: row[1:3] for row in rows(page(tmp_path, clips)) if len(row) == 4}
    assert told["kept"] == ["2", "0:00:10"]
    assert told["noise"] == ["2", "0:00:10"]
    assert told["too long"] == ["1", "0:00:05"]


def test_equal_datasets_give_equal_bytes(tmp_path: Path) -> None:
    pages = []
    for place in ("one", "other"):
        (tmp_path / place / "talks").mkdir(parents=True)
        pages.append(page(tmp_path / place / "talks", [a_clip(), refused_clip(NOISE)]))
    assert pages[0] == pages[1]


def test_nothing_but_clips_beside_it_is_fetched(tmp_path: Path) -> None:
    text = page(tmp_path, [a_clip(path="clips/a b#1.wav", text="see http://example.org")])
    assert Read(text).addresses == ["clips/a%20b%231.wav"]
    assert "<script" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_best_and_worst_are_played_each_once(tmp_path: Path) -> None:
    clips = [a_clip(id=f"c{at:02}", path=f"clips/c{at:02}.wav", quality=at / 100) for at in range(PLAYERS * 3)]
    assert Read(page(tmp_path, clips)).addresses == [
        *(f"clips/c{at:02}.wav" for at in reversed(range(PLAYERS * 2, PLAYERS * 3))),
        *(f"clips/c{at:02}.wav" for at in range(PLAYERS)),
    ]


def test_few_clips_are_not_played_twice(tmp_path: Path) -> None:
    clips = [a_clip(path=f"clips/{at}.wav") for at in range(PLAYERS + 2)]
    assert len(set(Read(page(tmp_path, clips)).addresses)) == len(Read(page(tmp_path, clips)).addresses) == PLAYERS + 2


def test_no_text_of_a_recording_becomes_markup(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\"'&"
    clips = [a_clip(text=evil, source=evil, flags=(evil,), speaker=evil), refused_clip(f"{evil}: x", source=evil)]
    sources = (a_source(name=evil, message=evil), a_source(name=evil + "2", skipped=evil, message=evil))
    folder = tmp_path / "<b>talks"
    folder.mkdir()
    text = page(folder, clips, *sources)
    assert "<script>" not in text
    assert "<b>talks" not in text
    assert evil in Read(text).texts


def test_speakers_are_listed_where_clips_are_labelled(tmp_path: Path) -> None:
    clips = [a_clip(speaker="speaker-1"), a_clip(speaker="speaker-1", source="b.wav"), a_clip(speaker="speaker-2")]
    told = {row[0]: row[1:4] for row in rows(page(tmp_path, clips)) if len(row) == 5}
    assert told["speaker-1"] == ["2", "0:00:10", "2"]
    assert told["speaker-2"] == ["1", "0:00:05", "1"]
    assert "Who speaks" not in page(tmp_path, [a_clip()])


def test_each_prepared_recording_has_a_timeline(tmp_path: Path) -> None:
    sources = [a_source(name=f"{at}.wav") for at in range(TIMELINES + 3)]
    text = page(tmp_path, [a_clip(source="0.wav")], *sources, a_source(name="x", skipped="not audio", message="x: no"))
    assert text.count('class="timeline"') == TIMELINES + 3
    assert "3 more" in text
    assert ["x", "not audio", "x: no"] in rows(text)


def test_every_setting_is_told(tmp_path: Path) -> None:
    texts = Read(page(tmp_path, [a_clip()])).texts
    assert set(PrepSettings().to_json()) <= set(texts)


def test_a_dataset_of_nothing_has_a_report(tmp_path: Path) -> None:
    assert "Nothing" not in page(tmp_path, [], a_source(skipped="not audio", message="talk.wav: no", duration_s=0.0))


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def talks(tmp_path: Path) -> Dataset:
    dataset = small_dataset(tmp_path / "talks")
    long_name = a_source(name="a/very/long/folder/name/without/any/space/" + "x" * 90 + ".wav")
    write_report(Layout(dataset.root), dataset.settings, (*dataset.sources, long_name), dataset.clips)
    return dataset


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "is_phone", "is_dark"), [(1280, False, False), (390, True, True), (320, True, False)]
)
def test_the_page_fits_every_screen(browser: Page, talks: Dataset, width: int, is_phone: bool, is_dark: bool) -> None:
    browser.size(width, 800, is_phone=is_phone, is_dark=is_dark)
    show(browser, talks)
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")
    assert browser.value("document.querySelectorAll('section').length") == 6
    background = browser.value("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(18, 20, 26)" if is_dark else "rgb(246, 247, 249)")
    assert browser.complaints == []


@pytest.mark.browser
def test_the_page_plays_the_clips_from_the_disk(browser: Page, talks: Dataset) -> None:
    show(browser, talks)
    browser.value(
        "document.querySelectorAll('audio').forEach((sound) => { sound.preload = 'metadata'; sound.load(); })"
    )
    browser.wait("[...document.querySelectorAll('audio')].every((sound) => sound.readyState > 0)")
    lengths = browser.value("[...document.querySelectorAll('audio')].map((sound) => sound.duration)")
    assert sorted(lengths) == pytest.approx(sorted(clip.duration_s for clip in talks.kept), abs=0.01)
    assert browser.complaints == []


def show(browser: Page, dataset: Dataset) -> None:
    browser.complaints.clear()
    browser.call("Page.navigate", url=(dataset.root / "report.html").as_uri())
    browser.wait("location.protocol === 'file:' && document.readyState === 'complete'")


def test_a_report_is_written_anew_from_what_lies_there(tmp_path: Path) -> None:
    dataset = small_dataset(tmp_path / "talks")
    before = report(dataset).read_bytes()
    changed = replace(dataset, clips=tuple(replace(clip, text="Other words.") for clip in dataset.clips))
    assert report(changed).read_bytes() != before
    assert report(dataset).read_bytes() == before


def test_noise_before_and_after_is_shown_where_it_was_taken_out(tmp_path: Path) -> None:
    assert "Before and after" not in page(tmp_path, [a_clip()])
    clips = [
        a_clip(id=f"clip-{snr_db}", path=f"clips/{snr_db}.wav", sha256=str(snr_db), snr_db=45.0, snr_before_db=snr_db,
               noise_before_dbfs=-20.0 - snr_db, noise_dbfs=-70.0)
        for snr_db in (30.0, 16.0, 20.0)
    ]  # fmt: skip
    layout = Layout(tmp_path)
    layout.state.mkdir()
    Journal(layout.journal).add("before", "16.0:1", {"mp3": "SUQz"})
    text = page(tmp_path, [*clips, refused_clip(NOISE, id="gone", snr_before_db=1.0, noise_before_dbfs=-30.0)])
    assert [row for row in rows(text) if row[0].endswith((", dB", ", dBFS"))] == [
        ["SNR, dB", "20", "45"], ["noise, dBFS", "-40", "-70"]
    ]  # fmt: skip
    players = Read(text).addresses[:4]
    assert players == ["data:audio/mpeg;base64,SUQz", "clips/16.0.wav", "clips/20.0.wav", "clips/30.0.wav"]
    assert text.count("Not here: run the same prep again where its recording is.") == 2
    assert "SNR 16 → 45 dB, noise -36 → -70 dBFS" in text
    assert "gone" not in text
