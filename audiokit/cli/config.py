"""`audiokit config`: what is set, from where, and how to change it."""

from __future__ import annotations

import sys

import click

from audiokit.config import KEY_SUFFIX


@click.group(short_help="Show and set addresses, the cache's bounds and keys")
def config() -> None:
    """Show and set addresses, the cache's bounds and keys.

    A key comes from the environment, a file .env in the current folder, or the system's keyring, in this order; an
    address from the environment or config.toml.

    \b
    Examples:
      audiokit config show
      audiokit config set cache.max_bytes 500000000
      audiokit config set ELEVENLABS_API_KEY
    """  # noqa: D301  click's mark for "do not rewrap", not an escape


@config.command(short_help="Show every setting and its source; keys never")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON on stdout.")
def show(as_json: bool) -> None:
    """Show every setting and its source; of a key only whether there is one.

    \b
    Examples:
      audiokit config show
      audiokit config show --json
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from dataclasses import asdict

    from audiokit.cli.output import print_json
    from audiokit.health.settings import settings

    found = list(settings())
    if as_json:
        print_json([asdict(setting) for setting in found])
        return
    names, values = (max(len(getattr(each, part)) for each in found) for part in ("name", "value"))
    for each in found:
        click.echo(f"{each.name:{names}}  {each.value:{values}}  {each.source}".rstrip())


@config.command("set", short_help="Set a value in config.toml, or a key in the keyring")
@click.argument("name")
@click.argument("value", required=False)
def set_(name: str, value: str | None) -> None:
    """Set NAME to VALUE in config.toml, or keep a key in the system's keyring.

    A key is never an argument, which the shell's history would keep: without VALUE it is asked for, or read from a
    pipe.

    \b
    Examples:
      audiokit config set base_url.openai http://127.0.0.1:11434/v1
      audiokit config set OPENAI_API_KEY
    """  # noqa: D301
    from audiokit.health.settings import check_name, set_value

    if name.endswith(KEY_SUFFIX):
        _keep(name, value)
        return
    check_name(name)
    if value is None:
        raise click.UsageError(f"{name} needs a value; to remove it: audiokit config unset {name}")
    click.echo(f"{name} is set in {set_value(name, value)}")


@config.command(short_help="Remove a value from config.toml, or a key from the keyring")
@click.argument("name")
def unset(name: str) -> None:
    """Remove NAME from config.toml, or a key from the system's keyring.

    \b
    Examples:
      audiokit config unset cache.max_bytes
      audiokit config unset OPENAI_API_KEY
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.config import keep_key
    from audiokit.health.settings import set_value

    if name.endswith(KEY_SUFFIX):
        keep_key(_vendor(name), None)
        click.echo(f"{name} is removed from the keyring")
        return
    click.echo(f"{name} is not set in {set_value(name, None)} any more")


@config.command(short_help="Print where config.toml is")
def path() -> None:
    """Print where config.toml is, or would be.

    \b
    Examples:
      audiokit config path
    """  # noqa: D301  click's mark for "do not rewrap", not an escape
    from audiokit.health.settings import settings_path

    click.echo(settings_path())


def _keep(name: str, value: str | None) -> None:
    from audiokit.config import Key, keep_key

    if value is not None:
        raise click.UsageError(
            f"a key on the command line stays in the shell's history. Leave it out and it is asked for: "
            f"audiokit config set {name}"
        )
    secret = click.prompt(name, hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not secret.strip():
        raise click.UsageError(f"{name}: no key came; expected one line")
    keep_key(_vendor(name), Key(secret.strip()))
    click.echo(f"{name} is kept in the system's keyring")


def _vendor(name: str) -> str:
    return name.removesuffix(KEY_SUFFIX).lower()
