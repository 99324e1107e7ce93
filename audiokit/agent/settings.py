"""How an agent behaves: every choice that is not a provider."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Literal


def _check_positive(settings: object, *names: str) -> None:
    for name in names:
        if not getattr(settings, name) > 0:
            raise ValueError(f"{name} is {getattr(settings, name)!r}; expected more than 0")


def _check_not_negative(settings: object, *names: str) -> None:
    for name in names:
        if not getattr(settings, name) >= 0:
            raise ValueError(f"{name} is {getattr(settings, name)!r}; expected 0 or more")


BACKCHANNELS = (
    "ah", "aha", "cool", "got it", "hm", "hmm", "huh", "i see", "mhm", "mm", "mm-hmm", "mmm", "nice", "oh", "ok",
    "okay", "right", "sure", "uh-huh", "uh", "um", "wow", "yeah", "yep", "yes",
)  # fmt: skip
"""What listeners say without wanting the word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTaking:
    """When the user speaks, and when the turn is over."""

    detection: Literal["silence", "provider", "model"] = "silence"
    """Who ends a turn: silence that adapts to the text, a recognizer that detects turns, or a turn model."""
    enter: float = 0.5
    """Probability of the VAD at which speech may start, 0..1."""
    leave: float = 0.35
    """Probability below which speech may end, 0..1."""
    start_s: float = 0.1
    """Speech starts when it has lasted so long, in seconds."""
    stop_s: float = 0.2
    """Speech has paused when silence has lasted so long, in seconds; the recognizer is then asked for its text."""
    silence_s: float = 0.6
    """Silence that ends a turn, in seconds from the last speech, when the text does not say whether it is complete."""
    finished_silence_s: float = 0.4
    """The same after a finished sentence."""
    unfinished_silence_s: float = 1.5
    """The same after "and ..." or "because"."""
    provider_silence_s: float = 5.0
    """Longest wait for a recognizer that detects turns, in seconds."""
    model_probability: float = 0.5
    """A turn model's probability from which the turn counts as finished, 0..1."""
    pre_roll_s: float = 0.4
    """Sound before the start of speech that a recognizer still gets, in seconds."""
    max_utterance_s: float = 60.0
    """Longer speech is answered without waiting for its end, in seconds."""
    early_transcript: bool = True
    """Whether a recognizer that does not stream is asked at each pause already, not only when the turn is over."""

    def __post_init__(self) -> None:
        _check_positive(self, "start_s", "stop_s", "silence_s", "finished_silence_s", "unfinished_silence_s")
        _check_positive(self, "provider_silence_s", "max_utterance_s")
        _check_not_negative(self, "pre_roll_s")
        if not 0 < self.model_probability < 1:
            raise ValueError(f"model_probability is {self.model_probability}; expected more than 0, less than 1")
        if not 0 < self.leave <= self.enter < 1:
            raise ValueError(f"leave is {self.leave}, enter is {self.enter}; expected 0 < leave <= enter < 1")


