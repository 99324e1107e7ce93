"""A server with a fake agent, for every test that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.fake_agent import FakeAgent
from tests.server.serving import Served, serving


@pytest.fixture
def agent() -> FakeAgent:
    return FakeAgent()


@pytest.fixture
def served(agent: FakeAgent) -> Iterator[Served]:
    with serving(agent) as server:
        yield server
