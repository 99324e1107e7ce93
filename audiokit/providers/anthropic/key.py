"""Whether Anthropic takes the key."""

from __future__ import annotations

from audiokit.providers.sdk import Sdk

ANSWER_S = 10.0
MOST = 1000  # models a page; the most that Anthropic gives


class AnthropicKey:
    """The key of `ANTHROPIC_API_KEY`.

    Parameters
    ----------
    base_url : None is `ANTHROPIC_BASE_URL`, the configuration file's, or Anthropic itself.

    Raises
    ------
    ConfigError, MissingKeyError, MissingDependencyError : as for `AnthropicChat`.
    """

    def __init__(self, *, base_url: str | None = None) -> None:
        self._sdk = Sdk("anthropic", base_url, ANSWER_S)

    async def check(self) -> str:
        """List the models, which costs nothing; say how many there are.

        Raises
        ------
        ProviderError : or one below it: AuthenticationError if the key is refused.
        """
        return await self._sdk.models(limit=MOST)
