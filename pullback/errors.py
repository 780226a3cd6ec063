"""Every error and warning that pullback raises, in one place.

Each class also derives from the builtin exception that a caller would expect
(``TypeError``, ``ValueError``, ``LookupError``), so code that knows nothing of
pullback can still catch it.
"""

from __future__ import annotations

__all__ = [
    "CapturedArrayError",
    "ChainError",
    "CheckpointError",
    "CompilerWarning",
    "ComplexOutputError",
    "ConfigurationError",
    "ConflictingRulesError",
    "ConformanceError",
    "CotangentError",
    "CyclicGraphError",
    "DerivativeNotImplementedError",
    "EmptyChainError",
    "EngineError",
    "ExpressionError",
    "FeedError",
    "GraphError",
    "InPlaceWriteError",
    "IntegerPrimalError",
    "LeakedTracerError",
    "MissingRuleError",
    "NonFiniteError",
    "NonScalarOutputError",
    "OutArgumentError",
    "PassError",
    "PathChangedError",
    "PluginWarning",
    "PrimalError",
    "PullbackError",
    "RuleCheckError",
    "RuleError",
    "SampleError",
    "StaticArgumentError",
    "TracerConversionError",
    "UnknownNameError",
    "UnknownNodeError",
    "UnusedInputError",
]


class PullbackError(Exception):
    """The base of all errors of this package."""


class MissingRuleError(PullbackError, LookupError):
    """A primitive was differentiated and no rule is registered for it."""


class DerivativeNotImplementedError(PullbackError, NotImplementedError):
    """A rule exists, and says that the derivative for this argument is not written yet."""


class RuleError(PullbackError, TypeError):
    """A rule broke its contract: not ``(y, pullback)``, or cotangents that do not fit."""


class ConflictingRulesError(PullbackError, ValueError):
    """Two providers registered a rule for one primitive and neither may win silently."""


class PrimalError(PullbackError, TypeError):
    """A primal is of a type that cannot be differentiated."""


class IntegerPrimalError(PrimalError):
    """A primal is an integer or boolean array: derivatives need floating point."""


class NonScalarOutputError(PullbackError, ValueError):
    """A gradient was asked of a function whose output is not one number."""


class ComplexOutputError(PullbackError, TypeError):
    """A gradient was asked of a complex output without saying that the function is holomorphic."""


class CotangentError(PullbackError, ValueError):
    """A cotangent or tangent does not lie in the space of the value that it belongs to."""


class ChainError(PullbackError, TypeError):
    """A chain holds something that is not a link."""


class EmptyChainError(PullbackError, ValueError):
    """A chain has no links."""


class CheckpointError(PullbackError, ValueError):
    """A checkpoint with states that make no sense, or of what is not the same when run again."""


class LeakedTracerError(PullbackError, RuntimeError):
    """A tracer was used after the trace that made it had ended."""


class TracerConversionError(PullbackError, TypeError):
    """A tracer was about to become a plain number or array, which would lose its derivative."""


class InPlaceWriteError(PullbackError, TypeError):
    """A traced value was about to be written in place."""


class OutArgumentError(InPlaceWriteError):
    """A traced call was given ``out=``, which is an in-place write."""


class GraphError(PullbackError, ValueError):
    """A graph cannot be what was asked for: no output, a task that is none, a name given twice."""


class CyclicGraphError(GraphError):
    """A node of a graph depends on itself."""


class UnknownNodeError(GraphError, LookupError):
    """A graph was asked for a node that it does not have."""


class UnusedInputError(GraphError):
    """No output of a graph depends on one of its placeholders."""


class FeedError(GraphError, TypeError):
    """The inputs of a graph: one is missing, not known, given twice, or of another shape."""


class PathChangedError(GraphError):
    """A traced function would take another path with these inputs than the graph of it holds."""


class NonFiniteError(PullbackError, ArithmeticError):
    """Within `pullback.debug`: a value or a cotangent is NaN or infinite."""


class CapturedArrayError(PullbackError, RuntimeError):
    """Within `pullback.debug`: an array was changed after a traced program had used it."""


class SampleError(PullbackError, ValueError):
    """The samples that an author declares for a rule are not understood."""


class ConformanceError(PullbackError, ValueError):
    """What was asked of the checks makes no sense: an unknown rule or check, a bad option."""


class RuleCheckError(PullbackError, AssertionError):
    """A rule failed a check."""


class ConfigurationError(PullbackError, ValueError):
    """``[tool.pullback]`` in a ``pyproject.toml`` says something that is not understood."""


class ExpressionError(PullbackError, ValueError):
    """An expression holds something else than arithmetic, calls of primitives and names."""


class UnknownNameError(ExpressionError, LookupError):
    """An expression uses a name that is neither given a value nor a registered primitive."""


class PluginWarning(UserWarning):
    """A plugin was left out, or two plugins claim one primitive."""


class EngineError(PullbackError, ValueError):
    """An engine is not known, not installed, or was given an option that it does not have."""


class PassError(PullbackError, ValueError):
    """A pass of the compiler is not known."""


class StaticArgumentError(PullbackError, TypeError):
    """An argument of a compiled function can be neither varied nor fixed by its value."""


class CompilerWarning(UserWarning):
    """A compiled function goes on without being compiled."""
