"""docs/: every snippet runs, every link leads somewhere, and what is made from the code tells what the code has."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

import pytest

import audiokit
from audiokit import errors, registry
from docs import generated
from tests import documented
from tests.documented import blocks
from tests.vendors.host import Host

DOCS = Path(__file__).parent.parent / "docs"
WRITTEN = {path.relative_to(DOCS / "pages").as_posix(): path.read_text("utf-8") for path in DOCS.rglob("pages/**/*.md")}
PAGES = WRITTEN | generated.pages()
NOT_RUN = {
    "needs a microphone": "tests/cli/test_agent.py",
    "needs a loudspeaker": "tests/speech/test_aloud.py",
    "goes on until Ctrl-C": "tests/server/test_process.py",
    "needs half an hour of speech, and its speaker": "tests/cli/test_clone_elevenlabs.py",
    "needs 1.8 GB of packages, and the weights": "tests/providers/coqui/test_speech.py",
    "in a copy of the template": "docs/plugin-template/tests/test_echo_voices.py",
    "in a checkout": "Makefile",
    "needs a cluster": "tests/dataset/test_ray_pool.py",
    "needs a network of yours": "tests/dataset/test_sounds.py",
}
"""Why a block is not run, as its reader sees it above the block; and where the same is run."""
ELSEWHERE = "deployment.md"
"""Its commands serve until they are stopped: tests/server/test_deployment.py."""
STORIES = [name for name, text in WRITTEN.items() if name != ELSEWHERE and re.search(r"```(console|python)", text)]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FETCHED = re.compile(r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//|<link[^>]+href="(?:https?:)?//[^>]+rel="style')
HEADING = re.compile(r"^#{1,6} (.+?)(?: \{: #(\S+) \})?$", re.MULTILINE)


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, Host]]:
    with documented.hosts() as hosts:
        yield hosts


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory, samples_dir: Path) -> Path:
    """The folder that pages speak of, to be copied."""
    folder = tmp_path_factory.mktemp("stocked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDIOKIT_HOME", str(tmp_path_factory.mktemp("home")))
        documented.fill(folder, samples_dir)
    return folder


@pytest.mark.model
@pytest.mark.process
@pytest.mark.parametrize("name", STORIES)
def test_what_a_page_shows_happens(
    name: str, stocked: Path, running: dict[str, Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(stocked, tmp_path / "folder"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SHOP_TOKEN", "a-token-of-the-shop")
    names: dict[str, object] = {"__name__": "a_page"}
    with documented.vendors(running, monkeypatch) as service:
        if "--voice Ann" in WRITTEN[name] and "--name Ann" not in WRITTEN[name]:
            documented.enter_voices(service, folder / "takes")
        for made in re.findall(r"^\$ .* -o (\S+)$", WRITTEN[name], re.MULTILINE):
            Path(made).unlink(missing_ok=True)
        for block in blocks(WRITTEN[name]):
            documented.play(block, names)


@pytest.mark.parametrize("name", STORIES)
def test_a_block_that_is_not_run_says_why(name: str) -> None:
    for block in blocks(WRITTEN[name]):
        if block.title and not block.is_file:
            assert (DOCS.parent / NOT_RUN[block.title]).is_file()


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_page_and_its_heading(name: str) -> None:
    for link in LINK.findall(re.sub(r"```.*?```", "", PAGES[name], flags=re.DOTALL)):
        if link.startswith("https://"):
            continue
        place, _, anchor = link.partition("#")
        target = (Path("/") / name).parent.joinpath(place).resolve().relative_to("/").as_posix() if place else name
        assert target in PAGES, f"{name} links to {link}"
        assert not anchor or anchor in anchors(PAGES[target]), f"{name} links to {link}"


def anchors(page: str) -> set[str]:
    return {given or slug(title) for title, given in HEADING.findall(page)}


def slug(title: str) -> str:
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower())


def test_the_navigation_names_every_page() -> None:
    named = set(re.findall(r"[\w/-]+\.md|reference/\w+/", (DOCS / "mkdocs.yml").read_text("utf-8")))
    assert {name for name in PAGES if name not in named and not any(name.startswith(each) for each in named)} == set()
    assert {name for name in named if not any(page.startswith(name) for page in PAGES)} == set()


def test_every_command_has_its_section() -> None:
    headings = {title for page in generated.pages().values() for title, _ in HEADING.findall(page)}
    commands = {" ".join(words) for words, _, _ in generated.commands() if words[1:]}
    assert len(commands) > 40
    assert commands <= headings


def test_the_table_of_providers_has_each_with_its_key_and_extra() -> None:
    page = generated.providers_page()
    for kind in generated.KINDS:
        for name in registry.BUILT_IN[kind]:
            assert f"| [{name}](#{kind}-{name}) |" in page
    assert "| [whisper](#stt-whisper) | `offline` | none | no |" in page
    assert "| [deepgram](#stt-deepgram) | `agent` | `DEEPGRAM_API_KEY` | yes | `nova-3` |" in page
    assert "| [kokoro](#tts-kokoro) | `kokoro` | none |" in page
    assert "| [energy](#vad-energy) | none | none |" in page
    assert "| [smart-turn](#turn-smart-turn) | `offline` | none |" in page
    assert "| `model` | none: to be given | the file of a version 3 model" in page
    assert "see [`CoquiTTS`](#tts-coqui)" in page


def test_voices_that_a_provider_brings_are_named() -> None:
    from hibari.voices import VOICES

    told = re.findall(r"^Voices: .*$", generated.providers_page(), re.MULTILINE)
    assert len(told) == len(registry.BUILT_IN["tts"])
    (line,) = (line for line in told if line.endswith("`heart` comes with it, the others are downloaded once."))
    assert all(f"`{name}`" in line for name in VOICES)


@pytest.mark.parametrize(
    ("told", "is_found"), [("0 characters spoken, 29 from the cache", True), ("1 character spoken", False), ("", False)]
)
def test_what_a_page_shows_is_compared_with_what_is_said(told: str, is_found: bool) -> None:
    with nullcontext() if is_found else pytest.raises(AssertionError, match="was not said"):
        documented.check_said(told, ["0 characters …, 29 from the cache"])


def test_looking_for_extras_leaves_everything_importable() -> None:
    before = dict(sys.modules)
    assert generated.extra_of("tts", "hibari") == "`offline`"
    assert {name for name, module in sys.modules.items() if module is None} == {
        name for name, module in before.items() if module is None
    }


def test_every_public_name_is_in_the_python_reference() -> None:
    text = "\n".join(page for name, page in generated.pages().items() if name.startswith("reference/python/"))
    modules = {getattr(audiokit, name).__name__ for name in ("cost", "events", "progress", "steps")}
    places = {f"audiokit.{name}" for name in audiokit.__all__ if not hasattr(getattr(audiokit, name), "__path__")}
    listed = set(re.findall(r"^::: (\S+)$", text, re.MULTILINE))
    named = {place for place in places if place.partition(".")[2] not in ("cost", "events", "progress", "steps")}
    assert named - {"audiokit.__version__"} <= listed
    assert modules <= listed


def test_every_step_that_pages_import_is_in_the_python_reference() -> None:
    told = "\n".join([(DOCS.parent / "README.md").read_text("utf-8"), *WRITTEN.values()])
    imported = set(re.findall(r"^from (audiokit\.dsp\.\w+) import", told, re.MULTILINE))
    listed = set(re.findall(r"^::: (\S+)$", generated.pages()["reference/python/sound.md"], re.MULTILINE))
    assert imported
    assert imported <= listed


def test_every_error_is_explained_with_its_exit_code() -> None:
    page = WRITTEN["troubleshooting.md"]
    rows = dict(re.findall(r"^\| (\d+) \| (.*?) \|", page, re.MULTILINE))
    told = page[page.index("## Recordings and datasets") :]
    for error in classes(errors):
        assert f"`{error.__name__}`" in rows[str(error.exit_code)]
        assert f"`{error.__name__}`" in told or error in (errors.AudiokitError, errors.ProviderError)


def classes(module: object) -> Iterator[type[errors.AudiokitError]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, errors.AudiokitError):
            yield value


def test_the_floors_are_drawn_as_they_are_enforced() -> None:
    drawn = re.findall(r'y="([\d.]+)">(\w+)</text>', generated.floors_svg())
    heights = {unit: float(y) for y, unit in drawn}
    assert heights["cli"] < heights["agent"] < heights["dataset"] == heights["speech"] < heights["errors"]
    assert {*heights} == {unit for floor in generated.floors() for unit in floor}
    assert generated.FLOORS_MARK in WRITTEN["architecture.md"]


@pytest.mark.process
@pytest.mark.skipif(find_spec("mkdocs") is None, reason="the site's packages are not installed: make docs")
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(DOCS / "mkdocs.yml"), "-d", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=DOCS.parent)
    assert done.returncode == 0, done.stderr
    pages = [path for path in tmp_path.rglob("*.html") if path.name != "404.html"]
    assert len(pages) == len(PAGES)
    assert [page.name for page in pages if FETCHED.search(page.read_text("utf-8"))] == []


def test_the_house_style_of_docstrings_is_numpydoc_in_the_end() -> None:
    if find_spec("griffe") is None:
        pytest.skip("griffe is not installed: make docs")
    from docs.docstrings import as_numpydoc

    given = "Do it.\n\nParameters\n----------\nname : what\n    it is.\na, b : more.\n\nSource\n------\nA book."
    wanted = (
        "Do it.\n\n**Source**: A book.\n\nParameters\n----------\nname\n    what it is.\na\n    more.\nb\n    more."
    )
    assert as_numpydoc(given) == wanted
