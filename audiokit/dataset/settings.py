"""What `prep` can be told, and which part of its work each setting touches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from audiokit.errors import ConfigError

Channel = Literal["average", "left", "right", "louder"]
LoudnessPer = Literal["recording", "clip"]
ClipFormat = Literal["wav", "flac"]
Duplicates = Literal["keep", "refuse"]

STAGE_VERSION = 1  # raise it when the same settings would give other clips
TEXT_VERSION = 2  # ... or other texts


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepSettings:
    """How recordings become clips. The options of `audiokit prep` have these names, without units but seconds.

    Raises
    ------
    ConfigError : a value that cannot be meant; the message names it and what is allowed.
    """

    sample_rate: int = 24_000
    """Rate of the clips, in Hz."""
    channel: Channel = "average"
    """How several channels become one: their average, the left or the right one, or the louder."""
    highpass_hz: float = 60.0
    """Corner of the high-pass against rumble, in Hz; 0 leaves it out."""
    vad: str = "silero"
    """Speech detector by name: silero (neural), energy, or a plug-in's."""
    keep_truncated: bool = False
    """Use what can be decoded of a recording that ends too early."""

    min_s: float = 3.0
    """Shortest clip, in seconds."""
    max_s: float = 12.0
    """Longest clip, in seconds."""
    max_pause_s: float = 0.8
    """Longest pause inside a clip, in seconds."""
    room_s: float = 0.12
    """Natural silence kept before and after the speech of a clip, in seconds, where the pause gives it."""

    denoise: bool = False
    """Take background noise out of the clips."""
    loudness_lufs: float | None = -20.0
    """Loudness the speech is brought to, in LUFS; None leaves levels as they are."""
    loudness_per: LoudnessPer = "recording"
    """One gain for a whole recording, so that its dynamics stay, or one for each clip."""
    peak_dbtp: float = -3.0
    """Ceiling for the true peak, in dBTP."""
    format: ClipFormat = "wav"
    """File format of the clips, 16 bits a sample."""

    min_snr_db: float = 15.0
    """Clips with less speech over noise are refused, in dB."""
    min_bandwidth_hz: float = 4_000.0
    """Clips whose sound reaches less high, or less than 0.45 of their rate, are refused, in Hz (telephone: 3,400)."""
    max_clipped: float = 0.001
    """Clips with a larger part of clipped samples are refused, 0..1."""
    min_speech: float = 0.5
    """Clips with a smaller part of speech are refused, 0..1."""
    keep_forced_cuts: bool = False
    """Keep clips that begin or end without a pause: where speech had none, or where the recording starts or ends."""
    speaker: str = ""
    """Whose clips are kept: of everybody, unasked (empty); "auto": of who speaks most; "all": of everybody, each with
    a label; else a file with the voice that is wanted."""
    min_similarity: float = 0.75
    """Clips less like the voice that is wanted are refused, -1..1 (with a speaker only)."""
    min_mos: float | None = None
    """Clips that listeners would rate lower are refused, 1..5: the whole impression by DNSMOS (Emilia: 3); None asks
    for no opinion."""
    max_reverb_s: float | None = None
    """Clips in which a room rings longer are refused, in seconds (0.35 refuses no dry speech); None does not listen."""
    max_music: float | None = None
    """Clips with more music under speech are refused, 0..1 (speech alone: up to 0.43); None does not listen."""
    max_laughter: float | None = None
    """Clips in which laughter is more probable are refused, 0..1, as `sounds_model` hears it; None does not listen."""
    sounds_model: str = ""
    """The network that hears laughter: an ONNX file of YAMNet or of PANNs (with `max_laughter` only)."""
    duplicates: Duplicates = "keep"
    """What becomes of clips whose very sound is in a better one too, such as intros and re-runs."""
    stall_s: float = 120.0
    """A recording that makes no progress for longer is given up, and tried again by the next run, in seconds."""
    target_minutes: float | None = None
    """Keep only this much, the best by quality with a spread over the recordings."""

    transcribe: bool = False
    """Write down what is said in each clip."""
    stt: str = "whisper"
    """Speech recognizer by name: whisper (offline), or a plug-in's."""
    model: str = ""
    """The recognizer's model; empty: its default."""
    language: str = ""
    """ISO 639-1 code of what is spoken; empty: the recognizer finds out."""
    min_language: float = 0.8
    """Least probability that the language is spoken, 0..1, where the recognizer tells one (Emilia: 0.8)."""
    second_stt: str = ""
    """A second recognizer whose text is compared, NAME or NAME:MODEL; empty: none."""
    max_mismatch: float = 0.3
    """Largest part of the letters in which the two texts may differ, 0..1."""
    align: bool = False
    """Keep the times of the words, as the recognizer gives them, fitted to the sound."""
    refuse_doubtful: bool = False
    """Refuse clips whose text is doubtful, instead of keeping them with a flag."""

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in get_args(allowed):
                raise ConfigError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(get_args(allowed))}")
        for field in fields(self):
            if "float" in str(field.type) and getattr(self, field.name) is not None:
                object.__setattr__(self, field.name, float(getattr(self, field.name)))  # 3 and 3.0 are one setting
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ConfigError(f"{name} is {value:.10g}; expected {low:.10g} to {high:.10g}")
        if int(self.sample_rate) != self.sample_rate:
            raise ConfigError(f"sample_rate is {self.sample_rate}; expected a whole number of Hz")
        object.__setattr__(self, "sample_rate", int(self.sample_rate))
        if [(each.stt, each.model) for each in self.recognizers].count((self.stt, self.model)) > 1:
            raise ConfigError(f"second_stt is {self.second_stt!r}, as the first is; expected another one, or its model")
        if self.second_stt.startswith(":"):
            raise ConfigError(f"second_stt is {self.second_stt!r}; expected NAME or NAME:MODEL, such as whisper:base")
        if self.max_laughter is not None and not self.sounds_model:
            raise ConfigError(
                f"max_laughter is {self.max_laughter:g} without a network that hears it, which no package carries; "
                "expected an ONNX file of YAMNet or PANNs as sounds_model"
            )
        if self.min_s >= self.max_s:
            raise ConfigError(f"min_s is {self.min_s:g} and max_s {self.max_s:g}; expected min_s below max_s")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PrepSettings:
        """Read what `to_json` wrote; unknown names are refused."""
        unknown = sorted(set(data) - {field.name for field in fields(cls)})
        if unknown:
            raise ConfigError(
                f"unknown settings {', '.join(unknown)}; this dataset is from another version of audiokit"
            )
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """Give every setting by name; those about speakers, sound and texts only where they are not the defaults."""
        sparse = (*_SPEAKER, *_SOUND, *_TEXT_JUDGES, *_LIMITS)
        usual = {field.name: field.default for field in fields(self) if field.name in sparse}
        return {name: value for name, value in asdict(self).items() if name not in usual or value != usual[name]}

    @property
    def speech_key(self) -> str:
        """Names all that changes where speech is found."""
        return self._key(_SPEECH)

    @property
    def cut_key(self) -> str:
        """Names all that changes how clips are cut and sound."""
        return self._key(_SPEECH + _CUT)

    @property
    def text_key(self) -> str:
        """Names all that changes what a clip's transcript says."""
        return self._key(_TEXT, TEXT_VERSION)

    @property
    def recognizers(self) -> tuple[PrepSettings, ...]:
        """These settings for each recognizer: the first, and the second where there is one."""
        name, _, model = self.second_stt.partition(":")
        return (self, replace(self, stt=name, model=model, second_stt="", align=False)) if name else (self,)

    def _key(self, names: tuple[str, ...], version: int = STAGE_VERSION) -> str:
        values = [version, *((name, getattr(self, name)) for name in names)]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


