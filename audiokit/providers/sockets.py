"""WebSockets that carry keys: they follow nobody elsewhere, and no log shows what they carry."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from websockets.asyncio.client import connect

_SECRET_HEADERS = ("xi-api-key", "authorization", "signature")

_log = logging.getLogger(__name__)
# The library logs every header that it sends, and the address, in which a signature may stand.
_log.addFilter(lambda record: not any(name in record.getMessage().lower() for name in _SECRET_HEADERS))


def dialled(url: str, *, headers: Mapping[str, str] | None = None, **options: Any) -> connect:
    """Open a WebSocket: `async with dialled(...) as line` or `await dialled(...)`.

    Parameters
    ----------
    url : where to.
    headers : what shows who asks. A redirection is refused: it would carry them to strangers.
    options : of `websockets`: times and sizes.
    """
    from websockets.asyncio.client import connect

    class Direct(connect):
        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    # No compression: sound does not shrink, and it would cost time in every message.
    return Direct(url, additional_headers=headers, compression=None, logger=_log, **options)
