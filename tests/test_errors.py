"""audiokit.errors: what a worker process meets reaches whoever started it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from audiokit.errors import AudioFileError, AudiokitError, MissingDependencyError, ProviderError, RateLimitError


def tree(root: type[AudiokitError] = AudiokitError) -> Iterator[type[AudiokitError]]:
    """Give the house's own errors; other tests may have made more."""
    yield root
    for below in root.__subclasses__():
        if below.__module__ == AudiokitError.__module__:
            yield from tree(below)


def example(kind: type[AudiokitError]) -> AudiokitError:
    """Give one of a kind, with its own words where it takes any."""
    if issubclass(kind, RateLimitError):
        return kind("slow down", provider="acme", retry_after_s=2.5, request_id="r-1")
    if issubclass(kind, ProviderError):
        return kind("refused", provider="acme", status=503, retryable=True, request_id="r-2")
    if issubclass(kind, MissingDependencyError):
        return kind("matplotlib", extra="plots")
    return kind("take.wav: silent", reason="silent") if issubclass(kind, AudioFileError) else kind("found 1, not 2")


@pytest.mark.parametrize("kind", sorted(set(tree()), key=lambda kind: kind.__name__))
def test_every_error_is_the_same_after_pickling(kind: type[AudiokitError]) -> None:
    error = example(kind)
    error.add_note("of the third try")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  ours
    assert type(again) is kind
    assert (str(again), again.args) == (str(error), error.args)
    assert vars(again) == vars(error)
    assert again.__notes__ == ["of the third try"]


def refuse() -> None:
    raise MissingDependencyError("matplotlib", extra="plots")


@pytest.mark.process
def test_a_missing_package_is_named_across_processes() -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        met = pool.submit(refuse).exception()
    assert isinstance(met, MissingDependencyError)
    assert (met.extra, "audiokit[plots]" in str(met)) == ("plots", True)
