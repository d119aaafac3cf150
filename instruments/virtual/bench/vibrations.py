"""What demodulators see of the phonons: their displacement, mixed down and low-passed.

A weak interferometer watches each phonon's displacement Re c, as loudly as the calibration says and
with its own white noise; it acts back on nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.bench.langevin import Stepper
from phonosync.instruments.virtual.bench.replicas import Replicas
from phonosync.theory.errors import InputError

VOLTS_PER_AMPLITUDE = 1e-5
"""A phonon whose |c| is 1 (one quantum) makes an R of 10 µV."""
FLOOR_QUANTA_PER_HZ = 1e-5
"""White noise of the interferometer: ⟨|δc|²⟩ per Hz of bandwidth."""
_WARM = 12.0  # time constants before a record begins
_PER_SAMPLE = 2.0  # inner samples at least for each one asked for
_LONGEST = 200_000_000  # steps of one record
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class Stretch:
    """All phonons over the same stretch of time, each mixed down by a frequency near its own.

    Attributes:
        envelope: averages over `spacing_s`, 2 Re c e^{−iωt}, shape (phonons, samples).
        frequencies_hz: ω/2π, shape (phonons,).
        start_s: when it begins.
        spacing_s: between samples, s.
        warm: samples before the record.
    """

    envelope: NDArray[np.complexfloating]
    frequencies_hz: NDArray[np.floating]
    start_s: float
    spacing_s: float
    warm: int


def record(
    replicas: Replicas,
    stepper: Stepper,
    phonons: list[int],
    frequencies_hz: NDArray[np.floating],
    *,
    time_constant_s: float,
    rate_hz: float,
    count: int,
) -> Stretch:
    """Let the first replica run, and keep what its phonons do.

    Raises:
        InputError: samples come faster than the phonons swing, or the record would take too long.
    """
    dt = stepper.dt
    # An average over a period suppresses the mean displacement and the other sideband.
    gathered = max(1, round(1 / (float(frequencies_hz.min()) * dt)))
    spacing = gathered * dt
    if rate_hz * spacing * _PER_SAMPLE > 1:
        raise InputError(
            f"{rate_hz:.3g} samples a second are more than half of the phonons' "
            f"{float(frequencies_hz.min()):.4g} Hz; ask for fewer."
        )
    warm = int(np.ceil(_WARM * time_constant_s / spacing))
    samples = warm + int(np.ceil((count - 1) / rate_hz / spacing)) + 2
    if samples * gathered > _LONGEST:
        raise InputError(
            f"a record of {count / rate_hz:.3g} s takes {samples * gathered:.2g} steps of the "
            f"bench; it lasts at most {_LONGEST * dt:.2g} s: ask for a shorter one."
        )
    start = replicas.elapsed_s
    envelope = np.empty((len(phonons), samples), complex)
    turn = 2 * np.pi * frequencies_hz[:, None]
    per_block = max(1, _BLOCK // gathered)
    within = np.exp(-1j * turn * dt * np.arange(per_block * gathered))
    for first in range(0, samples, per_block):
        here = min(per_block, samples - first)
        heard = replicas.listen(stepper, here * gathered, phonons)
        mixed = 2 * heard * within[:, : here * gathered]
        averages = mixed.reshape(len(phonons), here, gathered).mean(axis=-1)
        phase = turn * (start + first * spacing)
        envelope[:, first : first + here] = averages * np.exp(-1j * phase)
    return Stretch(envelope, frequencies_hz, start, spacing, warm)


def demodulate(
    stretch: Stretch,
    phonon: int,
    reference_hz: float,
    *,
    time_constant_s: float,
    rate_hz: float,
    count: int,
    random: np.random.Generator,
    floor: float = 1.0,
) -> NDArray[np.complexfloating]:
    """X + iY of one phonon in V: mixed with the reference, through one RC low-pass.

    The reference runs through all records: a phonon at ω shows e^{i(ω − ω_ref)t}.

    Args:
        stretch: what the phonons did.
        phonon: which.
        reference_hz, time_constant_s, rate_hz, count: of the demodulator.
        random: of the interferometer's noise.
        floor: its noise floor over `FLOOR_QUANTA_PER_HZ`.

    Returns:
        shape (count,).
    """
    from scipy.signal import lfilter

    z = stretch.envelope[phonon]
    h = stretch.spacing_s
    middle = stretch.start_s + (np.arange(len(z)) + 0.5) * h
    beat = 2 * np.pi * (stretch.frequencies_hz[phonon] - reference_hz)
    noise = np.sqrt(floor * FLOOR_QUANTA_PER_HZ / h / 2) * (
        random.standard_normal((len(z), 2)) @ np.array([1, 1j])
    )
    signal = (z + noise) * np.exp(1j * beat * middle)
    kept = np.exp(-h / time_constant_s)
    passed: Any = lfilter([1 - kept], [1, -kept], signal, zi=kept * signal[:1])[0]
    wanted = stretch.warm + np.arange(count) / (rate_hz * h)
    before = wanted.astype(int)
    later = wanted - before
    return VOLTS_PER_AMPLITUDE * ((1 - later) * passed[before] + later * passed[before + 1])
