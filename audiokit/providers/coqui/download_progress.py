"""A download's bars, told to a Progress instead of drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Lock
from typing import Any

from audiokit.progress import Progress

BYTES = ("B", "iB")  # the units of bars that count what is downloaded; others count files

_one_download = Lock()


@contextmanager
def downloads_told(progress: Progress, label: str) -> Iterator[None]:
    """Tell `progress` of everything Coqui downloads inside the block, in bytes.

    Coqui's downloader and the Hugging Face hub's draw with tqdm and take no other listener, so theirs is exchanged.

    Parameters
    ----------
    progress : called with `label` and bytes, done and in all.
    label : what is downloaded.
    """
    import huggingface_hub
    from TTS.utils import manage

    with _one_download:
        bar, drawn, fetch = _bar(progress, label), manage.tqdm, huggingface_hub.snapshot_download

        def fetch_told(*args: Any, **options: Any) -> Any:
            return fetch(*args, **options, tqdm_class=bar)

        manage.tqdm, huggingface_hub.snapshot_download = bar, fetch_told
        try:
            yield
        finally:
            manage.tqdm, huggingface_hub.snapshot_download = drawn, fetch


def _bar(progress: Progress, label: str) -> type[Any]:
    from TTS.utils.manage import tqdm

    class Told(tqdm):  # type: ignore[misc]  # a class of an untyped package
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)  # the hub's own addition
            super().__init__(*args, **options | {"file": StringIO(), "disable": False})

        def update(self, n: float | None = 1) -> bool | None:
            drawn: bool | None = super().update(n)
            if self.unit in BYTES:
                progress(label, self.n, self.total or 0)
            return drawn

    return Told
