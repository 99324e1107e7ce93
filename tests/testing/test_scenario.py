from pathlib import Path

import pytest

from audiokit.errors import ConfigError
from audiokit.testing import clock
from audiokit.testing.course import play
from audiokit.testing.scenario import read, run

GOOD = """
- name: a question
  services: {llm: {answers: ["It is noon."]}}
  steps: [{user: what time is it}]
  expect:
    history: [{user: what time is it}, {agent: It is noon.}]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "talk.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_scenario_is_read_and_played(tmp_path: Path) -> None:
    (scenario,) = read(written(tmp_path, GOOD))
    assert scenario.name == "a question"
    run(scenario)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ("history: [{user: what time is it}, {agent: It is midnight.}]", "history is .*noon.*; expected .*midnight"),
        ("events: {interrupted: 1}", "interrupted came 0 times; expected 1"),
        ("reason: failures", "reason is 'finished'; expected 'failures'"),
        ("latency_s: 0.1", r"latencies are \[.*\] s; expected at most 0.1"),
        ("has: [{type: turn_ended}, {type: user_speech_started}]", "there was no {'type': 'user_speech_started'}"),
        ("heard: [nothing]", "heard is .*It is noon"),
        ("model_calls: 2", "model_calls is 1; expected 2"),
        ("wasted: 1", "wasted is 0; expected 1"),
    ],
)
def test_what_goes_otherwise_is_told_with_the_whole_course(tmp_path: Path, expected: str, message: str) -> None:
    text = GOOD[: GOOD.index("    history")] + f"    {expected}\n"
    (scenario,) = read(written(tmp_path, text))
    with pytest.raises(AssertionError, match=rf"(?s)a question:.*{message}.*what happened:.*turn_ended"):
        run(scenario)


def test_waiting_in_vain_says_for_what(tmp_path: Path) -> None:
    text = GOOD.replace("[{user: what time is it}]", "[{until: interrupted}]", 1)
    (scenario,) = read(written(tmp_path, text))
    with pytest.raises(AssertionError, match="waited 120 s in vain for interrupted"):
        run(scenario)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b", "holds no list of scenarios"),
        ("- [", "cannot be read as YAML"),
        ("- name: x\n", "lacks 'steps'"),
        (GOOD.replace("steps", "stepps"), "stepps is not known. Did you mean 'steps'"),
        (GOOD.replace("user: what", "usr: what"), "usr is not known. Did you mean 'user'"),
        (GOOD.replace("answers", "anwsers"), "anwsers is not known. Did you mean 'answers'"),
        (GOOD.replace("history:", "latency_s: soon #"), "latency_s is 'soon'; expected a number"),
        (GOOD.replace("[{user: what time is it}]", "[{}]", 1), "a step has nothing; expected one of user"),
        (GOOD.replace("[{user: what", "[{type: hi, user: what", 1), "a step has user and type; expected one"),
        (GOOD.replace("[{user: what time is it}]", "[{until: soon}]", 1), "'soon' is nothing that happens"),
        (GOOD.replace("history:", "events: {interuptd: 0} #"), "'interuptd' is nothing that happens"),
        (GOOD.replace("history:", "has: [{type: turn_endde}] #"), "'turn_endde' is nothing that happens"),
        (GOOD.replace("services: {", "services: {tts: {sample_rate: 48000}, "), "sample_rate is not known"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(written(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.yaml")


def test_the_same_scenario_goes_the_same_way_every_time(tmp_path: Path) -> None:
    (scenario,) = read(written(tmp_path, GOOD))
    assert clock.run(play(scenario)).log() == clock.run(play(scenario)).log()
