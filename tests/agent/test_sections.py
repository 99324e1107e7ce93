"""audiokit.agent.sections: tables as dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from audiokit.agent.sections import Place, read_section
from audiokit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Inner:
    size: int = 1


@dataclass(frozen=True, kw_only=True)
class Outer:
    name: str
    ratio: float = 0.5
    limit: float | None = None
    kind: Literal["a", "b"] = "a"
    inner: Inner = field(default_factory=Inner)
    several: tuple[Inner, ...] = ()
    table: Mapping[str, int] = field(default_factory=dict)
    anything: Mapping[str, object] = field(default_factory=dict)


def read(**table: Any) -> Outer:
    return read_section(Outer, table, Place("my.toml", "outer"))


def test_every_kind_of_field_is_read() -> None:
    outer = read(name="n", ratio=2, limit=3, kind="b", inner={"size": 4}, several=[{"size": 5}, {}],
                 table={"x": 6}, anything={"y": [True]})  # fmt: skip
    assert outer == Outer(name="n", ratio=2.0, limit=3.0, kind="b", inner=Inner(size=4),
                          several=(Inner(size=5), Inner()), table={"x": 6}, anything={"y": [True]})  # fmt: skip
    assert type(outer.ratio) is float


@pytest.mark.parametrize(("table", "said"), [
    ({}, "my.toml: [outer] lacks 'name'"),
    ({"name": 3}, "my.toml: outer.name is 3; expected a text"),
    ({"name": "n", "nam": "m"}, "my.toml: outer.nam is not known. Did you mean 'name'?"),
    ({"name": "n", "zzz": 1}, "There are: anything, inner, kind"),
    ({"name": "n", "ratio": True}, "outer.ratio is True; expected a number"),
    ({"name": "n", "limit": "x"}, "outer.limit is 'x'; expected a number"),
    ({"name": "n", "kind": "c"}, "outer.kind is 'c'; expected 'a' or 'b'"),
    ({"name": "n", "inner": 1}, "outer.inner is 1; expected a section [outer.inner]"),
    ({"name": "n", "inner": {"size": 1.5}}, "outer.inner.size is 1.5; expected a whole number"),
    ({"name": "n", "several": {"size": 1}}, "outer.several is {'size': 1}; expected a list"),
    ({"name": "n", "table": [1]}, "outer.table is [1]; expected a table"),
    ({"name": "n", "table": {"x": "y"}}, "outer.table.x is 'y'; expected a whole number"),
])  # fmt: skip
def test_what_does_not_fit_is_named_with_its_place(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(**table)
    assert said in str(refused.value)
