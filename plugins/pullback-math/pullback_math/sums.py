"""Functions of many numbers: sums, products, lengths, extremes.

A list, tuple or one-dimensional array of primals gets a list of cotangents.
"""

from __future__ import annotations

import math
import operator
import sys
from itertools import accumulate

from pullback import primitive, rule
from pullback.spaces import undifferentiated
from pullback_math.arrays import collector
from pullback_math.strong import divide

dist, hypot = primitive(math.dist), primitive(math.hypot)
fsum, prod, total = primitive(math.fsum), primitive(math.prod), primitive(sum)


@rule(sum)
def sum_rule(iterable, start=0):
    """Every term gets the cotangent of the sum."""
    collect, terms = collector(iterable), operator.length_hint(iterable)

    def sum_pullback_iterable(ct):
        return collect([ct] * terms)

    def sum_pullback_start(ct):
        return ct

    return total(iterable, start), (sum_pullback_iterable, sum_pullback_start)


@rule(math.fsum)
def fsum_rule(seq):
    """Every term gets the cotangent of the sum."""
    collect, terms = collector(seq), operator.length_hint(seq)

    def fsum_pullback(ct):
        return collect([ct] * terms)

    return fsum(seq), fsum_pullback


@rule(math.prod)
def prod_rule(iterable, start=1):
    """Each factor gets the product of the others, made without division: zeros are no trouble."""
    collect, factors = collector(iterable), [*iterable]

    def prod_pullback_iterable(ct):
        if not factors:
            return collect([])
        before = accumulate(factors[:-1], operator.mul, initial=ct * start)
        after = [*accumulate(factors[:0:-1], operator.mul, initial=1.0)]
        return collect([a * b for a, b in zip(before, reversed(after), strict=True)])

    def prod_pullback_start(ct):
        return ct * prod(factors)

    return prod(factors, start=start), (prod_pullback_iterable, prod_pullback_start)


@rule(math.hypot, points={(0.0, 0.0): (0.0, 0.0)})
def hypot_rule(*coordinates):
    """The unit vector of the coordinates; 0 at the origin."""
    y = hypot(*coordinates)

    def hypot_pullback(ct):
        return tuple(ct * divide(x, y) for x in coordinates)

    return y, hypot_pullback


@rule(math.dist, points={((1.0, 2.0), (1.0, 2.0)): ((0.0, 0.0), (0.0, 0.0))})
def dist_rule(p, q):
    """The unit vector from ``q`` to ``p``, and its negative; 0 where they are the same."""
    collect_p, collect_q = collector(p), collector(q)
    p, q = [*p], [*q]
    y = dist(p, q)

    def dist_pullback_p(ct):
        return collect_p([ct * divide(a - b, y) for a, b in zip(p, q, strict=True)])

    def dist_pullback_q(ct):
        return collect_q([ct * divide(b - a, y) for a, b in zip(p, q, strict=True)])

    return y, (dist_pullback_p, dist_pullback_q)


def extreme(function):
    """The rule of `min` or `max`: the item that is returned, the first of several, gets it all."""

    def extreme_rule(*args, key=None, **default):
        collect = tuple if len(args) > 1 else collector(args[0])
        items = args if len(args) > 1 else [*args[0]]
        if not items:
            return function(items, **default), None
        keys = items if key is None else [key(undifferentiated(item)) for item in items]
        winner = function(range(len(items)), key=keys.__getitem__)

        def extreme_pullback(ct):
            return collect([ct if place == winner else None for place in range(len(items))])

        return items[winner], extreme_pullback

    return rule(
        function,
        points={(1.0, 1.0): (1.0, 0.0)},
        not_implemented={"default": "the value for no items at all"},
    )(extreme_rule)


min_rule = extreme(min)
max_rule = extreme(max)

if sys.version_info >= (3, 12):
    sumprod = primitive(math.sumprod)

    @rule(math.sumprod)
    def sumprod_rule(p, q):
        """Each factor of a term gets the other one."""
        collect_p, collect_q = collector(p), collector(q)
        p, q = [*p], [*q]

        def sumprod_pullback_p(ct):
            return collect_p([ct * b for b in q])

        def sumprod_pullback_q(ct):
            return collect_q([ct * a for a in p])

        return sumprod(p, q), (sumprod_pullback_p, sumprod_pullback_q)
