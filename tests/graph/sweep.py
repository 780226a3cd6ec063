"""Calls of every registered rule, traced at one point and run at others.

A graph that has baked in what depends on the values of its inputs gives another result than the
program at another point. So each call is traced with its numbers and arrays as inputs, and both
are run with the same shapes and other numbers.
"""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass, field

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pullback import jvp, trace, vjp
from pullback.conformance.subjects import registered
from pullback.conformance.values import is_floating, leaves, map_leaves, places, replaced, value_at
from pullback.errors import PathChangedError, PullbackError

REFUSALS = (PullbackError, NotImplementedError)
"""What a graph may raise: it says that it cannot be made, or that it is not for these inputs."""


def subjects():
    """Name -> subject, for every rule of every plugin."""
    return {f"{s.provider}::{s.name}-{number}": s for number, s in enumerate(registered())}


def calls_of(subject, few):
    """``few`` calls out of every case of a rule, always the same."""
    drawn = []

    @settings(
        max_examples=few,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(st.tuples(*subject.cases))
    def draw(calls):
        drawn.extend(calls)

    if subject.cases:
        draw()
    return drawn


def others(value, exact):
    """Other values of the same type and shape, each by a name; the value itself where it stays."""
    if exact:
        return {"same": value}
    if np.ndim(value) == 0:
        if not is_floating(value):
            return {"same": value}
        scaled = np.asarray(value * 0.83, getattr(value, "dtype", None))
        return {"scaled": scaled if isinstance(value, np.ndarray) else type(value)(scaled[()])}
    array = np.asarray(value)
    flat = array.reshape(-1)
    found = {
        "flipped": flat[::-1].reshape(array.shape).copy(),
        "rolled": np.roll(flat, 1).reshape(array.shape),
        "sorted": np.sort(flat).reshape(array.shape),
    }
    if is_floating(array):
        found["scaled"] = (array * 0.83).astype(array.dtype)
    return found


def points(call, where):
    """Other inputs for the places of a call: all of them changed in the same way."""
    exact = [place[0] in call.exact for place in where]
    values = [value_at(call, place) for place in where]
    options = [others(value, stays) for value, stays in zip(values, exact, strict=True)]
    for way in ("flipped", "rolled", "sorted", "scaled"):
        yield (
            way,
            [
                found.get(way, value) if len(found) > 1 else next(iter(found.values()))
                for found, value in zip(options, values, strict=True)
            ],
        )


def cotangent_like(y, rng):
    """Random cotangents for a value or a container of values."""

    def one(_, leaf):
        if not is_floating(leaf):
            return 0.0
        noise = rng.standard_normal(np.shape(leaf))
        if np.iscomplexobj(leaf):
            noise = noise + 1j * rng.standard_normal(np.shape(leaf))
        if isinstance(leaf, np.ndarray):
            return noise.astype(leaf.dtype)
        return type(leaf)(noise)

    return map_leaves(one, y)


def programs(subject, call, where, rng):
    """Name -> program of the values at ``where``: the primitive, and both of its derivatives."""
    chosen = [n for n, place in enumerate(where) if place in set(subject.primals(call))]
    values = [value_at(call, place) for place in where]

    def value(*leaves_):
        return subject.traced(replaced(call, dict(zip(where, leaves_, strict=True))))

    def space(*leaves_):
        return [(np.shape(y), np.iscomplexobj(y)) for _, y in leaves(value(*leaves_))]

    found = {"value": value, "space": space}
    with quiet():
        y = subject.primal(call)
    if not chosen or not any(is_floating(leaf) for _, leaf in leaves(y)):
        return found
    ct = cotangent_like(y, rng)
    tangents = [cotangent_like(values[n], rng) for n in chosen]

    def reverse(*leaves_):
        return vjp(value, *leaves_, argnums=chosen)[1](ct)

    def forward(*leaves_):
        def partial(*primals):
            full = [*leaves_]
            for n, primal in zip(chosen, primals, strict=True):
                full[n] = primal
            return value(*full)

        return jvp(partial, [leaves_[n] for n in chosen], tangents)[1]

    def second(*leaves_):
        y2, back = vjp(reverse, *leaves_, argnums=chosen)
        return back(y2)

    found |= {"reverse": reverse, "forward": forward, "second": second}
    return found


class quiet(warnings.catch_warnings):
    """Inside, poles and NaNs raise no warnings."""

    def __enter__(self):
        super().__enter__()
        warnings.simplefilter("ignore")
        self.state = np.errstate(all="ignore")
        self.state.__enter__()

    def __exit__(self, *info):
        self.state.__exit__(*info)
        super().__exit__(*info)


@dataclass
class Report:
    """What the calls of one rule have shown."""

    compared: int = 0
    refused: list = field(default_factory=list)
    wrong: list = field(default_factory=list)


def inputs_of(call):
    """The places of all numbers and arrays that can be inputs of a graph."""
    return [
        place
        for place, value in places(call)
        if is_floating(value)
        or (
            isinstance(value, np.ndarray)
            and value.dtype.kind in "iub"
            and place[0] not in call.exact
        )
    ]


def sweep(subject, few=1, kinds=("value", "space", "reverse", "forward", "second")):
    """Trace the calls of one rule, and compare the graphs with the programs at other points."""
    report = Report()
    rng = np.random.default_rng(zlib.crc32(subject.name.encode()))
    for number, call in enumerate(calls_of(subject, few)):
        where = inputs_of(call)
        if not where or not subject.takes(call):
            continue
        values = [value_at(call, place) for place in where]
        try:
            found = programs(subject, call, where, rng)
        except Exception:
            continue
        for kind in kinds:
            if kind in found:
                compare(report, f"{number} {kind}", found[kind], values, points(call, where))
    return report


def compare(report, name, program, values, others):
    """Trace a program at ``values`` and compare it with its graph at every other point."""
    with quiet():
        try:
            program(*values)
        except Exception:
            return
        try:
            graph = trace(program, *values)
        except REFUSALS as error:
            report.refused.append((name, "trace", error))
            return
        except Exception as error:
            report.wrong.append((name, "trace", f"{type(error).__name__}: {error}"))
            return
        for way, other in [("example", values), *others]:
            try:
                want = program(*other)
            except Exception:
                continue
            try:
                got = graph(*other)
            except PathChangedError as error:
                report.refused.append((name, way, error))
                continue
            except Exception as error:
                report.wrong.append((name, way, f"{type(error).__name__}: {error}"))
                continue
            if same(got, want):
                report.compared += 1
            else:
                report.wrong.append((name, way, f"{got!r:.300}\n  WANT {want!r:.300}"))


def same(got, want):
    """Whether two results agree in structure, types, dtypes, shapes and numbers."""
    a, b = [*leaves(got)], [*leaves(want)]
    if [place for place, _ in a] != [place for place, _ in b]:
        return False
    return all(same_leaf(x, y) for (_, x), (_, y) in zip(a, b, strict=True))


def same_leaf(a, b):
    """The same for two numbers or arrays."""
    if type(a) is not type(b):
        return False
    if isinstance(b, (np.ndarray, np.generic)):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.dtype.kind in "fc":
            tolerance = 1e-3 if a.dtype.itemsize <= 4 and a.dtype.kind == "f" else 1e-9
            scale = np.nanmax(np.abs(np.where(np.isfinite(b), b, 0)), initial=0.0)
            return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True))
        return bool(np.array_equal(a, b))
    if isinstance(b, (float, complex)):
        return bool(np.allclose(a, b, rtol=1e-9, atol=0, equal_nan=True))
    return a == b if isinstance(b, (int, str, bytes, tuple, np.dtype)) else True