_SPEECH = ("sample_rate", "channel", "highpass_hz", "vad", "keep_truncated")
_CUT = (
    "min_s", "max_s", "max_pause_s", "room_s", "denoise", "loudness_lufs", "loudness_per", "peak_dbtp", "format",
)  # fmt: skip
_TEXT = ("stt", "model", "language", "align")
_TEXT_JUDGES = ("min_language", "second_stt", "max_mismatch", "align", "refuse_doubtful")
_SPEAKER = ("speaker", "min_similarity")
_SOUND = ("min_mos", "max_reverb_s", "max_music", "max_laughter", "sounds_model", "duplicates")
_LIMITS = ("stall_s",)
_CHOICES: dict[str, Any] = {
    "channel": Channel, "loudness_per": LoudnessPer, "format": ClipFormat, "duplicates": Duplicates,
}  # fmt: skip
_RANGES: dict[str, tuple[float, float]] = {
    "sample_rate": (8_000, 192_000),
    "highpass_hz": (0, 1_000),
    "min_s": (0.5, 60),
    "max_s": (1, 600),
    "max_pause_s": (0.1, 10),
    "room_s": (0.05, 0.15),
    "loudness_lufs": (-60, 0),
    "peak_dbtp": (-40, 0),
    "min_snr_db": (-100, 100),
    "min_bandwidth_hz": (0, 96_000),
    "max_clipped": (0, 1),
    "min_speech": (0, 1),
    "min_similarity": (-1, 1),
    "min_mos": (1, 5),
    "max_reverb_s": (0, 1.5),
    "max_music": (0, 1),
    "max_laughter": (0, 1),
    "min_language": (0, 1),
    "max_mismatch": (0, 1),
    "stall_s": (1, 86_400),
    "target_minutes": (0.01, 1_000_000),
}
