"""The house rules that a machine can check; each rule is shown to catch an offence before it judges the package."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import audiokit

PACKAGE = Path(audiokit.__file__).parent
TESTS = Path(__file__).parent

FLOORS = [
    {"errors"},
    {"progress", "config", "disk", "retry", "portal"},
    {"audio"},
    {"dsp"},
    {"analysis"},
    {"contracts", "registry", "services"},
    {"editing", "dataset", "cloning", "speech", "providers"},
    {"agent"},
    {"server"},
    {"api", "cloned", "health", "spoken", "testing"},
    {"cli"},
    {"__init__", "__main__"},
]
"""Imports go down this list only; single modules of one floor may know each other, packages may not."""

NEVER_AT_THE_TOP = {
    "anthropic", "av", "coqui", "ctranslate2", "elevenlabs", "fastapi", "faster_whisper", "IPython", "librosa",
    "matplotlib", "onnxruntime", "openai", "pandas", "ray", "scipy", "sounddevice", "starlette", "torch", "TTS",
}  # fmt: skip
"""Imported inside the function that needs them, everywhere."""

ONLY_IN_THE_SHELL = {"click", "rich"}

NEVER_BY_IMPORT = NEVER_AT_THE_TOP | {"numpy", "soundfile", "soxr", "rich"}
"""Not loaded by `import audiokit` or by the shell's help."""

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 8

Rule = Callable[[str, ast.Module], Iterator[str]]
"""Gives the offences of one file, from its module path such as "audio/files" and its tree."""


