"""Whether ElevenLabs takes the key."""

from __future__ import annotations

import asyncio

from audiokit.errors import AuthenticationError
from audiokit.providers.elevenlabs.account import read_subscription
from audiokit.providers.elevenlabs.client import ONCE, ElevenLabsClient
from audiokit.providers.refusals import RESTRICTED

ANSWER_S = 10.0


class ElevenLabsKey:
    """The key of `ELEVENLABS_API_KEY`.

    Parameters
    ----------
    base_url : None is `ELEVENLABS_BASE_URL`, the configuration file's, or ElevenLabs itself.

    Raises
    ------
    ConfigError, MissingKeyError, MissingDependencyError : as for `ElevenLabsClient`.
    """

    def __init__(self, *, base_url: str | None = None) -> None:
        self._door = ElevenLabsClient(base_url, ANSWER_S)

    async def check(self) -> str:
        """Ask for the subscription, which costs nothing; say what is left.

        Raises
        ------
        ProviderError : or one below it: AuthenticationError if the key is refused.
        """
        try:
            return await asyncio.to_thread(self._subscription)
        except AuthenticationError as error:
            if "missing_permissions" in str(error):  # keys for speech alone are usual
                return RESTRICTED
            raise

    def _subscription(self) -> str:
        with self._door.sdk() as client:
            told = read_subscription(client.user.subscription.get(request_options=ONCE))
            return f"{told.tier}, {told.characters_left} of {told.character_limit} characters left"
