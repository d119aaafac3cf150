"""Where a motion ends: in a steady state, in a limit cycle, or in neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from phonosync.theory.dynamics.attractor import Attractor, Unsettled, same_attractor
from phonosync.theory.dynamics.limit_cycle import LimitCycle, shoot
from phonosync.theory.dynamics.mean_motion import (
    Complex,
    Real,
    deviations,
    follow_mean,
    to_complex,
    to_real,
)
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import drift
from phonosync.theory.mean_field import SteadyState
from phonosync.theory.network import BosonicNetwork, velocity

_WINDOW = 4096
_PER_TURN = 40
_GUESSES = 6
_PER_PART = 32
_BLOCKS = 6


def settle(
    network: BosonicNetwork,
    amplitudes: ArrayLike | None = None,
    *,
    patience: float = 60.0,
    rtol: float = 1e-9,
) -> Attractor:
    """Follow the mean fields from a state until they settle.

    After stretches of time that double, Newton's method looks for a stable steady state and
    (shooting, with a period at which the motion nearly returned) for a stable cycle close by. One
    is accepted when the next stretch has brought the motion nearer to it, so a state that is merely
    passed, or that a small unstable orbit surrounds, is not.

    Args:
        network: a single network.
        amplitudes: c at the start, shape (N,); rest (all zero) by default.
        patience: longest time, in ring-down times 2/κ of the slowest mode.
        rtol: relative error allowed per step of the integration.

    Returns:
        The steady state, the limit cycle, or what is known of a motion that did not settle.

    Raises:
        InputError: the network is a batch, or patience is not positive.

    >>> settle(BosonicNetwork(detuning=[0.0], loss=[2.0], drive=[3.0])).amplitudes.real.round(9)
    array([3.])
    """
    if patience <= 0:
        raise InputError(f"patience is {patience:.3g}; give a positive number of ring-down times.")
    c: Any = np.zeros(network.modes, complex) if amplitudes is None else np.array(amplitudes)
    ringdown = 2 / network.loss.min()
    stretch, elapsed, longest = min(0.5, patience / 8) * ringdown, 0.0, patience * ringdown
    size = np.maximum(np.abs(c), 1.0)
    rest, orbit = _Approach(), _Approach()
    while True:
        window = _follow(network, c, stretch, rtol, size)
        c, elapsed = window.c[-1], elapsed + stretch
        size = np.maximum(size, np.abs(window.c).max(axis=0))
        state = nearest_steady_state(network, c)
        if state is not None and rest.closes(state, _gap(state.amplitudes, c, size)):
            return state
        cycle = _nearest_cycle(network, window)
        if cycle is not None and orbit.closes(cycle, _gap(cycle.amplitudes[0], c, window.swing)):
            return cycle
        if elapsed >= longest:
            end = _give_up(network, window, elapsed, size)
            if end.kind == "chaotic":
                return end
            # A long window: phases that slip against each other may close only after many turns.
            window = _follow(network, end.amplitudes, stretch, rtol, size, 8 * _WINDOW)
            return _nearest_cycle(network, window, within=0.1) or end
        stretch = min(2 * stretch, 1.001 * (longest - elapsed))


def limit_cycle(
    network: BosonicNetwork,
    amplitudes: ArrayLike | None = None,
    *,
    patience: float = 60.0,
    rtol: float = 1e-9,
) -> LimitCycle:
    """The limit cycle that is reached from rest or from a given state (see `settle`).

    Raises:
        InputError: the motion comes to rest, or does not settle.
    """
    end = settle(network, amplitudes, patience=patience, rtol=rtol)
    if isinstance(end, SteadyState):
        raise InputError(
            f"no oscillation: the motion comes to rest, at a rate of {-end.growth:.3g}. Raise the "
            "drive, tune it to the blue side, or start from a larger amplitude."
        )
    if isinstance(end, Unsettled):
        raise InputError(
            f"no limit cycle within a time of {end.time:.3g}: the motion is {end.kind} (Lyapunov "
            f"exponents {end.exponents[0]:.2g}, {end.exponents[1]:.2g}). Raise patience, or take "
            "settle() and read what it found."
        )
    return end


def nearest_steady_state(network: BosonicNetwork, amplitudes: ArrayLike) -> SteadyState | None:
    """The stable steady state to which the linearised motion leads from c, if it holds so far.

    None where Newton's steps do not shrink at once by a factor of four (then c is too far for the
    linearisation), where they end at an unstable state, or nowhere.
    """
    x = to_real(amplitudes).copy()
    last, scale = np.inf, float(np.linalg.norm(x)) + 1e-300
    for _ in range(40):
        c = to_complex(x)
        A = drift(network, c)
        try:
            step = np.linalg.solve(A, -to_real(velocity(network, c)))
        except np.linalg.LinAlgError:
            return None
        length = float(np.linalg.norm(step))
        x = x + step
        if length <= 1e-13 * scale:
            break
        if not length <= 0.25 * last:
            if length <= 1e-10 * scale:
                break
            return None
        last, scale = length, max(scale, float(np.linalg.norm(x)))
    c = to_complex(x)
    growth = float(np.linalg.eigvals(drift(network, c)).real.max())
    return SteadyState(c, growth) if growth < 0 else None


class _Approach:
    """Remembers the last attractor that was near, and how near."""

    def __init__(self) -> None:
        self.attractor: Any = None
        self.gap = np.inf

    def closes(self, attractor: Any, gap: float) -> bool:
        """Whether this is the same attractor as before, and nearer (or as near as can be told)."""
        near = gap < 0.1 and (gap < 0.5 * self.gap or gap < 1e-7)
        closing = near and self.attractor is not None and same_attractor(self.attractor, attractor)
        self.attractor, self.gap = attractor, gap
        return closing


@dataclass(frozen=True, eq=False)
class _Window:
    """The end of a stretch, evenly sampled: c, shape (W, N), every `step`."""

    c: Complex
    step: float

    @property
    def swing(self) -> Real:
        return np.std(self.c, axis=0) + 1e-4 * np.abs(self.c).max(axis=0) + 1e-300


def _gap(near: Complex, c: Complex, size: Real) -> float:
    return float(np.max(np.abs(near - c) / size))


def _follow(
    network: BosonicNetwork,
    c: Complex,
    stretch: float,
    rtol: float,
    size: Real,
    longest: int = _WINDOW,
) -> _Window:
    """Follow for one stretch and keep its end, some dozens of samples per turn of any mode."""
    fastest = np.abs(np.linalg.eigvals(drift(network, c))).max()
    step = 2 * np.pi / (_PER_TURN * fastest)
    samples = int(np.clip(0.75 * stretch / step, 16, longest))
    step = min(step, 0.75 * stretch / samples)
    times = np.append(0.0, stretch - step * np.arange(samples)[::-1])
    return _Window(follow_mean(network, times, amplitudes=c, rtol=rtol, size=size)[1:], step)


def _nearest_cycle(
    network: BosonicNetwork, window: _Window, within: float = 1.0
) -> LimitCycle | None:
    """A cycle through the window's end, near it, along which nothing grows."""
    for period in _returns(window):
        cycle = shoot(network, window.c[-1], period)
        if cycle is None or cycle.unstable:
            continue
        if _gap(cycle.amplitudes[0], window.c[-1], window.swing) < within:
            return cycle
    return None