def imported(tree: ast.AST) -> Iterator[str]:
    """Give the dotted names of all imports, wherever they stand; `from audiokit import errors` is audiokit.errors."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            if node.module == "audiokit":
                yield from (f"audiokit.{alias.name}" for alias in node.names)
            else:
                yield str(node.module)


def at_the_top(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through what runs when the file is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        yield from at_the_top(child)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def unit_of(module: str) -> str:
    """Name the package or module right under audiokit."""
    return module.split("/")[0]


def floor_of(unit: str) -> int | None:
    return next((floor for floor, units in enumerate(FLOORS) if unit in units), None)


def is_single_module(unit: str) -> bool:
    return not (PACKAGE / unit).is_dir()


def stands_on_a_floor(module: str, tree: ast.Module) -> Iterator[str]:
    if floor_of(unit_of(module)) is None:
        yield f"{unit_of(module)} stands on no floor: give it one in FLOORS"


def imports_downward(module: str, tree: ast.Module) -> Iterator[str]:
    unit = unit_of(module)
    floor = floor_of(unit) or 0
    for name in imported(tree):
        if name.partition(".")[0] != "audiokit":
            continue
        target = name.split(".")[1] if "." in name else "__init__"
        below = floor_of(target)
        below = floor_of("__init__") if below is None else below  # a name of the root, such as audiokit.Audio
        assert below is not None
        neighbours = below == floor and is_single_module(unit) and is_single_module(target)
        if not (unit == target or below < floor or neighbours):
            yield f"imports {name}, which is not below it"


def imports_absolutely(module: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno}: relative import"


def reaches_providers_by_the_registry(module: str, tree: ast.Module) -> Iterator[str]:
    if unit_of(module) == "providers":
        return
    yield from (f"imports {name}" for name in imported(tree) if name.startswith("audiokit.providers"))
    for node in ast.walk(tree):
        names_one = isinstance(node, ast.Constant) and str(node.value).startswith("audiokit.providers")
        if names_one and module != "registry":
            yield "names a provider's module; only the registry may"


def imports_nothing_heavy_at_the_top(module: str, tree: ast.Module) -> Iterator[str]:
    statements: list[ast.stmt] = [node for node in at_the_top(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for name in imported(ast.Module(body=statements, type_ignores=[])):
        if name.partition(".")[0] in NEVER_AT_THE_TOP:
            yield f"imports {name} at the top"


def leaves_the_terminal_to_the_shell(module: str, tree: ast.Module) -> Iterator[str]:
    if unit_of(module) in ("cli", "__main__"):
        return
    yield from (f"imports {name}" for name in imported(tree) if name.partition(".")[0] in ONLY_IN_THE_SHELL)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in ("print", "exit", "quit", "SystemExit"):
            yield f"line {node.lineno}: {node.id}"
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.exit":
            yield f"line {node.lineno}: sys.exit"


def keeps_functions_short(module: str, tree: ast.Module) -> Iterator[str]:
    for function in functions(tree):
        first = function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0]
        lines = (function.end_lineno or 0) - first.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield f"{function.name} has {lines} lines"


def keeps_parameters_few(module: str, tree: ast.Module) -> Iterator[str]:
    for function in functions(tree):
        arguments = function.args
        names = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
        count = len([name for name in names if name not in ("self", "cls")])
        # An option of the command line is a parameter of its function: click wants it so.
        if count > MAX_PARAMETERS and unit_of(module) != "cli":
            yield f"{function.name} has {count} parameters"


OFFENCES: list[tuple[Rule, str, str]] = [
    (stands_on_a_floor, "attic", ""),
    (imports_downward, "audio/files", "import audiokit.dsp.levels"),
    (imports_downward, "audio/files", "def f():\n    from audiokit.analysis.report import Report"),
    (imports_downward, "dataset/scan", "from audiokit.speech.cache import key"),
    (imports_downward, "dataset/scan", "from audiokit import Audio"),
    (imports_downward, "dsp/levels", "import audiokit"),
    (imports_absolutely, "dsp/levels", "from . import loudness"),
    (reaches_providers_by_the_registry, "api", "from audiokit.providers.whisper import Whisper"),
    (reaches_providers_by_the_registry, "api", "place = 'audiokit.providers.whisper:Whisper'"),
    (imports_nothing_heavy_at_the_top, "dsp/levels", "try:\n    from scipy.signal import sosfilt\nfinally: pass"),
    (imports_nothing_heavy_at_the_top, "cli/prep", "class A:\n    import torch"),
    (leaves_the_terminal_to_the_shell, "api", "def f():\n    import rich.progress"),
    (leaves_the_terminal_to_the_shell, "api", "print('done')"),
    (leaves_the_terminal_to_the_shell, "api", "import sys\nsys.exit(1)"),
    (keeps_functions_short, "api", "def f():\n    '''Long.'''\n" + "    pass\n" * 61),
    (keeps_parameters_few, "api", "def f(a, b, c, d, *, e, f, g, h, i): pass"),
]

HONEST = [
    (imports_downward, "dsp/levels", "from audiokit.dsp.loudness import loudness\nimport audiokit.audio.buffer"),
    (imports_downward, "registry", "from audiokit.contracts import STT"),
    (imports_downward, "audio/files", "from audiokit import errors"),
    (imports_downward, "__init__", "import audiokit.cli.main"),
    (reaches_providers_by_the_registry, "registry", "place = 'audiokit.providers.whisper:Whisper'"),
    (imports_nothing_heavy_at_the_top, "dsp/levels", "def f():\n    import scipy.signal"),
    (imports_nothing_heavy_at_the_top, "dsp/levels", "if TYPE_CHECKING:\n    import torch"),
    (leaves_the_terminal_to_the_shell, "cli/main", "import click\nprint('done')"),
    (keeps_functions_short, "api", "def f():\n    '''Short.'''\n" + "    pass\n" * 60),
    (keeps_parameters_few, "api", "class A:\n    def f(self, a, b, c, d, e, f, g, h): pass"),
]

RULES = list(dict.fromkeys(rule for rule, _, _ in OFFENCES))


@pytest.mark.parametrize(("rule", "module", "source"), OFFENCES)
def test_a_rule_catches_an_offence(rule: Rule, module: str, source: str) -> None:
    assert list(rule(module, ast.parse(source))) != []


@pytest.mark.parametrize(("rule", "module", "source"), HONEST)
def test_a_rule_lets_honest_code_pass(rule: Rule, module: str, source: str) -> None:
    assert list(rule(module, ast.parse(source))) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_file(rule: Rule) -> None:
    offences = [
        f"{path.relative_to(PACKAGE)}: {offence}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for offence in rule(path.relative_to(PACKAGE).with_suffix("").as_posix(), ast.parse(path.read_text("utf-8")))
    ]
    assert offences == []


def test_no_file_is_long() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_every_module_is_named_by_a_test() -> None:
    told = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("*.py"))
    modules = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in sorted(PACKAGE.rglob("*.py"))
        if not path.name.startswith("__")
    ]
    assert [module for module in modules if not re.search(rf"{re.escape(module)}(?!\w)", told)] == []


@pytest.mark.parametrize(
    "code",
    [
        "import audiokit",
        "from audiokit import AudiokitError",
        "import audiokit.cli.main",
        "from click.testing import CliRunner; from audiokit.cli.main import cli; CliRunner().invoke(cli, ['--help'])",
        "import audiokit.cli.bars, audiokit.cli.output",
    ],
)
def test_import_and_help_load_nothing_heavy(code: str) -> None:
    script = f"{code}\nimport sys\nprint(*sorted({NEVER_BY_IMPORT!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_import_audiokit_loads_not_even_its_own_modules() -> None:
    script = "import audiokit, sys; print(*(name for name in sys.modules if name.startswith('audiokit.')))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
