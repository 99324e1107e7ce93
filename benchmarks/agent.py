"""The voice agent beside its peers: `python benchmarks/agent.py [--peers PYTHON] [--turns 20] [--sessions 1,16,50]`.

Every measurement is a process of its own on one core. `--peers` is the Python of an environment with pipecat-ai and
livekit-agents, which do not go together with everything else:

    python -m venv .venv-peers && .venv-peers/bin/pip install pipecat-ai==1.14.0 livekit-agents==1.8.9

Results go into RESULTS.md. What the columns mean is in README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measured import LAUNCHER, cores, run
from results import machine, publish, table

HERE = Path(__file__).resolve().parent
PEERS = ("pipecat", "livekit")
PATIENCE_S = 900
LATE_S = 0.03  # the 95th percentile of what is added from which a core counts as full


def command(tool: str, peers: str) -> list[str]:
    """Give the start of the command that measures `tool`."""
    if tool in PEERS:
        return [peers, str(HERE / "agent_peers.py"), tool]
    return [sys.executable, str(HERE / "agent_audiokit.py")]


def measured(tool: str, peers: str, *words: object) -> dict[str, Any]:
    """Run one measurement on one core; a failure is a row that says so."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, str(cores()[0]), *command(tool, peers), *map(str, words)],
        capture_output=True, text=True, timeout=PATIENCE_S, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    lines = done.stdout.strip().splitlines()
    result: dict[str, Any] = json.loads(lines[-1]) if done.returncode == 0 and lines else {}
    if not result:
        print(f"{tool} {words}: exit code {done.returncode}: {done.stderr.strip()[-500:]}", file=sys.stderr)
    return {"tool": tool, **result}


def ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1000 * seconds:.1f}"


def mb(size_bytes: float | None) -> str:
    return "–" if size_bytes is None else f"{size_bytes / 2**20:.0f}"


def conversations(tools: Sequence[str], peers: str, turns: int) -> str:
    """Measure one conversation at a time."""
    rows = []
    for tool in tools:
        added, real, barge = (measured(tool, peers, name, "--turns", turns) for name in ("added", "real", "barge-in"))
        start = run([*command(tool, peers), "import"], cores()[:1])
        rows.append([
            tool, f"{ms(added.get('p50_s'))} / {ms(added.get('p95_s'))}", ms(real.get("p50_s")),
            f"{ms(barge.get('p50_s'))} / {ms(barge.get('max_s'))}", mb(added.get("peak_bytes")),
            f"{start.cpu_s:.2f}", f"{added.get('answered', 0)} of {added.get('of', 0)}",
        ])  # fmt: skip
    header = [
        "",
        "added p50 / p95, ms",
        "real p50, ms",
        "barge-in p50 / max, ms",
        "memory, MB",
        "import, CPU s",
        "answered",
    ]
    return table(header, rows)


def crowds(tools: Sequence[str], peers: str, turns: int, sizes: Sequence[int]) -> str:
    """Measure many conversations on one core; a tool that is full is not asked for more."""
    rows = []
    for tool in tools:
        for size in sizes:
            found = measured(tool, peers, "sessions", "--turns", turns, "--sessions", size)
            share = found.get("cpu_share")
            rows.append([
                f"{tool}, {size}", f"{ms(found.get('p50_s'))} / {ms(found.get('p95_s'))}",
                "–" if share is None else f"{100 * share:.2f} %", mb(found.get("peak_bytes")),
                f"{found.get('answered', 0)} of {found.get('of', 0)}",
            ])  # fmt: skip
            if (found.get("p95_s") or 1.0) > LATE_S or found.get("answered") != found.get("of"):
                break
    return table(["sessions on a core", "added p50 / p95, ms", "CPU a session", "memory, MB", "answered"], rows)


def own(times: int, sessions: int) -> str:
    """Measure what the peers have no answer for."""
    cached, failover, teardown, leaks = (
        measured("audiokit", "", name, count)
        for name, count in (("cached", 10 * times), ("failover", 3), ("teardown", min(times, 5)), ("leaks", sessions))
    )
    growth = leaks.get("growth_bytes")
    return table(["audiokit", ""], [
        ["cached phrase, p50 / p95, ms", f"{ms(cached.get('p50_s'))} / {ms(cached.get('p95_s'))}"],
        ["first model hangs: dead air, then the backup, ms", ms(failover.get("first_s"))],
        ["teardown with a hung model, median / max, ms",
         f"{ms(teardown.get('median_s'))} / {ms(teardown.get('max_s'))}"],
        [f"left by {leaks.get('of')} sessions", f"{leaks.get('tasks_left')} tasks, "
         f"{'–' if growth is None else f'{growth / 2**20:.1f}'} MB"],
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default="", help="Python with the peers; without it only audiokit is measured")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--sessions", default="1,16,32,50,100,150,200")
    parser.add_argument("--leaks", type=int, default=1000)
    told = parser.parse_args()
    tools = ["audiokit", *(PEERS if told.peers else ())]
    text = "\n\n".join([
        "## The agent", machine(["audiokit", "numpy"]), conversations(tools, told.peers, told.turns),
        crowds(tools, told.peers, max(2, told.turns // 5), [int(size) for size in told.sessions.split(",")]),
        own(told.turns, told.leaks),
    ])  # fmt: skip
    publish("agent", text)


if __name__ == "__main__":
    main()
