"""Whether OpenAI, or a server that speaks its protocol, takes the key."""

from __future__ import annotations

from audiokit.providers.sdk import Sdk

ANSWER_S = 10.0


class OpenAIKey:
    """The key of `OPENAI_API_KEY`.

    Parameters
    ----------
    base_url : None is `OPENAI_BASE_URL`, the configuration file's, or OpenAI itself.

    Raises
    ------
    ConfigError, MissingKeyError, MissingDependencyError : as for `OpenAIChat`.
    """

    def __init__(self, *, base_url: str | None = None) -> None:
        self._sdk = Sdk("openai", base_url, ANSWER_S, keyless_here=True)

    async def check(self) -> str:
        """List the models, which costs nothing; say how many there are.

        Raises
        ------
        ProviderError : or one below it: AuthenticationError if the key is refused.
        """
        return await self._sdk.models()
