"""What the house is told from outside: where it keeps its things, which key and which address a vendor has.

A value comes from the call, else from the environment, else from `config.toml` in the home folder, else from a table
here. Keys come from the environment, a `.env` in the current folder or the system's keyring: no file of ours ever holds
one. Only keys are read from `.env`: an address in a folder of strangers could lead a key of the environment to them.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlsplit

from audiokit.errors import ConfigError, MissingDependencyError, MissingKeyError

BASE_URLS = MappingProxyType(
    {
        "anthropic": "https://api.anthropic.com",
        "deepgram": "https://api.deepgram.com",
        "elevenlabs": "https://api.elevenlabs.io",
        "openai": "https://api.openai.com/v1",
    }
)
"""Where each vendor's service is; `<VENDOR>_BASE_URL` leads elsewhere."""
ENV_FILE = Path(".env")
KEY_SUFFIX = "_API_KEY"
KEYRING_SERVICE = "audiokit"
ENV_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*=[ \t]*"""
    r"""(?:(?P<mark>["'])(?P<quoted>.*?)(?P=mark)|(?P<plain>[^\s#"'][^\s]*))?""",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Key:
    """A vendor's key, which shows itself to nobody by accident."""

    secret: str
    """The key itself: hand it to the vendor's client, never to a message."""

    def __repr__(self) -> str:
        return "Key(***)"

    __str__ = __repr__


def home() -> Path:
    """Give the folder of voices, settings and caches: `AUDIOKIT_HOME`, else the system's place for a user's data."""
    chosen = os.environ.get("AUDIOKIT_HOME")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/audiokit").expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path("~/AppData/Local").expanduser()) / "audiokit"
    return Path(os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()) / "audiokit"


def key(vendor: str, *, required: bool = True) -> Key | None:
    """Find a vendor's key.

    Parameters
    ----------
    vendor : such as "elevenlabs", whose key is `ELEVENLABS_API_KEY`.
    required : without a key, raise; otherwise give None.

    Raises
    ------
    MissingKeyError : there is none, or one with a character that no key has.
    ConfigError : a `.env` that cannot be read.
    """
    name = key_variable(vendor)
    secret, source = _secret(name)
    if secret:
        return _sendable(Key(secret), f"{name} ({source})")
    if required:
        raise MissingKeyError(
            f"{vendor} needs a key and none was found. Set the environment variable {name}, write it into .env, "
            f"or keep it in the system's keyring: audiokit config set {name}"
        )
    return None


def key_variable(vendor: str) -> str:
    """Name the environment variable of a vendor's key."""
    return f"{vendor.upper()}{KEY_SUFFIX}"


def key_source(vendor: str) -> str:
    """Tell where a vendor's key comes from: "environment", ".env", "keyring", or "" without one.

    Raises
    ------
    ConfigError : a `.env` that cannot be read.
    """
    return _secret(key_variable(vendor))[1]


def keep_key(vendor: str, key: Key | None) -> None:
    """Keep a vendor's key in the system's keyring; None removes it.

    Raises
    ------
    MissingDependencyError : the package keyring is not installed.
    ConfigError : this machine has no keyring that opens, or nothing to remove, or the key is none.
    """
    try:
        import keyring
    except ImportError as error:
        raise MissingDependencyError("The door to the system's keyring (keyring)", extra="keyring") from error
    name = key_variable(vendor)
    try:
        if key:
            keyring.set_password(KEYRING_SERVICE, name, _sendable(key, name).secret)
        else:
            keyring.delete_password(KEYRING_SERVICE, name)
    except keyring.errors.KeyringError as error:
        if not key:
            raise ConfigError(
                f"the system's keyring has no {name} to remove. Where a key comes from: audiokit config show"
            ) from error
        raise ConfigError(  # not from the error, whose words are not ours to vouch for
            f"the system's keyring takes no key ({type(error).__name__}). Set the environment variable {name}, or "
            f"write a line {name}=... into the file .env of your project, which belongs in .gitignore."
        ) from None


def base_url(vendor: str, given: str | None = None) -> str:
    """Give the address of a vendor's service, without a slash at its end.

    Parameters
    ----------
    vendor : as in `BASE_URLS`, or a plug-in's own name with an address given.
    given : from the call; goes before environment, configuration file and table.

    Raises
    ------
    ConfigError : no address, or one that is not https (http only on this machine).
    """
    name = f"{vendor.upper()}_BASE_URL"
    url = given or os.environ.get(name) or _from_file("base_url", vendor) or BASE_URLS.get(vendor, "")
    return checked_url(url, name)


def checked_url(url: str, name: str) -> str:
    """Refuse an address over which a key could be read on its way.

    Parameters
    ----------
    url : https or wss anywhere; http or ws on loopback only.
    name : of the setting, for the message.

    Raises
    ------
    ConfigError : anything else.
    """
    shown, (scheme, host) = _shown(url), _scheme_and_host(url)
    if not host or scheme not in ("http", "https", "ws", "wss"):
        raise ConfigError(f"{name} is {shown!r}; expected an address such as https://api.example.com")
    if scheme in ("http", "ws") and not is_loopback(host):
        raise ConfigError(
            f"{name} is {shown!r}: {scheme} would send the key for all to read. "
            f"Use {scheme}s; without it only this machine (127.0.0.1, localhost) may be reached."
        )
    return url.rstrip("/")


def without_user(url: str) -> str:
    """Give an address without the name and password that may stand before its host."""
    before, mark, rest = url.rpartition("@")
    scheme, slashes, _ = before.partition("//")
    return f"{scheme}{slashes}{rest}" if mark and slashes else rest


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def settings_file() -> dict[str, Any]:
    """Read `config.toml` in the home folder; empty when there is none.

    Raises
    ------
    ConfigError : the file is no TOML.
    """
    import tomllib

    path = home() / "config.toml"
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. Mend it, or move it away.") from error


def _sendable(key: Key, name: str) -> Key:
    """Refuse what no header can carry, such as a dash or a quotation mark that a word processor made of another."""
    wrong = next((place for place, char in enumerate(key.secret, 1) if not (char.isascii() and char.isprintable())), 0)
    if wrong:
        raise MissingKeyError(
            f"{name}: character {wrong} of the key is one that no key has; expected plain letters, digits and signs. "
            "Copy it again from the vendor's console."
        )
    return key


def _scheme_and_host(url: str) -> tuple[str, str]:
    """Both empty for what is no address."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  read only when it is asked for
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""


def _shown(url: str) -> str:
    """Give an address for a message: without a user's password, and without a signature behind the path."""
    return without_user(url).partition("?")[0]


def _secret(name: str) -> tuple[str, str]:
    """Find a key and its source; both empty without one."""
    places: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("environment", lambda name: os.environ.get(name, "")),
        (".env", lambda name: _env_file().get(name, "")),
        ("keyring", _from_keyring),
    )
    return next(((secret, source) for source, read in places if (secret := read(name).strip())), ("", ""))


def _env_file() -> dict[str, str]:
    """Read NAME=value lines: `export` before, quotes around and a comment behind are left out."""
    if not ENV_FILE.is_file():  # there may be a folder of this name: some call their virtual environment so
        return {}
    try:
        text = ENV_FILE.read_text("utf-8-sig", errors="replace")
    except OSError as error:
        raise ConfigError(f"{ENV_FILE.absolute()} cannot be read: {error.strerror}. Mend it, or move it.") from error
    return {match["name"]: match["quoted"] or match["plain"] or "" for match in ENV_LINE.finditer(text)}


def _from_file(section: str, name: str) -> str:
    table = settings_file().get(section, {})
    return str(table.get(name, "")) if isinstance(table, dict) else ""


def _from_keyring(name: str) -> str:
    try:
        import keyring
    except ImportError:
        return ""
    try:
        return cast("str", keyring.get_password(KEYRING_SERVICE, name) or "")
    except keyring.errors.KeyringError:  # no keyring service on this machine is the normal case on a server
        return ""
