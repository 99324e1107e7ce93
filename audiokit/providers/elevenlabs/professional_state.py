"""How far a professional clone is: what this machine remembers, what the vendor says, and what comes next."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from audiokit.disk import file_sha256, whole_file
from audiokit.errors import ConfigError, SampleError

FORMAT = 1  # raise it when a reader of today could not read the file any more

Step = Literal[
    "create", "upload", "separate", "wait for separation", "choose", "captcha", "wait for verification", "train",
    "wait for training", "failed", "done"
]  # fmt: skip
"""What a professional clone may wait for. "choose" and "captcha" need a person, "failed" a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFile:
    """A recording to be sent."""

    path: str
    """Where it is on this machine."""
    sha256: str
    """Of its content, in hexadecimal."""

    @property
    def sent_name(self) -> str:
        """The name under which it is sent, by which it is known again on the other side."""
        path = Path(self.path)
        return f"{path.stem}-{self.sha256[:12]}{path.suffix.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What this machine remembers: enough to go on after a crash, and no key."""

    name: str
    """What the voice will be called."""
    language: str
    """ISO 639-1 code of what is spoken."""
    model: str
    """Which model is trained."""
    samples: tuple[SampleFile, ...]
    """What it is made of."""
    description: str = ""
    """For people."""
    separate: bool = True
    """Whether the vendor is to tell speakers apart; needless if nobody else is heard."""
    mark: str = ""
    """By which the voice is found again among the account's, if an answer is lost."""
    voice_id: str = ""
    """The vendor's name for it; empty until it is created."""


def new_plan(paths: Sequence[Path], **about: Any) -> Plan:
    """Plan a clone of these recordings; `about` holds the other fields of `Plan`.

    Raises
    ------
    SampleError : no recording, the same one twice, or one that cannot be read.
    """
    try:
        files = tuple(SampleFile(path=str(Path(path).resolve()), sha256=file_sha256(Path(path))) for path in paths)
    except OSError as error:
        raise SampleError(f"{error.filename}: cannot be read: {error.strerror}. Check the path.") from error
    if not files or len({file.sha256 for file in files}) < len(files):
        raise SampleError(f"{len(files)} recordings, of which each must be another; expected at least one")
    return Plan(samples=files, mark=f"[audiokit {secrets.token_hex(8)}]", **about)


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_text(json.dumps({"format": FORMAT, **asdict(plan)}, indent=2, ensure_ascii=False) + "\n", "utf-8")


def load_plan(path: Path) -> Plan:
    """Read a plan.

    Raises
    ------
    ConfigError : missing, damaged, or of a newer audiokit.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
        if told.pop("format") != FORMAT or told.keys() != {field.name for field in fields(Plan)}:
            raise ValueError("it has other fields than expected; a newer audiokit may have written it")
        return Plan(**told | {"samples": tuple(SampleFile(**sample) for sample in told["samples"])})
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ConfigError(f"{path}: no plan of a professional clone: {error}. Begin it anew.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSeen:
    """What the vendor says of a sample."""

    sample_id: str
    """Its name for it."""
    name: str
    """The name under which it was sent."""
    separation: str = "not_started"
    """not_started, pending, completed or failed."""
    chosen: bool = False
    """Whether it is settled who of the speakers is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the vendor says of the voice."""

    exists: bool = False
    """Whether it was created."""
    samples: tuple[SampleSeen, ...] = ()
    """What has arrived."""
    verified: bool = False
    """Whether the owner of the voice has proved to be it."""
    manual_verification: bool = False
    """Whether people are asked to verify it."""
    training: str = "not_started"
    """not_started, queued, fine_tuning, fine_tuned, failed or delayed."""
    training_share: float = 0.0
    """How much of the training is done, 0..1."""
    message: str = ""
    """What the vendor says of the training."""


def missing(plan: Plan, seen: Seen) -> list[SampleFile]:
    """Give the recordings that have not arrived."""
    there = {sample.name for sample in seen.samples}
    return [file for file in plan.samples if file.sent_name not in there]


def next_step(plan: Plan, seen: Seen) -> Step:
    """Tell what has to happen next."""
    if not seen.exists:
        return "create"
    if missing(plan, seen):
        return "upload"
    if plan.separate and (step := _separation_step(seen)):
        return step
    if not seen.verified:
        return "wait for verification" if seen.manual_verification else "captcha"
    steps: dict[str, Step] = {"not_started": "train", "fine_tuned": "done", "failed": "failed"}
    return steps.get(seen.training, "wait for training")


def _separation_step(seen: Seen) -> Step | None:
    states = {sample.separation for sample in seen.samples}
    if states & {"not_started", "failed"}:
        return "separate"
    if "pending" in states:
        return "wait for separation"
    return None if all(sample.chosen for sample in seen.samples) else "choose"
