"""audiokit.providers.deepgram.results: Deepgram's messages, read without a network."""

from __future__ import annotations

from typing import Any

import pytest

from audiokit.contracts import Transcript
from audiokit.errors import ProviderError
from audiokit.providers.deepgram.results import FluxReader, NovaReader, check_error


def results(text: str, **flags: bool) -> dict[str, Any]:
    words = [{"word": word, "start": 0.0, "end": 0.5, "confidence": 0.8} for word in text.split()]
    return {"type": "Results", "channel": {"alternatives": [{"transcript": text, "words": words}]}, **flags}


def turn(event: str, text: str, **fields: Any) -> dict[str, Any]:
    words = [{"word": word, "confidence": 0.5} for word in text.split()]
    return {"type": "TurnInfo", "event": event, "transcript": text, "words": words, **fields}


def read(reader: NovaReader | FluxReader, *messages: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(heard.text, heard.is_final) for message in messages for heard in reader.read(message)]


def test_final_pieces_are_joined_until_the_speaker_pauses() -> None:
    told = [results("a"), results("a b", is_final=True), results("c"), results("c d", is_final=True, speech_final=True)]
    assert read(NovaReader("en"), *told) == [("a", False), ("a b c", False), ("a b c d", True)]


def test_the_end_of_an_utterance_may_come_alone() -> None:
    told = [results("a", is_final=True), {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 1.0}]
    assert read(NovaReader("en"), *told) == [("a", True)]


def test_an_utterance_is_not_ended_twice() -> None:
    told = [results("a", is_final=True, speech_final=True), {"type": "UtteranceEnd"}]
    assert read(NovaReader("en"), *told) == [("a", True)]


def test_silence_tells_nothing() -> None:
    assert read(NovaReader("en"), results(""), results("", is_final=True, speech_final=True)) == []


def test_what_was_asked_for_is_answered_though_empty() -> None:
    assert read(NovaReader("en"), results("", is_final=True, from_finalize=True)) == [("", True)]


def test_what_is_left_at_the_end_is_final() -> None:
    reader = NovaReader("en")
    read(reader, results("a", is_final=True))
    assert [heard.text for heard in reader.rest()] == ["a"]
    assert list(reader.rest()) == []


def test_words_as_they_are_written_go_before_words_as_they_are_heard() -> None:
    message = results("Two.")
    message["channel"]["alternatives"][0]["words"][0] |= {"word": "two", "punctuated_word": "Two."}
    (heard,) = NovaReader("en").read(message)
    assert (heard.words[0].text, heard.confidence, heard.language) == ("Two.", 0.8, "en")


def test_the_language_is_what_deepgram_hears() -> None:
    message = results("ja")
    message["channel"]["alternatives"][0]["languages"] = ["de"]
    (heard,) = NovaReader("").read(message)
    assert heard.language == "de"


def test_turns_have_their_names() -> None:
    events = ["StartOfTurn", "Update", "EagerEndOfTurn", "TurnResumed", "EndOfTurn", "SomethingNew"]
    reader = FluxReader("en")
    heard = [each for event in events for each in reader.read(turn(event, "a b"))]
    assert [each.turn for each in heard] == ["started", "", "eager_end", "resumed", "ended", ""]
    assert [each.is_final for each in heard] == [False, False, False, False, True, False]


def test_words_without_times_are_left_out() -> None:
    (heard,) = FluxReader("en").read(turn("Update", "a b"))
    assert (heard.text, heard.words) == ("a b", ())


def test_an_update_without_text_tells_nothing() -> None:
    assert read(FluxReader("en"), turn("Update", "")) == []


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([turn("Update", "a")], [Transcript(text="a", language="en", turn="ended")]),
        ([turn("Update", "a"), turn("EndOfTurn", "a")], []),
        ([turn("StartOfTurn", "")], []),
        ([], []),
    ],
)
def test_an_open_turn_ends_with_the_stream(messages: list[dict[str, Any]], expected: list[Transcript]) -> None:
    reader = FluxReader("en")
    read(reader, *messages)
    assert list(reader.rest()) == expected


def test_an_error_is_raised_in_deepgrams_words() -> None:
    with pytest.raises(ProviderError, match=r"deepgram stopped: No sound\. \(NET-1\)") as caught:
        check_error({"type": "Error", "variant": "NET-1", "description": "No sound."}, request_id="r1")
    assert caught.value.request_id == "r1"


def test_other_messages_are_no_error() -> None:
    check_error({"type": "Metadata"})
    assert read(NovaReader("en"), {"type": "Metadata"}, {"type": "SpeechStarted"}) == []
    assert read(FluxReader("en"), {"type": "Connected"}) == []
