from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullback import grad, jacobian, primitive, register, rule, val_and_grad, vjp
from pullback.errors import (
    IntegerPrimalError,
    PrimalError,
    RuleError,
    TracerConversionError,
)
from pullback_numpy.array_type import Arrays, Constants, Scalars

arrays, scalars = Arrays(), Scalars()
FLOATS = [np.float16, np.float32, np.float64, np.longdouble, ">f8", ">f4"]
COMPLEX = [np.complex64, np.complex128, np.clongdouble, ">c16"]


def space(shape, dtype=float):
    return (np.ndarray, shape, np.dtype(dtype))


class TestProject:
    @given(
        wanted=st.lists(st.sampled_from([1, 2, 3]), max_size=3),
        extra=st.lists(st.integers(1, 3), max_size=2),
        data=st.data(),
    )
    @settings(max_examples=60, deadline=None, derandomize=True)
    def test_is_the_transpose_of_broadcasting(self, wanted, extra, data):
        given_shape = (*extra, *(data.draw(st.integers(1, 3)) if n == 1 else n for n in wanted))
        rng = np.random.default_rng(0)
        x, ct = rng.standard_normal(wanted), rng.standard_normal(given_shape)
        projected = arrays.project(ct, space(tuple(wanted)))
        assert projected.shape == tuple(wanted)
        np.testing.assert_allclose(
            np.sum(projected * x), np.sum(ct * np.broadcast_to(x, given_shape)), rtol=1e-12
        )

    @pytest.mark.parametrize(
        ("given_shape", "wanted"),
        [((2,), (3,)), ((3,), (3, 1)), ((), (1,)), ((2, 3), (2,)), ((0,), (2,)), ((3, 1), (3, 3))],
    )
    def test_refuses_other_shapes_and_names_both(self, given_shape, wanted):
        with pytest.raises(ValueError, match="cotangent of shape") as caught:
            arrays.project(np.ones(given_shape), space(wanted))
        assert f"shape {given_shape} for a primal of shape {wanted}" in str(caught.value)

    def test_a_rule_that_returns_such_a_cotangent_is_named(self):
        @primitive
        def link(x):
            return x

        @rule(link)
        def wrong(x):
            def wrong_pullback(ct):
                return np.ones(2)

            return x, wrong_pullback

        register(wrong)
        with pytest.raises(RuleError, match=r"wrong_pullback.* shape \(2,\) .* shape \(3,\)"):
            vjp(link, np.ones(3))[1](np.ones(3))

    @pytest.mark.parametrize("dtype", FLOATS + COMPLEX)
    def test_casts(self, dtype):
        for ct in (np.array([1.0, 2.0]), np.array([1, 2]), np.array([1, 2], np.complex64)):
            projected = arrays.project(ct, space((2,), dtype))
            assert projected.dtype == dtype
            assert projected.tolist() == [1, 2]

    def test_takes_the_real_part_in_silence(self):
        assert arrays.project(np.array([1 + 2j]), space((1,))).tolist() == [1]
        assert arrays.project(1 + 2j, space(())).tolist() == 1
        assert scalars.project(np.array([1 + 2j, 2j]), (np.float32, None, None)) == 1

    def test_makes_arrays_of_numbers_and_plain_arrays_of_subclasses(self):
        for ct in (2.0, 2, np.float64(2), np.float32(2), np.array(2), np.array([2.0])):
            projected = arrays.project(ct, space(()))
            assert (type(projected), projected.shape, projected.dtype) == (np.ndarray, (), float)
        for kind in (np.matrix, np.ma.MaskedArray):
            ct = np.ones((2, 2)).view(kind)
            assert type(arrays.project(ct, space((2, 2), np.float32))) is np.ndarray

    @pytest.mark.parametrize("kind", Scalars.types)
    def test_scalars(self, kind):
        for ct in (2.0, 2, np.float32(2), np.array(2.0), np.array([[1.5], [0.5]]), np.float16(2)):
            projected = scalars.project(ct, (kind, None, None))
            assert type(projected) is kind
            assert projected == 2


