"""Holding a conversation: an agent between a microphone, a file or typed lines, and a speaker, a file or a folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiokit.agent.events import Event, StateChanged, TurnEnded
from audiokit.agent.fast_clock import SkippingLoop
from audiokit.agent.file_io import SAMPLE_RATE, FileOut, Outs, Silent, file_chunks, overheard
from audiokit.agent.ports import AudioOut
from audiokit.agent.recording import Recording
from audiokit.agent.telemetry import Telemetry
from audiokit.audio.chunk import AudioChunk
from audiokit.audio.devices import Speaker, microphone_chunks
from audiokit.audio.files import info
from audiokit.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from audiokit.agent.agent import Agent
    from audiokit.agent.session import AgentSession

WARM_S = 5.0  # Hibari takes 2 s for itself and all phrases; a service that is down shall not keep the user waiting

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where the user's side comes from, and where the agent's goes."""

    input: PathLike | None = None
    """A recording in place of a microphone, heard at the pace of the event loop's clock."""
    microphone: str | int | None = None
    """A device's number or name; "" is the system's default. Neither this nor `input`: the user types."""
    output: PathLike | None = None
    """A file with what is heard of the agent."""
    with_user: bool = False
    """Two channels in it: the user on the left, the agent on the right."""
    speaker: str | int | None = None
    """A device's number or name; "" is the system's default."""
    record: PathLike | None = None
    """A folder for both voices, transcript, events and timings; see `Recording`."""
    session: PathLike | None = None
    """A file that the conversation is taken up from, if it is there, and kept in, turn by turn."""


async def converse(agent: Agent, doors: Doors, lines: AsyncIterator[str] | None = None) -> AsyncGenerator[Event]:
    """Hold one conversation, and give its events as they happen; closing the generator ends it.

    It ends with its input, when the last reply was spoken; a microphone ends only when the session does.

    Parameters
    ----------
    agent : who answers.
    doors : its ears and its mouth.
    lines : what the user types, a turn each, asked for when the turn before is over.

    Raises
    ------
    AudioFileError, ConfigError, MissingDependencyError, AuthenticationError, VoiceNotFoundError : a file or a device
        does not open, or a stage of the agent has nobody left who could ever work as it is set up, whose key is good,
        and who has the voice.
    UsageError : the reply would replace the recording that is answered.
    """
    if doors.input is not None:
        info(doors.input)  # to hear at once that it is not there
        _check_apart(doors.input, doors.output)
    if doors.session is not None:
        _check_folder(Path(doors.session))
    async with AsyncExitStack() as stack:
        opened = _Opened(doors, stack)
        await _warmed(agent)
        _check_mistakes(agent, doors)
        session = await agent.session(opened.out).__aenter__()
        notebook = _Notebook(doors.session, session)
        stack.push_async_callback(_closed, session, opened, notebook)
        if opened.speaker:
            opened.speaker.on_played = session.played
        opened.begin(session.clock_s())
        notebook.open()
        heard = opened.chunks()
        over = asyncio.Event()
        if not agent.settings.greeting:
            over.set()
        feeding = asyncio.create_task(_feed(session, heard, lines, over))
        stack.push_async_callback(_ended, feeding)
        ready = StateChanged(at_s=session.clock_s(), state="idle")
        opened.note(ready)
        yield ready
        async with aclosing(session.events()) as events:
            async for event in events:
                opened.note(event)
                notebook.note(event)
                if isinstance(event, StateChanged) and event.state == "idle":
                    over.set()
                yield event
                if isinstance(event, TurnEnded):
                    _check_mistakes(agent, doors)
        if feeding.done():
            feeding.result()


def hold(
    agent: Agent,
    doors: Doors,
    lines: AsyncIterator[str] | None = None,
    *,
    show: Callable[[Event], None] = lambda event: None,
    fast: bool = False,
) -> None:
    """Hold one conversation and wait for its end; works where an event loop runs already, as in Jupyter.

    Parameters
    ----------
    agent, doors, lines : see `converse`, which raises the same errors.
    show : called with each event as it happens.
    fast : skip the time in which nobody computes; for conversations from files.
    """

    async def held() -> None:
        async with aclosing(converse(agent, doors, lines)) as events:
            async for event in events:
                show(event)

    def run(work: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=SkippingLoop if fast else None) as runner:
            runner.run(work)

    if asyncio._get_running_loop() is None:
        run(held())
    else:
        _beside(run, held())


