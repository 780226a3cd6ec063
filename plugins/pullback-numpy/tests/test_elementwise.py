from __future__ import annotations

import operator
from functools import reduce
from itertools import pairwise
from math import inf, nan

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pullback import Rule, grad, hessian, jvp, val_and_grad, vjp
from pullback.domains import interval, nonzero, reals
from pullback.plugins import load
from pullback.registry import rules
from pullback_numpy import elementwise
from pullback_numpy.elementwise import LN2

UFUNCS = {v for v in vars(np).values() if isinstance(v, np.ufunc)}
RULES = [
    rule
    for rule in vars(elementwise).values()
    if isinstance(rule, Rule) and isinstance(rule.primitive, np.ufunc)
]
SMOOTH = [
    rule
    for rule in RULES
    if rule.primitive.nout == 1 and rule.primitive not in (np.heaviside, np.ldexp)
]
"""Every rule that differences can check as it is; the others have tests of their own."""
ANALYTIC = [rule for rule in SMOOTH if "D->D" in rule.primitive.types and rule.primitive.nin == 1]

by_name = pytest.mark.parametrize("rule", SMOOTH, ids=lambda rule: rule.primitive.__name__)
few = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

NARROWED = {
    np.tan: interval(-1.3, 1.3),  # the next pole is at 1.57
    np.hypot: (nonzero, nonzero),
    np.arctan2: (nonzero, nonzero),
}


def numbers(domain):
    """Numbers between -2 and 2 (or as near as the domain gets), 0.3 away from its ends."""
    domain = domain or reals
    low = max(domain.low + 0.3, -2.0)
    high = max(min(domain.high - 0.3, 2.0), min(low + 1, domain.high - 0.3))
    return st.floats(low, high).filter(lambda x: all(abs(x - e) > 0.3 for e in domain.excluded))


def arrays(domain, shape):
    size = int(np.prod(shape))
    return st.lists(numbers(domain), min_size=size, max_size=size).map(
        lambda values: np.array(values).reshape(shape)
    )


def domains(rule):
    narrowed = NARROWED.get(rule.primitive, rule.domain)
    return narrowed if isinstance(narrowed, tuple) else (narrowed,) * rule.primitive.nin


def away_from_kinks(ufunc, primals):
    """The primals, moved to where differences of ``ufunc`` cross no kink."""
    if ufunc in (np.maximum, np.minimum, np.fmax, np.fmin):
        a, b = primals
        return 2 * np.rint(a) + 0.1 * a, 2 * np.rint(b) + 0.1 * b + 1
    if ufunc in (np.remainder, np.fmod):
        a, b = primals
        # The remainder lies near the middle of the period, which is 3 to 5 long.
        b = b + 3 * np.sign(b)
        return np.rint(a) * b + 0.5 * b * np.where(ufunc is np.fmod, np.sign(a * b), 1), b
    return primals


class TestCompleteness:
    def test_every_ufunc_has_a_rule_or_is_declared_a_constant(self):
        load()
        assert {u.__name__ for u in UFUNCS if u not in rules} == set()

    def test_what_numpy_calls_a_step_is_declared_so_and_nothing_else(self):
        without = {u for u in UFUNCS if rules[u].rule.differentiable == ()}
        inexact = {u for u in UFUNCS if "d->d" in u.types or "dd->d" in u.types}
        assert {u.__name__ for u in without & inexact} == {
            *("floor_divide", "rint", "floor", "ceil", "trunc", "spacing"),
        }

    def test_each_alias_is_the_same_ufunc(self):
        for alias, ufunc in {"abs": np.absolute, "acos": np.arccos, "pow": np.power}.items():
            assert rules[getattr(np, alias)].rule.primitive is ufunc