class TestTypes:
    """What comes back has the exact type, shape and dtype of the primal."""

    @pytest.mark.parametrize("dtype", FLOATS + COMPLEX)
    @pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3)])
    def test_arrays(self, dtype, shape):
        x = np.full(shape, 0.5, dtype)
        for f in (
            np.sin,
            lambda x: x * x,
            lambda x: x + 1.0,
            lambda x: x * np.ones(3)[:, None, None],
        ):
            y, pullback = vjp(f, x)
            cotangent = pullback(np.ones_like(y))
            assert (type(cotangent), cotangent.shape, cotangent.dtype) == (np.ndarray, shape, dtype)

    @pytest.mark.parametrize("kind", [float, complex, *Scalars.types])
    def test_numbers(self, kind):
        x = kind(0.5)
        for f in (np.sin, lambda x: x * x, lambda x: x * np.ones((2, 3)), lambda x: x / 3.0):
            y, pullback = vjp(f, x)
            assert type(pullback(np.ones_like(y)[()])) is kind
            ones = np.ones_like(y)[()]
            second = vjp(lambda x, f=f, ct=ones: vjp(f, x)[1](ct), x)[1](kind(1))
            assert type(second) is kind

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, ">f8", np.complex64])
    @pytest.mark.parametrize("shape", [(), (2,)])
    def test_second_derivatives(self, dtype, shape):
        x = np.full(shape, 0.5, dtype)
        ones = np.ones((3, *shape))

        def first(x):
            return vjp(lambda x: x * x * np.exp(x) * ones, x)[1](ones + 0 * x)

        y, pullback = vjp(first, x)
        assert (type(y), y.dtype, pullback(y).dtype) == (np.ndarray, dtype, dtype)
        assert pullback(y).shape == shape

    def test_real_primals_of_complex_functions(self):
        x = np.array([0.5, 1.0], np.float32)
        y, pullback = vjp(lambda x: np.exp(1j * x), x)
        assert pullback(y).dtype == np.float32
        np.testing.assert_allclose(
            pullback(np.ones_like(y)), -np.sin(x), rtol=1e-6
        )  # Re(1j exp(1j x))

    def test_an_array_type_mixes_with_numbers(self):
        y, pullback = vjp(lambda a, b, c: a * b * c, np.ones(2, np.float32), 2.0, np.float16(3))
        assert [*map(type, pullback(np.ones_like(y)))] == [np.ndarray, float, np.float16]

    def test_a_memory_map_is_an_array(self, tmp_path):
        x = np.memmap(tmp_path / "x", np.float32, "w+", shape=(2, 3))
        x[:] = 0.5
        y, gradient = val_and_grad(lambda x: np.sum(x[1:] * x[1:]), x)
        assert y == 0.75
        assert type(gradient) is np.ndarray
        assert gradient.tolist() == [[0, 0, 0], [1, 1, 1]]


class TestRefusals:
    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (np.eye(2).view(np.matrix), r"numpy\.matrix multiplies by \*.*np\.asarray"),
            (np.ma.array([1.0, 2.0], mask=[True, False]), r"without a value.*filled"),
            (np.array([1.0, None]), r"array of Python objects.*astype\(float\)"),
            (np.array(["a"]).view(np.recarray), "no installed plugin .* install a plugin that"),
        ],
    )
    def test_name_the_way_out(self, value, message):
        with pytest.raises((PrimalError, TracerConversionError), match=message):
            vjp(np.sin, value)

    @pytest.mark.parametrize("value", [np.arange(3), np.array([True]), np.int8(1), np.bool_(True)])
    def test_integers_and_booleans_have_no_derivative(self, value):
        with pytest.raises(IntegerPrimalError, match=r"has dtype (int|bool).*astype\(float\)"):
            vjp(np.sin, value)

    def test_constants_are_every_integer_type(self):
        assert {np.dtype(code).type for code in np.typecodes["AllInteger"]} <= {*Constants.types}


CASES = {
    "identity": lambda x: x,
    "view": lambda x: x.T,
    "reshaped": lambda x: np.reshape(x, -1),
    "reversed": lambda x: x[::-1],
    "expanded": lambda x: x[None],
    "broadcast": lambda x: np.broadcast_to(x, (4, 2, 2)),
    "sum": lambda x: np.sum(x),
    "sum of rows": lambda x: np.sum(x, axis=0),
    "mean": lambda x: np.mean(x, axis=1),
    "part": lambda x: x[:1],
    "real": lambda x: np.exp(1j * x),
    "stacked": lambda x: np.stack([x, x]),
    "joined": lambda x: np.concatenate([x, np.ones((3, 2))]),
}


