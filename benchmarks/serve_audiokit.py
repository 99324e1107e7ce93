"""audiokit's server with services that answer at once: `python serve_audiokit.py PORT [silero]`."""

from __future__ import annotations

import sys

from agent_audiokit import Model, Recognizer, Speech
from agent_harness import Services

from audiokit.agent.agent import Agent
from audiokit.agent.settings import AgentSettings, BargeIn, TurnTaking
from audiokit.analysis.activity import EnergyVAD, SileroVAD
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import VAD
from audiokit.server.app import create_app
from audiokit.server.run import listen, uvicorn_config
from audiokit.server.settings import Limits, ServerSettings


class SileroBeside(EnergyVAD):
    """Silero's work for every window; the level decides, because the harness speaks in tones."""

    window_s = SileroVAD.window_s

    def __init__(self) -> None:
        super().__init__()
        self._silero = SileroVAD()

    def speech_probability(self, chunk: AudioChunk) -> float:
        self._silero.speech_probability(chunk)
        return super().speech_probability(chunk)


def agent(vad: type[VAD]) -> Agent:
    """Make an agent that turns over after the same silence as the peers; every session has a detector of its own."""
    services = Services()
    silence_s = services.stop_s
    turns = TurnTaking(
        start_s=services.start_s, stop_s=silence_s, silence_s=silence_s, finished_silence_s=silence_s,
        unfinished_silence_s=silence_s,
    )  # fmt: skip
    return Agent(
        stt=Recognizer(services), llm=Model(services), tts=Speech(services), vad=vad,
        settings=AgentSettings(turn_taking=turns, barge_in=BargeIn(confirm_s=services.start_s)),
    )  # fmt: skip


def main(port: int, vad: type[VAD] = EnergyVAD) -> None:
    import uvicorn

    limits = Limits(sessions=2000, sessions_per_address=2000)
    settings = ServerSettings(port=port, limits=limits)
    config = uvicorn_config(create_app(agent(vad), settings), settings)  # type: ignore[arg-type]
    uvicorn.Server(config).run([listen(settings)])


if __name__ == "__main__":
    main(int(sys.argv[1]), SileroBeside if "silero" in sys.argv else EnergyVAD)
