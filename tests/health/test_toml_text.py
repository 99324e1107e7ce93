"""audiokit.health.toml_text."""

from __future__ import annotations

import pytest

from audiokit.errors import ConfigError
from audiokit.health.toml_text import with_value

WRITTEN = """# mine
[base_url]
openai = "http://127.0.0.1:1/v1"  # Ollama

[cache]
# room
max_bytes = 5
"""


@pytest.mark.parametrize(
    ("text", "section", "name", "value", "expected"),
    [
        ("", "cache", "max_bytes", 7, "[cache]\nmax_bytes = 7\n"),
        ("[cache]\n", "cache", "shared", 'a "b" ä\\', '[cache]\nshared = "a \\"b\\" ä\\\\"\n'),
        (WRITTEN, "cache", "max_bytes", 7, WRITTEN.replace("= 5", "= 7")),
        (WRITTEN, "cache", "max_bytes", None, WRITTEN.replace("max_bytes = 5\n", "")),
        (WRITTEN, "cache", "max_age_s", 0.5, WRITTEN.replace("[cache]\n", "[cache]\nmax_age_s = 0.5\n")),
        (WRITTEN, "base_url", "acme", "https://a.example", WRITTEN.replace("l]\n", 'l]\nacme = "https://a.example"\n')),
        ("a = 1", "cache", "max_bytes", 7, "a = 1\n\n[cache]\nmax_bytes = 7\n"),
        (WRITTEN, "cache", "shared", None, WRITTEN),
        ("", "cache", "shared", None, ""),
    ],
)
def test_one_value_changes_and_the_rest_stays(
    text: str, section: str, name: str, value: str | int | float | None, expected: str
) -> None:
    assert with_value(text, section, name, value) == expected


@pytest.mark.parametrize(
    "text",
    [
        "cache = {max_bytes = 5}",
        "cache.max_bytes = 5",
        '[cache]\nshared = """\nmax_bytes = 5\n"""\nmax_bytes = 6',
        "[cache]\nmax_bytes = [\n5,\n6]",
    ],
)
def test_what_no_line_tells_is_left_to_an_editor(text: str) -> None:
    with pytest.raises(ConfigError, match="in an editor: audiokit config path"):
        with_value(text, "cache", "max_bytes", 7)
