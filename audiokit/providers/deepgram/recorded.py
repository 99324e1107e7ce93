"""Whole recordings to Deepgram, by its SDK."""

from __future__ import annotations

import warnings
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from audiokit.config import Key
from audiokit.contracts import Transcript
from audiokit.errors import MissingDependencyError
from audiokit.providers.deepgram.errors import refusal, translated_http, unreadable
from audiokit.providers.deepgram.results import alternative

CONNECT_S = 5.0
ANSWER_S = 300.0  # Deepgram takes about a second for a minute of sound, and refuses after 10 minutes


async def transcribe_recording(
    recording: bytes, *, base_url: str, key: Key, language: str, settings: dict[str, Any]
) -> Transcript:
    """Transcribe one recording.

    Parameters
    ----------
    recording : a file's bytes, in any format that Deepgram knows.
    base_url, key : of the service.
    language : of the transcript, when Deepgram does not tell.
    settings : of `listen.v1.media.transcribe_file`.

    Raises
    ------
    ProviderError : or one below it.
    MissingDependencyError : the SDK is not installed.
    """
    new_client, api_error = _sdk()
    import httpx

    async with httpx.AsyncClient(timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S)) as http:
        client = new_client(api_key=key.secret, environment=_environment(base_url), httpx_client=http)
        with translated_http():
            try:
                answer = await client.listen.v1.media.transcribe_file(
                    request=recording, request_options={"max_retries": 0}, **settings
                )
                return alternative(answer.results.model_dump(warnings=False)["channels"][0], language)
            except api_error as error:
                if error.status_code == 200:
                    raise unreadable(ValueError("no JSON")) from None
                raise refusal(error.status_code or 500, error.headers or {}, error.body).error(key.secret) from None


def socket_url(base_url: str, path: str) -> str:
    """Give the address of a WebSocket beside the service's own address."""
    parts = urlsplit(base_url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, parts.path + path, "", ""))


def _sdk() -> tuple[type[Any], type[Any]]:
    try:
        with warnings.catch_warnings():
            # websockets 17 finds a name that the SDK 7.17 imports, and we do not use, out of fashion.
            warnings.simplefilter("ignore", DeprecationWarning)
            import deepgram.listen.v1.client
            from deepgram.core.api_error import ApiError
    except ImportError as error:
        raise MissingDependencyError("Deepgram's SDK (deepgram-sdk)", extra="agent") from error
    return deepgram.AsyncDeepgramClient, ApiError


def _environment(base_url: str) -> Any:
    from deepgram.environment import DeepgramClientEnvironment

    socket = socket_url(base_url, "")
    return DeepgramClientEnvironment(base=base_url, production=socket, agent=socket, agent_rest=base_url)
