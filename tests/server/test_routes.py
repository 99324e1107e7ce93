"""What is asked over HTTP (audiokit.server.routes, .app, .page, .hub, .service, .metrics, .logs)."""

from __future__ import annotations

import json
import logging
import re
from inspect import iscoroutinefunction

import pytest
from fastapi.routing import APIRoute
from websockets.exceptions import InvalidStatus

from audiokit.agent.events import ProviderFailed
from audiokit.server.app import create_app
from audiokit.server.logs import JsonLines, facts
from audiokit.server.metrics import Histogram, Metrics
from audiokit.server.page import page_files
from audiokit.server.settings import Limits, ServerSettings
from tests.server.fake_agent import FakeAgent
from tests.server.serving import Served, serving, until, wait_until
from tests.server.test_lean import HELLO

SAMPLE = re.compile(r'[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? [0-9.e+-]+')


def test_health_and_readiness(served: Served) -> None:
    assert served.ask("/healthz")[0] == 200
    assert served.ask("/readyz")[0] == 200
    served.service.hub.is_draining = True
    assert served.ask("/healthz")[0] == 200
    assert served.ask("/readyz")[0] == 503
    with pytest.raises(InvalidStatus) as refused:
        served.connect()
    assert refused.value.response.status_code == 503
    served.service.hub.is_draining = False


def test_the_page_and_all_its_files_are_served(served: Served) -> None:
    for name, data in page_files().items():
        status, headers, body = served.ask("/" if name == "index.html" else f"/{name}")
        assert (status, body) == (200, data)
        assert headers["content-type"].startswith(("text/", "image/svg"))


@pytest.mark.parametrize("path", ["/../app.py", "/..%2fapp.py", "/%00", "/web/index.html", "/docs", "/redoc"])
def test_nothing_else_is_served(served: Served, path: str) -> None:
    assert served.ask(path)[0] == 404


def test_a_body_that_is_too_long_is_refused(served: Served) -> None:
    assert served.ask("/admin/broadcast", "POST", {"message": "x" * 100_000})[0] == 413


def test_an_administrator_lists_tells_and_closes(served: Served) -> None:
    with served.lean() as socket:
        socket.send(HELLO)
        ready = until(socket, "ready")[-1]
        wait_until(lambda: served.service.metrics.sessions.value("v2") == 1)
        (listed,) = json.loads(served.ask("/admin/connections")[2])
        assert listed["conversation_id"] == ready["conversation_id"]
        assert listed["protocol"] == "v2"
        assert json.loads(served.ask("/admin/broadcast", "POST", {"message": "tea time"})[2]) == {"heard_by": 1}
        assert until(socket, "notice")[-1]["message"] == "tea time"
        assert served.ask("/admin/connections/conv_nobody", "DELETE")[0] == 404
        assert served.ask(f"/admin/connections/{ready['conversation_id']}", "DELETE")[0] == 200
        assert until(socket, "ended")[-1]["reason"] == "ended by the administrator"
    wait_until(lambda: json.loads(served.ask("/admin/connections")[2]) == [])


@pytest.mark.parametrize("body", [None, {}, {"message": ""}, {"message": 5}, {"message": "x" * 501}, {"word": "x"}])
def test_a_broadcast_must_say_something(served: Served, body: object) -> None:
    assert served.ask("/admin/broadcast", "POST", body)[0] == 422


def test_addresses_are_answered_by_the_event_loop_itself() -> None:
    """A plain function would be run in a thread, where hub and outboxes must not be touched."""
    app = create_app(FakeAgent())
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(routes) > 8
    assert [route.path for route in routes if not iscoroutinefunction(route.endpoint)] == []


def test_places_run_out(agent: FakeAgent) -> None:
    with serving(agent, ServerSettings(port=0, limits=Limits(sessions=1))) as served:
        with served.connect() as socket:
            until(socket, "conversation_started")
            with pytest.raises(InvalidStatus) as refused:
                served.connect()
            assert refused.value.response.status_code == 503
        wait_until(lambda: served.service.seats.taken == 0)
        with served.connect() as socket:
            until(socket, "conversation_started")
        assert served.service.metrics.refused.value("full") == 1


def test_metrics_count_turns_and_their_times(served: Served) -> None:
    with served.lean() as socket:
        socket.send(HELLO)
        socket.send(json.dumps({"type": "text", "text": "Hi"}))
        until(socket, "latency")
        text = served.ask("/metrics")[2].decode()
    assert 'audiokit_sessions{protocol="v2"} 1\n' in text
    assert 'audiokit_turns_total{outcome="spoken"} 1\n' in text
    assert 'audiokit_tts_characters_total{cache="hit"} 10\n' in text
    assert 'audiokit_tts_characters_total{cache="miss"} 20\n' in text
    assert 'audiokit_turn_seconds_bucket{stage="first_audio",le="0.3"} 0\n' in text
    assert 'audiokit_turn_seconds_bucket{stage="first_audio",le="0.5"} 1\n' in text
    assert 'audiokit_turn_seconds_count{stage="endpoint"} 1\n' in text
    assert [line for line in text.splitlines() if not (line.startswith("# ") or SAMPLE.fullmatch(line))] == []


def test_turns_are_spans_where_opentelemetry_is(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    provider, exporter = sdk.TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    with served.lean() as socket:
        socket.send(HELLO)
        socket.send(json.dumps({"type": "text", "text": "xyzzy"}))
        until(socket, "latency")
    spans = exporter.get_finished_spans()
    assert spans[-1].name == "audiokit.turn"
    assert "xyzzy" not in "".join(span.to_json() for span in spans)


def test_a_histogram_counts_a_time_on_its_bound_into_it() -> None:
    histogram = Histogram("h", "help", "stage", (1.0, 2.0))
    for time_s in (1.0, 1.5, 9.0):
        histogram.observe(time_s, "a")
    assert [line.rpartition(" ")[2] for line in histogram.lines() if "bucket" in line] == ["1", "2", "3"]


def test_label_values_are_escaped() -> None:
    metrics = Metrics()
    metrics.count(ProviderFailed(at_s=0, stage="llm", provider='a"b\\c\n', message="", fallback=None))
    assert r'{stage="llm",provider="a\"b\\c\n"} 1' in metrics.text()


def test_logs_are_json_lines() -> None:
    record = logging.makeLogRecord(
        {"msg": "started", "levelname": "INFO", "created": 0.0, "name": "a", **facts(id="x")}
    )
    assert json.loads(JsonLines().format(record)) == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "level": "info",
        "logger": "a",
        "message": "started",
        "id": "x",
    }
