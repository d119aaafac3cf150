"""Ending a run early: intervals that hold although one looked while it was running."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.statistics.interval import Interval
from phonosync.theory.errors import InputError

ERROR = 0.05  # of the 95 % intervals
_BY_WIDTH = 0.035  # leaves 95 % from 8 quads on, at any half width: benchmarks/optional_stopping.py
_LEAST = 8
_REACH = 12.0  # standard deviations of the walk beyond which nothing is


@dataclass(frozen=True)
class StoppingDecision:
    """What a look at a running measurement says.

    Attributes:
        interval: holds with 95 % at the look at which the run ends.
        stop: the interval's half width is reached.
        level: this look's own error probability. A p-value of the data so far (the permutation
            test's) is significant at 5 % overall when it is at most this.
    """

    interval: Interval
    stop: bool
    level: float


@dataclass(frozen=True)
class Stopping:
    """End when a quantity is known to a half width, at one of the looks stated beforehand.

    A run that ends when its scatter happens to look small has intervals that are too narrow. If the
    half width alone ends it (or the last look), intervals of 96.5 % at every look hold with 95 % at
    the end. If the value may end it too, or whoever watches it, the 5 % are shared by the looks, to
    each as much as data were added since the last (spending function α t): then all the intervals
    hold together with 95 %, which takes up to twice the data.
    docs/decisions/0006-optional-stopping.md says why this way.

    Args:
        half_width: to be reached, in the quantity's unit.
        looks: how many quads there are at each look, rising from at least 8; the last is the
            longest run.
        by_width_alone: nothing but the half width ends the run early.

    Raises:
        InputError: a half width that is not positive, or looks that do not rise from at least 8.

    Source: Jennison & Turnbull, J. R. Stat. Soc. B 51, 305 (1989); spending: Lan & DeMets,
    doi:10.1093/biomet/70.3.659 and Kim & DeMets, Biometrika 74, 149 (1987).

    >>> stopping = Stopping(half_width=0.02, looks=range(8, 33, 8))
    >>> decision = stopping.decide(0.53, 0.01, 16)
    >>> decision.stop, decision.interval.text()
    (False, ('0.530', '0.509 … 0.551'))
    """

    half_width: float
    looks: Sequence[int]
    by_width_alone: bool = True

    def __post_init__(self) -> None:
        looks = tuple(int(n) for n in self.looks)
        object.__setattr__(self, "looks", looks)
        if not self.half_width > 0:
            raise InputError(
                f"a half width of {self.half_width:g} is never reached; give a positive one."
            )
        if not looks or looks[0] < _LEAST or any(b <= a for a, b in pairwise(looks)):
            raise InputError(
                f"looks after {list(looks)} quads do not rise from at least {_LEAST}; state, in "
                "order, after how many quads the run may end."
            )

    def level(self, look: int) -> float:
        """Error probability of the interval at the look after so many quads.

        Raises:
            InputError: no look was planned there.
        """
        if look not in self.looks:
            raise InputError(
                f"no look is planned after {look} quads but after "
                f"{', '.join(map(str, self.looks))}; an unplanned one spoils the interval. Wait "
                "for the next."
            )
        if self.by_width_alone:
            return _BY_WIDTH
        return _levels(tuple(self.looks))[tuple(self.looks).index(look)]

    def decide(
        self, estimate: float, stderr: float, look: int, *, degrees_of_freedom: float = np.inf
    ) -> StoppingDecision:
        """Decide by an estimate with a normal error.

        Args:
            estimate, stderr: of all data so far.
            look: quads so far.
            degrees_of_freedom: of the standard error: quads − 1 if it comes from their scatter.

        Raises:
            InputError: no look was planned there.
        """
        from scipy.stats import t

        def interval(level: float) -> Interval:
            half = float(t.ppf(1 - level / 2, degrees_of_freedom)) * stderr
            return Interval(estimate, estimate - half, estimate + half)

        return self.decide_by(interval, look)

    def decide_by(self, interval: Callable[[float], Interval], look: int) -> StoppingDecision:
        """Decide by the interval that `interval(level)` gives, such as `quad_contrast`'s.

        Raises:
            InputError: no look was planned there.
        """
        level = self.level(look)
        found = interval(level)
        # An unknown interval is NaN and reaches nothing.
        return StoppingDecision(found, bool(found.high - found.low <= 2 * self.half_width), level)


@lru_cache(maxsize=32)
def _levels(looks: tuple[int, ...]) -> tuple[float, ...]:
    """Two-sided error probability of each look so that together they are `ERROR`.

    The estimates over the looks are a Brownian motion B(t), t the share of the data. At each look
    b is the solution of P(|B(t_k)| > b, inside at all looks before) = ERROR (t_k − t_{k−1}); the
    density of the paths that are still inside is carried on by quadrature (Armitage, McPherson &
    Rowe, doi:10.2307/2343787).
    """
    from scipy.optimize import root_scalar
    from scipy.special import ndtr

    shares = np.array(looks) / looks[-1]
    steps = np.diff(shares, prepend=0.0)
    at, mass = np.zeros(1), np.ones(1)  # where the paths inside are, and how many
    levels = []
    for share, step in zip(shares, steps, strict=True):
        spread = np.sqrt(step)

        def excess(b: float, *, x=at, m=mass, s=spread, spent=ERROR * step) -> float:
            return float(m @ (ndtr((-b - x) / s) + ndtr((x - b) / s)) - spent)

        b = float(root_scalar(excess, bracket=(0.0, _REACH), xtol=1e-10).root)
        levels.append(float(2 * ndtr(-b / np.sqrt(share))))
        at, mass = _walk(at, mass, spread, b)
    return tuple(levels)


def _walk(
    at: NDArray[np.floating], mass: NDArray[np.floating], spread: float, b: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """The paths that are inside ±b after a normal step of the given spread."""
    nodes, weights = np.polynomial.legendre.leggauss(int(np.ceil(32 + 4 * b / spread)))
    x = b * nodes
    density = np.exp(-((x[:, None] - at) ** 2) / (2 * spread**2)) @ mass
    return x, b * weights * density / (np.sqrt(2 * np.pi) * spread)
