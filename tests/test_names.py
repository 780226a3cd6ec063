"""What primitives are called."""

from __future__ import annotations

import math

import pytest

from pullback.names import name_of


@pytest.mark.parametrize("kind", [type(math.sin), type(str.lower), type(float.real)])
def test_classes_whose_instances_have_an_owner(kind):
    assert name_of(kind).endswith(kind.__name__)