def _returns(window: _Window) -> list[float]:
    """Times after which the motion came back, each markedly closer than all shorter ones did.

    A later, closer return shows a longer period (after period doubling, say) or slips between
    phases that run freely; whether there is an orbit, shooting decides.
    """
    z = (window.c / window.swing)[::-1]
    distance = np.sum(np.abs(z - z[0]) ** 2, axis=1)
    inner = distance[3:-3]
    minima = 3 + np.flatnonzero((inner < distance[2:-4]) & (inner <= distance[4:-2]))
    # Between the samples, by Lagrange's polynomial through the seven nearest.
    offsets, nodes = np.linspace(-0.5, 0.5, 41), np.arange(-3, 4)
    others = [nodes[nodes != node] for node in nodes]
    weights = np.array(
        [
            np.prod((offsets[:, None] - rest) / (node - rest), axis=1)
            for node, rest in zip(nodes, others, strict=True)
        ]
    )
    near = np.einsum("nf,mnk->mfk", weights, z[minima[:, None] + nodes])
    closest = np.sum(np.abs(near - z[0]) ** 2, axis=2)
    records, depth = [], 0.3 * distance.max()
    for m, offset, low in zip(
        minima, offsets[closest.argmin(axis=1)], closest.min(axis=1), strict=True
    ):
        if low < 0.25 * depth:
            records.append(float((m + offset) * window.step))
            depth = low
    return records if len(records) <= _GUESSES else [*records[: _GUESSES - 1], records[-1]]


def _give_up(network: BosonicNetwork, window: _Window, elapsed: float, size: Real) -> Unsettled:
    """Measure the two largest Lyapunov exponents, so as to say what the motion is."""
    span = elapsed / 4
    # Short enough parts that two deviations do not become parallel to rounding.
    half = int(np.ceil(max(120, span * network.loss.max() / 8)))
    times = np.linspace(0, span / (2 * half), _PER_PART + 1)
    c, growth, fields = (
        window.c[-1],
        np.zeros(2),
        np.empty((2 * half, _PER_PART, len(size)), complex),
    )
    vectors = np.linalg.qr(np.random.default_rng(0).normal(size=(2 * network.modes, 2)))[0]
    for part in range(2 * half):
        states, columns = deviations(network, times, c, vectors, rtol=1e-9, size=size)
        c, fields[part] = states[-1], states[1:]
        vectors, upper = np.linalg.qr(columns[-1])
        if part >= half:  # the first half turns the vectors into their directions
            growth += np.log(np.abs(np.diag(upper)))
    blocks = np.array([np.std(part, axis=(0, 1)) for part in np.array_split(fields, _BLOCKS)])
    trend = np.diff(np.sum((blocks / blocks.mean(axis=0).max()) ** 2, axis=1))
    return Unsettled(
        amplitudes=c,
        mean=fields.mean(axis=(0, 1)),
        oscillation=np.std(fields, axis=(0, 1)),
        exponents=2 * growth / span,
        drifting=bool(np.all(trend > 0) or np.all(trend < 0)),
        time=elapsed + span,
        resolution=4 / span,  # a factor of e² in the second half
    )