class TestDifferences:
    @by_name
    @pytest.mark.parametrize("shapes", [((), ()), ((3,), (3,)), ((3, 1), (2,))], ids=str)
    @given(data=st.data())
    @few
    def test_first_and_second_order(self, rule, shapes, data, check_derivative):
        ufunc = rule.primitive
        primals = [
            data.draw(arrays(domain, shape))
            for domain, shape in zip(domains(rule), shapes, strict=False)
        ]
        check_derivative(ufunc, *away_from_kinks(ufunc, primals))

    @pytest.mark.parametrize("rule", ANALYTIC, ids=lambda rule: rule.primitive.__name__)
    @given(
        real=st.lists(st.floats(0.35, 0.9), min_size=3, max_size=3),
        imag=st.lists(st.floats(0.35, 0.7), min_size=3, max_size=3),
        signs=st.lists(st.sampled_from([-1, 1]), min_size=6, max_size=6),
    )
    @few
    def test_complex_unary(self, rule, real, imag, signs, check_derivative):
        z = np.array(real) * signs[:3] + 1j * np.array(imag) * signs[3:]
        check_derivative(rule.primitive, z)

    @pytest.mark.parametrize("ufunc", [np.absolute, np.sign, np.conjugate])
    @given(angle=st.floats(-3.1, 3.1), length=st.floats(0.5, 2))
    @few
    def test_complex_but_not_analytic(self, ufunc, angle, length, check_derivative):
        check_derivative(ufunc, np.array([length * np.exp(1j * angle), 0.5 - 0.8j]))

    @pytest.mark.parametrize(
        "ufunc", [np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power]
    )
    @given(seed=st.integers(0, 2**32))
    @few
    def test_complex_binary(self, ufunc, seed, check_derivative):
        rng = np.random.default_rng(seed)
        a = rng.uniform(0.4, 1, (3, 1)) + 1j * rng.uniform(0.4, 1, (3, 1))
        b = rng.uniform(0.4, 1, 2) - 1j * rng.uniform(0.4, 1, 2)
        check_derivative(ufunc, a, b)
        check_derivative(ufunc, a, b.real)
        check_derivative(ufunc, a.real, b)

    @given(x=arrays(nonzero, (4,)), exponent=st.integers(-3, 4))
    @few
    def test_integer_exponents_at_negative_bases(self, x, exponent, check_derivative):
        assume(np.all(abs(x) > 0.4))
        check_derivative(lambda x: np.power(x, float(exponent)), x)
        check_derivative(lambda x: np.power(x, np.full(4, exponent)), x)
        if exponent >= 0:
            check_derivative(lambda x: np.power(x, exponent), x)

    @given(
        whole=st.lists(st.integers(0, 3), min_size=3, max_size=3),
        signs=st.lists(st.sampled_from([-1, 1]), min_size=3, max_size=3),
        part=st.floats(0.73, 0.77),
    )
    @few
    def test_two_outputs(self, whole, signs, part, check_derivative):
        x = (np.array(whole) + part) * signs  # away from whole numbers and from powers of two
        check_derivative(lambda x: np.modf(x)[0], x)
        check_derivative(lambda x: np.frexp(x)[0], x)
        check_derivative(lambda x: np.modf(x)[1] * x, x)

    def test_divmod(self, check_derivative):
        a, b = np.array([7.0, -7.5, 10.0]), np.array([[3.0], [-4.0]])
        check_derivative(lambda a, b: np.divmod(a, b)[1], a, b)
        check_derivative(lambda a, b: np.divmod(a, b)[0] * b, a, b)

    @given(x=arrays(reals, (3,)), exponent=st.integers(-5, 5))
    @few
    def test_ldexp(self, x, exponent, check_derivative):
        check_derivative(lambda x: np.ldexp(x, exponent), x)
        check_derivative(lambda x: np.ldexp(x, np.array([exponent, 1, -2])), x)

    @pytest.mark.parametrize("ufunc", [np.maximum, np.minimum])
    def test_extremes_of_complex_numbers_are_by_the_real_part(self, ufunc):
        for a, b in ((1 + 3j, 2 - 1j), (np.array([1 + 3j]), np.array([2 - 1j]))):
            of_a, of_b = vjp(ufunc, a, b)[1](np.ones_like(a)[()])
            assert (of_a, of_b) == ((0, 1) if ufunc is np.maximum else (1, 0))

    def test_heaviside_moves_with_its_value_at_zero(self):
        x, value = np.array([-1.0, 0.0, 2.0]), np.array([0.3, 0.4, 0.5])
        _, pullback = vjp(np.heaviside, x, value)
        of_x, of_value = pullback(np.array([5.0, 6.0, 7.0]))
        assert of_x.tolist() == [0, 0, 0]
        assert of_value.tolist() == [0, 6, 0]


