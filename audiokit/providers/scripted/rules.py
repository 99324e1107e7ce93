"""The rules of the scripted brain: what they look like in a TOML file, and which of them answers."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from audiokit.errors import ConfigError

BUNDLED = Path(__file__).with_name("rules.toml")
FIELDS = frozenset({"time", "date", "said", "calculated", "result"})
"""Values that an answer may hold besides the named groups of the patterns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is answered to what."""

    match: tuple[re.Pattern[str], ...]
    """One of them must be found in what was said."""
    say: tuple[str, ...]
    """Answers, taken in turn, with values in braces."""
    unknown: str = ""
    """The answer when such a value is not known."""
    tool: str = ""
    """A tool to be called before the answer."""
    arguments: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Its values, by parameter."""

    def matched(self, said: str) -> dict[str, str] | None:
        """Give the named groups found in what was said; None if no pattern is found."""
        for pattern in self.match:
            if found := pattern.search(said):
                return {name: value.strip() for name, value in found.groupdict().items() if value}
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A whole file of rules."""

    rules: tuple[Rule, ...]
    """The first that matches answers."""
    fallback: str
    """What is answered when none does."""

    def matched(self, said: str) -> tuple[Rule | None, dict[str, str]]:
        """Find the rule for what was said, and the named groups found in it."""
        for rule in self.rules:
            if (groups := rule.matched(said)) is not None:
                return rule, groups
        return None, {}


def read_rules(path: Path) -> Rules:
    """Read a file of rules.

    Raises
    ------
    ConfigError : no such file, no TOML, or a rule that cannot be meant; the message names it.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: the rules cannot be read: {error}") from error
    _check_names(table, {"fallback", "rule"}, str(path))
    entries = table.get("rule", [])
    if not isinstance(entries, list) or not all(isinstance(each, Mapping) for each in entries):
        raise ConfigError(f"{path}: rule is {entries!r}; expected sections, each under [[rule]] in double brackets")
    rules = tuple(_rule(each, f"{path}, rule {number}") for number, each in enumerate(entries, 1))
    fallback = _text(table.get("fallback", "I do not know what to say to: {said}"), f"{path}, fallback")
    groups = {name for rule in rules for pattern in rule.match for name in pattern.groupindex}
    for text in [fallback, *(text for rule in rules for text in (*rule.say, rule.unknown, *rule.arguments.values()))]:
        _check_fields(text, FIELDS | groups, str(path))
    return Rules(rules=rules, fallback=fallback)


def _rule(table: Mapping[str, Any], where: str) -> Rule:
    _check_names(table, {each.name for each in fields(Rule)}, where)
    match, say, arguments = table.get("match"), table.get("say", []), table.get("arguments", {})
    if not _are_texts(match) or not match or not _are_texts(say) or not (say or "tool" in table):
        raise ConfigError(f"{where}: expected a list `match` of patterns, and a list `say` of answers or a `tool`")
    unknown, tool = (_text(table.get(name, ""), f"{where}, {name}") for name in ("unknown", "tool"))
    if not isinstance(arguments, Mapping):
        raise ConfigError(f'{where}: arguments is {arguments!r}; expected a table such as {{ city = "{{city}}" }}')
    try:
        patterns = tuple(re.compile(pattern, re.IGNORECASE) for pattern in match)
    except re.error as error:
        raise ConfigError(f"{where}: {error.pattern!r} is no regular expression: {error}") from error
    values = MappingProxyType({name: str(value) for name, value in arguments.items()})
    return Rule(match=patterns, say=tuple(say), unknown=unknown, tool=tool, arguments=values)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{where} is {value!r}; expected a text in quotes")
    return value


def _check_names(table: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(table) - known):
        raise ConfigError(f"{where}: {unknown[0]!r} is not known; expected {', '.join(sorted(known))}")


def _check_fields(text: str, known: frozenset[str], where: str) -> None:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ConfigError(f"{where}: {text!r}: {error}") from error
    if unknown := sorted(names - known):
        raise ConfigError(f"{where}: {{{unknown[0]}}} in {text!r} is not known; expected {', '.join(sorted(known))}")
