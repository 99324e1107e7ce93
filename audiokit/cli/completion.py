"""`audiokit completion`: the script that completes words in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

WHERE = """\b
Put it where your shell looks for completions, then open a new shell:
  bash  audiokit completion bash > ~/.local/share/bash-completion/completions/audiokit
        (without the package bash-completion: eval "$(audiokit completion bash)" in ~/.bashrc)
  zsh   audiokit completion zsh > ~/.zfunc/_audiokit
        (in ~/.zshrc, before compinit: fpath+=~/.zfunc)
  fish  audiokit completion fish > ~/.config/fish/completions/audiokit.fish
"""


@click.command(epilog=WHERE)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes words in your shell.

    \b
    Examples:
      audiokit completion bash
      audiokit completion zsh > _audiokit
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    script = get_completion_class(shell)
    if script is None:
        raise ValueError(f"click knows no completion for {shell!r}")
    click.echo(script(ctx.find_root().command, {}, "audiokit", "_AUDIOKIT_COMPLETE").source())
