"""The way to ElevenLabs: key, address, times, errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from audiokit import config
from audiokit.errors import MissingDependencyError, ProviderError
from audiokit.providers.elevenlabs.errors import live_error, translated
from audiokit.providers.loops import PerLoop
from audiokit.providers.sockets import dialled

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx
    from elevenlabs import AsyncElevenLabs, ElevenLabs
    from websockets.asyncio.client import connect

CONNECT_S = 5.0
CLOSE_S = 1.0
ANSWER_S = 60.0  # a clone of two minutes takes the vendor seconds; twenty files of 10 MB take a slow line a minute
KEEP_S = 120.0  # a speaker may think for a minute: the next turn still finds its connection open, without a handshake
ONCE = {"max_retries": 0}
"""For every upload: the SDK's own second try of a form sends the files only, at their end, without name and labels."""


class ElevenLabsClient:
    """Opens the SDK's clients and WebSockets, all with one key and one address.

    Parameters
    ----------
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    answer_s : longest wait for any part of an answer, in seconds.

    Raises
    ------
    ConfigError : an address that a key may not go to.
    MissingKeyError : no `ELEVENLABS_API_KEY`.
    MissingDependencyError : the SDK is not installed.
    """

    def __init__(self, base_url: str | None = None, answer_s: float = ANSWER_S) -> None:
        if not (find_spec("elevenlabs") and find_spec("websockets")):
            raise MissingDependencyError("ElevenLabs' SDK (elevenlabs)", extra="elevenlabs")
        self.base_url = config.base_url("elevenlabs", base_url)
        key = config.key("elevenlabs")
        assert key is not None  # noqa: S101  it was required
        self._key = key
        self._answer_s = answer_s

    def warm_up(self, *, sdk: bool = True) -> None:
        """Do now what the first request would wait for.

        Parameters
        ----------
        sdk : whether it will be needed.
        """
        import websockets.asyncio.client  # noqa: F401

        self._lines  # noqa: B018  loads httpx and the certificates
        if sdk:
            import elevenlabs  # noqa: F401

    @contextmanager
    def sdk(self) -> Iterator[ElevenLabs]:
        """Give the SDK's blocking client; its errors come out as ours, and its connections are closed at the end."""
        import httpx
        from elevenlabs import ElevenLabs

        with httpx.Client(timeout=self._times(), verify=self._trust, follow_redirects=False) as line, self.translated():
            yield ElevenLabs(
                api_key=self._key.secret, base_url=self.base_url, timeout=self._answer_s, httpx_client=line
            )

    def get(self, path: str) -> bytes:
        """Fetch what the SDK throws away: an answer that is not JSON.

        Parameters
        ----------
        path : begins with a slash.
        """
        import httpx

        with httpx.Client(timeout=self._times(), verify=self._trust, follow_redirects=False) as line, self.translated():
            answer = line.get(self.base_url + path, headers=self.headers)
            answer.raise_for_status()
            return answer.content

    def async_sdk(self) -> AsyncElevenLabs:
        """Give the SDK's client for the running loop, on the connections of `line`."""
        from elevenlabs import AsyncElevenLabs

        return AsyncElevenLabs(
            api_key=self._key.secret, base_url=self.base_url, timeout=self._answer_s, httpx_client=self.line()
        )

    def line(self) -> httpx.AsyncClient:
        """Give the running loop's HTTP client, which stays open from call to call; see `aclose`."""
        return self._lines.get()

    @property
    def headers(self) -> dict[str, str]:
        """What shows the vendor who asks: for the vendor only."""
        return {"xi-api-key": self._key.secret}

    def socket(self, path: str, query: Mapping[str, object]) -> connect:
        """Open a WebSocket: `async with door.socket(...) as line` or `await door.socket(...)`.

        Parameters
        ----------
        path : begins with a slash.
        query : true and false as in JSON; None is left out.
        """
        pairs = {name: _as_text(value) for name, value in query.items() if value is not None}
        url = f"ws{self.base_url.removeprefix('http')}{path}?{urlencode(pairs)}"
        return dialled(url, headers=self.headers, open_timeout=CONNECT_S, close_timeout=CLOSE_S)

    def translated(self) -> AbstractContextManager[None]:
        """Turn what the vendor and the way to it raise into ProviderErrors."""
        return translated(self._key.secret)

    def live_error(self, code: object, detail: object) -> ProviderError:
        """Give the error for a message of a WebSocket; see `errors.live_error`."""
        return live_error(str(code), str(detail), self._key.secret)

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        await self._lines.aclose()

    @cached_property
    def _trust(self) -> SSLContext:
        """Whom to trust, read once: it takes 30 ms, for every client anew."""
        import httpx

        return httpx.create_ssl_context()

    @cached_property
    def _lines(self) -> PerLoop[httpx.AsyncClient]:
        return PerLoop(self._make_line, lambda line: line.aclose())

    def _make_line(self) -> httpx.AsyncClient:
        import httpx

        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEEP_S)
        return httpx.AsyncClient(timeout=self._times(), limits=limits, verify=self._trust, follow_redirects=False)

    def _times(self) -> httpx.Timeout:
        import httpx

        return httpx.Timeout(self._answer_s, connect=CONNECT_S)


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
