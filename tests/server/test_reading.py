"""What strangers send, and what is left unsaid (audiokit.server.dialects.reading, audiokit.server.dialects.dialect)."""

from __future__ import annotations

import pytest

from audiokit.agent.events import UserSpeechStarted
from audiokit.server.dialects.dialect import Dialect
from audiokit.server.dialects.plain import Plain
from audiokit.server.dialects.reading import base64_bytes, inner_object, json_object, pcm_chunk
from audiokit.server.inputs import Refusal


def test_what_is_right_is_read() -> None:
    assert json_object('{"a": 1}') == {"a": 1}
    assert json_object(b'{"a": 1}') == {"a": 1}
    assert inner_object({"a": {"b": 1}}, "a") == {"b": 1}
    assert base64_bytes("AAA=", "data") == b"\0\0"
    assert pcm_chunk(b"\0\x40", 8000).samples[0, 0] == 0.5


@pytest.mark.parametrize("message", ["", "x", "[]", "5", "null", b"\xff\xfe", "[" * 100_000])
def test_what_is_no_object_is_refused(message: str | bytes) -> None:
    with pytest.raises(Refusal):
        json_object(message)


@pytest.mark.parametrize("data", [None, 5, "", "A", "A A=", "é", "AAA=\n", {}])
def test_what_is_no_base64_is_refused(data: object) -> None:
    with pytest.raises(Refusal, match="data"):
        base64_bytes(data, "data")


def test_a_language_says_nothing_where_it_has_no_word() -> None:
    dialect: Dialect = Plain()
    event = UserSpeechStarted(at_s=0)
    unsaid = [dialect.event(event), dialect.cleared(1), dialect.paused(), dialect.resumed(), dialect.beat()]
    assert [list(each) for each in unsaid] == [[]] * 5
    assert list(dialect.notice("tea")) == list(dialect.error("tea"))
