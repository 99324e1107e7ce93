"""Tools that are calls over HTTP, as `agent.toml` describes them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException, HTTPMessage
from types import MappingProxyType
from typing import IO, Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from audiokit.agent.ahead import in_own_thread
from audiokit.config import Key, checked_url, is_loopback
from audiokit.contracts import Tool
from audiokit.errors import ConfigError, MissingKeyError, ProviderError, ProviderTimeout, ProviderUnavailable

PLACEHOLDER = re.compile(r"\{(\w+)\}")
VARIABLE = re.compile(r"\$\{(\w+)\}")
NAME = re.compile(r"[A-Za-z0-9_]{1,64}")  # what every vendor of models takes
LONGEST_ANSWER_BYTES = 16_384  # some 4,000 tokens: more would push the conversation out of the model's view
LONGEST_ERROR_BYTES = 500

TYPES: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
)
"""What a parameter may be, in JSON Schema's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpToolConfig:
    """One tool."""

    name: str
    """Letters, digits, underscores."""
    description: str
    """When and what for, written for the model."""
    url: str
    """Such as "https://api.example.com/weather/{city}": arguments stand in path and query, encoded; http on this
    machine only."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """Arguments that are not in the URL go into the query of GET and DELETE, else into a JSON body."""
    parameters: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    """By name a JSON Schema such as {type = "string", description = "..."}; types: string, integer, number, boolean."""
    optional: tuple[str, ...] = ()
    """Parameters that may be left out."""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """`${NAME}` in a value is that environment variable."""
    timeout_s: float = 5.0
    """Longest wait, in seconds."""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"name is {self.name!r}; expected up to 64 letters, digits and underscores")
        if not 0 < self.timeout_s <= 60:
            raise ValueError(f"timeout_s is {self.timeout_s}; expected more than 0, up to 60 s")
        _check_url(self.url)
        unknown = {*PLACEHOLDER.findall(self.url), *self.optional} - self.parameters.keys()
        if unknown:
            raise ValueError(f"{sorted(unknown)[0]!r} stands in url or optional but not in parameters")
        for name, schema in self.parameters.items():
            if not isinstance(schema, Mapping) or schema.get("type") not in TYPES:
                raise ValueError(f"parameter {name!r} is {schema!r}; expected a type: {', '.join(TYPES)}")


class HttpTool:
    """A tool of a conversation; an `AgentTool`.

    Parameters
    ----------
    config : what to call.

    Raises
    ------
    MissingKeyError : a header names an environment variable that is not set.
    """

    def __init__(self, config: HttpToolConfig) -> None:
        self._config = config
        self._headers = {name: Key(_filled(config, name, value)) for name, value in config.headers.items()}
        required = [name for name in config.parameters if name not in config.optional]
        self.tool = Tool(
            name=config.name,
            description=config.description,
            parameters={"type": "object", "properties": dict(config.parameters), "required": required},
        )

    async def call(self, arguments: Mapping[str, object]) -> str:
        """Make the request and give the answer's text; the end of a long one is cut off.

        Raises
        ------
        ValueError : arguments that do not fit the parameters.
        ProviderError : the answer is an error; its message is written for the model.
        """
        request = self._request(_checked(self.tool, arguments))
        try:
            async with asyncio.timeout(self._config.timeout_s):
                return await in_own_thread(partial(self._fetch, request))
        except TimeoutError as error:
            waited = f"{self._config.name} did not answer within {self._config.timeout_s:g} s"
            raise ProviderTimeout(waited, provider=self._config.name) from error

    def _request(self, arguments: Mapping[str, object]) -> urllib.request.Request:
        config = self._config
        url = PLACEHOLDER.sub(lambda match: _encoded(match[1], arguments.get(match[1], "")), config.url)
        in_url = set(PLACEHOLDER.findall(config.url))
        rest = {name: value for name, value in arguments.items() if name not in in_url}
        headers = {name: key.secret for name, key in self._headers.items()}
        body = None
        if config.method in ("POST", "PUT", "PATCH"):
            body = json.dumps(rest).encode()
            headers.setdefault("Content-Type", "application/json")
        elif rest:
            query = urlencode({name: _written(value) for name, value in rest.items()})
            url += ("&" if urlsplit(url).query else "?") + query
        return urllib.request.Request(url, body, headers, method=config.method)  # noqa: S310  see _check_url

    def _fetch(self, request: urllib.request.Request) -> str:
        name, until_s = self._config.name, time.monotonic() + self._config.timeout_s
        try:
            with _opener(request.full_url).open(request, timeout=self._config.timeout_s) as answer:
                return _read(answer, LONGEST_ANSWER_BYTES, until_s)
        except urllib.error.HTTPError as error:
            with error:
                said = _read(error, LONGEST_ERROR_BYTES, until_s)
            message = f"{name} answered {error.code} {error.reason}: {said}".strip(": ")
            raise ProviderError(message, provider=name, status=error.code) from error
        except TimeoutError as error:
            raise ProviderTimeout(f"{name} did not answer in time", provider=name) from error
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", None) or type(error).__name__
            raise ProviderUnavailable(f"{name} cannot be reached: {why}", provider=name, retryable=True) from error


def _read(answer: Any, most_bytes: int, until_s: float) -> str:
    """Read an answer, or its beginning; a server that drips is left when the time is up."""
    body = b""
    while len(body) < most_bytes and (piece := answer.read1(most_bytes - len(body))):
        body += piece
        if time.monotonic() > until_s:
            raise TimeoutError
    return body.decode("utf-8", "replace")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the headers, and the keys in them, to whoever it names."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _opener(url: str) -> urllib.request.OpenerDirector:
    no_proxy = [urllib.request.ProxyHandler({})] if is_loopback(urlsplit(url).hostname or "") else []
    return urllib.request.build_opener(_NoRedirects, *no_proxy)


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if PLACEHOLDER.search(parts.scheme + parts.netloc):
        raise ValueError(f"url is {url!r}; an argument may stand in the path and the query, not in the host")
    if parts.fragment or parts.username is not None:
        raise ValueError(f"url of host {parts.hostname} has a user or a fragment; expected neither (keys: headers)")
    try:
        checked_url(url, "url")
    except ConfigError as error:
        raise ValueError(str(error)) from error


def _filled(config: HttpToolConfig, header: str, value: str) -> str:
    """Put environment variables into a header's value."""

    def variable(match: re.Match[str]) -> str:
        found = os.environ.get(match[1], "").strip()
        if not found:
            raise MissingKeyError(
                f"the tool {config.name!r} needs the environment variable {match[1]} for its header {header}: set it"
            )
        return found

    filled = VARIABLE.sub(variable, value)
    if not (filled.isprintable() and filled.isascii()):
        raise ConfigError(f"the tool {config.name!r}: header {header} holds line breaks or letters outside ASCII")
    return filled


def _checked(tool: Tool, arguments: Mapping[str, object]) -> Mapping[str, object]:
    """Refuse arguments that the model made up."""
    schemas, required = tool.parameters["properties"], tool.parameters["required"]
    assert isinstance(schemas, dict)  # noqa: S101  for mypy: HttpTool wrote them
    assert isinstance(required, list)  # noqa: S101
    for name in required:
        if name not in arguments:
            raise ValueError(f"{tool.name} needs the argument {name!r}")
    for name, value in arguments.items():
        if name not in schemas:
            raise ValueError(f"{tool.name} has no argument {name!r}; it has: {', '.join(schemas) or 'none'}")
        kind, choices = schemas[name]["type"], schemas[name].get("enum")
        if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            raise ValueError(f"{tool.name}: {name} is {value!r}; expected type {kind}")
        if choices and value not in choices:
            raise ValueError(f"{tool.name}: {name} is {value!r}; expected one of {', '.join(map(str, choices))}")
    return arguments


def _encoded(name: str, value: object) -> str:
    text = _written(value)
    if text in (".", ".."):  # a dot stays a dot however it is encoded, and climbs up the path
        raise ValueError(f"{name} is {text!r}, which is no value for an address")
    return quote(text, safe="")


def _written(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
