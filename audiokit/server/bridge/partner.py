"""`Bridge`: a partner for connections that is an agent of ElevenLabs."""

from __future__ import annotations

from typing import cast

from audiokit.agent.ports import AudioOut
from audiokit.registry import provider
from audiokit.server.bridge.line import Hosted
from audiokit.server.bridge.session import BridgeSession, BridgeSettings


class Bridge:
    """Makes conversations with a hosted agent.

    Parameters
    ----------
    hosted : the agent.
    settings : how patient to be.
    """

    def __init__(self, hosted: Hosted, settings: BridgeSettings | None = None) -> None:
        self._hosted, self._settings = hosted, settings or BridgeSettings()

    @classmethod
    def from_environment(cls, agent_id: str) -> Bridge:
        """Open the bridge to an agent of ElevenLabs; the key is where keys are.

        Raises
        ------
        MissingKeyError : no `ELEVENLABS_API_KEY`.
        """
        return cls(cast("Hosted", provider("agent", "elevenlabs", agent_id=agent_id)))

    def session(self, audio_out: AudioOut) -> BridgeSession:
        """Begin a conversation."""
        return BridgeSession(self._hosted, audio_out, self._settings)
