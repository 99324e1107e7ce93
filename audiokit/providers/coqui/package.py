"""coqui-tts, and what it needs and does not declare: said clearly when something is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from audiokit.errors import ConfigError, MissingDependencyError


def check_installed() -> None:
    """Look for coqui-tts, without importing it: that takes seconds.

    Raises
    ------
    MissingDependencyError : it is not there.
    """
    if find_spec("TTS") is None:
        raise MissingDependencyError("Coqui (coqui-tts)", extra="coqui")


@contextmanager
def importing() -> Iterator[None]:
    """Import from coqui-tts or torch inside the block.

    Raises
    ------
    MissingDependencyError : coqui-tts, or one of the packages that it needs, is not installed.
    ConfigError : they are installed in builds that do not fit together.
    """
    check_installed()
    try:
        yield
    except ImportError as error:
        raise MissingDependencyError(f"what coqui-tts needs ({error})", extra="coqui") from error
    except OSError as error:  # the dynamic loader's
        raise ConfigError(
            f"coqui-tts cannot be loaded: {error}. A torchaudio for CUDA beside a torch for the CPU does this: install "
            "both from one place, such as pip install torch torchaudio --index-url https://download.pytorch.org/whl/cpu"
        ) from error