def _beside(run: Callable[[Coroutine[Any, Any, None]], None], work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread; an interrupt, which only the main thread gets, cancels it and waits for its end."""
    begun: Future[Callable[[], object]] = Future()

    async def cancellable() -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        if task:
            begun.set_result(lambda: loop.call_soon_threadsafe(task.cancel))
        await work

    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(run, cancellable()).result()
        except KeyboardInterrupt:
            with suppress(RuntimeError):  # it has just ended of itself
                begun.result()()
            raise  # when the thread has come to its end


def _check_apart(source: PathLike, target: PathLike | None) -> None:
    if target is not None and Path(target).exists() and Path(target).samefile(source):
        raise UsageError(f"{target} is the recording that is answered; name another file for the reply.")


def _check_folder(path: Path) -> None:
    """Refuse a file that could not be written after the first turn, which may have cost money by then."""
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"{path} cannot be written: there is no folder {path.parent}. Make it, or name another file.")


def _check_mistakes(agent: Agent, doors: Doors) -> None:
    """End a conversation that can come to nothing: no other turn would go better."""
    if mistake := agent.mistake(hears=doors.input is not None or doors.microphone is not None):
        raise mistake


async def _warmed(agent: Agent) -> None:
    """Load models and make the set phrases before the first word, unless that takes long."""
    with suppress(TimeoutError):  # the session goes on with it
        async with asyncio.timeout(WARM_S):
            await agent.warm()


async def _feed(
    session: AgentSession,
    heard: AsyncIterator[AudioChunk] | None,
    lines: AsyncIterator[str] | None,
    over: asyncio.Event,
) -> None:
    """Hand on the user's side to its end."""
    try:
        if heard is not None:
            async for chunk in heard:
                session.push(chunk)
        if lines is not None:
            await _type(session, lines, over)
    finally:
        session.finish()


async def _type(session: AgentSession, lines: AsyncIterator[str], over: asyncio.Event) -> None:
    await over.wait()
    async for line in lines:
        if line.strip():
            over.clear()
            session.say_text(line.strip())
            await over.wait()


async def _closed(session: AgentSession, opened: _Opened, notebook: _Notebook) -> None:
    """End the session; what its end tells, such as how far an interrupted turn was heard, is kept as all else is."""
    try:
        await session.__aexit__(None, None, None)
    finally:
        for event in session.unread():
            opened.note(event)
            notebook.note(event)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


class _Opened:
    """The doors of a conversation, open."""

    def __init__(self, doors: Doors, stack: AsyncExitStack) -> None:
        self._doors = doors
        self._listeners: list[Callable[[AudioChunk], None]] = []
        self._notes: list[Callable[[Event], None]] = [Telemetry().note]
        outs: list[AudioOut] = []
        self.speaker: Speaker | None = None
        rate = SAMPLE_RATE
        if doors.speaker is not None:
            self.speaker = stack.enter_context(Speaker(doors.speaker))
            outs.append(self.speaker)
            rate = self.speaker.sample_rate
        if doors.output is not None:
            file = stack.enter_context(FileOut(doors.output, sample_rate=rate, with_user=doors.with_user))
            outs.append(file)
            self._listeners.append(file.hear)
        if doors.record is not None:
            recording = stack.enter_context(Recording(doors.record, sample_rate=rate))
            outs.append(recording)
            self._listeners.append(recording.hear)
            self._notes.append(recording.note)
        self.out: AudioOut = Outs(*outs) if outs else Silent()
        self._written = [out for out in outs if isinstance(out, Silent)]

    def begin(self, now_s: float) -> None:
        """Let what is written have the session's clock."""
        for out in self._written:
            out.begin(now_s)

    def chunks(self) -> AsyncIterator[AudioChunk] | None:
        """Open the ears; None when the user types."""
        if self._doors.input is not None:
            return overheard(file_chunks(self._doors.input), *self._listeners)
        if self._doors.microphone is not None:
            return overheard(microphone_chunks(self._doors.microphone), *self._listeners)
        return None

    def note(self, event: Event) -> None:
        """Let those who keep a record know."""
        for note in self._notes:
            note(event)


class _Notebook:
    """Keeps the conversation in a file."""

    def __init__(self, path: PathLike | None, session: AgentSession) -> None:
        self._path, self._session = Path(path) if path else None, session

    def open(self) -> None:
        """Take up what is in the file, if it is there."""
        if self._path and self._path.exists():
            self._session.history.load(self._path)

    def note(self, event: Event) -> None:
        """Write, after each turn, what was said so far, whole or not at all."""
        if self._path and isinstance(event, TurnEnded):
            try:
                self._session.history.save(self._path)
            except OSError as error:
                raise ConfigError(f"{self._path} cannot be written: {error.strerror}") from error
