"""Graphs: directed acyclic graphs of calls, made by hand, from a dict, or by tracing a function."""

from __future__ import annotations

from pullback.graph.graph import Graph
from pullback.graph.inspection import GraphRun, Step
from pullback.graph.nodes import Node
from pullback.graph.tasks import Literal
from pullback.graph.tracing import folded, trace

__all__ = ["Graph", "GraphRun", "Literal", "Node", "Step", "folded", "trace"]
