"""A seeded slice of the mutated recordings of `benchmarks/fuzz_prep.py` through `prep`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.fuzz_prep import Outcome, _judge_rows, _strays, fuzz

FILES, SEED = 60, 11


@pytest.mark.process
@pytest.mark.model
def test_mutated_recordings_of_every_format_are_each_reported(tmp_path: Path) -> None:
    outcome = fuzz(tmp_path, FILES, SEED)
    assert outcome.faults == []
    assert sum(outcome.rows.values()) == FILES + 1  # and a good one
    assert {"prepared", "unreadable", "truncated"} <= set(outcome.rows)


def test_the_rules_can_be_broken(tmp_path: Path) -> None:
    row = {"name": "in/a.mp3", "skipped": "crashed", "message": "a.mp3: its worker died", "duration_s": 0.0}
    (tmp_path / "dataset.json").write_text(json.dumps({"sources": [row]}))
    outcome = Outcome(files=2)
    _judge_rows(tmp_path, {"a.mp3": "plain.mp3: flip", "b.wav": "float.wav: absurd"}, outcome)
    assert outcome.faults == [
        "'a.mp3' (plain.mp3: flip): crashed: a.mp3: its worker died", "'b.wav' (float.wav: absurd): no row",
    ]  # fmt: skip
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "trace").touch()
    (tmp_path / "fuzz-was-here").touch()
    assert [fault.partition(":")[0] for fault in _strays(tmp_path)] == ["a file in home/", "written"]
