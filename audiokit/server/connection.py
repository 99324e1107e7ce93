"""One client's connection: its messages to the agent, the agent's voice and events back, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiokit.agent.events import AgentText, SessionEnded, StateChanged, UserText
from audiokit.agent.telemetry import Telemetry
from audiokit.audio.chunk import AudioChunk
from audiokit.errors import AudiokitError
from audiokit.server.decoding import StreamDecoder, begins_stream
from audiokit.server.dialects.dialect import Dialect
from audiokit.server.hearing import Hearing
from audiokit.server.inputs import Encoded, Goodbye, Heard, Input, Message, Played, Refusal, Reply, Typed
from audiokit.server.limits import Bucket
from audiokit.server.logs import facts
from audiokit.server.outbox import Outbox
from audiokit.server.partner import Session
from audiokit.server.service import Service

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

log = logging.getLogger(__name__)

NORMAL, GONE, POLICY, INTERNAL, RESTART = 1000, 1006, 1008, 1011, 1012  # RFC 6455, 7.4.1, and IANA's registry
FAREWELL_S = 1.0  # how long a client that does not read may hold up its own end
WATCH_S = 0.5
BEAT_S = 10.0
MAX_REASON_BYTES = 123  # RFC 6455, 5.5: control frames hold 125 bytes, two of them the code


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a connection closes."""

    code: int
    reason: str


