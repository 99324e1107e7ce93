"""Pipecat and LiveKit Agents in the harness: `python agent_peers.py pipecat|livekit SCENARIO ...`.

Each is assembled as its documentation says, with the smallest detector, services that answer after their delay, and a
device that takes a frame every 20 ms. Made for pipecat-ai 1.14.0 and livekit-agents 1.8.9.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import Any

from agent_harness import (
    FRAME,
    FRAME_S,
    OUT_FRAME,
    OUT_RATE,
    SAID,
    SAMPLE_RATE,
    Ear,
    Services,
    Subject,
    is_loud,
    measure,
)


class Pace:
    """The clock of a device: a frame when the one before it is over, the first one at once."""

    def __init__(self) -> None:
        self._next_s = 0.0

    async def play(self, duration_s: float) -> None:
        early_s = self._next_s - time.monotonic()
        await asyncio.sleep(max(0.0, early_s))
        self._next_s = (self._next_s if early_s > 0 else time.monotonic()) + duration_s


async def tokens(services: Services) -> Any:
    await asyncio.sleep(services.first_token_s)
    for number, token in enumerate(services.tokens()):
        if number and services.token_s:
            await asyncio.sleep(services.token_s)
        yield token


async def frames(services: Services) -> Any:
    await asyncio.sleep(services.speech_s)
    for _ in range(round(services.clause_audio_s / FRAME_S)):
        yield OUT_FRAME
        await asyncio.sleep(0)


def pipecat() -> type[Subject]:
    from loguru import logger
    from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams
    from pipecat.frames.frames import (
        InputAudioRawFrame,
        LLMContextFrame,
        LLMFullResponseEndFrame,
        LLMFullResponseStartFrame,
        LLMTextFrame,
        TranscriptionFrame,
        TTSAudioRawFrame,
        VADUserStoppedSpeakingFrame,
    )
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineParams, PipelineWorker
    from pipecat.processors.aggregators.llm_context import LLMContext
    from pipecat.processors.aggregators.llm_response_universal import (
        LLMContextAggregatorPair,
        LLMUserAggregatorParams,
    )
    from pipecat.services.llm_service import LLMService
    from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings
    from pipecat.services.stt_service import STTService
    from pipecat.services.tts_service import TTSService
    from pipecat.transports.base_input import BaseInputTransport
    from pipecat.transports.base_output import BaseOutputTransport
    from pipecat.transports.base_transport import TransportParams
    from pipecat.turns.user_start import VADUserTurnStartStrategy
    from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
    from pipecat.turns.user_turn_strategies import UserTurnStrategies
    from pipecat.utils.time import time_now_iso8601
    from pipecat.workers.runner import WorkerRunner

    logger.remove()
    logger.add(sys.stderr, level="ERROR")

    class Detector(VADAnalyzer):
        def num_frames_required(self) -> int:
            return FRAME

        def voice_confidence(self, buffer: bytes) -> float:
            return float(is_loud(buffer))

    class Source(BaseInputTransport):
        async def start(self, frame: Any) -> None:
            await super().start(frame)
            await self.set_transport_ready(frame)

    class Sink(BaseOutputTransport):
        def __init__(self, params: Any, ear: Ear) -> None:
            super().__init__(params)
            self._ear, self._pace = ear, Pace()

        async def start(self, frame: Any) -> None:
            await super().start(frame)
            await self.set_transport_ready(frame)

        async def write_audio_frame(self, frame: Any) -> bool:
            self._ear.hear()
            await self._pace.play(len(frame.audio) / 2 / frame.sample_rate)
            return True

    class Recognizer(STTService):
        def __init__(self, services: Services) -> None:
            super().__init__(settings=STTSettings(model="none", language=None), ttfs_p99_latency=0.0)
            self._services = services

        async def run_stt(self, audio: bytes) -> Any:
            yield None

        async def process_frame(self, frame: Any, direction: Any) -> None:
            await super().process_frame(frame, direction)
            if isinstance(frame, VADUserStoppedSpeakingFrame):
                self.create_task(self._understand())

        async def _understand(self) -> None:
            await asyncio.sleep(self._services.stt_s)
            await self.push_frame(TranscriptionFrame(SAID, "user", time_now_iso8601(), finalized=True))

    class Model(LLMService):
        def __init__(self, services: Services) -> None:
            unset = ("system_instruction temperature max_tokens top_p top_k frequency_penalty presence_penalty seed "
                     "user_turn_completion_config")  # fmt: skip
            super().__init__(
                settings=LLMSettings(
                    model="none", filter_incomplete_user_turns=False, **dict.fromkeys(unset.split())
                )
            )  # fmt: skip
            self._services = services

        async def process_frame(self, frame: Any, direction: Any) -> None:
            await super().process_frame(frame, direction)
            if not isinstance(frame, LLMContextFrame):
                await self.push_frame(frame, direction)
                return
            await self.push_frame(LLMFullResponseStartFrame())
            async for token in tokens(self._services):
                await self.push_frame(LLMTextFrame(token))
            await self.push_frame(LLMFullResponseEndFrame())

    class Speech(TTSService):
        def __init__(self, services: Services) -> None:
            super().__init__(
                settings=TTSSettings(model="none", voice="none", language=None),
                sample_rate=OUT_RATE,
                push_start_frame=True,
                push_stop_frames=True,
            )
            self._services = services

        async def run_tts(self, text: str, context_id: str) -> Any:
            async for frame in frames(self._services):
                yield TTSAudioRawFrame(frame, OUT_RATE, 1, context_id=context_id)

    class Pipecat:
        async def open(self, services: Services, ear: Ear) -> None:
            params = TransportParams(audio_in_enabled=True, audio_out_enabled=True, audio_out_10ms_chunks=2)
            self._source = Source(params)
            detector = Detector(
                sample_rate=SAMPLE_RATE,
                params=VADParams(
                    confidence=0.5, start_secs=services.start_s, stop_secs=services.stop_s, min_volume=0.0
                ),
            )  # fmt: skip
            turns = UserTurnStrategies(
                start=[VADUserTurnStartStrategy()], stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)]
            )
            both = LLMContextAggregatorPair(
                LLMContext([{"role": "system", "content": "Answer."}]),
                user_params=LLMUserAggregatorParams(vad_analyzer=detector, user_turn_strategies=turns),
            )
            steps = [self._source, Recognizer(services), both.user(), Model(services), Speech(services)]
            self._worker = PipelineWorker(
                Pipeline([*steps, Sink(params, ear), both.assistant()]),
                params=PipelineParams(audio_in_sample_rate=SAMPLE_RATE, audio_out_sample_rate=OUT_RATE),
                enable_rtvi=False,
            )
            started = asyncio.Event()

            @self._worker.event_handler("on_pipeline_started")  # type: ignore[untyped-decorator]
            async def _started(worker: Any, frame: Any) -> None:
                started.set()

            self._running = asyncio.create_task(self._run())
            await asyncio.wait_for(started.wait(), 20)
            await asyncio.sleep(0.1)

        async def _run(self) -> None:
            runner = WorkerRunner(handle_sigint=False)
            await runner.add_workers(self._worker)
            await runner.run()

        async def push(self, pcm: bytes) -> None:
            await self._source.push_audio_frame(InputAudioRawFrame(pcm, SAMPLE_RATE, 1))

        async def close(self) -> None:
            await self._worker.cancel()
            await self._running

    return Pipecat


def livekit() -> type[Subject]:
    import logging

    from livekit import rtc
    from livekit.agents import NOT_GIVEN, Agent, AgentSession, LanguageCode, llm, stt, tts, utils, vad
    from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
    from livekit.agents.voice import io

    logging.basicConfig(level=logging.ERROR)

    class Hysteresis:
        def __init__(self, services: Services) -> None:
            self._start, self._stop = (round(each / FRAME_S) for each in (services.start_s, services.stop_s))
            self.loud = self.quiet = 0
            self.speaks = False

        def take(self, frame: Any) -> str:
            is_speech = is_loud(bytes(frame.data))
            self.loud, self.quiet = (self.loud + 1, 0) if is_speech else (0, self.quiet + 1)
            if not self.speaks and self.loud >= self._start:
                self.speaks = True
                return "started"
            if self.speaks and self.quiet >= self._stop:
                self.speaks = False
                return "ended"
            return ""

    class Detector(vad.VAD):
        def __init__(self, services: Services) -> None:
            super().__init__(capabilities=vad.VADCapabilities(update_interval=FRAME_S))
            self.services = services

        def stream(self) -> Any:
            return DetectorStream(self)

    class DetectorStream(vad.VADStream):
        async def _main_task(self) -> None:
            state, index = Hysteresis(self._vad.services), 0
            kinds = {"started": vad.VADEventType.START_OF_SPEECH, "ended": vad.VADEventType.END_OF_SPEECH}
            async for frame in self._input_ch:
                if not isinstance(frame, rtc.AudioFrame):
                    continue
                change = state.take(frame)
                index += frame.samples_per_channel
                speech_s, silence_s = state.loud * FRAME_S, state.quiet * FRAME_S
                for kind in [vad.VADEventType.INFERENCE_DONE, *([kinds[change]] if change else [])]:
                    self._event_ch.send_nowait(
                        vad.VADEvent(
                            type=kind, samples_index=index, timestamp=time.time(), speech_duration=speech_s,
                            silence_duration=silence_s, frames=[frame], probability=float(state.loud > 0),
                            inference_duration=0.0, speaking=state.speaks, raw_accumulated_silence=silence_s,
                            raw_accumulated_speech=speech_s,
                        )
                    )  # fmt: skip

    class Recognizer(stt.STT):
        def __init__(self, services: Services) -> None:
            super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=False))
            self.services = services

        async def _recognize_impl(self, *_: Any, **__: Any) -> Any:
            raise NotImplementedError

        def stream(self, *, language: Any = NOT_GIVEN, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS) -> Any:
            return RecognizerStream(stt=self, conn_options=conn_options)

    class RecognizerStream(stt.RecognizeStream):
        async def _run(self) -> None:
            state, pending = Hysteresis(self._stt.services), set()
            async for frame in self._input_ch:
                if isinstance(frame, rtc.AudioFrame) and state.take(frame) == "ended":
                    task = asyncio.create_task(self._understand())
                    pending.add(task)
                    task.add_done_callback(pending.discard)

        async def _understand(self) -> None:
            await asyncio.sleep(self._stt.services.stt_s)
            said = stt.SpeechData(text=SAID, language=LanguageCode("en"), confidence=1.0)
            self._event_ch.send_nowait(stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[said]))

    class Model(llm.LLM):
        def __init__(self, services: Services) -> None:
            super().__init__()
            self.services = services

        def chat(self, *, chat_ctx: Any, tools: Any = None, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS,
                 **_: Any) -> Any:  # fmt: skip
            return ModelStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)

    class ModelStream(llm.LLMStream):
        async def _run(self) -> None:
            async for token in tokens(self._llm.services):
                delta = llm.ChoiceDelta(role="assistant", content=token)
                self._event_ch.send_nowait(llm.ChatChunk(id="answer", delta=delta))

    class Speech(tts.TTS):
        def __init__(self, services: Services) -> None:
            super().__init__(
                capabilities=tts.TTSCapabilities(streaming=False), sample_rate=OUT_RATE, num_channels=1
            )  # fmt: skip
            self.services = services

        def synthesize(self, text: str, *, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS) -> Any:
            return SpeechStream(tts=self, input_text=text, conn_options=conn_options)

    class SpeechStream(tts.ChunkedStream):
        async def _run(self, emitter: Any) -> None:
            emitter.initialize(
                request_id=utils.shortuuid(), sample_rate=OUT_RATE, num_channels=1, mime_type="audio/pcm"
            )  # fmt: skip
            async for frame in frames(self._tts.services):
                emitter.push(frame)
            emitter.flush()

    class Source(io.AudioInput):
        def __init__(self) -> None:
            super().__init__(label="benchmark")
            self.frames: Any = utils.aio.Chan()

        async def __anext__(self) -> Any:
            return await self.frames.__anext__()

    class Sink(io.AudioOutput):
        """A sound card: takes frames without waiting, plays one every 20 ms, tells when it has ended."""

        def __init__(self, ear: Ear) -> None:
            super().__init__(
                label="benchmark", sample_rate=OUT_RATE, capabilities=io.AudioOutputCapabilities(pause=True)
            )  # fmt: skip
            self._ear, self._pace, self._waiting = ear, Pace(), asyncio.Queue[Any]()
            self._open = asyncio.Event()
            self._open.set()
            self._given_s = self._played_s = 0.0
            self._is_complete = False
            self.playing = asyncio.create_task(self._play())

        async def capture_frame(self, frame: Any) -> None:
            await super().capture_frame(frame)
            self._given_s += frame.duration
            self._waiting.put_nowait(frame)

        def flush(self) -> None:
            super().flush()
            self._is_complete = self._given_s > 0
            self._end_if_played()

        def clear_buffer(self) -> None:
            if self._given_s:
                while not self._waiting.empty():
                    self._waiting.get_nowait()
                self._end(is_interrupted=True)

        def pause(self) -> None:
            super().pause()
            self._open.clear()

        def resume(self) -> None:
            super().resume()
            self._open.set()

        def _end_if_played(self) -> None:
            if self._is_complete and self._waiting.empty() and self._played_s > self._given_s - FRAME_S / 2:
                self._end(is_interrupted=False)

        def _end(self, *, is_interrupted: bool) -> None:
            position_s, self._given_s, self._played_s, self._is_complete = self._played_s, 0.0, 0.0, False
            self._open.set()
            self.on_playback_finished(
                playback_position=position_s, interrupted=is_interrupted, synchronized_transcript=None
            )

        async def _play(self) -> None:
            while True:
                frame = await self._waiting.get()
                await self._open.wait()
                if not self._given_s:
                    continue
                if not self._played_s:
                    self.on_playback_started(created_at=time.time())
                self._ear.hear()
                self._played_s += frame.duration
                await self._pace.play(frame.duration)
                self._end_if_played()

    class LiveKit:
        async def open(self, services: Services, ear: Ear) -> None:
            turns = {
                "turn_detection": "vad",
                "endpointing": {"min_delay": 0.0, "max_delay": 3.0},
                "interruption": {"min_duration": services.start_s, "mode": "vad"},
                "preemptive_generation": {"enabled": False},
            }
            self._session = AgentSession(
                vad=Detector(services), stt=Recognizer(services), llm=Model(services), tts=Speech(services),
                turn_handling=turns, aec_warmup_duration=None, user_away_timeout=None,
            )  # fmt: skip
            self._source, self._sink = Source(), Sink(ear)
            self._session.input.audio, self._session.output.audio = self._source, self._sink
            await self._session.start(Agent(instructions="Answer."))
            await asyncio.sleep(0.1)

        async def push(self, pcm: bytes) -> None:
            self._source.frames.send_nowait(
                rtc.AudioFrame(data=pcm, sample_rate=SAMPLE_RATE, num_channels=1, samples_per_channel=FRAME)
            )

        async def close(self) -> None:
            self._sink.playing.cancel()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._session.aclose(), 5)

    return LiveKit


PEERS = {"pipecat": pipecat, "livekit": livekit}

if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[2] == "import":
        PEERS[sys.argv[1]]()
    else:
        measure(PEERS[sys.argv[1]](), sys.argv[2:])
