"""Every exception firstspike raises on purpose.

Each one also derives from the built-in exception that a numpy user would expect, so
``except ValueError`` keeps working.
"""

__all__ = [
    "DataNotFoundError",
    "DomainError",
    "FirstspikeError",
    "FitError",
    "FormatError",
    "MissingExtraError",
    "ShapeError",
    "ToolCrashError",
    "ToolError",
    "WidthError",
]


class FirstspikeError(Exception):
    """Base of all exceptions of firstspike."""


class ShapeError(FirstspikeError, ValueError):
    """An array has the wrong shape, length or dtype."""


class DomainError(FirstspikeError, ValueError):
    """A value lies outside the set it must belong to (NaN, negative time, tau <= 0, ...)."""


class FitError(DomainError):
    """A core takes more than the named device has; the message says of what, and how much more."""


class WidthError(FirstspikeError, OverflowError):
    """An integer network would need more bits than allowed, so it could overflow."""


class FormatError(FirstspikeError, ValueError):
    """A file is truncated, foreign, of an unknown version, or contradicts itself."""


class DataNotFoundError(FirstspikeError, FileNotFoundError):
    """A data set is not where it was looked for."""


class MissingExtraError(FirstspikeError, ImportError):
    """An optional package is not installed."""


class ToolError(FirstspikeError, RuntimeError):
    """An external tool is missing or failed."""


class ToolCrashError(ToolError):
    """An external tool broke off by a fault of its own, not because of what it was given."""
