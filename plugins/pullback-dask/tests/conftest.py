"""Arrays in chunks, a cluster of two worker processes, and a scheduler that refuses to compute."""

from __future__ import annotations

from contextlib import contextmanager

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster


@pytest.fixture
def chunked():
    """``chunked(array)``: a dask array in two chunks along each axis; without axes, in one."""

    def chunk(array):
        return da.from_array(array, chunks=tuple(-(-length // 2) or 1 for length in array.shape))

    return chunk


@pytest.fixture
def nothing_computed():
    """``with nothing_computed():`` fails where a dask array is computed."""

    def refuse(*args, **params):
        raise AssertionError("a dask array was computed")

    @contextmanager
    def context():
        with dask.config.set(scheduler=refuse):
            yield

    return context


@pytest.fixture
def assert_same():
    """``assert_same(lazy, expected, rtol=1e-12)``: dask arrays are the NumPy arrays.

    Either may be nested in tuples and lists. The dask arrays are computed in one go.
    """

    def compare(lazy, expected, rtol=1e-12):
        lazy, expected = _leaves(lazy), _leaves(expected)
        assert [(type(array), array.shape, array.dtype) for array in lazy] == [
            (da.Array, np.shape(array), array.dtype) for array in expected
        ]
        for got, want in zip(dask.compute(*lazy), expected, strict=True):
            scale = np.max(np.abs(want), initial=0.0)
            np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * scale)

    return compare


def _leaves(value):
    """The arrays in nested tuples and lists, in order."""
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


@pytest.fixture(scope="session")
def cluster():
    """Every array of the test is computed by two worker processes."""
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.wait_for_workers(2)
        yield client


@pytest.fixture
def on_cluster(cluster):
    """The client of a cluster that computes every array of the test."""
    with cluster.as_current(), dask.config.set(scheduler=cluster.get):
        yield cluster