class Connection:
    """One client, from its first message to its last; an AudioOut for the agent.

    Parameters
    ----------
    socket : accepted.
    dialect : the client's language.
    service : what all connections share.
    address : of the client.
    """

    def __init__(self, socket: WebSocket, dialect: Dialect, service: Service, address: str) -> None:
        limits = service.settings.limits
        self.conversation_id = f"conv_{secrets.token_hex(8)}"
        self._socket, self._dialect, self._service, self._address = socket, dialect, service, address
        self._conversation: Session | None = None
        self._decoder: StreamDecoder | None = None
        self._outbox = Outbox(limits.backlog_bytes)
        self._loop = asyncio.get_running_loop()
        self._began_s = self._heard_s = self._loop.time()
        self._messages = Bucket(limits.messages_per_s, limits.burst_s, self._began_s)
        self._bytes = Bucket(limits.bytes_per_s, limits.burst_s, self._began_s)
        self._hearing = Hearing(limits.ahead_s, self._hear, self._warn)
        self._strikes = 0
        self._state = "opening"
        self.sample_rate = 0
        """What the client wants, in Hz, once it has said so."""
        self._ending: asyncio.Future[Ending] = self._loop.create_future()

    async def run(self) -> None:
        """Carry the conversation, to whatever end it comes."""
        self._put(self._dialect.opening())
        self._service.hub.add(self)
        tasks = [asyncio.create_task(self._guarded(part)) for part in (self._write(), self._talk(), self._watch())]
        try:
            ending = await asyncio.shield(self._ending)
        except asyncio.CancelledError:
            ending = Ending(RESTART, "the server stops")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._decoder:
                self._decoder.close()
            self._service.hub.remove(self)
        await self._farewell(ending)

    # What the hub asks for.

    def end(self, code: int, reason: str) -> None:
        """Close, saying why; the first reason stays."""
        if not self._ending.done():
            self._ending.set_result(Ending(code, reason))

    def finish(self) -> None:
        """Let the running turn end, and close then."""
        self.notify("The server restarts; this conversation ends after the running turn.")
        if self._conversation is None:
            self.end(RESTART, "the server restarts")
        else:
            self._conversation.finish()

    def notify(self, text: str) -> None:
        """Say something that concerns everybody."""
        self._put(self._dialect.notice(text))

    def describe(self) -> dict[str, object]:
        """Give who this is, without a word of what was said."""
        return {
            "conversation_id": self.conversation_id,
            "protocol": self._dialect.name,
            "address": self._address,
            "state": self._state,
            "age_s": round(self._loop.time() - self._began_s, 3),
            "waiting_bytes": self._outbox.size_bytes,
        }

    # What the agent asks for: this is its AudioOut.

    def play(self, chunk: AudioChunk, turn_id: int) -> None:
        """Send a piece of the agent's voice."""
        self._put(self._dialect.audio(chunk.to_pcm16(), turn_id), turn_id)

    def pause(self) -> None:
        """Ask the client to be silent."""
        self._put(self._dialect.paused())

    def resume(self) -> None:
        """Ask the client to go on."""
        self._put(self._dialect.resumed())

    def clear(self, turn_id: int) -> None:
        """Drop what the client has not heard yet, here and there."""
        self._outbox.drop_audio(turn_id)
        self._put(self._dialect.cleared(turn_id))

    # The parts, each a task.

    async def _talk(self) -> None:
        while not self._dialect.is_ready:
            await self._understand(await self._receive())
        self.sample_rate = self._dialect.sample_rate
        async with self._service.partner.session(self) as conversation:
            self._conversation, self._state = conversation, "idle"
            self._put(self._dialect.started(self.conversation_id))
            self._log("conversation started")
            async with asyncio.TaskGroup() as group:
                group.create_task(self._guarded(self._read()))
                group.create_task(self._guarded(self._hearing.run()))
                group.create_task(self._guarded(self._tell(conversation)))

    async def _read(self) -> None:
        while True:
            await self._understand(await self._receive())

    async def _tell(self, conversation: Session) -> None:
        reason, telemetry = "finished", Telemetry()
        async for event in conversation.events():
            self._service.metrics.count(event)
            telemetry.note(event)
            self._put(self._dialect.event(event))
            match event:
                case StateChanged(state=state):
                    self._state = state
                case SessionEnded(reason=why):
                    reason = why
                case UserText(text=text, is_final=True) | AgentText(text=text, is_final=True):
                    if self._service.settings.log_text:
                        self._log("said", speaker="user" if isinstance(event, UserText) else "agent", text=text)
        is_restart = self._service.hub.is_draining
        self.end(RESTART if is_restart else NORMAL, "the server restarts" if is_restart else reason)

    async def _write(self) -> None:
        while True:
            await self._send(await self._outbox.take())

    async def _watch(self) -> None:
        limits = self._service.settings.limits
        next_beat_s = self._began_s + BEAT_S
        while True:
            await asyncio.sleep(min(WATCH_S, limits.idle_s / 2))
            now_s = self._loop.time()
            if self._conversation and now_s > next_beat_s:
                next_beat_s = now_s + BEAT_S
                self._put(self._dialect.beat())
            if self._conversation is None and now_s - self._began_s > limits.opening_s:
                self.end(POLICY, f"said nothing useful within {limits.opening_s:g} s")
            elif now_s - self._heard_s > limits.idle_s:
                self.end(POLICY, f"sent nothing for {limits.idle_s:g} s")
            elif now_s - self._began_s > limits.session_s:
                self.end(POLICY, f"the longest conversation is {limits.session_s:g} s")

    async def _guarded(self, part: Awaitable[None]) -> None:
        """Run one part; what stops it closes the connection."""
        from starlette.websockets import WebSocketDisconnect

        try:
            await part
        except WebSocketDisconnect as gone:
            self.end(GONE, f"the client left with {gone.code}")
        except AudiokitError as error:
            self._put(self._dialect.error(str(error)))
            self.end(INTERNAL, str(error))
        except Exception:
            log.exception("a bug ended a conversation", extra=facts(conversation_id=self.conversation_id))
            self.end(INTERNAL, "internal error")

    # Messages, in and out.

    def _put(self, messages: Iterable[Message], turn_id: int | None = None) -> None:
        self._outbox.put(messages, turn_id)
        if self._outbox.is_overfull:
            self.end(POLICY, "reads too slowly")

    async def _receive(self) -> Message:
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            from starlette.websockets import WebSocketDisconnect

            raise WebSocketDisconnect(event.get("code", GONE))
        message: Message = event["bytes"] if event.get("bytes") is not None else event["text"]
        self._heard_s = now_s = self._loop.time()
        # While it waits nothing is read, and TCP slows the sender down.
        wait_s = max(self._messages.take(1, now_s), self._bytes.take(len(message), now_s))
        if wait_s:
            await asyncio.sleep(wait_s)
        return message

    async def _understand(self, message: Message) -> None:
        try:
            for meant in self._dialect.read(message):
                if isinstance(meant, Heard):
                    await self._hearing.take(self._bearable(meant.chunk))
                else:
                    self._do(meant)
        except Refusal as refusal:
            self._strike(str(refusal))

    def _bearable(self, chunk: AudioChunk) -> AudioChunk:
        longest_s = self._service.settings.limits.ahead_s
        if chunk.duration_s > longest_s:
            raise Refusal(f"audio: {chunk.duration_s:.1f} s in one message; expected at most {longest_s:g} s")
        return chunk

    def _do(self, meant: Input) -> None:
        match meant:
            case Reply(message=message):
                self._put([message])
            case Goodbye():
                self.end(NORMAL, "the client said goodbye")
            case Encoded():
                self._decode(meant)
            case _ if self._conversation is None:
                raise Refusal("the conversation has not begun")
            case Typed(text=text):
                self._conversation.say_text(text)
            case Played(turn_id=turn_id, played_s=played_s):
                self._conversation.played(turn_id, played_s)

    def _decode(self, piece: Encoded) -> None:
        begins = begins_stream(piece.data, piece.container)
        if self._decoder and (begins or self._decoder.container != piece.container):
            self._decoder.close()
            self._decoder = None
        if self._decoder is None:
            if not begins:
                raise Refusal(f"data: the first piece of audio/{piece.container} must begin with the stream's header")
            self._decoder = StreamDecoder(piece.container, self._hearing.put, self._decoder_failed)
        self._decoder.push(piece.data)

    def _decoder_failed(self, reason: str) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._strike, reason)

    def _hear(self, chunk: AudioChunk) -> None:
        if self._conversation is None:
            raise Refusal("the conversation has not begun")
        if not self._ending.done():
            self._conversation.push(chunk)

    def _warn(self) -> None:
        ahead_s = self._service.settings.limits.ahead_s
        self._strike(
            f"audio: it runs more than {ahead_s:g} s ahead of the clock; the rest is heard at the clock's pace"
        )

    def _strike(self, reason: str) -> None:
        self._strikes += 1
        self._service.metrics.malformed.add(1, self._dialect.name)
        self._put(self._dialect.error(reason))
        if self._strikes >= self._service.settings.limits.strikes:
            self.end(POLICY, f"{self._strikes} messages made no sense")

    async def _send(self, message: Message) -> None:
        try:
            if isinstance(message, str):
                await self._socket.send_text(message)
            else:
                await self._socket.send_bytes(message)
        except RuntimeError as error:  # what Starlette raises when the client left while this was on its way
            from starlette.websockets import WebSocketDisconnect

            raise WebSocketDisconnect(GONE) from error

    async def _farewell(self, ending: Ending) -> None:
        self._service.metrics.ended.add(1, str(ending.code))
        self._log("conversation ended", code=ending.code, reason=ending.reason, malformed=self._strikes)
        if ending.code == GONE:
            return
        if ending.code == POLICY:
            self._put(self._dialect.error(ending.reason))
        self._put(self._dialect.ended(ending.reason))
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._guarded(self._close(ending))

    async def _close(self, ending: Ending) -> None:
        for message in self._outbox.rest():
            await self._send(message)
        reason = ending.reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        with suppress(RuntimeError):  # the client was quicker
            await self._socket.close(ending.code, reason)

    def _log(self, message: str, **values: object) -> None:
        age_s = round(self._loop.time() - self._began_s, 3)
        known = {"conversation_id": self.conversation_id, "protocol": self._dialect.name, "age_s": age_s}
        log.info(message, extra=facts(**known, **values))
