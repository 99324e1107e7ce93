"""Pipecat's FastAPI transport with services that answer at once: `python serve_pipecat.py PORT`.

Assembled as its documentation says, with a serializer of raw PCM, which is the least that a client can speak. Made for
pipecat-ai 1.14.0 with fastapi and uvicorn.
"""

# No `from __future__ import annotations`: FastAPI must find WebSocket, which is imported inside a function.

import sys
from typing import Any

from agent_harness import FRAME, OUT_FRAME, OUT_RATE, SAID, SAMPLE_RATE, Services, is_loud
from agent_peers import frames, tokens


def create_app() -> Any:
    from fastapi import FastAPI, WebSocket
    from loguru import logger
    from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams
    from pipecat.frames.frames import (
        AudioRawFrame,
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
    from pipecat.serializers.base_serializer import FrameSerializer
    from pipecat.services.llm_service import LLMService
    from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings
    from pipecat.services.stt_service import STTService
    from pipecat.services.tts_service import TTSService
    from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
    from pipecat.turns.user_start import VADUserTurnStartStrategy
    from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
    from pipecat.turns.user_turn_strategies import UserTurnStrategies
    from pipecat.utils.time import time_now_iso8601
    from pipecat.workers.runner import WorkerRunner

    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    services = Services()
    unset = ("system_instruction temperature max_tokens top_p top_k frequency_penalty presence_penalty seed "
             "user_turn_completion_config")  # fmt: skip

    class Raw(FrameSerializer):
        async def serialize(self, frame: Any) -> bytes | None:
            return frame.audio if isinstance(frame, AudioRawFrame) else None

        async def deserialize(self, data: Any) -> Any:
            return InputAudioRawFrame(data, SAMPLE_RATE, 1)

    class Detector(VADAnalyzer):
        def num_frames_required(self) -> int:
            return FRAME

        def voice_confidence(self, buffer: bytes) -> float:
            return float(is_loud(buffer))

    class Recognizer(STTService):
        async def run_stt(self, audio: bytes) -> Any:
            yield None

        async def process_frame(self, frame: Any, direction: Any) -> None:
            await super().process_frame(frame, direction)
            if isinstance(frame, VADUserStoppedSpeakingFrame):
                await self.push_frame(TranscriptionFrame(SAID, "user", time_now_iso8601(), finalized=True))

    class Model(LLMService):
        async def process_frame(self, frame: Any, direction: Any) -> None:
            await super().process_frame(frame, direction)
            if not isinstance(frame, LLMContextFrame):
                await self.push_frame(frame, direction)
                return
            await self.push_frame(LLMFullResponseStartFrame())
            async for token in tokens(services):
                await self.push_frame(LLMTextFrame(token))
            await self.push_frame(LLMFullResponseEndFrame())

    class Speech(TTSService):
        async def run_tts(self, text: str, context_id: str) -> Any:
            async for _ in frames(services):
                yield TTSAudioRawFrame(OUT_FRAME, OUT_RATE, 1, context_id=context_id)

    def pipeline(transport: Any) -> Any:
        vad = Detector(
            sample_rate=SAMPLE_RATE,
            params=VADParams(confidence=0.5, start_secs=services.start_s, stop_secs=services.stop_s, min_volume=0.0),
        )
        strategies = UserTurnStrategies(
            start=[VADUserTurnStartStrategy()], stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)]
        )
        context = LLMContextAggregatorPair(
            LLMContext([{"role": "system", "content": "x"}]),
            user_params=LLMUserAggregatorParams(vad_analyzer=vad, user_turn_strategies=strategies),
        )
        stt = Recognizer(settings=STTSettings(model="none", language=None), ttfs_p99_latency=0.0)
        llm = Model(
            settings=LLMSettings(model="none", filter_incomplete_user_turns=False, **dict.fromkeys(unset.split()))
        )
        tts = Speech(
            settings=TTSSettings(model="none", voice="none", language=None), sample_rate=OUT_RATE,
            push_start_frame=True, push_stop_frames=True,
        )  # fmt: skip
        return Pipeline([transport.input(), stt, context.user(), llm, tts, transport.output(), context.assistant()])

    app = FastAPI()

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.websocket("/ws")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        params = FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, audio_out_10ms_chunks=2, serializer=Raw()
        )
        transport = FastAPIWebsocketTransport(socket, params)
        worker = PipelineWorker(
            pipeline(transport),
            params=PipelineParams(audio_in_sample_rate=SAMPLE_RATE, audio_out_sample_rate=OUT_RATE),
            enable_rtvi=False,
        )

        @transport.event_handler("on_client_disconnected")
        async def gone(transport: Any, client: Any) -> None:
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    return app


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(create_app(), port=int(sys.argv[1]), log_level="error", ws_per_message_deflate=False)
