"""What every client's language must be able to say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from audiokit.agent.events import Event
from audiokit.server.inputs import Input, Message


class Dialect(ABC):
    """One client's language: no socket, no clock, only messages in and out.

    What a language has no word for, it leaves out: the methods here say nothing.
    """

    name: str
    """For metrics and logs."""
    sample_rate: int
    """Of the audio it sends, in Hz; known once `is_ready`."""
    is_ready: bool = True
    """Whether the client has said enough for a conversation to begin."""

    @abstractmethod
    def read(self, message: Message) -> Iterable[Input]:
        """Understand one message.

        Raises
        ------
        Refusal : it makes no sense.
        """

    @abstractmethod
    def audio(self, pcm: bytes, turn_id: int) -> Iterable[Message]:
        """Say a piece of the agent's voice: 16-bit mono PCM at `sample_rate`."""

    @abstractmethod
    def error(self, text: str) -> Iterable[Message]:
        """Say what went wrong."""

    def opening(self) -> Iterable[Message]:
        """Greet a client that has just connected."""
        return ()

    def started(self, conversation_id: str) -> Iterable[Message]:
        """Say that the conversation has begun."""
        return ()

    def event(self, event: Event) -> Iterable[Message]:
        """Say what happened."""
        return ()

    def cleared(self, turn_id: int) -> Iterable[Message]:
        """Ask to drop what was not played yet of a turn."""
        return ()

    def paused(self) -> Iterable[Message]:
        """Ask to be silent and keep what is queued."""
        return ()

    def resumed(self) -> Iterable[Message]:
        """Ask to go on with what is queued."""
        return ()

    def beat(self) -> Iterable[Message]:
        """Ask whether the client is still there; its answer counts as a sign of life."""
        return ()

    def notice(self, text: str) -> Iterable[Message]:
        """Say something that concerns everybody."""
        return self.error(text)

    def ended(self, reason: str) -> Iterable[Message]:
        """Say that the conversation is over."""
        return ()
