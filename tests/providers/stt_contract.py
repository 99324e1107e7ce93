"""What every speech recognizer must do; a test class of its own inherits this and gives the fixture `stt`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from audiokit import portal
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk, chunks_of
from audiokit.contracts import STT, Transcript


async def stream(audio: Audio, chunk_s: float = 0.02) -> AsyncIterator[AudioChunk]:
    for chunk in chunks_of(audio, chunk_s):
        yield chunk


def transcripts_of(stt: STT, audio: Audio, chunk_s: float = 0.02) -> list[Transcript]:
    return list(portal.iterate(stt.transcribe(stream(audio, chunk_s))))


def text_of(transcripts: list[Transcript]) -> str:
    return " ".join(transcript.text for transcript in transcripts if transcript.is_final)


class STTContract:
    @pytest.fixture(scope="class")
    @classmethod
    def utterance(cls, speech: Callable[..., Any]) -> Audio:
        """About four seconds: one sentence with a little silence around it."""
        spoken = speech(0.5)
        second = spoken.utterances[1]
        audio: Audio = spoken.audio[second.start_s - 0.3 : second.end_s + 0.3]
        return audio

    @pytest.fixture(scope="class")
    @classmethod
    def transcripts(cls, stt: STT, utterance: Audio) -> list[Transcript]:
        return transcripts_of(stt, utterance)

    def test_the_last_transcript_is_final(self, transcripts: list[Transcript]) -> None:
        assert transcripts[-1].is_final

    def test_speech_gives_text_without_space_around_it(self, transcripts: list[Transcript]) -> None:
        texts = [transcript.text for transcript in transcripts]
        assert any(texts)
        assert texts == [text.strip() for text in texts]

    def test_words_follow_each_other_within_the_audio(self, transcripts: list[Transcript], utterance: Audio) -> None:
        words = [word for transcript in transcripts if transcript.is_final for word in transcript.words]
        times_s = [time_s for word in words for time_s in (word.start_s, word.end_s)]
        assert [0.0, *times_s, utterance.duration_s] == sorted([0.0, *times_s, utterance.duration_s])

    def test_words_are_those_of_the_text(self, transcripts: list[Transcript]) -> None:
        for transcript in transcripts:
            if transcript.words:
                assert "".join(word.text for word in transcript.words) == transcript.text.replace(" ", "")

    def test_confidence_lies_between_0_and_1(self, transcripts: list[Transcript]) -> None:
        scored = [*transcripts, *(word for transcript in transcripts for word in transcript.words)]
        assert all(0 <= each.confidence <= 1 for each in scored)

    def test_the_language_is_a_two_letter_code_or_unknown(self, transcripts: list[Transcript]) -> None:
        assert all(len(transcript.language) in (0, 2) for transcript in transcripts)

    def test_the_length_of_the_chunks_does_not_matter(
        self, stt: STT, utterance: Audio, transcripts: list[Transcript]
    ) -> None:
        assert text_of(transcripts_of(stt, utterance, chunk_s=0.5)) == text_of(transcripts)

    def test_a_stream_without_chunks_gives_no_text(self, stt: STT) -> None:
        async def nothing() -> AsyncIterator[AudioChunk]:
            for chunk in ():
                yield chunk

        assert text_of(list(portal.iterate(stt.transcribe(nothing())))) == ""
