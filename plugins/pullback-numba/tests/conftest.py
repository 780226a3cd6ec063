"""Compiled graphs beside the same graphs run by NumPy, which are the oracle of these tests."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import pullback
from pullback.containers import flatten
from pullback_numba.kernels import Settings
from pullback_numba.lowering import lowered


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory):
    """A folder of cached kernels, for all tests of a run."""
    return tmp_path_factory.mktemp("kernels")


@pytest.fixture
def lower(cache_dir):
    """``lower(f, *example, parallel=False)``: the graph of ``f``, the lowered one, its parts."""

    def lower(f, *example, parallel=False):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of what NumPy computes for the example
            graph = pullback.trace(f, *example)
        return graph, *lowered(graph, Settings(parallel, cache_dir))

    return lower


def assert_equal(got, want, ulps=0, signs=True):
    """The same types, shapes, dtypes and elements: to the bit, or up to ``ulps`` of their dtype.

    Args:
        signs: whether zeros must have the same sign, which the larger of two zeros has not.
    """
    got, want = flatten(got)[0], flatten(want)[0]
    assert len(got) == len(want)
    for place, (a, b) in enumerate(zip(got, want, strict=True)):
        assert type(a) is type(b), (place, type(a), type(b))
        a, b = np.asarray(a), np.asarray(b)
        assert (a.shape, a.dtype) == (b.shape, b.dtype), place
        if b.dtype.kind in "fc" and ulps:
            np.testing.assert_allclose(a, b, rtol=ulps * np.finfo(b.dtype).eps, atol=0)
            continue
        np.testing.assert_array_equal(a, b, err_msg=f"output {place}", strict=True)
        if signs and b.dtype.kind == "f":
            number = ~np.isnan(b)
            np.testing.assert_array_equal(np.signbit(a[number]), np.signbit(b[number]))


@pytest.fixture
def same(lower):
    """``same(f, *args, ulps=0)``: what is compiled of ``f`` gives what NumPy gives.

    Returns the lowered graph and its parts.
    """

    def same(f, *args, ulps=0, signs=True, parallel=False):
        graph, program, parts = lower(f, *args, parallel=parallel)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            want = graph(*args)
            assert_equal(program(*args), want, ulps, signs)
        names = [name for part in parts for name in part.nodes]
        assert sorted(names) == sorted(node.name for node in graph if node.kind == "call")
        return program, parts

    return same


@pytest.fixture
def native(same):
    """`same`, where all of the program must be native code; returns the lowered graph."""

    def native(f, *args, **params):
        program, parts = same(f, *args, **params)
        assert {part.where for part in parts} == {"numba"}, parts
        return program

    return native
