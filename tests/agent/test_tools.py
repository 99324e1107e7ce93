import asyncio
from typing import Literal

import pytest

from audiokit.agent.tools import FunctionTool, as_tools, call_tool
from audiokit.contracts import ToolCall
from audiokit.testing import clock


def weather(
    city: str, days: int = 1, unit: Literal["C", "F"] = "C", tags: list[str] | None = None
) -> dict[str, object]:
    """Look up the weather
    of a city.

    Parameters
    ----------
    city : where to look.
    days : how far ahead.
    """
    return {"city": city, "days": days, "unit": unit, "tags": tags}


async def slowly(wait_s: float) -> str:
    """Wait."""
    await asyncio.sleep(wait_s)
    return "waited"


def broken() -> str:
    """Fail."""
    raise OSError("no network")


TOOLS = as_tools([weather, slowly, broken])


def told(name: str, limit_s: float = 10.0, **arguments: object) -> tuple[str, str | None]:
    return clock.run(call_tool(TOOLS, ToolCall(call_id="1", name=name, arguments=arguments), limit_s))


def test_a_signature_becomes_a_schema() -> None:
    tool = FunctionTool(weather).tool
    assert (tool.name, tool.description) == ("weather", "Look up the weather of a city.")
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "where to look."},
            "days": {"type": "integer", "description": "how far ahead."},
            "unit": {"enum": ["C", "F"]},
            "tags": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
        },
        "required": ["city"],
        "additionalProperties": False,
    }


def test_results_are_text_or_json() -> None:
    assert told("weather", city="Köln") == ('{"city": "Köln", "days": 1, "unit": "C", "tags": null}', None)
    assert told("slowly", wait_s=2.0) == ("waited", None)


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("weather", {"town": "Paris"}, "weather takes no 'town'; it takes: city, days, unit, tags"),
        ("weather", {}, "weather needs city"),
        ("broken", {}, "no network"),
        ("slowly", {"wait_s": 60.0}, "not done after 10 s"),
        ("fly", {}, "there is no tool 'fly'; there are: weather, slowly, broken"),
    ],
)
def test_the_model_is_told_what_went_wrong(name: str, arguments: dict[str, object], error: str) -> None:
    assert told(name, **arguments) == (f"Error: {error}", error)


def test_a_function_without_a_docstring_is_refused() -> None:
    def mute() -> None: ...

    with pytest.raises(TypeError, match="no docstring"):
        FunctionTool(mute)


def test_a_parameter_that_has_no_json_is_refused() -> None:
    def odd(when: complex) -> None:
        """Do it."""

    with pytest.raises(TypeError, match=r"odd\(when\)"):
        FunctionTool(odd)


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two tools are named 'weather'"):
        as_tools([weather, FunctionTool(slowly, name="weather")])
