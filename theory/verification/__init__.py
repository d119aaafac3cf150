"""Every exact and published number that the theory is held against, recomputed."""

from __future__ import annotations

from collections.abc import Iterator

from phonosync.theory.verification.checked_number import Check
from phonosync.theory.verification.exact_numbers import cascades, limits, waves
from phonosync.theory.verification.published_numbers import (
    bistability,
    entanglement,
    sagnac_and_kerr,
    synchronization,
)

__all__ = ["Check", "checks"]


def checks() -> Iterator[Check]:
    """All checks, one after the other as they are computed."""
    yield from limits()
    yield from waves()
    yield from cascades()
    yield from sagnac_and_kerr()
    yield from entanglement()
    yield from bistability()
    yield from synchronization()
