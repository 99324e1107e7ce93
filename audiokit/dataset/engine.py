"""Who does the work: processes of this machine, or the machines of a Ray cluster. The answers are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from audiokit.dataset.pool import Answer, Pool, Task, Tell, cores
from audiokit.errors import ConfigError

EngineName = Literal["local", "ray"]


class Engine(Protocol):
    """Does tasks side by side; a context manager that leaves nothing running."""

    @property
    def lasting_workers(self) -> int:
        """How many go on from one task to the next with what they have loaded; 1 where nobody can tell."""
        ...

    def run(self, tasks: Sequence[Task], tell: Tell = ...) -> Iterator[tuple[int, Answer]]:
        """Do all tasks; give (index, answer) as they end, in any order.

        A worker that dies costs nothing but time; an answer says "crashed" when its task killed more than one.
        """
        ...

    def __enter__(self) -> Self:
        """Get ready."""
        ...

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """End all that was started."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RayCluster:
    """Machines that Ray has put together."""

    address: str = ""
    """Where its head listens, such as 10.0.0.5:6379, or "auto" on one of its machines; empty: `RAY_ADDRESS`, else a
    Ray of our own on this machine, for as long as the work takes."""


def open_engine(engine: EngineName | RayCluster, jobs: int | None) -> Engine:
    """Choose an engine; nothing is started before it is entered.

    Parameters
    ----------
    engine : "local", "ray" (`RayCluster()`), or a cluster.
    jobs : how many tasks are done at once; None: one a core, of all machines together.

    Raises
    ------
    ConfigError : an engine of another name.
    """
    if engine == "local":
        return Pool(cores() if jobs is None else jobs)
    cluster = RayCluster() if engine == "ray" else engine
    if not isinstance(cluster, RayCluster):
        raise ConfigError(f"engine is {engine!r}; expected local or ray")
    from audiokit.dataset.ray_pool import RayPool

    return RayPool(cluster.address, jobs)