SAME = {
    np.arctan2: lambda a, b: np.arctan(a / b),
    np.cbrt: lambda x: x ** (1 / 3),
    np.degrees: lambda x: x * 180 / np.pi,
    np.rad2deg: lambda x: x * 180 / np.pi,
    np.radians: lambda x: x / 180 * np.pi,
    np.deg2rad: lambda x: x / 180 * np.pi,
    np.fabs: lambda x: x,
    np.absolute: lambda x: x,
    np.conjugate: lambda x: x,
    np.hypot: lambda a, b: np.sqrt(a * a + b * b),
    np.logaddexp: lambda a, b: np.log(np.exp(a) + np.exp(b)),
    np.logaddexp2: lambda a, b: np.log(np.exp(LN2 * a) + np.exp(LN2 * b)) / LN2,
    np.copysign: lambda a, b: a,
    np.fmod: lambda a, b: a - b,
    np.remainder: lambda a, b: a - b,
    np.float_power: lambda a, b: np.exp(b * np.log(a)),
    np.power: lambda a, b: np.exp(b * np.log(a)),
    np.nextafter: lambda a, b: a,
    np.maximum: lambda a, b: a,
    np.fmax: lambda a, b: a,
    np.minimum: lambda a, b: b,
    np.fmin: lambda a, b: b,
    np.sign: lambda x: 0 * x,
}
"""The same functions for 1.5 b > a > b > 0, written so that they take complex numbers."""


@by_name
def test_to_the_last_digits_by_the_complex_step(rule):
    """``f'(x) = Im f(x + ih) / h``, which subtracts nothing (Squire and Trapp 1998)."""
    ufunc = rule.primitive
    rng = np.random.default_rng(3)
    b = rng.uniform(0.3, 0.6, 6)
    primals = [b * rng.uniform(1.1, 1.5, 6), b][: ufunc.nin]
    if ufunc is np.arccosh:
        primals[0] += 1
    step = 1e-30
    for argnum in range(ufunc.nin):
        moved = [x + (1j * step if place == argnum else 0) for place, x in enumerate(primals)]
        want = np.imag(SAME.get(ufunc, ufunc)(*moved)) / step
        got = vjp(ufunc, *primals, argnums=argnum)[1](np.ones(6))
        np.testing.assert_allclose(got, want, rtol=1e-14, atol=1e-15)


