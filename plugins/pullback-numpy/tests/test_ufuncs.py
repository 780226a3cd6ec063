from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pullback import grad, hessian, vjp
from pullback.errors import DerivativeNotImplementedError, MissingRuleError, OutArgumentError
from pullback_numpy import ufuncs

few = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SHAPES = [(4,), (3, 2), (2, 3, 2)]
KINKED = (np.maximum, np.minimum, np.fmax, np.fmin)
by_folded = pytest.mark.parametrize(
    "ufunc",
    [rule.primitive for rule in ufuncs.FOLDED],
    ids=lambda ufunc: ufunc.__name__,
)


def spaced(shape, seed):
    """Positive numbers of which no two are nearer than 0.3, in random order."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    return 0.6 + 0.4 * rng.permutation(size).reshape(shape) + rng.uniform(0, 0.1, shape)


class TestWhere:
    @pytest.mark.parametrize("ufunc", [np.sin, np.log, np.arcsin, np.sqrt, np.exp, np.absolute])
    @given(seed=st.integers(0, 2**32))
    @few
    def test_unary(self, ufunc, seed, check_derivative):
        rng = np.random.default_rng(seed)
        x = rng.uniform(0.4, 0.7, (3, 2))
        mask = rng.random((3, 2)) < 0.5

        def zeroed(x):
            return np.where(mask, ufunc(x), 0)

        def masked(x):
            return ufunc(x, where=mask)

        check_derivative(masked, x, plain=zeroed)
        assert vjp(masked, x)[0].tolist() == zeroed(x).tolist()

    @pytest.mark.parametrize("ufunc", [np.multiply, np.divide, np.power, np.hypot, np.arctan2])
    def test_binary_with_broadcasting(self, ufunc, check_derivative):
        a, b = np.array([[0.7], [1.2]]), np.array([0.5, 1.1, 1.9])
        mask = np.array([True, False, True])
        check_derivative(
            lambda a, b: ufunc(a, b, where=mask),
            a,
            b,
            plain=lambda a, b: np.where(mask, ufunc(a, b), 0),
        )
        check_derivative(
            lambda b: ufunc(2.0, b, where=mask),
            b,
            plain=lambda b: np.where(mask, ufunc(2.0, b), 0),
        )

    @pytest.mark.parametrize(
        ("ufunc", "bad"),
        [
            (np.sqrt, -1.0),
            (np.log, -2.0),
            (np.log, 0.0),
            (np.sin, inf),
            (np.tan, nan),
            (np.arcsin, 5.0),
            (np.arccosh, 0.0),
            (np.log1p, -4.0),
            (np.reciprocal, 0.0),
            (np.exp, 1e5),
            (np.cosh, -1e5),
        ],
    )
    def test_what_is_not_selected_is_not_seen(self, ufunc, bad):
        good = 1.5 if ufunc is np.arccosh else 0.5
        x, mask = np.array([bad, good]), np.array([False, True])

        def f(x):
            return np.sum(ufunc(x, where=mask))

        def g(x):
            return np.sum(ufunc(x))

        assert f_grad(f, x).tolist() == [0, *f_grad(g, x[1:])]
        assert hessian(f)(x).tolist() == [[0, 0], [0, hessian(g)(x[1:]).item()]]

    def test_a_division_by_integers_that_are_zero(self):
        x, counts = np.array([1.0, 2.0]), np.array([0, 4])
        y, pullback = vjp(lambda x: np.divide(x, counts, where=counts > 0), x)
        assert y.tolist() == [0, 0.5]
        assert pullback(np.ones(2)).tolist() == [0, 0.25]

    def test_a_mask_that_is_written_to_later_is_read_as_it_was(self):
        mask = np.array([True, False])
        _, pullback = vjp(lambda x: np.sin(x, where=mask), np.zeros(2))
        mask[:] = [False, True]
        assert pullback(np.ones(2)).tolist() == [1, 0]

    def test_arrays_without_axes_give_scalars(self):
        y, pullback = vjp(lambda x: np.sqrt(x, where=np.True_), np.array(4.0))
        assert (type(y), y) == (np.float64, 2)
        assert pullback(y).tolist() == 0.5

    def test_the_dtype_is_that_of_the_ufunc(self):
        x, mask = np.array([1.0, 3.0], np.float32), np.array([True, False])
        assert ufuncs.ufunc_call(np.less, x, 2.0, where=mask)[0].dtype == bool
        assert ufuncs.ufunc_call(np.sin, x, where=mask)[0].dtype == np.float32

    def test_two_outputs(self):
        mask = np.array([False, True])
        y, pullback = vjp(lambda x: np.modf(x, where=mask)[0], np.array([1.25, 2.5]))
        assert y.tolist() == [0, 0.5]
        assert pullback(np.ones(2)).tolist() == [0, 1]

    def test_steps(self):
        y, pullback = vjp(
            lambda x: x * np.floor(x, where=np.array([True, False])), np.array([1.5, 2.5])
        )
        assert y.tolist() == [1.5, 0]
        assert pullback(np.ones(2)).tolist() == [1, 0]

    def test_a_warning_of_a_selected_element_is_that_of_the_primal(self):
        with pytest.warns(RuntimeWarning, match="invalid value encountered in sqrt"):
            vjp(lambda x: np.sqrt(x, where=np.array([True, False])), np.array([-1.0, -1.0]))


def f_grad(f, x):
    return vjp(f, x)[1](1.0)


class TestDtype:
    def test_computes_in_it_and_comes_back(self):
        x = np.array([0.1, 0.2], np.float32)
        y, pullback = vjp(lambda x: np.exp(x, dtype=np.float64), x)
        assert y.dtype == np.float64
        assert y.tolist() == np.exp(x.astype(float)).tolist()
        assert pullback(np.ones(2)).dtype == np.float32
        np.testing.assert_allclose(pullback(np.ones(2)), np.exp(x), rtol=1e-7)

    def test_of_two_primals(self):
        x = np.array([0.1, 0.2], np.float32)
        y, pullback = vjp(lambda a, b: np.multiply(a, b, dtype=np.float64), x, x)
        assert y.dtype == np.float64
        assert [c.dtype for c in pullback(y)] == [np.float32, np.float32]

    def test_beside_integers(self):
        y = vjp(lambda x: np.add(x, np.arange(2), dtype=np.float32), np.ones(2, np.float32))[0]
        assert y.dtype == np.float32

    def test_at_second_order(self):
        x = np.array([0.1, 0.2], np.float32)
        second = grad(lambda x: np.sum(f_grad(lambda x: np.sum(np.sin(x, dtype=float)), x)))(x)
        assert second.dtype == np.float32
        np.testing.assert_allclose(second, -np.sin(x), rtol=1e-6)

    def test_is_refused_where_numpy_refuses_it(self):
        with pytest.raises(TypeError, match="same_kind"):
            vjp(lambda x: np.exp(x, dtype=int), np.ones(2))


class TestRefusals:
    def test_axes_of_a_product(self):
        with pytest.raises(DerivativeNotImplementedError, match=r"numpy.matmul .* axes.*moveaxis"):
            vjp(lambda x: np.matmul(x, x, axes=[(0, 1), (1, 0), (0, 1)]), np.ones((2, 2)))

    def test_writing_in_place(self):
        x = np.ones(2)
        with pytest.raises(OutArgumentError, match="in place"):
            vjp(lambda x: np.exp(x, out=np.empty(2)), x)
        with pytest.raises(OutArgumentError, match="in place"):
            vjp(lambda x: np.add.at(np.zeros(2), [0, 1], x), x)
        for method in (np.add.reduce, np.logaddexp.reduce, np.maximum.reduce, np.hypot.accumulate):
            with pytest.raises(OutArgumentError):
                vjp(lambda x, method=method: method(x, out=np.empty(())), x)

    def test_folds_with_a_mask(self):
        with pytest.raises(DerivativeNotImplementedError, match=r"divide.reduce: .* one axis"):
            vjp(lambda x: np.divide.reduce(x, where=[True, False]), np.ones(2))


class TestOuter:
    @pytest.mark.parametrize(
        "ufunc",
        [
            rule.primitive
            for rule in ufuncs.BINARY
            if rule.primitive.nout == 1 and rule.primitive not in (np.heaviside, np.ldexp)
        ],
        ids=lambda ufunc: ufunc.__name__,
    )
    def test_shapes(self, ufunc, check_derivative):
        for shapes in (((2,), (3,)), ((2, 2), (1, 3)), ((), (2,)), ((2,), ()), ((), ())):
            a, b = spaced(shapes[0], 1), spaced(shapes[1], 2) + 0.2
            if ufunc in (np.remainder, np.fmod):
                a, b = a + 10, a.max() + 10.5 + 0 * b
            check_derivative(ufunc.outer, a, b)

    def test_numbers_lists_and_one_traced_argument(self, check_derivative):
        x = np.array([0.5, 2.0])
        check_derivative(lambda x: np.subtract.outer(x, [1.0, 3.0, 2.0]), x)
        check_derivative(lambda x: np.multiply.outer(2.0, x), x)
        check_derivative(lambda x: np.subtract.outer(x, x), x)

    def test_keywords(self, check_derivative):
        mask = np.array([[True, False], [False, True]])
        x = np.array([0.5, 2.0])
        check_derivative(
            lambda a, b: np.multiply.outer(a, b, where=mask),
            x,
            x + 1,
            plain=lambda a, b: np.where(mask, np.multiply.outer(a, b), 0),
        )

    def test_only_one_side_has_a_derivative(self):
        x = np.array([-1.0, 2.0])
        of_a, of_b = vjp(np.copysign.outer, x, np.array([1.0, -1.0, 1.0]))[1](np.ones((2, 3)))
        assert of_a.tolist() == [-1, 1]
        assert of_b.tolist() == [0, 0, 0]

    def test_comparisons_are_constants(self):
        x = np.array([1.0, 2.0])
        _, pullback = vjp(lambda x: x * np.less.outer(x, x).sum(axis=0), x)
        assert pullback(np.ones(2)).tolist() == [0, 1]

    def test_folds_of_rounded_quotients_are_no_constants(self):
        # Their first element is that of the array itself, with the derivative 1.
        for fold in (np.floor_divide.reduce, np.floor_divide.accumulate):
            with pytest.raises(MissingRuleError, match="floor_divide"):
                grad(lambda x, fold=fold: np.sum(fold(x)))(np.array([7.5]))


class TestAccumulate:
    @by_folded
    @given(seed=st.integers(0, 2**32), data=st.data())
    @few
    def test_along_every_axis(self, ufunc, seed, data, check_derivative):
        shape = data.draw(st.sampled_from(SHAPES))
        axis = data.draw(st.integers(-len(shape), len(shape) - 1))
        x = spaced(shape, seed)
        check_derivative(lambda x: ufunc.accumulate(x, axis=axis), x)

    def test_the_first_axis_is_the_default(self):
        x = np.array([[1.0, 2.0], [3.0, 4.0]])
        assert f_grad(lambda x: np.sum(np.add.accumulate(x)), x).tolist() == [[2, 2], [1, 1]]
        assert f_grad(lambda x: np.sum(np.multiply.accumulate(x)), x).tolist() == [[4, 5], [1, 2]]

    def test_short_ones(self):
        for ufunc in (np.add, np.maximum, np.subtract):
            for length in (0, 1, 2):
                cotangent = vjp(ufunc.accumulate, np.ones(length))[1](np.ones(length))
                assert cotangent.shape == (length,)

    def test_equal_maxima_share_in_halves_one_after_the_other(self):
        x = np.array([1.0, 1.0, 0.0, 1.0])
        _, pullback = vjp(np.maximum.accumulate, x)
        assert pullback(np.array([0.0, 1, 0, 0])).tolist() == [0.5, 0.5, 0, 0]
        assert pullback(np.array([0.0, 0, 0, 1])).tolist() == [0.25, 0.25, 0, 0.5]

    def test_products_are_exact_at_zeros(self):
        # y = (a, ab, abc): the derivatives of the sum are 1 + b + bc, a + ac, ab.
        x = np.array([2.0, 0.0, 3.0])
        assert f_grad(lambda x: np.sum(np.multiply.accumulate(x)), x).tolist() == [1, 8, 0]

    def test_dtype(self):
        x = np.ones(3, np.float32)
        for ufunc in (np.add, np.multiply, np.maximum, np.hypot):
            y, pullback = vjp(lambda x, ufunc=ufunc: ufunc.accumulate(x, dtype=float), x)
            assert y.dtype == np.float64
            assert pullback(y).dtype == np.float32

    def test_no_cotangent_comes_through_a_quotient_by_zero(self):
        x = np.array([1.0, 0.0, 2.0, 0.0, 4.0])
        with np.errstate(all="ignore"):
            _, pullback = vjp(np.divide.accumulate, x)
        assert pullback(np.array([3.0, 0, 0, 0, 0])).tolist() == [3, 0, 0, 0, 0]


class TestReduce:
    @by_folded
    @given(seed=st.integers(0, 2**32), data=st.data())
    @few
    def test_along_every_axis(self, ufunc, seed, data, check_derivative):
        shape = data.draw(st.sampled_from(SHAPES))
        axis = data.draw(st.integers(-len(shape), len(shape) - 1))
        keepdims = data.draw(st.booleans())
        x = spaced(shape, seed)
        check_derivative(lambda x: ufunc.reduce(x, axis=axis, keepdims=keepdims), x)

    @pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.logaddexp, np.logaddexp2, *KINKED])
    @pytest.mark.parametrize("axis", [None, (0, 2), (), (-1,)])
    @pytest.mark.parametrize("keepdims", [False, True])
    def test_several_axes_a_mask_and_an_initial_value(
        self, ufunc, axis, keepdims, check_derivative
    ):
        x = spaced((2, 3, 2), 5)
        mask = np.array([[True], [False], [True]])
        check_derivative(lambda x: ufunc.reduce(x, axis=axis, keepdims=keepdims), x)
        for initial in (1.93, -20.0):
            check_derivative(
                lambda x, initial=initial: ufunc.reduce(
                    x, axis=axis, keepdims=keepdims, initial=initial, where=mask
                ),
                x,
            )

    @pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.logaddexp, np.logaddexp2, *KINKED])
    @pytest.mark.parametrize("initial", [-3.0, 0.75, 5.0])
    def test_the_start_is_differentiated(self, ufunc, initial, check_derivative):
        x = spaced((2, 3), 5)
        mask = np.array([[True], [False]])
        for params in ({}, {"axis": 1, "keepdims": True}, {"axis": (0, 1), "where": mask}):
            check_derivative(
                lambda x, i, params=params: ufunc.reduce(x, initial=i, **params), x, initial
            )

    def test_the_start_shares_where_it_is_an_extreme(self):
        of_x, of_initial = vjp(lambda x, i: np.fmax.reduce(x, initial=i), np.ones(2), 1.0)[1](1.0)
        assert of_x.tolist() == [pytest.approx(1 / 3)] * 2
        assert of_initial == pytest.approx(1 / 3)
        of_x, of_initial = vjp(
            lambda x, i: np.logaddexp.reduce(x, initial=i), np.full(2, -inf), -inf
        )[1](1.0)
        assert (of_x.tolist(), of_initial) == ([0, 0], 0)

    def test_the_first_axis_is_the_default(self):
        x = np.array([[1.0, 2.0], [3.0, 4.0]])
        y, pullback = vjp(np.add.reduce, x)
        assert y.tolist() == [4, 6]
        assert pullback(np.array([5.0, 6.0])).tolist() == [[5, 6], [5, 6]]

    def test_products_are_exact_at_zeros(self):
        x = np.array([0.0, 2.0, 3.0])
        assert grad(np.multiply.reduce)(x).tolist() == [6, 0, 0]
        assert hessian(np.multiply.reduce)(x).tolist() == [[0, 3, 2], [3, 0, 0], [2, 0, 0]]
        assert grad(np.multiply.reduce)(np.array([0.0, 0.0, 3.0])).tolist() == [0, 0, 0]

    @pytest.mark.parametrize("ufunc", KINKED)
    def test_equal_extremes_share_equally(self, ufunc):
        assert grad(ufunc.reduce)(np.array([1.0, 1.0, 1.0, 1.0])).tolist() == [0.25] * 4
        assert grad(lambda x: ufunc.reduce(x, initial=1.0))(np.ones(3)).tolist() == [0.25] * 3

    def test_fmax_looks_past_nan(self):
        assert grad(np.fmax.reduce)(np.array([nan, 2.0, 1.0])).tolist() == [0, 1, 0]

    def test_logarithms_of_zero(self):
        x = np.array([-inf, 0.0, 0.0])
        assert grad(np.logaddexp.reduce)(x).tolist() == [0, 0.5, 0.5]
        nothing = vjp(np.logaddexp.reduce, np.full(2, -inf))[1](1.0)
        assert nothing.tolist() == [0, 0]

    @pytest.mark.parametrize("ufunc", [np.logaddexp, np.logaddexp2])
    def test_logarithms_of_infinity(self, ufunc):
        # As the ufunc itself shares, one after the other: the infinite ones are alike.
        assert grad(ufunc.reduce)(np.array([inf, 1.0, -inf])).tolist() == [1, 0, 0]
        x = np.array([[inf, 1.0], [inf, 2.0], [0.0, 2.0]])
        y, pullback = vjp(ufunc.reduce, x)
        finite = ufunc.reduce(x[:, 1])
        assert y.tolist() == [inf, finite]
        shares = np.exp if ufunc is np.logaddexp else np.exp2
        np.testing.assert_allclose(
            pullback(np.ones(2)),
            np.stack([[0.5, 0.5, 0.0], shares(x[:, 1] - finite)], axis=1),
            rtol=1e-12,
        )
        f = lambda x, i: ufunc.reduce(x, None, initial=i, where=[True, False])
        of_x, of_initial = vjp(f, x, inf)[1](1.0)
        np.testing.assert_allclose(of_x, [[1 / 3, 0], [1 / 3, 0], [0, 0]])
        assert of_initial == pytest.approx(1 / 3)
        assert vjp(f, np.zeros((3, 2)), inf)[1](1.0)[1] == 1
        assert hessian(ufunc.reduce)(x[:, 0]).tolist() == np.zeros((3, 3)).tolist()
        with np.errstate(invalid="ignore"):  # the ufunc warns
            assert np.isnan(grad(ufunc.reduce)(np.array([inf, nan]))).all()

    def test_large_logarithms(self):
        share = grad(np.logaddexp.reduce)(np.array([1000.0, 1000.0]))
        np.testing.assert_allclose(share, [0.5, 0.5], rtol=1e-12)
        share = grad(np.logaddexp2.reduce)(np.array([5000.0, 5001.0]))
        np.testing.assert_allclose(share, [1 / 3, 2 / 3], rtol=1e-11)

    def test_the_mask_may_be_overwritten_afterwards(self):
        for ufunc in (np.add, np.multiply, np.maximum, np.logaddexp):
            mask = np.array([True, False])
            initial = {"initial": -9.0} if ufunc is np.maximum else {}
            _, pullback = vjp(lambda x: ufunc.reduce(x, where=mask, **initial), np.ones(2))  # noqa: B023
            mask[:] = [False, True]
            assert pullback(1.0).tolist() == [1, 0]

    def test_logical_reductions_are_constants(self):
        x = np.array([1.0, 2.0])
        assert grad(lambda x: np.sum(x * np.logical_and.reduce(x)))(x).tolist() == [1, 1]

    @pytest.mark.parametrize("axis", [0, -1, None, (1, 0)])
    @pytest.mark.parametrize("keepdims", [False, True])
    def test_norms(self, axis, keepdims, check_derivative):
        x = np.array([[3.0, -1.5, 2.0], [-4.0, 0.5, 1.0]])

        def plain(x, initial=0.0, mask=True):
            squares = np.sum(x**2, axis, keepdims=keepdims, where=mask)
            return np.sqrt(initial**2 + squares)

        def norm(x, **params):
            return np.hypot.reduce(x, axis, keepdims=keepdims, **params)

        check_derivative(norm, x, plain=plain)
        mask = np.array([[True, True, False], [False, True, True]])
        check_derivative(
            lambda x, i: norm(x, initial=i, where=mask),
            x,
            -2.0,
            plain=lambda x, i: plain(x, i, mask),
        )

    def test_norms_of_one_number_and_of_zeros(self):
        assert vjp(np.hypot.reduce, np.array([-3.0]))[0] == 3
        assert grad(np.hypot.reduce)(np.array([-3.0])).tolist() == [-1]
        assert grad(np.hypot.reduce)(np.zeros(2)).tolist() == [0, 0]
        assert vjp(np.hypot.reduce, np.zeros(0))[1](1.0).shape == (0,)

    def test_what_a_mask_leaves_out_of_a_norm_has_no_derivative_of_any_order(self):
        x = np.array([[3.0, 4.0], [-3.0, 2.0], [1.0, 1.0]])
        mask = np.array([[True, True], [True, False], [False, False]])

        def f(x):
            return np.sum(np.hypot.reduce(x, 1, where=mask, initial=0.0) * [1.0, 10.0, 0.0])

        assert grad(f)(x).tolist() == [[0.6, 0.8], [-10.0, 0.0], [0.0, 0.0]]
        second = hessian(f)(x)
        np.testing.assert_allclose(second[0, :, 0], [[0.128, -0.096], [-0.096, 0.072]], rtol=1e-12)
        second[0, :, 0] = 0
        assert not second.any()
        _, pullback = vjp(lambda x: np.hypot.reduce(x, where=False), np.full(2, np.inf))
        assert pullback(np.nan).tolist() == [0, 0]

    @pytest.mark.parametrize("ufunc", [np.subtract, np.divide, np.hypot])
    def test_a_number_is_its_own_fold(self, ufunc):
        for x in (2.0, np.float64(2.0), np.array(2.0)):
            y, pullback = vjp(ufunc.reduce, x)
            assert (y, pullback(1.0)) == (2, 1)

    def test_float16_is_rounded_as_by_numpy(self):
        x = np.array([0.2, -2.14, 2.37], np.float16)
        assert np.subtract.accumulate(x)[-1] != np.subtract.reduce(x)
        assert vjp(np.subtract.reduce, x)[0] == np.subtract.reduce(x)

    def test_empty(self):
        for ufunc in (np.add, np.multiply, np.logaddexp):
            assert vjp(ufunc.reduce, np.ones(0))[1](1.0).shape == (0,)

    def test_float32(self):
        x = np.array([1.0, 2.0], np.float32)
        for ufunc in (np.add, np.multiply, np.maximum, np.logaddexp, np.hypot, np.subtract):
            y, pullback = vjp(ufunc.reduce, x)
            assert (y.dtype, pullback(y).dtype) == (np.float32, np.float32)
