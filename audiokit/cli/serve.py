"""`audiokit agent serve`: the agent on the web."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audiokit.server.settings import ServerSettings


@click.command(short_help="Serve the agent to browsers, telephones and programs")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8765, show_default=True, help="Port to listen on.")
@click.option("--workers", default=1, show_default=True, help="Processes; each has its own conversations.")
@click.option("--config", type=click.Path(), metavar="FILE", help="The agent.  [default: agent.toml, if it is there]")
@click.option("--bridge", type=click.Choice(["elevenlabs"]), help="Talk with an agent hosted there instead.")
@click.option("--agent-id", default="", metavar="ID", help="The agent behind the bridge.")
@click.option(
    "--max-sessions",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Most conversations at a time, shared by the workers.",
)
@click.option("--origins", multiple=True, metavar="URL", help="Another site whose pages may connect; repeatable.")
@click.option(
    "--token",
    metavar="TOKEN",
    help="What clients must show; better from AUDIOKIT_SERVER_TOKEN, which no list of processes shows.",
)
@click.option(
    "--drain-seconds", "drain_s", default=30.0, show_default=True, help="How long turns may go on after SIGTERM."
)
@click.option("--log-text", is_flag=True, help="Write what is said into the log.")
@click.option("--quiet", is_flag=True, help="No log; errors only.")
@click.pass_context
def serve(ctx: click.Context, /, **options: Any) -> None:
    """Serve the agent: a page at /, WebSockets for programs, telephones, and ElevenLabs' clients.

    Without options it serves the agent of ./agent.toml, or where there is no such file the offline agent, which needs
    no key, on http://127.0.0.1:8765. The log on stderr is one JSON object a line.

    \b
    Examples:
      audiokit agent serve
      audiokit agent serve --config agent.toml --host 0.0.0.0 --workers 4
      audiokit agent serve --bridge elevenlabs --agent-id agent_0123
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.server.logs import log_to_stderr
    from audiokit.server.run import serve as run

    if bool(options["bridge"]) != bool(options["agent_id"]):
        raise click.UsageError("--bridge and --agent-id go together.", ctx)
    if options["bridge"] and options["config"]:
        raise click.UsageError("--bridge talks with ElevenLabs' agent, --config describes ours; give one of them.", ctx)
    settings = _settings(options)
    partner = _partner(settings)  # what is wrong with its file is said before a port is taken
    log_to_stderr(quiet=settings.quiet)

    def tell(address: str) -> None:
        if not settings.quiet:
            click.echo(f"Serving on {address}: {partner}  (Ctrl-C ends)", err=True)

    run(settings, tell)


def _partner(settings: ServerSettings) -> str:
    """Say who is talked with, and by which providers."""
    if settings.bridge_agent_id:
        return f"{settings.bridge_agent_id} at ElevenLabs"
    from audiokit.cli.talk import read_config

    config = read_config(settings.config)
    stages = [("stt", config.stt), ("llm", config.llm), ("tts", config.tts)]
    named = (f"{stage} {', '.join(each.provider for each in chosen)}" for stage, chosen in stages)
    return f"{settings.config or 'the offline agent'} ({'; '.join(named)})"


def _config(options: dict[str, Any]) -> Path | None:
    """Give the agent's file: the one named, else `agent.toml` where there is one and no bridge leads elsewhere."""
    from audiokit.cli.talk import usual_file

    if options["bridge"]:
        return None
    found = options["config"] or usual_file()
    return Path(found) if found else None


def _settings(options: dict[str, Any]) -> ServerSettings:
    from audiokit.config import Key
    from audiokit.server.settings import Limits, ServerSettings, token_from_environment

    workers = options["workers"]
    return ServerSettings(
        host=options["host"],
        port=options["port"],
        workers=workers,
        config=_config(options),
        bridge_agent_id=options["agent_id"],
        token=Key(options["token"]) if options["token"] else token_from_environment(),
        origins=options["origins"],
        drain_s=options["drain_s"],
        log_text=options["log_text"],
        quiet=options["quiet"],
        limits=Limits(sessions=max(1, options["max_sessions"] // max(1, workers))),
    )
