"""What Deepgram's messages say, as transcripts: no network here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from audiokit.contracts import Transcript, Word
from audiokit.errors import ProviderError

Turn = Literal["", "started", "eager_end", "resumed", "ended"]
TURNS: Mapping[str, Turn] = MappingProxyType(
    {
        "StartOfTurn": "started",
        "Update": "",
        "EagerEndOfTurn": "eager_end",
        "TurnResumed": "resumed",
        "EndOfTurn": "ended",
    }
)


class NovaReader:
    """Reads the stream of `/v1/listen`: utterances come in pieces, of which each is revised until it is final.

    Parameters
    ----------
    language : of the transcripts, when Deepgram does not tell.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._pieces: list[Transcript] = []

    def read(self, message: Mapping[str, Any]) -> Iterator[Transcript]:
        """Give what one message adds: the utterance so far, or the whole of it when it has ended."""
        if message["type"] == "UtteranceEnd":
            yield from self.rest()
        if message["type"] != "Results":
            return
        heard = alternative(message["channel"], self._language)
        if message.get("is_final"):
            self._pieces += [heard] if heard.text else []
            if message.get("speech_final"):
                yield from self.rest()
            elif message.get("from_finalize"):
                yield joined(self._pieces, self._language)
                self._pieces = []
        elif heard.text:
            yield joined([*self._pieces, heard], self._language, is_final=False)

    def rest(self) -> Iterator[Transcript]:
        """Give what was heard of an utterance that Deepgram has not ended."""
        if self._pieces:
            yield joined(self._pieces, self._language)
        self._pieces = []


class FluxReader:
    """Reads the stream of `/v2/listen`: each message holds the whole turn so far.

    Parameters
    ----------
    language : of the transcripts, when Deepgram does not tell.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._open: Transcript | None = None

    def read(self, message: Mapping[str, Any]) -> Iterator[Transcript]:
        """Give the turn as one message tells it."""
        if message["type"] != "TurnInfo":
            return
        turn = TURNS.get(message["event"], "")
        heard = _heard(message, self._language, is_final=turn == "ended", turn=turn)
        self._open = None if turn == "ended" else heard
        if turn or heard.text:
            yield heard

    def rest(self) -> Iterator[Transcript]:
        """Give the turn that the end of the stream has cut short."""
        if self._open and self._open.text:
            last = self._open
            yield Transcript(
                text=last.text, language=last.language, confidence=last.confidence, words=last.words, turn="ended"
            )
        self._open = None


def alternative(channel: Mapping[str, Any], language: str) -> Transcript:
    """Read the best alternative of a channel, live or of a whole recording."""
    return _heard(channel["alternatives"][0], language)


def joined(pieces: list[Transcript], language: str, *, is_final: bool = True) -> Transcript:
    """Make one utterance of its pieces."""
    words = tuple(word for piece in pieces for word in piece.words)
    return Transcript(
        text=" ".join(piece.text for piece in pieces),
        language=pieces[0].language if pieces else language,
        confidence=_mean(words),
        words=words,
        is_final=is_final,
    )


def check_error(message: Mapping[str, Any], *, request_id: str | None = None) -> None:
    """Raise what a message of the type Error tells.

    Raises
    ------
    ProviderError : it is one.
    """
    if message["type"] == "Error":
        code = message.get("code") or message.get("variant") or "no code"
        words = message.get("description") or message.get("message") or "no description"
        raise ProviderError(f"deepgram stopped: {words} ({code})", provider="deepgram", request_id=request_id)


def _heard(told: Mapping[str, Any], language: str, *, is_final: bool = True, turn: Turn = "") -> Transcript:
    words = tuple(_words(told["words"]))
    languages = told.get("languages") or [language]
    return Transcript(
        text=told["transcript"].strip(),
        language=languages[0][:2],
        confidence=_mean(words) if words else float(told.get("confidence", 0.0)),
        words=words,
        is_final=is_final,
        turn=turn,
    )


def _words(told: list[Mapping[str, Any]]) -> Iterator[Word]:
    """Give the words, or none if one of them has no time."""
    if any(word.get("start") is None or word.get("end") is None for word in told):
        return
    for word in told:
        yield Word(
            text=word.get("punctuated_word") or word["word"],
            start_s=float(word["start"]),
            end_s=float(word["end"]),
            confidence=float(word["confidence"]),
        )


def _mean(words: tuple[Word, ...]) -> float:
    return float(np.mean([word.confidence for word in words])) if words else 0.0
