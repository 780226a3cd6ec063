"""Powers of numbers are complex for some values: graphs and programs ask."""

from __future__ import annotations

import pytest

import pullback
from pullback import grad, trace
from pullback.errors import ComplexOutputError, PathChangedError


def test_a_graph_of_a_gradient_refuses_values_where_the_power_is_complex():
    graph = trace(grad(lambda x: x**0.5), 4.0)
    assert graph(9.0) == pytest.approx(1 / 6)
    with pytest.raises(PathChangedError, match="type and shape of pow was 'float'"):
        graph(-4.0)


def test_a_compiled_gradient_raises_where_the_traced_one_does():
    compiled = pullback.compile(grad(lambda x: x**0.5))
    assert compiled(4.0) == 0.25
    with pytest.raises(ComplexOutputError):
        compiled(-4.0)


def test_whole_powers_are_not_asked():
    assert not trace(grad(lambda x: x**2 + x**-3.0), 2.0).guards
