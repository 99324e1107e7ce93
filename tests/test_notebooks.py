"""The notebooks: each runs from top to bottom and makes what it promises; what is kept of a run is light."""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from audiokit.audio.files import info, read
from audiokit.cloning.voices import VoiceBook
from audiokit.dataset.manifest import Dataset
from notebooks.execute import PICTURE_BYTES, execute, lighten, main
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.host import Host

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_BYTES = 300_000
MOST_CPU_S = 60.0  # on one core; the clock on the wall would judge whatever else this machine does
A_MACHINES_PATH = re.compile(r"(?<![\w.:/])/(home|root|tmp|work|usr|var|private|Users)/|\b[A-Z]:\\")


@pytest.fixture
def folder(tmp_path: Path, samples_dir: Path) -> Path:
    """A copy of the notebooks beside the samples, as in a checkout, without anything that a run has made."""
    shutil.copytree(FOLDER, tmp_path / "notebooks", ignore=shutil.ignore_patterns("made", "__pycache__"))
    shutil.copytree(samples_dir, tmp_path / "samples")
    return tmp_path / "notebooks"


def run(path: Path) -> str:
    """Run a notebook and give all texts that it shows."""
    before = os.times()
    notebook = execute(path)
    after = os.times()
    spent_s = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent_s < MOST_CPU_S
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert all(output.output_type != "error" for output in outputs)
    return "\n".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs)


def pictures(notebook: nbformat.NotebookNode) -> list[bytes]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    found = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return [base64.b64decode(picture) for picture in found]


