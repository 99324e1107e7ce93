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
@click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="The agent's TOML.  [default: the offline agent]"
)
@click.option("--bridge", type=click.Choice(["elevenlabs"]), help="Talk with an agent hosted there instead.")
@click.option("--agent-id", default="", help="Of the agent behind the bridge.")
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

    Without options it serves the offline agent, which needs no key, on http://127.0.0.1:8765. The log on stderr is one
    JSON object a line.

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
    log_to_stderr(quiet=settings.quiet)
    run(
        settings,
        lambda address: None if settings.quiet else click.echo(f"Serving on {address}  (Ctrl-C ends)", err=True),
    )


def _settings(options: dict[str, Any]) -> ServerSettings:
    from audiokit.config import Key
    from audiokit.server.settings import Limits, ServerSettings, token_from_environment

    workers = options["workers"]
    return ServerSettings(
        host=options["host"],
        port=options["port"],
        workers=workers,
        config=options["config"],
        bridge_agent_id=options["agent_id"],
        token=Key(options["token"]) if options["token"] else token_from_environment(),
        origins=options["origins"],
        drain_s=options["drain_s"],
        log_text=options["log_text"],
        quiet=options["quiet"],
        limits=Limits(sessions=max(1, options["max_sessions"] // max(1, workers))),
    )