CONVENTIONS = {
    np.absolute: {(0.0,): (0.0,), (3 - 4j,): (0.6 + 0.8j,)},
    np.fabs: {(0.0,): (0.0,)},
    np.sign: {(0.0,): (0.0,), (-2.0,): (0.0,)},
    np.hypot: {(0.0, 0.0): (0.0, 0.0)},
    np.arctan2: {(0.0, 0.0): (0.0, 0.0)},
    np.maximum: {(1.0, 1.0): (0.5, 0.5), (0.0, -0.0): (0.5, 0.5), (2.0, 1.0): (1.0, 0.0)},
    np.minimum: {(1.0, 1.0): (0.5, 0.5), (2.0, 1.0): (0.0, 1.0)},
    np.fmax: {(1.0, 1.0): (0.5, 0.5), (np.nan, 1.0): (0.0, 1.0), (1.0, np.nan): (1.0, 0.0)},
    np.fmin: {(1.0, 1.0): (0.5, 0.5), (np.nan, 1.0): (0.0, 1.0), (1.0, np.nan): (1.0, 0.0)},
    np.power: {
        (0.0, 0.0): (0.0, -inf),
        (0.0, 1.0): (1.0, 0.0),
        (0.0, 2.0): (0.0, 0.0),
        (0.0, 0.5): (inf, 0.0),
        (3.0, 0.0): (0.0, np.log(3.0)),
        (-2.0, 2.0): (-4.0, np.nan),
    },
    np.sqrt: {(0.0,): (inf,)},
    np.cbrt: {(0.0,): (inf,), (-8.0,): (1 / 12,)},
    np.arcsin: {(1.0,): (inf,), (-1.0,): (inf,)},
    np.arccos: {(1.0,): (-inf,)},
    np.arccosh: {(1.0,): (inf,)},
    np.square: {(0.0,): (0.0,)},
    np.copysign: {(0.0, 1.0): (0.0, 0.0), (-3.0, 2.0): (-1.0, 0.0)},
    np.remainder: {(2.0, 1.0): (1.0, -2.0), (-0.5, 2.0): (1.0, 1.0)},
    np.fmod: {(-2.0, 1.0): (1.0, 2.0), (-0.5, 2.0): (1.0, 0.0)},
    np.logaddexp: {(-inf, -inf): (0.5, 0.5), (-inf, 0.0): (0.0, 1.0), (1e4, 0.0): (1.0, 0.0)},
    np.logaddexp2: {(-inf, -inf): (0.5, 0.5), (3.0, 3.0): (0.5, 0.5)},
    np.heaviside: {(0.0, 0.5): (0.0, 1.0)},
    np.nextafter: {(1.0, 2.0): (1.0, 0.0)},
}


class TestConventions:
    """At kinks and removable singularities, written out."""

    @pytest.mark.parametrize(
        ("ufunc", "primals", "derivatives"),
        [(u, p, d) for u, points in CONVENTIONS.items() for p, d in points.items()],
        ids=lambda value: getattr(value, "__name__", str(value)),
    )
    def test_value(self, ufunc, primals, derivatives):
        y, pullback = vjp(ufunc, *map(np.array, primals))
        cotangents = pullback(np.ones_like(y))
        cotangents = cotangents if isinstance(cotangents, tuple) else (cotangents,)
        np.testing.assert_allclose(cotangents, derivatives, rtol=1e-15)

    @pytest.mark.parametrize("rule", [r for r in RULES if r.points], ids=repr)
    def test_declared_points(self, rule):
        for primals, derivatives in rule.points.items():
            primals = primals if isinstance(primals, tuple) else (primals,)
            derivatives = derivatives if isinstance(derivatives, tuple) else (derivatives,)
            with np.errstate(all="ignore"):
                y, pullback = vjp(rule.primitive, *primals)
            cotangents = pullback(np.ones_like(y)[()])
            cotangents = cotangents if isinstance(cotangents, tuple) else (cotangents,)
            assert cotangents == derivatives, primals

    def test_powers_are_polynomials_at_zero(self):
        for exponent in (3, 3.0):
            derivatives = [lambda x, e=exponent: x**e]
            for _ in range(5):
                derivatives.append(grad(derivatives[-1]))
            assert [f(np.float64(0.0)) for f in derivatives] == [0, 0, 0, 6, 0, 0]

    def test_hessian_of_a_power_by_base_and_exponent_at_zero(self):
        def f(p):
            return p[0] ** p[1]

        assert hessian(f)(np.array([0.0, 3.0])).tolist() == [[0, 0], [0, 0]]
        a, b = 1.7, 2.3
        log_a = np.log(a)
        mixed = a ** (b - 1) * (1 + b * log_a)
        np.testing.assert_allclose(
            hessian(f)(np.array([a, b])),
            [[b * (b - 1) * a ** (b - 2), mixed], [mixed, a**b * log_a**2]],
            rtol=1e-13,
        )

    def test_remainder_knows_the_quotient_that_numpy_used(self):
        # 3 b is a little more than a, so the quotient is 2, though a / b rounds to 3.
        b = np.float64(0.1)
        a = np.nextafter(np.float64(0.3), 0)
        assert vjp(np.fmod, a, b)[1](1.0) == (1.0, -2.0)
        assert vjp(np.remainder, a, b)[1](1.0) == (1.0, -2.0)


