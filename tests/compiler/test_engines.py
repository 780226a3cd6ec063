"""Engines: what runs the calls, and what a plugin must do to bring one."""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np
import pytest
from equality import difference

from pullback import compile, hookimpl, value_and_grad
from pullback.compiler import CallableEngine, Engine, Engines, Lowered, Part
from pullback.compiler import engines as module
from pullback.errors import EngineError, PluginWarning
from pullback.graph.nodes import Node, evaluate, nodes_in, runner
from pullback.plugins import manager


class Interpreter(CallableEngine):
    """Runs node by node; counts what it is asked for."""

    name = "interpreter"
    options: ClassVar = {"loud": "whether to say so"}

    def __init__(self):
        self.built, self.said, self.runs = 0, [], 0

    def build(self, graph, options):
        self.built += 1
        self.said.append(dict(options))
        wanted = [*nodes_in(graph.outputs), *(guard.node for guard in graph.guards)]

        def function(*inputs):
            self.runs += 1
            known = dict(zip((node.index for node in graph.inputs), inputs, strict=True))
            of = lambda value: known[value.index] if isinstance(value, Node) else value
            for node in graph:
                if node.kind == "call":
                    known[node.index] = evaluate(node, of, runner)
            return tuple(known[node.index] for node in wanted)

        return function


class Plugin:
    def __init__(self, *engines):
        self.engines = engines

    @hookimpl
    def pullback_register_engines(self, engines):
        engines.add(*self.engines)


@pytest.fixture
def plug(monkeypatch):
    """Registers plugins for one test."""
    monkeypatch.setattr(module, "_engines", [])
    given = []

    def register(plugin):
        given.append(plugin)
        manager.register(plugin, name=f"plugin {len(given)}")
        module._engines.clear()

    yield register
    for plugin in given:
        manager.unregister(plugin)
    module._engines.clear()


def loss(w, x):
    y = np.tanh(x @ w)
    return np.sum(y * y) if np.sum(y) > 0 else np.sum(y) + w[0]


X = np.array([[0.5, 1.5], [2.5, -0.75], [0.25, 0.5]])


def test_an_engine_of_a_third_party(plug):
    engine = Interpreter()
    plug(Plugin(engine))
    slopes = value_and_grad(loss, argnums=(0, 1))
    compiled = compile(slopes, engine="interpreter", loud=True)
    for w in (np.ones(2), -np.ones(2), 2 * np.ones(2)):
        assert not difference(compiled(w, X), slopes(w, X), 8)
    assert engine.built == 2
    assert engine.said == [{"loud": True}] * 2
    assert engine.runs == 4  # the second one turned
    assert "interpreter: " in compiled.explain()
    assert "calls, all of it" in compiled.explain()


def test_containers_and_constants_by_an_engine(plug):
    plug(Plugin(Interpreter()))
    f = lambda tree: {"y": [tree["a"] * 2.0, tree["a"]], "n": None, "c": (1.0, "a", tree["b"])}
    compiled = compile(f, engine="interpreter")
    for tree in ({"a": X, "b": 0.5}, {"a": 1.0, "b": X}):
        assert not difference(compiled(tree), f(tree))


class Half(Engine):
    """Leaves everything to the functions of the graph, and says why."""

    name = "half"

    def lower(self, graph, options):
        names = [node.name for node in graph if node.kind == "call"]
        parts = (Part("half", names[:1], "of the first"), Part("numpy", names[1:], "of the rest"))
        return Lowered(graph, parts, source="the source of half")


def test_an_engine_for_some_of_the_calls(plug):
    plug(Plugin(Half()))
    compiled = compile(loss, engine="half")
    assert not difference(compiled(np.ones(2), X), loss(np.ones(2), X), 4)
    assert "half: 1 call, of the first" in compiled.explain()
    assert "of the rest" in compiled.explain()


@pytest.mark.parametrize(
    ("engine", "options", "message"),
    [
        ("nunpy", {}, "there is no engine 'nunpy'; there is numpy"),
        ("jax", {}, "there is no engine 'jax'; there is numpy"),
        ("numpy", {"fast": 1}, "the engine numpy has no option 'fast'; its options are: none"),
        ("interpreter", {"fast": 1}, "has no option 'fast'; its options are: loud"),
    ],
)
def test_what_is_not_there(plug, engine, options, message):
    plug(Plugin(Interpreter()))
    with pytest.raises(EngineError, match=re.escape(message)):
        compile(loss, engine=engine, **options)


def test_near_misses_are_named():
    with pytest.raises(EngineError, match=r"did you mean numpy\?"):
        compile(loss, engine="nunpy")


def test_a_name_that_is_taken(plug):
    class Again(Interpreter):
        name = "numpy"

    plug(Plugin(Again()))
    with pytest.warns(PluginWarning, match="were left out: there is an engine called numpy alrea"):
        assert "numpy" in module.engines()
    assert not isinstance(module.engines()["numpy"], Again)


def test_what_is_no_engine(plug):
    with pytest.raises(EngineError, match="3 is no engine; derive from pullback"):
        Engines().add(3)
    plug(Plugin(Interpreter))
    with pytest.warns(PluginWarning, match="were left out: .* is no engine; derive from"):
        module.engines()


def test_a_hook_that_raises_leaves_the_others(plug):
    class Broken:
        @hookimpl
        def pullback_register_engines(self, engines):
            raise RuntimeError("no compiler here")

    plug(Broken())
    plug(Plugin(Interpreter()))
    with pytest.warns(PluginWarning, match="were left out: no compiler here"):
        assert "interpreter" in module.engines()
