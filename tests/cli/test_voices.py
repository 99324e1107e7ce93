"""The command `audiokit voices`, as a shell sees it.

audiokit.cli.voices, audiokit.cli.voices_evaluate, audiokit.cli.voices_design, audiokit.cli.voices_settings and
audiokit.cloning.remote.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from click.testing import CliRunner, Result

from audiokit import config
from audiokit.cli.main import cli
from audiokit.cloning.entry import Consent, SampleRecord, VoiceEntry
from audiokit.cloning.voice_print import VoicePrint
from audiokit.cloning.voices import VoiceBook
from audiokit.contracts import Voice
from tests.conftest import SAMPLES_DIR
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.host import Host

READER = sorted((SAMPLES_DIR / "librivox").glob("*.wav"))


def audiokit(*words: object, **options: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)), **options)


def enter(name: str, provider: str = "elevenlabs", voice_id: str = "voice0001", **more: object) -> VoiceEntry:
    voice = Voice(
        name=name, provider=provider, voice_id=voice_id, language="en", labels={"accent": "calm"},
        folder=more.pop("folder", None), description="warm",
    )  # fmt: skip
    entry = VoiceEntry(voice=voice, origin="instant", created="2026-11-02T10:00:00+00:00", **more)
    VoiceBook().add(entry)
    return entry


@pytest.fixture(scope="module")
def running() -> Iterator[Host]:
    with Host(ElevenLabs()) as host:
        yield host


@pytest.fixture
def host(running: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """ElevenLabs on this machine, with one voice."""
    running.clear()
    running.app = ElevenLabs()
    running.app.new_voice("Ann", labels={"accent": "calm"})
    monkeypatch.setenv("ELEVENLABS_API_KEY", KEY)
    monkeypatch.setenv("ELEVENLABS_BASE_URL", running.url)
    yield running
    running.check()


def test_voices_are_listed_and_searched() -> None:
    enter("Ann")
    enter("Ben", provider="coqui")
    assert [line.split()[0] for line in audiokit("voices", "list").stdout.splitlines()] == ["Ann", "Ben"]
    found = json.loads(audiokit("voices", "list", "--search", "COQUI", "--json").stdout)
    assert [row["voice"]["name"] for row in found] == ["Ben"]


def test_an_empty_book_says_how_to_fill_it() -> None:
    result = audiokit("voices", "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "audiokit clone" in result.stderr


def test_a_voice_is_shown_with_samples_and_consent() -> None:
    consent = Consent(statement="I agree.", given="2026-11-02T09:00:00+00:00", voice="Ann", samples_sha256="cd")
    enter("Ann", samples=(SampleRecord(name="sample_01.wav", sha256="ab" * 32, duration_s=61.5),), consent=consent)
    text = audiokit("voices", "show", "ann").stdout
    for part in (
        "Ann",
        "elevenlabs, which calls it voice0001",
        "'I agree.'",
        "sample_01.wav, 61.5 s, abababab",
        "calm",
    ):
        assert part in text
    assert json.loads(audiokit("voices", "show", "ann", "--json").stdout)["consent"]["statement"] == "I agree."


@pytest.mark.parametrize("words", [["voices", "show", "Anna"], ["voices", "delete", "Anna"]])
def test_an_unknown_voice_has_the_code_of_a_voice_not_found(words: list[str]) -> None:
    enter("Ann")
    result = audiokit(*words)
    assert (result.exit_code, "Did you mean 'Ann'?" in result.stderr) == (5, True)


def test_the_voices_that_a_provider_brings_along_are_listed() -> None:
    result = audiokit("voices", "list", "--provider", "hibari")
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["heart", "emma", "fenrir", "fable", "kore"]
    told = json.loads(audiokit("voices", "list", "--provider", "hibari", "--search", "british", "--json").stdout)
    assert {row["voice_id"]: row["labels"]["gender"] for row in told["voices"]} == {"emma": "female", "fable": "male"}


@pytest.mark.parametrize(("provider", "message"), [("openai", "keeps no list"), ("hibary", "Did you mean 'hibari'?")])
def test_a_provider_without_a_list_of_voices_says_so(provider: str, message: str) -> None:
    result = audiokit("voices", "list", "--provider", provider)
    assert (result.exit_code, message in result.stderr) == (4, True), result.output


def test_what_a_provider_keeps_is_listed_with_what_is_left(host: Host) -> None:
    result = audiokit("voices", "list", "--provider", "elevenlabs", "--search", "calm")
    assert result.exit_code == 0, result.output
    assert "voice0001" in result.stdout
    assert "creator: 0 of 10,000 characters used, 1 of 10 voices; next period 2027-01-15" in result.stderr
    told = json.loads(audiokit("voices", "list", "--provider", "elevenlabs", "--json").stdout)
    assert told["subscription"]["voice_limit"] == 10
    assert told["voices"][0]["labels"]["accent"] == "calm"


def test_deleting_asks_first(host: Host) -> None:
    enter("Ann")
    result = audiokit("voices", "delete", "Ann", input="n\n")
    assert (result.exit_code, "Ann" in VoiceBook()) == (1, True)
    assert "Delete 'Ann' at elevenlabs and here, for ever?" in result.stderr
    result = audiokit("voices", "delete", "Ann", input="y\n")
    assert (result.exit_code, "Ann" in VoiceBook(), host.app.voices) == (0, False, {})


def test_a_voice_can_be_forgotten_here_only(host: Host) -> None:
    enter("Ann")
    assert audiokit("voices", "delete", "Ann", "--yes", "--keep-remote").exit_code == 0
    assert ("Ann" in VoiceBook(), list(host.app.voices)) == (False, ["voice0001"])


def test_a_voice_that_is_gone_already_is_a_note(host: Host) -> None:
    enter("Ann", voice_id="voice0099")
    result = audiokit("voices", "delete", "Ann", "--yes")
    assert (result.exit_code, "Ann" in VoiceBook()) == (0, False)
    assert "note: Ann: elevenlabs had no voice voice0099 any more" in result.stderr


@pytest.mark.parametrize("code", ["voice_does_not_exist", "voice_id_does_not_exist", "voice_not_found"])
def test_a_voice_that_is_gone_is_known_by_the_word_for_it(code: str, host: Host) -> None:
    enter("Ann")
    gone = faults.status(400, {"detail": {"status": code, "message": "gone"}})
    host.faults.add("/v1/voices/*", gone, method="DELETE")
    result = audiokit("voices", "delete", "Ann", "--yes")
    assert (result.exit_code, "Ann" in VoiceBook()) == (0, False), result.output


def test_an_address_without_voices_is_no_proof_that_one_is_gone(host: Host) -> None:
    enter("Ann")
    host.faults.add("/v1/voices/*", faults.status(404, {"detail": "Not Found"}), method="DELETE")
    result = audiokit("voices", "delete", "Ann", "--yes")
    assert (result.exit_code, "Ann" in VoiceBook()) == (5, True)


def test_when_the_provider_fails_nothing_is_forgotten(host: Host) -> None:
    enter("Ann")
    host.faults.add("/v1/voices/*", *[faults.status(500)] * 5, method="DELETE")
    result = audiokit("voices", "delete", "Ann", "--yes")
    host.faults.clear()
    assert (result.exit_code, "Ann" in VoiceBook()) == (5, True)
    assert "--keep-remote forgets it on this machine only" in result.stderr
    assert KEY not in result.output


def test_the_folder_of_a_local_voice_goes_with_it() -> None:
    inside = config.home() / "voices" / "ann"
    inside.mkdir(parents=True)
    (inside / "latents.npz").write_bytes(b"x")
    enter("Ann", provider="coqui", folder=inside)
    assert audiokit("voices", "delete", "Ann", "--yes").exit_code == 0
    assert not inside.exists()


def test_a_folder_elsewhere_is_nobodys_to_delete(tmp_path: Path) -> None:
    enter("Ann", provider="coqui", folder=config.home() / ".." / ".." / tmp_path.name / "..")
    enter("Ben", provider="coqui", folder=tmp_path)
    (tmp_path / "mine.wav").write_bytes(b"x")
    assert audiokit("voices", "delete", "Ben", "--yes").exit_code == 0
    assert audiokit("voices", "delete", "Ann", "--yes").exit_code == 0
    assert (tmp_path / "mine.wav").exists()


def test_settings_go_to_the_provider_and_the_book(host: Host) -> None:
    enter("Ann")
    assert "has no settings of its own" in audiokit("voices", "settings", "ann").stderr
    result = audiokit("voices", "settings", "ann", "--set", "stability=0.4", "--set", "speed=1.1")
    assert (result.exit_code, result.stdout) == (0, "stability=0.4\nspeed=1.1\n"), result.output
    kept = host.app.voices["voice0001"]["settings"]
    assert (kept["stability"], kept["speed"], kept["similarity_boost"]) == (0.4, 1.1, 0.75)
    assert VoiceBook().get("Ann").settings == {"stability": 0.4, "speed": 1.1}
    result = audiokit("voices", "settings", "ann", "--unset", "speed", "--json")
    assert json.loads(result.stdout) == VoiceBook().get("Ann").settings == {"stability": 0.4}


def test_a_setting_that_the_provider_does_not_take_changes_nothing(host: Host) -> None:
    enter("Ann")
    for words, exit_code, message in (
        (("--set", "stability=4"), 4, "stability is 4"),
        (("--set", "loud=true"), 4, "the setting loud = True is none"),
        (("--unset", "speed"), 2, "has no setting 'speed' of its own; there is none"),
    ):
        result = audiokit("voices", "settings", "Ann", *words)
        assert (result.exit_code, message in result.stderr) == (exit_code, True), result.output
    assert (VoiceBook().get("Ann").settings, host.app.voices["voice0001"]["settings"]["stability"]) == ({}, 0.5)


def test_settings_of_a_voice_of_this_machine_stay_here() -> None:
    enter("Ben", provider="coqui")
    assert audiokit("voices", "settings", "Ben", "--set", "speed=1.2").stdout == "speed=1.2\n"
    assert VoiceBook().get("Ben").settings == {"speed": 1.2}


def test_a_voice_is_renamed() -> None:
    enter("Ann")
    assert audiokit("voices", "rename", "ann", "Storyteller").stdout == "Storyteller\n"
    assert VoiceBook().get("Storyteller").voice_id == "voice0001"


def test_a_voice_moves_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = enter("Ann")
    assert audiokit("voices", "export", "Ann", tmp_path / "ann.zip").exit_code == 0
    monkeypatch.setenv("AUDIOKIT_HOME", str(tmp_path / "other"))
    assert audiokit("voices", "import", tmp_path / "ann.zip").stdout == "Ann\n"
    assert VoiceBook().entry("Ann") == entry
    result = audiokit("voices", "import", tmp_path / "ann.zip")
    assert (result.exit_code, "is there already" in result.stderr) == (2, True)
    assert audiokit("voices", "import", tmp_path / "ann.zip", "--name", "Ann 2").exit_code == 0


@pytest.fixture
def sentences(tmp_path: Path) -> Path:
    (tmp_path / "lines.txt").write_text("\ufeffThe clock has stopped.\n\nWho is there?\n", "utf-8")
    return tmp_path / "lines.txt"


@pytest.mark.model
def test_two_voices_are_judged_side_by_side(sentences: Path, tmp_path: Path) -> None:
    host = SAMPLES_DIR / "podcast" / "episode 1.mp3"
    soundfile.write(tmp_path / "host.wav", *_part(host, 6.7, 13.9))
    words = ["--reference", tmp_path / "host.wav", "--text", sentences]
    files = ["--page", tmp_path / "listen.html", "--out", tmp_path / "spoken"]
    result = audiokit("voices", "evaluate", "hibari:", "hibari:", *words, *files, "--json")
    assert result.exit_code == 0, result.output
    first, second = json.loads(result.stdout)
    assert first["provider"] == second["provider"] == "hibari"
    # The host of the sample podcast is the same synthetic voice.
    assert first["similarity"] > 0.74
    assert first["word_error_rate"] <= 0.5
    assert first["cost_usd"] == 0
    assert first["first_audio_s"] <= first["lines"][0]["took_s"] + 1
    assert [line["text"] for line in first["lines"]] == ["The clock has stopped.", "Who is there?"]
    assert (tmp_path / "listen.html").read_text("utf-8").count("audio/mpeg") == 4
    kept = sorted(path.relative_to(tmp_path / "spoken").as_posix() for path in (tmp_path / "spoken").rglob("*.wav"))
    assert [path.rpartition("/")[2] for path in kept] == ["01.wav", "02.wav"] * 2


def _part(path: Path, start_s: float, end_s: float) -> tuple[object, int]:
    from audiokit.audio.files import read

    audio = read(path)[start_s:end_s].mono()
    return audio.samples, audio.sample_rate


@pytest.mark.model
def test_a_voice_of_the_book_is_compared_with_its_own_samples(sentences: Path) -> None:
    found = VoicePrint(encoder="ge2e", embedding=(1.0, *[0.0] * 255), median=0.9, lowest=0.8)
    enter("Host", provider="hibari", voice_id="", sound=found)
    result = audiokit("voices", "evaluate", "host", "--stt", "none", "--text", sentences)
    assert result.exit_code == 0, result.output
    headings, row = result.stdout.splitlines()
    assert headings.split()[:3] == ["voice", "provider", "like"]
    assert "0.90 (0.80)" in row
    assert len(headings) == len(row)


def test_what_a_vendor_charges_is_in_the_table(host: Host, sentences: Path) -> None:
    enter("Ann")
    result = audiokit("voices", "evaluate", "Ann", "--stt", "none", "--text", sentences, "--json")
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    assert found["characters"] == len("The clock has stopped.") + len("Who is there?") == host.app.character_count
    assert found["cost_usd"] > 0
    assert (found["similarity"], found["word_error_rate"]) == (None, None)


def test_a_print_of_another_encoder_is_not_compared(sentences: Path, host: Host) -> None:
    enter("Ann", sound=VoicePrint(encoder="other", embedding=(1.0, 0.0), median=0.9, lowest=0.8))
    result = audiokit("voices", "evaluate", "Ann", "--stt", "none", "--text", sentences, "--json")
    assert json.loads(result.stdout)[0]["similarity"] is None


def test_a_text_in_another_coding_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Ein Vogel über dem Tal.".encode("latin-1"))
    result = audiokit("voices", "evaluate", "hibari:", "--text", tmp_path / "latin.txt")
    assert (result.exit_code, "cannot be read as UTF-8 text" in result.stderr) == (2, True)


def test_no_sentence_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n \n")
    result = audiokit("voices", "evaluate", "hibari:", "--text", tmp_path / "empty.txt")
    assert (result.exit_code, "no line with words" in result.stderr) == (2, True)


WARM = "A warm old storyteller, slow and close to the microphone"


def test_previews_are_saved_and_nothing_is_kept(host: Host, tmp_path: Path) -> None:
    result = audiokit("voices", "design", WARM, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert [line.split("  ")[0] for line in result.stdout.splitlines()] == ["1", "2", "3"]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".mp3"] * 3
    assert "nothing was kept" in result.stderr
    assert (len(VoiceBook()), len(host.app.voices)) == (0, 1)


def test_a_designed_voice_is_kept_and_entered(host: Host, tmp_path: Path) -> None:
    words = ["--name", "Teller", "--choose", "2", "--label", "accent=scottish", "--json"]
    result = audiokit("voices", "design", WARM, "--out", tmp_path, *words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert len(told["previews"]) == 3
    entry = VoiceBook().entry("Teller")
    assert (entry.origin, entry.consent, entry.voice.voice_id) == ("designed", None, told["voice"]["voice"]["voice_id"])
    kept = host.app.voices[entry.voice.voice_id]
    assert (kept["name"], kept["labels"], kept["description"]) == ("Teller", {"accent": "scottish"}, WARM)
    again = audiokit("voices", "design", WARM, "--out", tmp_path, "--name", "teller", "--choose", "1")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([WARM, "--name", "Teller"], "--choose is None; expected 1 to 3"),
        ([WARM, "--name", "Teller", "--choose", "4"], "--choose is 4; expected 1 to 3"),
        (["too short"], "the description has 9 characters; expected 20 to 1,000"),
    ],
)
def test_what_cannot_be_designed_is_refused(words: list[str], message: str, host: Host, tmp_path: Path) -> None:
    result = audiokit("voices", "design", *words, "--out", tmp_path)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output
    assert len(VoiceBook()) == 0