SINGULAR = {
    np.sqrt: [(0.0,), (-1.0,)],
    np.log: [(0.0,), (-1.0,)],
    np.log2: [(0.0,), (-1.0,)],
    np.log10: [(0.0,), (-1.0,)],
    np.log1p: [(-1.0,), (-3.0,)],
    np.cbrt: [(0.0,)],
    np.reciprocal: [(0.0,)],
    np.arcsin: [(1.0,), (-1.0,), (2.0,)],
    np.arccos: [(1.0,), (-1.0,), (2.0,)],
    np.arccosh: [(1.0,), (0.5,), (-3.0,)],
    np.arctanh: [(1.0,), (-1.0,), (2.0,)],
    np.divide: [(1.0, 0.0), (0.0, 0.0), (inf, inf)],
    np.power: [(0.0, 0.5), (0.0, -1.0), (0.0, 0.0), (-1.0, 0.5), (-1.0, 2.0), (0.0, 1.0)],
    np.float_power: [(0.0, 0.5), (0.0, -1.0), (0.0, 0.0), (-1.0, 0.5)],
    np.hypot: [(0.0, 0.0)],
    np.arctan2: [(0.0, 0.0)],
    np.remainder: [(1.0, 0.0), (0.0, 0.0)],
    np.fmod: [(1.0, 0.0), (0.0, 0.0)],
    np.absolute: [(0.0,), (0j,)],
    np.sign: [(0j,)],
    np.exp: [(1000.0,)],
    np.exp2: [(5000.0,)],
    np.expm1: [(1000.0,)],
    np.logaddexp: [(-inf, -inf), (inf, inf)],
    np.logaddexp2: [(-inf, -inf)],
}
REGULAR = {np.arccosh: 1.5}
TO_SECOND_ORDER = [(np.divide, (1.0, 0.0)), (np.power, (0.0, 1.0))]
"""Here infinities of both signs meet in the third derivative."""