ENERGY_TURNS = TurnTaking(stop_s=0.3, silence_s=0.3, finished_silence_s=0.3, unfinished_silence_s=0.3)
"""The simplest choice, with `EnergyVAD` and its 0.01 RMS: 0.3 s without sound end a turn, whatever was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BargeIn:
    """How the user takes the word while the agent speaks."""

    allowed: bool = True
    """False: the agent hears nothing while it speaks, for loudspeakers without echo cancellation."""
    min_words: int = 1
    """The user has the word after so many words that are no backchannel."""
    confirm_s: float = 0.6
    """Or after so much speech, in seconds, unless it was understood as a backchannel."""
    grace_s: float = 0.5
    """How long after the end of that speech words may still come, in seconds; then it was a false alarm."""
    backchannels: tuple[str, ...] = BACKCHANNELS
    """Utterances that leave the word to the agent; written small."""

    def __post_init__(self) -> None:
        _check_positive(self, "min_words", "confirm_s", "grace_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """How long each service may take before it has failed, in seconds."""

    stt_final_s: float = 2.0
    """From the request for a final text to that text."""
    stt_whole_s: float = 6.0
    """The same for a recognizer that hears an utterance only when it is whole, such as Whisper on this machine."""
    llm_first_s: float = 1.5
    """To the model's first token."""
    llm_total_s: float = 30.0
    """To its last one."""
    tts_first_s: float = 1.5
    """To a clause's first sound."""
    tts_total_s: float = 20.0
    """To its last one."""
    next_s: float = 3.0
    """Between two pieces of any stream."""
    retry_s: float = 4.0
    """To a first piece, over all tries and fallbacks: none begins later."""
    tool_s: float = 10.0
    """For one tool."""
    filler_after_s: float = 0.5
    """After which the user hears that a tool is at work."""
    breaker_failures: int = 2
    """A service that failed so often in a row is not asked at every turn ..."""
    breaker_rest_s: float = 30.0
    """... but only after so many seconds."""

    def __post_init__(self) -> None:
        _check_positive(self, *(each.name for each in fields(self)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """What is said when something fails; synthesized when the first session starts. Empty: nothing is said."""

    nothing_heard: str = "Sorry, I did not catch that."
    """There was speech, but no word was understood."""
    stt_down: str = "Sorry, I cannot hear you properly at the moment."
    """The recognizer failed."""
    llm_down: str = "Sorry, I cannot think of an answer right now."
    """The model failed before it said anything."""
    llm_cut: str = "Sorry, I lost my thread."
    """The model failed in the middle."""
    tts_down: str = "Sorry, my voice failed me for a moment."
    """Speech failed."""
    filler: str = "One moment, please."
    """A tool takes its time."""
    goodbye: str = "I am having technical trouble. Please try again later. Goodbye."
    """Too many failures in a row: the session ends."""
    time_up: str = "Our time is up. Goodbye."
    """The session has reached its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where a conversation ends."""

    max_session_s: float = 3600.0
    """Longest session, in seconds."""
    max_turns: int = 500
    """Most turns."""
    max_idle_s: float = 600.0
    """Longest silence of both sides, in seconds."""
    max_failures: int = 3
    """Failed turns in a row that end the session politely."""
    max_tool_rounds: int = 5
    """How often in one turn the model may ask for tools."""
    max_turn_s: float = 120.0
    """Longest turn of the agent, in seconds, whatever it waits for."""

    def __post_init__(self) -> None:
        _check_positive(self, *(each.name for each in fields(self)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """How an agent behaves."""

    system_prompt: str = (
        "You are a friendly voice assistant. You are heard, not read: answer in one to three short spoken sentences, "
        "without lists, headings or markup."
    )
    """What the model is told of its part; never cut from the history."""
    greeting: str = ""
    """What the agent says first; empty: it waits for the user."""
    language: str = ""
    """ISO 639-1 code of the conversation; empty when the providers shall find out."""
    turn_taking: TurnTaking = field(default_factory=TurnTaking)
    """When a turn is over."""
    barge_in: BargeIn = field(default_factory=BargeIn)
    """How the user interrupts."""
    budgets: Budgets = field(default_factory=Budgets)
    """How long services may take."""
    phrases: Phrases = field(default_factory=Phrases)
    """What is said when they fail."""
    limits: Limits = field(default_factory=Limits)
    """Where a conversation ends."""
    send_ahead_s: float = 0.2
    """How much sound may wait at the listener's, in seconds."""
    prefetch_clauses: int = 2
    """How many clauses may be synthesized before they are heard."""
    speculate: bool = False
    """Whether the model is asked before the turn is surely over: sooner an answer, sometimes paid for nothing."""
    max_speculations: int = 2
    """How often in one turn."""
    max_history_tokens: int = 8000
    """How much of the conversation the model reads, in tokens of about 4 characters."""
    shorten: Literal["cut", "summary"] = "cut"
    """What happens to older turns: they are forgotten, or the model sums them up."""

    def __post_init__(self) -> None:
        _check_positive(self, "send_ahead_s", "prefetch_clauses", "max_history_tokens")
        _check_not_negative(self, "max_speculations")
