"""`HostedAgent`: an agent that ElevenLabs runs, over its conversation WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from audiokit.config import checked_url
from audiokit.errors import ConfigError
from audiokit.providers.elevenlabs.client import CLOSE_S, CONNECT_S, ElevenLabsClient
from audiokit.providers.elevenlabs.errors import unreadable
from audiokit.providers.sockets import dialled

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

SIGN_PATH = "/v1/convai/conversation/get-signed-url"
ANSWER_S = 10.0  # from the opening of the line to the vendor's first message
START = "conversation_initiation_client_data"
STARTED = "conversation_initiation_metadata"


class HostedAgent:
    """One agent of the account; every call of `dial` is a conversation of its own.

    Parameters
    ----------
    agent_id : ElevenLabs' name for it.
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.

    Raises
    ------
    ConfigError : no agent id, or an address that a key may not go to.
    MissingKeyError : no `ELEVENLABS_API_KEY`.
    """

    def __init__(self, agent_id: str, base_url: str | None = None) -> None:
        if not agent_id.strip():
            raise ConfigError("the agent's id is empty; expected such as agent_0123, from ElevenLabs' list of agents")
        self._agent_id, self._door = agent_id, ElevenLabsClient(base_url)

    async def dial(self) -> AgentLine:
        """Begin a conversation.

        Raises
        ------
        ProviderError : the vendor cannot be reached or refuses.
        """
        with self._door.translated():
            url = checked_url(await self._signed_url(), "the signed URL")
            # The signature in the address is all that is needed: the key stays out of this connection.
            socket = await dialled(url, open_timeout=CONNECT_S, close_timeout=CLOSE_S)
            try:
                return await self._begun(socket)
            except BaseException:
                await socket.close()
                raise

    async def _signed_url(self) -> str:
        answer = await self._door.line().get(
            self._door.base_url + SIGN_PATH, params={"agent_id": self._agent_id}, headers=self._door.headers
        )
        answer.raise_for_status()
        url = answer.json().get("signed_url")
        if not isinstance(url, str):
            raise unreadable("an answer without signed_url")
        return url

    async def _begun(self, socket: ClientConnection) -> AgentLine:
        await socket.send(json.dumps({"type": START}))
        async with asyncio.timeout(ANSWER_S):
            first = _read(await socket.recv())
        details = first.get(f"{STARTED}_event")
        if first.get("type") != STARTED or not isinstance(details, Mapping):
            raise unreadable(f"{first.get('type')} where {STARTED} was due")
        return AgentLine(socket, self._door, details)


class AgentLine:
    """One conversation with a hosted agent."""

    def __init__(self, socket: ClientConnection, door: ElevenLabsClient, details: Mapping[str, Any]) -> None:
        self._socket, self._door = socket, door
        self.conversation_id = str(details.get("conversation_id", ""))
        """The vendor's name for it."""
        self.input_format = str(details.get("user_input_audio_format") or "pcm_16000")
        """What it wants to hear, such as "pcm_16000" or "ulaw_8000"."""
        self.output_format = str(details.get("agent_output_audio_format") or "pcm_16000")
        """What it says, likewise."""

    async def send(self, message: Mapping[str, object]) -> None:
        """Send one message.

        Raises
        ------
        ProviderError : the line is gone.
        """
        with self._door.translated():
            await self._socket.send(json.dumps(message))

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        """Give what the agent sends, until it ends the conversation.

        Raises
        ------
        ProviderError : the line broke, or was closed with an error.
        """
        from websockets.exceptions import ConnectionClosedOK

        with self._door.translated():
            try:
                while True:
                    yield _read(await self._socket.recv())
            except ConnectionClosedOK:
                return

    async def close(self) -> None:
        """End the conversation."""
        await self._socket.close()


def _read(message: str | bytes) -> dict[str, Any]:
    try:
        content = json.loads(message)
    except ValueError as error:
        raise unreadable("a message that is no JSON") from error
    if not isinstance(content, dict):
        raise unreadable("a message that is no JSON object")
    return content
