"""What theory expects an instrument to show, and its derivatives by the free entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.free import FreeEntry
from phonosync.analysis.models.motion import Motion, Variants, quadrature_row, resting_state
from phonosync.analysis.models.observations import NoiseSpectrum, Observation, Response
from phonosync.analysis.models.resolvent import Poles, Profiles
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import steady_covariance

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class State:
    """A device's steady state under a condition.

    Attributes:
        motion: of the device alone (B = 1), or of the device and its neighbours.
        V: covariance of the device, shape (2N, 2N).
        poles: of its drift.
        steps: parameter differences of the neighbours, shape (P,); None where there are none.
            Neighbours come after the device: P with larger values, then P with smaller ones.
    """

    motion: Motion
    V: Array
    poles: Poles
    steps: Array | None = None

    def slope(self, of_batch: Array) -> Array:
        """Central differences of what every variant has, shape (P, ...)."""
        assert self.steps is not None
        P = len(self.steps)
        apart = of_batch[1 : P + 1] - of_batch[P + 1 :]
        return apart / self.steps.reshape(P, *[1] * (apart.ndim - 1))

    @property
    def covariance_slopes(self) -> Array:
        """Derivatives of V by every free entry, shape (P, 2N, 2N)."""
        return self.poles.covariance_slopes(
            self.V, self.slope(self.motion.A), self.slope(self.motion.D)
        )


def state_at(
    device: Device,
    free: Sequence[FreeEntry],
    values: Array,
    condition: Condition,
    *,
    near: Array | None = None,
    slopes: bool = False,
) -> State:
    """The stable state at values of the free entries, with neighbours where slopes are wanted.

    Args:
        device: as its file says.
        free: P entries.
        values: of the entries, SI, shape (P,).
        condition: directions and settings.
        near: a state to look beside first, shape (N,).
        slopes: whether derivatives will be asked for.

    Raises:
        UnstableError: no stable state, or a fold within a small step.
        InputError: values that the device may not have.
    """
    rows, steps = neighbours(values, free) if slopes else (values[None], None)
    return state_of(Variants.of(device, free, rows, condition), steps, near)


def state_of(variants: Variants, steps: Array | None, near: Array | None = None) -> State:
    """The state of the first variant, of which the others, `steps` apart, are neighbours.

    Raises:
        UnstableError: no stable state, or a fold within a small step.
    """
    motion = Motion.near(variants, resting_state(variants, near))
    A = motion.A[0]
    return State(motion, steady_covariance(A, motion.D[0]), Poles.of(A), steps)


def neighbours(values: Array, free: Sequence[FreeEntry]) -> tuple[Array, Array]:
    """The values and those a small step up and down in each, (2P + 1, P), and differences, (P,)."""
    up, down = (np.tile(values, (len(values), 1)) for _ in range(2))
    for k, one in enumerate(free):
        down[k, k], up[k, k] = one.neighbours(float(values[k]))
    return np.concatenate([values[None], up, down]), np.diagonal(up - down).copy()


def expected_trace(state: State, trace: Observation) -> Array:
    """What theory expects in place of a trace: shot-noise units, or S-parameters, shape (F,)."""
    if isinstance(trace, Response):
        left, right, direct = (x[0] for x in _ways(state.motion, trace))
        return direct - _profiles(state, trace).between(left, right)
    w, n, eta = (x[0] for x in _detector(state.motion, trace))
    u = (state.V - (n + 0.5) * np.eye(len(w))) @ w
    inside = np.real(_profiles(state, trace).between(w, u))
    unit = 1 + 2 * eta * n if trace.undriven_unit else 1.0
    return (1 + 2 * eta * n + 4 * eta * inside) / unit


def expected_slopes(state: State, trace: Observation) -> tuple[Array, Array]:
    """`expected_trace` and its derivatives by the free entries, shapes (F,) and (F, P).

    S = 1 + 2η n + 4η Re w M u with u = (V − n − 1/2) w, so that
    dS = 2 d(η n) + 4 dη Re w M u + 4η Re (dw M u + w M dA M u + w M du),
    both over 1 + 2η n where that is the unit.
    """
    profiles = _profiles(state, trace)
    dA = state.slope(state.motion.A)
    if isinstance(trace, Response):
        left, right, direct = _ways(state.motion, trace)
        change = (state.slope(left), dA, state.slope(right))
        value = direct[0] - profiles.between(left[0], right[0])
        return value, -profiles.slopes(left[0], right[0], change)
    ws, ns, etas = _detector(state.motion, trace)
    w, n, eta = ws[0], ns[0], etas[0]
    dw, dn, d_eta = state.slope(ws), state.slope(ns), state.slope(etas)
    excess = state.V - (n + 0.5) * np.eye(len(w))
    u = excess @ w
    du = state.covariance_slopes @ w + dw @ excess - dn[:, None] * w
    inside = np.real(profiles.between(w, u))
    d_inside = np.real(profiles.slopes(w, u, (dw, dA, du)))
    value, d_floor = 1 + 2 * eta * n + 4 * eta * inside, 2 * (d_eta * n + eta * dn)
    slopes = d_floor + 4 * (np.outer(inside, d_eta) + eta * d_inside)
    if not trace.undriven_unit:
        return value, slopes
    unit = 1 + 2 * eta * n
    return value / unit, (slopes - np.outer(value, d_floor / unit)) / unit


def _profiles(state: State, trace: Observation) -> Profiles:
    window = trace.window if isinstance(trace, NoiseSpectrum) else None
    return Profiles.of(state.poles, trace.frequency_hz, window)


def _detector(motion: Motion, trace: NoiseSpectrum) -> tuple[Array, Array, Array]:
    """w, n and η of every variant."""
    detection = motion.variants.devices[0].detection
    if detection is None and (trace.port is None or trace.angle is None):
        raise InputError(
            f"{motion.variants.devices[0].name} says no 'detection'; add it to the device file, "
            "or give the spectrum its port and angle."
        )
    port, angle = trace.port, trace.angle
    if detection is not None:
        port = detection.port if port is None else port
        angle = detection.angle if angle is None else angle
    assert port is not None
    assert angle is not None
    return motion.detected_row(port, angle), motion.port_occupations(port), motion.efficiencies()


def _ways(motion: Motion, trace: Response) -> tuple[Array, Array, Array]:
    """Left and right vectors of −signal, and what passes without entering: c_out = L − c_in.

    For c = (q + ip)/√2 the signal is ½ (C_q + iC_p) M (C_q − iC_p)ᵀ − δ of receiver and source.
    """
    out, into = motion.couplings(trace.receiver), motion.couplings(trace.source)
    left = (quadrature_row(out) + 1j * quadrature_row(-1j * out)) / 2
    right = quadrature_row(into) - 1j * quadrature_row(-1j * into)
    same = float(trace.receiver == trace.source)
    return left, right, np.full(len(out), same)
