"""Python functions as tools: the signature becomes the schema, the docstring what the model is told."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from audiokit.agent.ahead import abandonable, in_own_thread
from audiokit.agent.ports import AgentTool
from audiokit.contracts import Tool, ToolCall

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
"""Python's types by their names in JSON Schema."""


class FunctionTool:
    """A function that the model may call.

    Parameters
    ----------
    function : annotated; a plain one runs in a thread of its own, a coroutine function on the event loop. The first
        paragraph of its docstring says what it is for; a line such as `city : where to look` describes a parameter.
    name : the function's own, if not given.

    Raises
    ------
    TypeError : no docstring, or a parameter whose type has no JSON.
    """

    def __init__(self, function: Callable[..., Any], name: str = "") -> None:
        self._function = function
        documentation = inspect.getdoc(function) or ""
        name = name or function.__name__
        if not documentation:
            raise TypeError(f"the tool {name} has no docstring; the model must be told what it is for")
        purpose = documentation.split("\n\n")[0].replace("\n", " ")
        self.tool = Tool(name=name, description=purpose, parameters=_schema(function, documentation))

    async def call(self, arguments: Mapping[str, object]) -> str:
        """Call the function with the model's arguments; what it gives is written as text or JSON.

        Raises
        ------
        ValueError : arguments that the function does not take, or that are missing.
        Exception : what the function raises.
        """
        self._check(arguments)
        if inspect.iscoroutinefunction(self._function):
            result = await self._function(**arguments)
        else:
            result = await in_own_thread(partial(self._function, **arguments))
        return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)

    def _check(self, arguments: Mapping[str, object]) -> None:
        known: Any = self.tool.parameters["properties"]
        required: Any = self.tool.parameters["required"]
        for name in arguments:
            if name not in known:
                raise ValueError(f"{self.tool.name} takes no {name!r}; it takes: {', '.join(known) or 'nothing'}")
        missing = [name for name in required if name not in arguments]
        if missing:
            raise ValueError(f"{self.tool.name} needs {', '.join(missing)}")


def as_tools(tools: Sequence[Callable[..., Any] | AgentTool]) -> dict[str, AgentTool]:
    """Give tools by name; plain functions are wrapped.

    Raises
    ------
    ValueError : two of one name.
    """
    by_name: dict[str, AgentTool] = {}
    for each in tools:
        one: Any = each if hasattr(each, "tool") else FunctionTool(each)
        if one.tool.name in by_name:
            raise ValueError(f"two tools are named {one.tool.name!r}; expected different names")
        by_name[one.tool.name] = one
    return by_name


async def call_tool(tools: Mapping[str, AgentTool], call: ToolCall, limit_s: float) -> tuple[str, str | None]:
    """Do what the model asked for; give what it is to read, and what went wrong, if anything.

    Parameters
    ----------
    tools : what there is, by name.
    call : what is wanted.
    limit_s : how long it may take, in seconds.
    """
    tool = tools.get(call.name)
    if tool is None:
        error = f"there is no tool {call.name!r}; there are: {', '.join(tools) or 'none'}"
        return f"Error: {error}", error
    try:
        return await abandonable(tool.call(call.arguments), limit_s) or "Done.", None
    except Exception as raised:  # whatever a tool raises, the model is to know and the call goes on
        error = str(raised) or type(raised).__name__
        return f"Error: {error}", error


def _schema(function: Callable[..., Any], documentation: str) -> dict[str, object]:
    hints = get_type_hints(function)
    properties: dict[str, object] = {}
    required = []
    for parameter in inspect.signature(function).parameters.values():
        described = re.search(rf"^\s*{parameter.name} : (.+)$", documentation, re.MULTILINE)
        properties[parameter.name] = {
            **_type_schema(hints.get(parameter.name, str), f"{function.__name__}({parameter.name})"),
            **({"description": described[1]} if described else {}),
        }
        if parameter.default is parameter.empty:
            required.append(parameter.name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _type_schema(hint: Any, where: str) -> dict[str, object]:
    origin, inner = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return {"type": PLAIN[hint]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_type_schema(each, where) for each in inner]}
    if hint is list or origin in (list, Sequence):
        return {"type": "array", **({"items": _type_schema(inner[0], where)} if inner else {})}
    if hint is dict or origin in (dict, Mapping):
        return {"type": "object"}
    raise TypeError(f"{where} is {hint!r}; a tool takes str, int, float, bool, Literal, list and dict")
