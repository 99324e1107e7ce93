import pytest

from audiokit.audio.chunk import AudioChunk
from audiokit.testing.spoken import ToneLanguage

TEXT = "one two two three, one."


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000])
def test_what_is_spoken_is_understood(rate: int) -> None:
    language = ToneLanguage(rate)
    assert language.understand(language.speak(TEXT)) == TEXT.split()


def test_it_survives_16_bit() -> None:
    language = ToneLanguage()
    words = " ".join(f"word{number}" for number in range(500))
    chunks = [AudioChunk.from_pcm16(chunk.to_pcm16(), 16_000) for chunk in language.speak(words)]
    assert language.understand(chunks) == words.split()


def test_a_lost_word_is_missed_and_half_a_word_is_heard() -> None:
    language = ToneLanguage()
    chunks = language.speak("one two three")
    assert language.understand(chunks[:15] + chunks[30:]) == ["one", "three"]
    assert language.understand(chunks[:22]) == ["one", "two"]
    assert language.understand(chunks[:21]) == ["one"]


def test_words_have_their_times() -> None:
    language = ToneLanguage(word_s=0.3)
    assert [(word.text, round(word.start_s, 3), round(word.end_s, 3)) for word in language.words("one two")] == [
        ("one", 0.0, 0.3),
        ("two", 0.3, 0.6),
    ]
    assert sum(chunk.duration_s for chunk in language.speak("one two")) == pytest.approx(0.6)


def test_silence_says_nothing() -> None:
    language = ToneLanguage()
    assert sum(chunk.duration_s for chunk in language.silence(1.0)) == pytest.approx(1.0)
    assert language.understand(language.silence(1.0)) == []