class TestOwnership:
    """A later write to one array changes no other."""

    @pytest.mark.parametrize("name", CASES)
    def test_cotangents_are_writable_and_independent(self, name):
        f = CASES[name]
        y, pullback = vjp(f, np.full((2, 2), 0.5))
        incoming = np.array(np.ones_like(y))
        first = pullback(incoming)
        before = np.array(first)
        first += 7  # must reach neither the incoming cotangent nor a later call
        assert np.all(incoming == 1)
        assert np.array_equal(pullback(incoming), before)
        incoming[...] = 9
        assert np.array_equal(first, before + 7)

    def test_two_primals_never_share_one(self):
        for f in (lambda a, b: a + b, lambda a, b: np.concatenate([a, b]), lambda a, b: a - 2 * b):
            y, pullback = vjp(f, np.ones(3), np.ones(3))
            ct = np.ones_like(y)
            a, b = pullback(ct)
            a += 5
            assert not np.shares_memory(a, b)
            assert np.all(ct == 1)

    def test_a_part_of_a_big_buffer_is_copied(self):
        _, pullback = vjp(lambda x: np.concatenate([x, np.ones(10**5)]), np.ones(2))
        gradient = pullback(np.ones(10**5 + 2))
        assert gradient.base is None

    def test_own_memory_is_not_copied(self):
        array = np.ones((3, 2))
        for owned in (array, array.T, array.reshape(6), array[::-1], array[None]):
            assert arrays.own(owned, ()) is owned

    def test_foreign_memory_is_copied(self):
        buffer = bytearray(16)
        foreign = np.frombuffer(buffer)
        assert arrays.own(foreign, ()).flags.owndata
        repeated = np.ndarray((2, 3), float, np.ones(3), 0, (0, 8))
        assert arrays.own(repeated, ()).nbytes == 48
        assert 0 not in arrays.own(repeated, ()).strides
        locked = np.ones(2)
        locked.flags.writeable = False
        assert arrays.own(locked, ()).flags.writeable

    def test_views_of_views_lead_to_their_owner(self):
        held = np.ones(3)
        view = np.ndarray((3,), float, np.ndarray((3,), float, held))
        assert arrays.own(view, (held,)) is not view


class TestCotangentsFromOutside:
    @pytest.mark.parametrize(
        "ct",
        [
            np.arange(6.0).reshape(3, 2).T,
            np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            np.arange(12.0)[::2].reshape(2, 3),
            np.broadcast_to(np.arange(3.0), (2, 3)),
            np.arange(6).reshape(2, 3),
            np.arange(6, dtype=">f8").reshape(2, 3),
            np.arange(6, dtype=np.float32).reshape(2, 3),
        ],
    )
    def test_of_any_layout_and_dtype(self, ct):
        x = np.linspace(0, 1, 6).reshape(2, 3)
        ct.flags.writeable = False
        cotangent = vjp(np.exp, x)[1](ct)
        np.testing.assert_allclose(cotangent, np.exp(x) * ct, rtol=1e-15)
        assert cotangent.dtype == np.float64


class TestJacobians:
    def test_axes_of_arrays_and_numbers(self):
        x = np.array([1.0, 2.0])
        assert jacobian(lambda x: np.outer(x, x))(x).shape == (2, 2, 2)
        assert jacobian(lambda x: np.outer(x, x))(x)[0, 1].tolist() == [2, 1]
        assert jacobian(lambda s: s * x)(np.float64(2)).tolist() == [1, 2]
        assert jacobian(lambda x: np.sum(x * x))(x).tolist() == [2, 4]

    def test_gradients_of_gradients_in_a_float32_array(self):
        x = np.array([0.5, 1.5], np.float32)
        hessian = jacobian(grad(lambda x: np.sum(x**3)))(x)
        assert hessian.dtype == np.float32
        np.testing.assert_allclose(hessian, np.diag(6 * x), rtol=1e-6)


def test_a_list_of_cotangents_is_stacked_for_an_array_primal():
    @primitive
    def total(numbers):
        return sum(numbers)

    def total_rule(numbers):
        return sum(numbers), lambda ct: [float(place) * ct for place in range(len(numbers))]

    register(rule(total)(total_rule))
    gradient = grad(total)(np.ones(3))
    np.testing.assert_array_equal(gradient, [0.0, 1.0, 2.0])
    second = grad(lambda x: (grad(total)(x) * x).sum())(np.ones(3))
    np.testing.assert_array_equal(second, [0.0, 1.0, 2.0])
