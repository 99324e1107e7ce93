"""Whether a transcript can be believed: loops, phrases that models make up, pace, language, a second opinion.

Every rule is a doubt with its number. A doubt is a flag, because a text can be mended by hand where a sound cannot;
with `refuse_doubtful` each of them refuses the clip.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from audiokit.analysis.wordings import words_of
from audiokit.dataset.clip import Clip
from audiokit.dataset.settings import PrepSettings

CHARACTERS_PER_S = (4.0, 25.0)  # slower is missing text, faster is made-up text; NeMo's SDP allows 18-30 at most
DENSE_PER_S = (1.5, 13.0)  # a sign of these is a syllable: 5 to 8 a second (Pellegrino et al. 2011, Language 87)
DENSE = ("ja", "ko", "yue", "zh")
UNSPACED = ("bo", "ja", "km", "lo", "my", "th", "yue", "zh")
"""Languages without blanks between words: what stands between two of them is a clause."""
FENCE = 1.5  # times the range between the quartiles, beyond them (Tukey 1977, as Emilia-Pipe has it)
FEWEST_FOR_FENCES = 20  # quartiles of fewer clips say little
MIN_CONFIDENCE = 0.5
MAX_COMPRESSION = 2.4  # of Whisper's authors
MIN_UNIQUE_WORDS = 0.4  # NeMo's SDP ...
FEWEST_FOR_UNIQUE_WORDS = 10  # ... which would also doubt "no, no, no"
LONG_WORD = 25  # NeMo's SDP ...
LONG_COMPOUND = 40  # ... and where words are joined: Rechtsschutzversicherungsgesellschaften has 39 letters
COMPOUNDING = ("da", "de", "et", "fi", "hu", "is", "nl", "no", "sv", "tr")
LOOPS = ((1, 5), (2, 4), (3, 3))  # a phrase of so many words or more, so often in a row
LONGEST_LOOP = 12  # words

MADE_UP = (
    "thank you", "thank you very much", "thank you so much", "thank you for watching", "thanks for watching",
    "thank you for listening", "please subscribe", "please subscribe to my channel", "like and subscribe",
    "don't forget to like and subscribe", "see you next time", "see you in the next video", "bye", "bye bye", "you",
    "the end", "silence", "music", "applause", "vielen dank", "vielen dank fürs zuschauen", "bis zum nächsten mal",
    "merci", "merci d'avoir regardé cette vidéo", "gracias", "gracias por ver el video",
    "suscríbete", "obrigado", "grazie", "продолжение следует", "спасибо за просмотр", "ご視聴ありがとうございました",
    "시청해 주셔서 감사합니다", "谢谢观看", "谢谢大家", "請不吝點贊訂閱轉發打賞支持明鏡與點點欄目",
)  # fmt: skip
"""What Whisper writes over silence and noise, where nothing else is said (Barański et al. 2025, arXiv 2501.11378)."""
CREDITS = (
    "amara org", "subtitles by", "untertitel von", "untertitelung des zdf", "sous titres réalisés",
    "subtítulos realizados",
)  # fmt: skip
"""Words of those who subtitled what it learned from: made up wherever they stand."""
UNSPACED_CREDITS = ("字幕由",)

Fences: TypeAlias = Mapping[str, tuple[float, float]]
"""By language: the paces, in characters a second, beyond which a clip is unlike the others."""


def compression_of(text: str) -> float:
    """Give how many times shorter a text gets by zlib: sentences 0.6 to 1.6, a loop 4 to 30."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def unique_words_of(text: str) -> float:
    """Give the part of the words that are different ones, 0..1; 1 for no words."""
    words = words_of(text)
    return len(set(words)) / len(words) if words else 1.0


