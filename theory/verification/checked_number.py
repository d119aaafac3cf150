"""A number that somebody else knows, and what comes out here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One number: what it is, who says it, what they say, what comes out here, how near it must be.

    Attributes:
        tolerance: largest absolute deviation that passes, in the unit of the number.
    """

    what: str
    source: str
    published: float
    computed: float
    tolerance: float

    @property
    def deviation(self) -> float:
        """Computed minus published."""
        return self.computed - self.published

    @property
    def passed(self) -> bool:
        """Whether the deviation is within the tolerance; NaN is not."""
        return bool(abs(self.deviation) <= self.tolerance)
