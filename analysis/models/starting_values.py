"""Starting values: the file's, and the most likely of many trial devices.

Phonon frequencies are read off the narrowest lines in sight; every trial device then has its own
optical springs taken off, so that its poles and not its phonons lie on the lines. The other free
entries are searched on a quasi-random grid within their ranges, by likelihood.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray
from scipy.stats import qmc

from phonosync.analysis.directions.starting_values import strongest_lines
from phonosync.analysis.models.expected import State, expected_trace
from phonosync.analysis.models.joint import NO_MODEL, JointModel, gain_name, phase_name
from phonosync.analysis.models.motion import Motion, Variants, varied_devices
from phonosync.analysis.models.observations import Observation, Response
from phonosync.analysis.models.resolvent import Poles
from phonosync.analysis.statistics.likelihood import whittle_deviance
from phonosync.theory.errors import InputError, UnstableError
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.mean_field import steady_states_of_many

Array = NDArray[Any]
_TRIALS = 128  # a power of 2, as Sobol's sequence wants
_POINTS = 400  # of a trace that a trial is compared with


def starting_values(model: JointModel, wanted: int, *, seed: int = 0) -> list[Parameters]:
    """The file's values where they are stable, and the `wanted` most likely trials.

    Raises:
        InputError: no trial has a stable state under all conditions.
    """
    free, traces = model.chart.free, [_thinned(t) for t in model.observations.traces]
    low, high = (np.array([getattr(one, end) for one in free]) for end in ("low", "high"))
    log = np.array([one.log for one in free])
    u = qmc.Sobol(len(free), rng=np.random.default_rng(seed)).random(_TRIALS)
    ratio = np.where(log, high, 1.0) / np.where(log, low, 1.0)
    values = np.where(log, low * ratio**u, low + (high - low) * u)
    values[0] = [one.start for one in free]
    lines = _lines(model)
    if lines is not None:
        values[1:, list(model.chart.order)] = lines
    cost = np.zeros(_TRIALS)
    springs = None if lines is None else _narrowest(model)
    if springs is not None:
        values = _without_springs(model, values, lines, springs)
    for trace in traces:
        cost += _deviances(model, values, trace)
    order = [k for k in np.argsort(cost, kind="stable") if np.isfinite(cost[k])]
    if not order:
        raise InputError(
            f"none of {_TRIALS} devices like {model.device.name} has a stable state under every "
            "condition; narrow the ranges of the free entries, or lower the drive."
        )
    chosen = order[:wanted]
    if np.isfinite(cost[0]) and 0 not in chosen:
        chosen = [0, *chosen[:-1]]
    names = [one.entry.name for one in free]
    return [model.parameters(dict(zip(names, values[k].tolist(), strict=True))) for k in chosen]


def with_gains(model: JointModel, start: Parameters) -> Parameters:
    """The parameters with each S-parameter's gain and phase where they suit its values best.

    The factor enters linearly: it is <expected, measured>/<expected, expected>. Cables turn a phase
    by anything, and an optimiser that begins at zero does not find one that is half a turn away.
    """
    found = start.copy()
    try:
        model.states(found)
    except NO_MODEL:
        return found  # the optimiser turns back from there
    for k, trace in enumerate(model.observations.traces):
        if isinstance(trace, Response) and not trace.calibrated:
            found[gain_name(k)].value, found[phase_name(k)].value = 1.0, 0.0
            expected = model.expected(found, k)
            power = float(np.vdot(expected, expected).real)
            factor = complex(np.vdot(expected, trace.values)) / power if power > 0 else 1.0
            found[gain_name(k)].value = abs(factor) or 1.0
            found[phase_name(k)].value = float(np.angle(factor))
    return found


def _lines(model: JointModel) -> Array | None:
    """Frequencies of as many lines as phonon frequencies are free, from the narrowest lines."""
    found = _narrowest(model)
    if found is None:
        return None
    trace = model.observations.spectra[found]
    lines = strongest_lines(
        trace.frequency_hz, trace.power, trace.averages, wanted=len(model.chart.order)
    )
    return None if lines is None else lines.frequency_hz


def _narrowest(model: JointModel) -> int | None:
    """Which of the spectra shows every line, and narrowest."""
    widths = {}
    for k, trace in enumerate(model.observations.spectra):
        if len(model.chart.order) == 0:
            break
        lines = strongest_lines(
            trace.frequency_hz, trace.power, trace.averages, wanted=len(model.chart.order)
        )
        if lines is not None:
            widths[k] = float(lines.width_hz.sum())
    return min(widths, key=widths.__getitem__) if widths else None


def _without_springs(model: JointModel, values: Array, lines: Any, spectrum: int) -> Array:
    """Trials whose poles, and not whose phonons, lie on the lines."""
    order = list(model.chart.order)
    trace = model.observations.spectra[spectrum]
    moved = values.copy()
    for _ in range(2):
        batch = _batch(model, moved, trace)
        for row, A in zip(batch.rows, batch.A, strict=True):
            poles = np.linalg.eigvals(A)
            poles = poles[poles.imag < 0]
            narrow = np.sort(-poles[np.argsort(-poles.real)[: len(order)]].imag) / (2 * np.pi)
            if row and len(narrow) == len(order):
                shift = lines - narrow
                # A spring beyond a tenth of the frequency is a trial gone wrong.
                moved[row, order] += np.clip(shift, -0.1 * lines, 0.1 * lines)
    moved[:, order] = np.sort(np.maximum(moved[:, order], 1.0), axis=1)
    return moved


class _Batch:
    """Trials with a stable state: which they are, and their motion."""

    def __init__(self, rows: Array, variants: Variants, c: Array):
        self.rows, self.variants, self.c = rows, variants, c
        self.A, self.D = drift(variants.network, c), diffusion(variants.network)


def _batch(model: JointModel, values: Array, trace: Observation) -> _Batch:
    possible, devices = [], []
    for k, row in enumerate(values):
        try:
            devices += varied_devices(model.device, model.chart.free, row[None], trace.condition)
        except InputError:
            continue
        possible.append(k)
    variants = Variants.at(tuple(devices), trace.condition)
    states = steady_states_of_many(variants.network)
    stable = states.stable
    upper = trace.condition.branch == "upper"
    last = stable.shape[-1] - 1 - np.argmax(stable[:, ::-1], axis=-1)
    chosen = last if upper else np.argmax(stable, axis=-1)
    some = np.flatnonzero(np.any(stable, axis=-1))
    c = states.amplitudes[some, chosen[some]]
    kept = Variants(
        tuple(variants.devices[k] for k in some), variants.network.flat(some), trace.condition
    )
    return _Batch(np.array(possible)[some], kept, c)


def _deviances(model: JointModel, values: Array, trace: Observation) -> Array:
    """Deviance of a trace for every trial; infinite without a stable state."""
    cost = np.full(len(values), np.inf)
    batch = _batch(model, values, trace)
    for place, row in enumerate(batch.rows):
        one = Variants(
            (batch.variants.devices[place],),
            batch.variants.network.flat(np.array([place])),
            trace.condition,
        )
        A, D = batch.A[place], np.broadcast_to(batch.D, batch.A.shape)[place]
        motion = Motion(one, batch.c[place][None], A[None], D[None])
        try:
            V = steady_covariance(A, D)
        except UnstableError:
            continue
        expected = expected_trace(State(motion, V, Poles.of(A)), trace)
        if isinstance(trace, Response):
            scale = np.vdot(expected, trace.values) / np.vdot(expected, expected)
            cost[row] = np.sum(np.abs(trace.values - scale * expected) ** 2) / trace.error**2
        elif np.all(expected > 0):
            cost[row] = whittle_deviance(trace.power, expected, trace.averages)
    return cost


def _thinned(trace: Observation) -> Observation:
    """Every so many points: enough to tell good starts from bad ones."""
    from dataclasses import replace

    stride = -(-len(trace.frequency_hz) // _POINTS)
    if isinstance(trace, Response):
        return replace(
            trace, frequency_hz=trace.frequency_hz[::stride], values=trace.values[::stride]
        )
    return replace(trace, frequency_hz=trace.frequency_hz[::stride], power=trace.power[::stride])