@pytest.mark.model
@pytest.mark.process
class TestRunning:
    def test_a_podcast_becomes_a_dataset_with_tables_and_texts(self, folder: Path) -> None:
        shown = run(folder / "01_prepare_a_podcast.ipynb")
        made = folder / "made/01"
        assert len(Dataset.open(made / "dataset")) > 15
        assert any("pause" in clip.text for clip in Dataset.open(made / "extras"))
        rows = (made / "ljspeech/metadata.csv").read_text("utf-8").splitlines()
        assert len(rows) == len(list((made / "ljspeech/wavs").glob("*.wav"))) == len(Dataset.open(made / "extras"))
        assert "too short" in shown
        assert "show notes.mp3: a text" in shown

    def test_an_episode_is_edited_split_and_judged(self, folder: Path) -> None:
        shown = run(folder / "02_edit_and_analyze.ipynb")
        made = folder / "made/02"
        assert read(made / "episode.mp3").duration_s == pytest.approx(45.5, abs=0.1)
        assert len(list((made / "pieces").glob("*.flac"))) > 5
        assert "speakers: 2 voices" in shown

    def test_without_a_key_the_offline_voice_speaks(self, folder: Path) -> None:
        shown = run(folder / "03_clone_and_say.ipynb")
        self.check_speech(folder / "made/03")
        assert "all 6 checks pass" in shown
        assert "made by nobody" in shown
        assert len(VoiceBook()) == 0

    def test_with_a_key_the_voice_is_cloned_and_speaks(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        service = ElevenLabs()
        with Host(service) as host:
            monkeypatch.setenv("ELEVENLABS_API_KEY", KEY)
            monkeypatch.setenv("ELEVENLABS_BASE_URL", host.url)
            shown = run(folder / "03_clone_and_say.ipynb")
            again = run(folder / "03_clone_and_say.ipynb")
            host.check()
        self.check_speech(folder / "made/03")
        assert [voice["name"] for voice in service.voices.values()] == ["Host"]
        assert VoiceBook().get("Host").provider == "elevenlabs"
        assert "Plan('Host' by elevenlabs" in shown
        assert KEY not in shown + again

    @staticmethod
    def check_speech(made: Path) -> None:
        assert read(made / "hello.mp3").duration_s > 1
        assert "Three strokes and a pause." in (made / "hello.srt").read_text("utf-8")
        assert info(made / "book.m4b").codec == "aac"

    def test_an_agent_answers_and_its_time_is_measured(self, folder: Path) -> None:
        shown = run(folder / "04_a_voice_agent.ipynb")
        made = folder / "made/04"
        conversation = read(made / "conversation.wav")
        assert conversation.channels == 2
        assert min(np.abs(conversation.samples).max(axis=0)) > 0.05
        for said in ("Nice to meet you, Anna.", "That makes 23.", "Your name is Anna.", "Hi there!"):
            assert said in shown
        default_s, patient_s = map(float, re.findall(r"median: (.+) s, and (.+) s for", shown)[0])
        assert default_s > 0.3  # 0.4 s of silence end a finished sentence; the rest is the recognizer's work
        assert patient_s > 2.4

    def test_what_was_said_is_not_paid_again(self, folder: Path) -> None:
        shown = run(folder / "05_cost_and_cache.ipynb")
        for row in (r"the same again +[\d.]+ +0\.0\n", r"one sentence more +[\d.]+ +45\.0\n"):
            assert re.search(row, shown)
        assert "The story would have cost 0.0220 USD" in shown
        assert re.search(r"elevenlabs +eleven_multilingual_v2 +4\.40", shown)
        assert list((folder / "made/05/home/speech").iterdir())

    def test_a_run_in_place_keeps_its_outputs_light(self, folder: Path) -> None:
        path = folder / "05_cost_and_cache.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.pop("outputs", None) if cell.cell_type == "markdown" else cell.update(outputs=[])
        nbformat.write(notebook, path)
        main([str(path)])
        after = nbformat.read(path, as_version=4)
        assert len(pictures(after)) == 1
        assert [cell.source for cell in after.cells] == [cell.source for cell in notebook.cells]
        assert not list(folder.glob("*.part"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
class TestKept:
    def test_it_begins_with_what_one_will_have(self, path: Path) -> None:
        first = nbformat.read(path, as_version=4).cells[0]
        number = int(path.name[:2])
        assert first.source.startswith(f"# {number}. ")
        assert "At the end you will have" in first.source
        assert "pip install 'audiokit[offline,notebooks]'" in first.source

    def test_it_is_valid_and_was_run_in_order_without_errors(self, path: Path) -> None:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
        assert [cell.id for cell in notebook.cells] == [f"cell-{at:02}" for at in range(1, len(notebook.cells) + 1)]
        assert not [out for cell in code for out in cell.outputs if out.output_type == "error"]

    def test_it_is_light_and_holds_no_sound(self, path: Path) -> None:
        assert path.stat().st_size < MOST_BYTES
        assert "<audio" not in path.read_text("utf-8")
        assert all(len(picture) <= PICTURE_BYTES for picture in pictures(nbformat.read(path, as_version=4)))

    def test_it_holds_no_path_of_a_machine(self, path: Path) -> None:
        assert not A_MACHINES_PATH.search(path.read_text("utf-8"))

    def test_the_notebooks_it_names_are_there(self, path: Path) -> None:
        for name in re.findall(r"\]\(([^)]+\.ipynb)\)", path.read_text("utf-8")):
            assert (FOLDER / name).exists()


def test_there_are_five() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize(
    "text", ["Dataset('/home/ann/dataset')", "made in /tmp/made", '"C:\\\\Users\\\\ann"', "at /Users/ann/x"]
)
def test_a_path_of_a_machine_would_be_found(text: str) -> None:
    assert A_MACHINES_PATH.search(text)


def test_sound_and_logs_are_dropped_and_pictures_shrink() -> None:
    file = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (900, 1600, 3), dtype=np.uint8)
    Image.fromarray(noise).save(file, "PNG")
    cell = new_code_cell("1", outputs=[
        new_output("stream", name="stderr", text="a warning"),
        new_output("stream", name="stdout", text="a result"),
        new_output("display_data", {"text/html": "<audio controls></audio>", "text/plain": "Audio(1.000 s)"}),
        new_output("display_data", {"text/html": "<table></table>"}),
        new_output("display_data", {"image/png": base64.b64encode(file.getvalue()).decode()}),
    ])  # fmt: skip
    notebook = new_notebook(cells=[cell])
    lighten(notebook)
    shown = [output.get("text") or dict(output.data) for output in cell.outputs]
    assert shown[:3] == ["a result", {"text/plain": "Audio(1.000 s)"}, {"text/html": "<table></table>"}]
    (picture,) = pictures(notebook)
    with Image.open(io.BytesIO(picture)) as small:
        assert small.width == 400
    assert len(picture) < len(file.getvalue()) / 10
    assert cell.id == "cell-01"
