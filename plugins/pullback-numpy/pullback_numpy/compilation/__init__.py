"""What the compiler must know of NumPy's functions. Nothing here is imported before it is asked."""

from __future__ import annotations

from pullback_numpy.compilation import arithmetic, literals, memory, numbers, shapes, spellings


def register(facts):
    """Say all of it."""
    for chapter in (arithmetic, literals, shapes, spellings, memory, numbers):
        chapter.register(facts)
