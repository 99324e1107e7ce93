"""How much silence ends a turn: less after a finished sentence, more after one that hangs in the air."""

from __future__ import annotations

import re

from audiokit.agent.settings import TurnTaking

HANGING = frozenset(
    """
    a about an and are as at because but by for from had has have i if in into is it's like maybe my of on or our so
    than that the their then there they this to uh um until was we were what when where whether which while who with
    you your
    aber als auf das dass der die ein eine einen für in mit nach oder ob und von weil wenn zu zum zur
    con cuando de del el en la las los o para pero por porque que si sin un una y
    à au avec car dans de des donc du en et la le les mais ou où parce pour que qui sans si sur un une
    """.split()  # noqa: SIM905  read more easily than 120 quoted words
)
"""Words of English, German, Spanish and French after which one goes on speaking."""

DANGLING = frozenset(
    """
    a an and as because but for if into of or so than that the their uh um until when whether which while who your
    aber dass der die ein eine oder und weil wenn
    con cuando de el la las los o pero porque que si un una y
    au car dans de des du et la le les mais ou parce que qui si un une
    """.split()  # noqa: SIM905
)
"""Those of them that hardly end a sentence, whatever mark a recognizer puts behind them."""

FINISHED = re.compile(r"[.!?。！？…؟।][\"'”’»)\]]*$")
ELLIPSIS = re.compile(r"(\.\.\.|…|[-–—,:;、])$")
LAST_WORD = re.compile(r"([\w'’]+)\W*$")


def silence_for(text: str, settings: TurnTaking, probability: float | None = None) -> float:
    """Give the silence that ends a turn, in seconds from the last speech.

    Parameters
    ----------
    text : what was understood so far; empty when nothing yet.
    settings : the three silences, and who decides.
    probability : a turn model's, 0..1, that the turn is over; None when it has not judged.
    """
    if settings.detection == "provider":
        return settings.provider_silence_s
    if probability is not None:
        is_over = probability >= settings.model_probability
        return settings.finished_silence_s if is_over else settings.unfinished_silence_s
    if sounds_unfinished(text):
        return settings.unfinished_silence_s
    return settings.finished_silence_s if FINISHED.search(text) else settings.silence_s


def sounds_unfinished(text: str) -> bool:
    """Tell whether a text ends in a word or a mark after which one goes on.

    Recognizers end every text with a full stop, so a last word such as "and" counts for more than it. "Turn the light
    on." is finished all the same.
    """
    text = text.strip()
    last = LAST_WORD.search(text)
    if text.endswith(("?", "!")) or not last:
        return False
    hanging = DANGLING if FINISHED.search(text) and not ELLIPSIS.search(text) else HANGING
    return last[1].lower() in hanging or bool(ELLIPSIS.search(text))


def is_backchannel(text: str, backchannels: tuple[str, ...]) -> bool:
    """Tell whether a text is made of nothing but backchannels such as "mhm" or "yeah, right"."""
    rest = " ".join(re.findall(r"[\w'’-]+", text.lower()))
    if not rest:
        return False
    for each in sorted(backchannels, key=len, reverse=True):
        rest = re.sub(rf"(?<![\w'’-]){re.escape(each)}(?![\w'’-])", " ", rest)
    return not rest.strip()


def count_words(text: str) -> int:
    """Count the words of a text; in scripts without spaces, its characters."""
    return len(re.findall(r"[぀-ヿ㐀-鿿]|[^\W぀-ヿ㐀-鿿][\w'’-]*", text))
