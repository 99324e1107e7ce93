"""What is set, where it comes from, and how to set it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from audiokit import config, registry
from audiokit.disk import whole_file
from audiokit.errors import ConfigError
from audiokit.health.toml_text import with_value
from audiokit.speech.cache import CacheSettings, configured

CACHE_KINDS: dict[str, type | tuple[type, ...]] = {
    "folder": str,
    "max_bytes": int,
    "max_age_s": (int, float),
    "shared": str,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value and its source."""

    name: str
    """As `set_value` takes it, such as "cache.max_bytes"; keys and folders by the names of their variables."""
    value: str
    """For people; a key is "set" or "not set"."""
    source: str
    """"default", "environment", ".env", "keyring" or "config.toml"; empty: from nowhere."""


def settings_path() -> Path:
    """Give the place of config.toml, which need not exist."""
    return config.home() / "config.toml"


def settings() -> Iterator[Setting]:
    """Give every setting: the home folder, addresses, the cache, keys.

    Raises
    ------
    ConfigError : config.toml or `.env` cannot be read, or holds what cannot be meant.
    """
    told = "environment" if os.environ.get("AUDIOKIT_HOME") else "default"
    yield Setting(name="AUDIOKIT_HOME", value=str(config.home()), source=told)
    table = config.settings_file()
    for vendor in config.BASE_URLS:
        yield _address(vendor, table.get("base_url", {}))
    cache = configured()
    for field in fields(CacheSettings):
        value = getattr(cache, field.name)
        if field.name == "folder":
            value = value or config.home() / "speech"
        source = "config.toml" if field.name in table.get("cache", {}) else "default"
        yield Setting(name=f"cache.{field.name}", value=str(value), source=source)
    for vendor in registry.providers("key"):
        source = config.key_source(vendor)
        yield Setting(name=config.key_variable(vendor), value="set" if source else "not set", source=source)


def set_value(name: str, text: str | None) -> Path:
    """Set a value in config.toml, or remove it; give the file's path. Comments in it stay.

    Parameters
    ----------
    name : "base_url.VENDOR", or "cache." and a field of `CacheSettings`.
    text : as one would type it; None removes the value.

    Raises
    ------
    ConfigError : no such setting, a value that it cannot have, or a file that cannot be read or written.
    """
    section, _, own = name.partition(".")
    check_name(name)
    value = None if text is None else _checked(section, own, text)
    path = settings_path()
    config.settings_file()  # a broken one is named, and stays as it is
    before = path.read_text("utf-8") if path.exists() else ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_text(with_value(before, section, own, value), "utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}. Mend it, or set AUDIOKIT_HOME.") from error
    return path


def check_name(name: str) -> None:
    """Refuse a name that `set_value` does not know.

    Raises
    ------
    ConfigError : naming the nearest.
    """
    section, _, own = name.partition(".")
    known = [f"base_url.{vendor}" for vendor in config.BASE_URLS] + [f"cache.{field}" for field in CACHE_KINDS]
    if name in known or (section == "base_url" and own.isidentifier()):  # plug-ins have addresses, too
        return
    nearest = get_close_matches(name, known, n=1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise ConfigError(f"there is no setting {name!r}; expected one of {', '.join(known)}, or a NAME_API_KEY.{hint}")


def _address(vendor: str, table: Any) -> Setting:
    if os.environ.get(f"{vendor.upper()}_BASE_URL"):
        source = "environment"
    else:
        source = "config.toml" if isinstance(table, dict) and table.get(vendor) else "default"
    return Setting(name=f"base_url.{vendor}", value=_without_password(config.base_url(vendor)), source=source)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":***@") if parts.password else url


def _checked(section: str, name: str, text: str) -> str | int | float:
    if section == "base_url":
        return config.checked_url(text, f"base_url.{name}")
    kind = CACHE_KINDS[name]
    value: Any = text if kind is str else _number(text)
    is_fitting = isinstance(value, kind)
    if not is_fitting:
        expected = "a whole number" if kind is int else "a number"
        raise ConfigError(f"cache.{name} is {text!r}; expected {expected}")
    settings: dict[str, Any] = {name: Path(value) if name == "folder" else value}
    CacheSettings(**settings)
    checked: str | int | float = value
    return checked


def _number(text: str) -> Any:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text
