"""What a notebook is given."""

from __future__ import annotations

from pullback import trace
from pullback.drawing.notebook import MOST


def test_graph_shows_itself(graph):
    shown = graph._repr_mimebundle_(include=None, exclude=None)
    assert shown["text/plain"] == repr(graph)
    assert shown["image/svg+xml"] == graph._repr_svg_()
    assert ">exp(mul)</text>" in graph._repr_svg_()


def test_run_shows_what_it_has_found(graph):
    run = graph.run(1.0, 2.0)
    assert "←" not in run._repr_svg_()
    assert ">7.38906</text>" in run._repr_svg_()
    run.forward(x1=1.0)
    assert ">→ 14.7781</text>" in run._repr_svg_()
    run.reverse()
    assert ">← 18.7781</text>" in run._repr_svg_()
    assert run._repr_mimebundle_() == {
        "text/plain": repr(run),
        "image/svg+xml": run._repr_svg_(),
    }


def test_large_graph_is_shown_as_text():
    def long(x):
        for _ in range(MOST):
            x = x + 1.0
        return x

    graph = trace(long, 1.0)
    assert graph._repr_svg_() is None
    assert graph.run(1.0)._repr_svg_() is None
    assert graph._repr_mimebundle_() == {"text/plain": repr(graph)}