class TestStrongZeros:
    """No NaN, infinity or warning comes from elements whose cotangent is 0, to third order."""

    @pytest.mark.parametrize(
        ("ufunc", "primals"),
        [(u, p) for u, points in SINGULAR.items() for p in points],
        ids=lambda value: getattr(value, "__name__", str(value)),
    )
    @pytest.mark.parametrize("kind", ["array", "number"])
    def test_masked(self, ufunc, primals, kind):
        regular = REGULAR.get(ufunc, 0.7)
        mask = np.array([False, True])
        cotangent = np.array([2.0, 3.0])

        def selected(*xs):
            with np.errstate(all="ignore"):  # of the primal function, not of its derivatives
                y = ufunc(*xs)
            return np.where(mask, y, 0)

        arrays = [np.array([p, regular]) for p in primals]
        if kind == "number":
            mask, cotangent = False, 2.0
            arrays = [*map(np.array(primals).dtype.type, primals)]
        weights = tuple(np.full_like(x, 1.5) for x in arrays)

        def first(*xs):
            return self.pulled(selected, xs, cotangent)

        def second(*xs):
            return self.pulled(first, xs, weights)

        def third(*xs):
            return self.pulled(second, xs, weights)

        orders = [first, second] if (ufunc, primals) in TO_SECOND_ORDER else [first, second, third]
        for derivative in orders:
            for found in derivative(*arrays):
                assert np.all(np.isfinite(found))
                assert np.atleast_1d(found)[0] == 0

    @staticmethod
    def pulled(f, primals, cotangent):
        found = vjp(f, *primals)[1](cotangent)
        return found if isinstance(found, tuple) else (found,)

    def test_the_gradient_that_every_peer_gets_wrong(self):
        def f(x):
            with np.errstate(invalid="ignore"):
                return np.sum(np.where(x > 0, np.sqrt(x), 0))

        x = np.array([-1.0, 0.0, 4.0])
        assert grad(f)(x).tolist() == [0, 0, 0.25]
        assert hessian(f)(x).tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, -1 / 32]]

    @pytest.mark.parametrize("ufunc", [np.maximum, np.fmax])
    def test_a_bound_keeps_an_infinite_slope_away(self, ufunc):
        x = np.array([-1.0, 4.0])
        assert grad(lambda x: np.sum(np.sqrt(ufunc(x, 0.0))))(x).tolist() == [0, 0.25]
        assert grad(lambda x: np.sqrt(-np.minimum(-x, 0.0)))(-1.0) == 0

    @pytest.mark.parametrize("bad", [inf, nan])
    def test_what_is_not_taken_is_not_spoilt(self, bad):
        a, b, ct = np.array([1.0, 3.0, 0.0]), np.array([2.0, 2.0, 2.0]), np.full(3, bad)
        taken = np.array([0, bad, 0])
        for ufunc, larger in ((np.maximum, 1), (np.fmax, 1), (np.minimum, -1), (np.fmin, -1)):
            of_a, _ = vjp(ufunc, larger * a, larger * b)[1](ct)
            np.testing.assert_array_equal(of_a, taken)
        of_b = vjp(lambda b: np.heaviside(a, b), b)[1](ct)
        np.testing.assert_array_equal(of_b, [0, 0, bad])

    def test_the_tangent_of_a_constant_power_at_zero(self):
        for power in (np.power, np.float_power):
            y, tangent = jvp(
                lambda x, power=power: power(x, np.zeros(2)), (np.zeros(2),), (np.ones(2),)
            )
            assert (y.tolist(), tangent.tolist()) == ([1, 1], [0, 0])

    def test_softplus_in_two_branches(self):
        def f(x):
            with np.errstate(over="ignore"):
                return np.sum(np.where(x > 30, x, np.log1p(np.exp(x))))

        assert grad(f)(np.array([0.0, 1000.0])).tolist() == [0.5, 1]
        assert hessian(f)(np.array([0.0, 1000.0])).tolist() == [[0.25, 0], [0, 0]]

    def test_a_zero_cotangent_is_not_a_zero_derivative_by_the_cotangent(self):
        pullback = vjp(np.log, np.array([2.0, 4.0]))[1]
        assert vjp(pullback, np.zeros(2))[1](np.ones(2)).tolist() == [0.5, 0.25]


class TestDtypes:
    @by_name
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, ">f8"])
    def test_the_cotangent_has_the_dtype_of_its_primal(self, rule, dtype):
        ufunc = rule.primitive
        point = REGULAR.get(ufunc, 0.7)
        primals = [np.array([point, point + 0.2 + k], dtype) for k in range(ufunc.nin)]
        y, pullback = vjp(ufunc, *primals)
        assert y.dtype == ufunc(*primals).dtype
        cotangents = pullback(np.ones_like(y))
        for cotangent in cotangents if isinstance(cotangents, tuple) else (cotangents,):
            assert type(cotangent) is np.ndarray
            assert cotangent.dtype == dtype

    @by_name
    @pytest.mark.parametrize("kind", [float, np.float64, np.float32, np.float16])
    def test_numbers_keep_their_type(self, rule, kind):
        ufunc = rule.primitive
        point = REGULAR.get(ufunc, 0.5)
        primals = [kind(point + k) for k in range(ufunc.nin)]
        y, pullback = vjp(ufunc, *primals)
        cotangents = pullback(y)
        for cotangent in cotangents if isinstance(cotangents, tuple) else (cotangents,):
            assert type(cotangent) is kind

    @pytest.mark.parametrize(
        "rule", [r for r in SMOOTH if r.primitive.nin == 2], ids=lambda r: r.primitive.__name__
    )
    def test_a_python_number_beside_a_float32_array(self, rule, check_derivative):
        ufunc = rule.primitive
        x = np.array([0.7, 1.3], np.float32)
        for primals in ((x, 0.6), (0.6, x)):
            y, pullback = vjp(ufunc, *primals)
            for primal, cotangent in zip(primals, pullback(y), strict=True):
                assert type(cotangent) is type(primal)
                if cotangent is not float:
                    assert np.asarray(cotangent).dtype == np.asarray(primal).dtype
            check_derivative(ufunc, *(np.asarray(p, float) for p in primals))

    @pytest.mark.parametrize("dtype", [np.complex64, np.clongdouble])
    def test_complex(self, dtype):
        z = np.array([0.3 + 0.4j, 0.5 - 0.2j], dtype)
        for rule in ANALYTIC:
            y, pullback = vjp(rule.primitive, z)
            assert pullback(y).dtype == dtype

    def test_zero_dimensional_arrays_stay_arrays(self):
        cotangent = vjp(np.exp, np.array(0.0))[1](1.0)
        assert type(cotangent) is np.ndarray
        assert cotangent.shape == ()

    def test_a_real_primal_of_a_complex_product_has_a_real_cotangent(self):
        _, pullback = vjp(np.multiply, np.array([2.0]), np.array([3.0 + 4.0j]))
        of_real, of_complex = pullback(np.array([1.0 + 1.0j]))
        assert of_real.tolist() == [-1.0]
        assert of_complex.tolist() == [2.0 + 2.0j]