def loop_in(words: Sequence[str]) -> Sequence[str]:
    """Find a phrase that is said again and again without a break; empty if there is none. Numbers may: 5 5 5 5 5.

    Parameters
    ----------
    words : of one clip, in their order; letters where there are no blanks between words.
    """
    for length in range(1, min(LONGEST_LOOP, len(words) // 2) + 1):
        least = next(times for shortest, times in reversed(LOOPS) if length >= shortest)
        same = 0  # how many words in a row are those of one phrase before
        for place in range(length, len(words)):
            same = same + 1 if words[place] == words[place - length] and not words[place].isdigit() else 0
            if same >= length * (least - 1):
                return words[place - length + 1 : place + 1]
    return ()


def fences(clips: Iterable[Clip]) -> Fences:
    """Give the usual paces by language: the quartiles, and 1.5 times the range between them to both sides.

    Parameters
    ----------
    clips : with texts; those without are left out, and languages with fewer than 20.
    """
    paces: dict[str, list[float]] = defaultdict(list)
    for clip in clips:
        if clip.text and clip.characters_per_s is not None:
            paces[clip.language].append(clip.characters_per_s)
    return {language: _fences(found) for language, found in paces.items() if len(found) >= FEWEST_FOR_FENCES}


def _fences(paces: Sequence[float]) -> tuple[float, float]:
    low, high = np.percentile(paces, (25, 75))
    room = FENCE * (high - low)
    return float(low - room), float(high + room)


def doubts(clip: Clip, settings: PrepSettings, usual: Fences) -> tuple[str, ...]:
    """List what speaks against a clip's text, each with what was found and what is asked for.

    Parameters
    ----------
    clip : with its text and all numbers about it.
    settings : the language that is expected, and the thresholds.
    usual : from `fences`, of all clips.
    """
    if not clip.text:
        return ("no text",)
    found = (
        _repeated(clip), _made_up(clip.text), _long_word(clip), _pace(clip, usual), _language(clip, settings),
        _mismatch(clip, settings), _confidence(clip),
    )  # fmt: skip
    return tuple(filter(None, found))


def _repeated(clip: Clip) -> str:
    words, is_unspaced = words_of(clip.text), clip.language in UNSPACED
    compression, unique = compression_of(clip.text), unique_words_of(clip.text)
    if phrase := loop_in("".join(words) if is_unspaced else words):
        return f"repetition: {('' if is_unspaced else ' ').join(phrase)!r} again and again"
    if compression > MAX_COMPRESSION:
        return f"repetition: compressed {compression:.1f} times > {MAX_COMPRESSION:g}"
    if unique <= MIN_UNIQUE_WORDS and len(words) >= FEWEST_FOR_UNIQUE_WORDS and not is_unspaced:
        return f"repetition: {unique:.0%} of the words are different ones <= {MIN_UNIQUE_WORDS:.0%}"
    return ""


def _made_up(text: str) -> str:
    said = f" {' '.join(words_of(text))} "
    if said in _MADE_UP or any(words in said for words in _CREDITS):
        return f"made up: {text[:60]!r} is what models write over silence"
    return ""


_MADE_UP = frozenset(f" {' '.join(words_of(phrase))} " for phrase in MADE_UP)
_CREDITS = (*(f" {' '.join(words_of(phrase))} " for phrase in CREDITS), *UNSPACED_CREDITS)


def _long_word(clip: Clip) -> str:
    longest = max(words_of(clip.text), key=len, default="")
    least = LONG_COMPOUND if clip.language in COMPOUNDING else LONG_WORD
    if len(longest) < least or clip.language in UNSPACED:
        return ""
    return f"long word: {longest[:LONG_COMPOUND]!r}, {len(longest)} letters >= {least}"


def _pace(clip: Clip, usual: Fences) -> str:
    pace = clip.characters_per_s or 0.0
    low, high = DENSE_PER_S if clip.language in DENSE else CHARACTERS_PER_S
    if not low <= pace <= high:
        return f"pace: {pace:.1f} characters/s, expected {low:g} to {high:g}"
    low, high = usual.get(clip.language, (low, high))
    return "" if low <= pace <= high else f"pace: {pace:.1f} characters/s, the other clips {low:.1f} to {high:.1f}"


def _language(clip: Clip, settings: PrepSettings) -> str:
    wanted, likely = settings.language[:2].lower(), clip.language_probability
    if wanted and clip.language and clip.language[:2] != wanted:
        return f"language: {clip.language}, expected {wanted}"
    if likely is not None and likely < settings.min_language:
        return f"language: {clip.language} with a probability of {likely:.2f} < {settings.min_language:g}"
    return ""


def _mismatch(clip: Clip, settings: PrepSettings) -> str:
    if clip.mismatch is None or clip.mismatch <= settings.max_mismatch:
        return ""
    return f"mismatch: {clip.mismatch:.2f} > {settings.max_mismatch:g} to {settings.second_stt}"


def _confidence(clip: Clip) -> str:
    if clip.confidence is None or clip.confidence >= MIN_CONFIDENCE:
        return ""
    return f"confidence: {clip.confidence:.2f} < {MIN_CONFIDENCE:g}"
