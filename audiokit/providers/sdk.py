"""The way to OpenAI and Anthropic by their own SDKs: key, address, times, open connections, errors."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Literal
from urllib.parse import urlsplit

from audiokit import config
from audiokit.errors import MissingDependencyError, ProviderError
from audiokit.providers.loops import PerLoop
from audiokit.providers.refusals import not_permitted
from audiokit.providers.retired import warn_if_retired
from audiokit.providers.sdk_errors import translated

CONNECT_S = 5.0
KEEP_S = 120.0  # a speaker may think for a minute: the next turn still finds its connection open, without a handshake
NO_KEY = "none"  # the SDK wants one, and Ollama, llama.cpp and vLLM on this machine do not
CLIENTS = {"anthropic": "AsyncAnthropic", "openai": "AsyncOpenAI"}


class Sdk:
    """A vendor's SDK, one client for each event loop, that neither waits nor tries again on its own.

    Parameters
    ----------
    vendor : whose.
    base_url : None is the environment's `<VENDOR>_BASE_URL`, the configuration file's, or the vendor itself.
    silence_s : longest wait between two pieces of an answer, in seconds.
    keyless_here : whether a server of this machine needs no key.
    model : which model will be asked; there is a warning if the vendor takes it out of service soon.

    Raises
    ------
    ConfigError : an address that a key may not go to.
    MissingKeyError : no `<VENDOR>_API_KEY`.
    MissingDependencyError : the SDK is not installed.
    """

    def __init__(
        self,
        vendor: Literal["anthropic", "openai"],
        base_url: str | None,
        silence_s: float,
        *,
        keyless_here: bool = False,
        model: str = "",
    ) -> None:
        try:
            self._module = import_module(vendor)
        except ImportError as error:
            raise MissingDependencyError(f"the SDK of {vendor}", extra="agent") from error
        self._vendor, self._silence_s = vendor, silence_s
        self.base_url = config.base_url(vendor, base_url)
        self.address = config.without_user(self.base_url)
        """Where it goes, for a cache's key: two servers may call different models by one name."""
        keyless = keyless_here and config.is_loopback(urlsplit(self.base_url).hostname or "")
        if self.address == config.BASE_URLS[vendor]:  # others may go on with a model
            warn_if_retired(model)
        self._key = config.key(vendor, required=not keyless) or config.Key(NO_KEY)
        self._clients: PerLoop[Any] = PerLoop(self._make, lambda client: client.close())

    def client(self) -> Any:
        """Give the SDK's client for the running event loop."""
        return self._clients.get()

    def translated(self) -> AbstractContextManager[None]:
        """Turn what the SDK raises into ProviderErrors."""
        return translated(self._module, self._vendor, self._key.secret)

    async def models(self, **page: int) -> str:
        """List the models, which costs nothing and shows whether the key is taken; say how many there are.

        Parameters
        ----------
        page : how many the vendor lists at once, by its own name.

        Raises
        ------
        ProviderError : or one below it: AuthenticationError if the key is refused.
        """
        try:
            with self.translated():
                return f"models: {len((await self.client().models.list(**page)).data)}"
        except ProviderError as error:
            return not_permitted(error)
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        await self._clients.aclose()

    def _make(self) -> Any:
        import httpx2

        times = httpx2.Timeout(self._silence_s, connect=CONNECT_S)
        limits = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEEP_S)
        return getattr(self._module, CLIENTS[self._vendor])(
            api_key=self._key.secret,
            base_url=self.base_url,
            timeout=times,
            max_retries=0,
            # The SDKs follow redirections, and Anthropic's would take its key along to any host.
            http_client=self._module.DefaultAsyncHttpxClient(timeout=times, limits=limits, follow_redirects=False),
        )