class TestRange:
    """Where a textbook formula overflows and the derivative does not."""

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_large_and_small(self, dtype):
        big = dtype(np.sqrt(np.finfo(dtype).max) * 4)
        assert vjp(np.arctan2, big, big)[1](dtype(1))[0] == pytest.approx(0.5 / float(big), 1e-2)
        assert vjp(np.hypot, big, big)[1](dtype(1))[0] == pytest.approx(0.5**0.5, 1e-3)
        assert vjp(np.arcsinh, big)[1](dtype(1)) == pytest.approx(1 / float(big), 1e-2)

    def test_next_to_the_end_of_the_domain(self):
        step = 2.0**-40
        want = 1 / np.sqrt(step * (2 - step))
        assert vjp(np.arcsin, 1 - step)[1](1.0) == pytest.approx(want, rel=1e-14)
        assert vjp(np.arccos, 1 - step)[1](1.0) == pytest.approx(-want, rel=1e-14)

    def test_a_composition(self):
        functions = [np.sin, np.exp, np.tanh, np.log1p, np.sqrt, np.square, np.arctan, np.cosh]

        def f(x):
            return reduce(lambda value, function: function(value), functions, x)

        value, derivative = val_and_grad(f, 0.8)
        step = 1e-6
        assert derivative == pytest.approx((f(0.8 + step) - f(0.8 - step)) / (2 * step), rel=1e-8)
        assert value == f(0.8)


def test_a_formula_keeps_only_what_it_names():
    x = np.ones(3)
    for function, kept in ((np.exp, "y"), (np.sin, "x"), (np.add, "")):
        _, pullbacks = rules[function].rule(*[x] * function.nin)
        pullback = pullbacks[0] if isinstance(pullbacks, tuple) else pullbacks
        assert {*pullback.__code__.co_freevars} == {*kept}


def test_operators_of_arrays_use_these_rules():
    x = np.array([0.0, 2.0])
    with np.errstate(divide="ignore"):
        _, pullback = vjp(lambda x: np.where(x > 0, 1 / x, 0), x)
    assert pullback(np.ones(2)).tolist() == [0, -0.25]
    powers = [vjp(operator.pow, x, exponent)[1](np.ones(2))[0].tolist() for exponent in (1.0, 2.0)]
    assert [*pairwise(powers)] == [([1, 1], [0, 4])]


@pytest.mark.parametrize("power", [np.power, np.float_power])
@pytest.mark.parametrize("exponents", [[2, 3], (2.0, 0.5), [[1], [2]], []])
def test_exponents_in_a_list(power, exponents):
    b = np.array(exponents, float)
    x = np.array([1.5, 2.0]) if b.size else np.zeros(0)
    want = (b * x ** (b - 1)).reshape(-1, x.size).sum(axis=0) if b.size else x
    np.testing.assert_allclose(grad(lambda x: power(x, exponents).sum())(x), want, rtol=1e-15)
