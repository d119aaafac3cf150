"""One record of two vibrations, analysed: do they oscillate, do they hold together, how quietly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.measured.calibration import Calibration
from phonosync.analysis.records.locking import Locking, attenuation_by, locking_of
from phonosync.analysis.records.moments import Moments, moments_of
from phonosync.analysis.records.notes import notes_on
from phonosync.analysis.records.oscillation import Oscillation, oscillation_of
from phonosync.analysis.records.quadratures import (
    TWO_PI,
    Quadratures,
    noise_covariance,
    read_quadratures,
)
from phonosync.analysis.records.surrogates import locking_p_value
from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.analysis.statistics.time_series import correlation_time
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class PhaseRecord:
    """What one record says. Read `notes`: they tell what it does not.

    Attributes:
        duration_s: length of the record; S_c and S_φ of phases that diffuse belong to it.
        oscillations: of both vibrations, energies in V² or, with a calibration, in quanta (n + ½).
        locking: locking value, beat, slips, entropy; None where turns of a phase get lost.
        p_value: of two vibrations that do not know of each other; None as before.
        moments: variances in quanta, with their common error; None without a calibration.
        S_c, S_p, S_phi: their inverses; UNKNOWN where the record does not define them.
        notes: what limits the numbers, and what to do about it.
    """

    duration_s: float
    oscillations: tuple[Oscillation, Oscillation]
    locking: Locking | None
    p_value: float | None
    moments: Moments | None
    S_c: Interval
    S_p: Interval
    S_phi: Interval
    notes: tuple[str, ...]

    @property
    def state(self) -> str:
        """Of the pair: "oscillating" if both are, else "not oscillating" or "undecided"."""
        states = {oscillation.state for oscillation in self.oscillations}
        return next(s for s in ("not oscillating", "undecided", "oscillating") if s in states)

    def to_json(self) -> dict[str, Any]:
        """Numbers, intervals and notes as JSON knows them."""
        return {
            "duration_s": self.duration_s,
            "state": self.state,
            "oscillations": [
                {"energy": o.energy.to_json(), "bunching": o.bunching.to_json(), "state": o.state}
                for o in self.oscillations
            ],
            "locking": None if self.locking is None else _plain(self.locking),
            "p_value": self.p_value,
            "S_c": self.S_c.to_json(),
            "S_p": self.S_p.to_json(),
            "S_phi": self.S_phi.to_json(),
            "notes": list(self.notes),
        }


def analyse_record(
    record: xarray.DataArray,
    *,
    channels: tuple[int, int] = (0, 1),
    noise: xarray.DataArray | None = None,
    calibration: Calibration | tuple[Calibration, Calibration] | None = None,
) -> PhaseRecord:
    """From a demodulated record of two vibrations to their synchronization, with 95 % intervals.

    The low-pass is undone at each oscillation's own mean frequency (transfer 1/(1 + iωτ)); of
    motion that is faster than it a note tells. Intervals come from blocks of the record that are
    ten correlation times long, where it is long enough.

    Args:
        record: V, as a `Demodulator` gives it: dimensions (channel, quadrature, time), coordinate
            `reference` (Hz) by channel, attributes `rate_hz` and `time_constant_s`.
        channels: the two vibrations.
        noise: a record of the same channels through the same low-pass without the vibrations
            (references beside the lines): the imprecision that is taken off.
        calibration: quanta per V² of both channels, one for both (its error is then common to
            them) or one each (errors independent).

    Raises:
        InputError: no such record, noise through another low-pass, or noise that holds a tone.
    """
    measured = read_quadratures(record, channels=channels)
    N, noise_samples = np.zeros((2, 2), complex), np.inf
    if noise is not None:
        reference = read_quadratures(noise, channels=channels)
        N = noise_covariance(reference, measured)
        _check_noise(reference)
        noise_samples = reference.z.shape[1] / (2 * correlation_time(reference.z[0]))
    energies = [oscillation_of(z, float(N[k, k].real)) for k, z in enumerate(measured.z)]
    both = all(found.state == "oscillating" for found in energies)
    turning_hz = measured.turning_hz()
    z = measured.z
    if both:
        response = 1 + 1j * TWO_PI * turning_hz * measured.time_constant_s
        z = z * response[:, None]
        N = N * np.outer(response, response.conj())
        energies = [oscillation_of(own, float(N[k, k].real)) for k, own in enumerate(z)]
    locking, p_value = _locking(measured, z, N, both)
    scales = _pair(calibration)
    moments = None
    if scales is not None:
        framed = _common_frame(measured, z)
        moments = moments_of(
            _standing(framed, measured.rate_hz) if both else framed,
            noise=N,
            noise_samples=noise_samples,
            calibrations=scales,
            shared_calibration=isinstance(calibration, Calibration),
            oscillating=both,
        )
        energies = [_in_quanta(one, C) for one, C in zip(energies, scales, strict=True)]
    complete = moments is not None and measured.same_frame
    return PhaseRecord(
        duration_s=measured.duration_s,
        oscillations=(energies[0], energies[1]),
        locking=locking,
        p_value=p_value,
        moments=moments,
        S_c=moments.complete.S if moments and complete else UNKNOWN,
        S_p=moments.phase.S if moments and moments.phase else UNKNOWN,
        S_phi=moments.phi.S if moments and moments.phi else UNKNOWN,
        notes=tuple(
            notes_on(
                measured,
                oscillations=energies,
                turning_hz=turning_hz,
                locking=locking,
                p_value=p_value,
                moments=moments,
                has_noise=noise is not None,
            )
        ),
    )


def _check_noise(reference: Quadratures) -> None:
    """Refuse a noise record in which a tone stands out, whose power would be taken off as noise."""
    for number, z in enumerate(reference.z, start=1):
        found = oscillation_of(z)
        if found.state == "oscillating":
            raise InputError(
                f"channel {number} of the noise record oscillates (bunching "
                f"{found.bunching.value:.2f}, noise has 2): the vibration leaks through the "
                "low-pass. Move the reference farther away, or switch the drive off."
            )


def _locking(
    measured: Quadratures,
    z: NDArray[np.complexfloating],
    N: NDArray[np.complexfloating],
    both: bool,
) -> tuple[Locking | None, float | None]:
    try:
        φ = measured.phase_difference()
    except InputError:
        return None, None  # a note says so
    φ = φ + np.angle(z[0, 0] * z[1, 0].conj() / (measured.z[0, 0] * measured.z[1, 0].conj()))
    attenuation = attenuation_by(z, N, complex(np.exp(1j * φ).mean())) if both else 1.0
    locking = locking_of(φ, rate_hz=measured.rate_hz, attenuation=attenuation)
    return locking, locking_p_value(_common_frame(measured, z))


def _common_frame(
    measured: Quadratures, z: NDArray[np.complexfloating]
) -> NDArray[np.complexfloating]:
    """Both channels in the frame of the first one's reference."""
    apart = measured.references_hz - measured.references_hz[0]
    return z * np.exp(2j * np.pi * apart[:, None] * measured.times_s)


def _standing(z: NDArray[np.complexfloating], rate_hz: float) -> NDArray[np.complexfloating]:
    """In the frame that turns at the pair's mean frequency."""
    common = np.unwrap(np.angle(z), axis=1).mean(axis=0)
    t = np.arange(z.shape[1]) / rate_hz
    slope = np.polynomial.polynomial.polyfit(t - t.mean(), common, 1)[1]
    return z * np.exp(-1j * slope * t)


def _pair(
    calibration: Calibration | tuple[Calibration, Calibration] | None,
) -> tuple[Calibration, Calibration] | None:
    return (calibration, calibration) if isinstance(calibration, Calibration) else calibration


def _in_quanta(found: Oscillation, calibration: Calibration) -> Oscillation:
    """Energy in quanta, the calibration's error added."""
    C, E = calibration.quanta_per_v2, found.energy
    shift = 1.959964 * calibration.relative_error * E.value
    ends = E.value - np.hypot(E.value - E.low, shift), E.value + np.hypot(E.high - E.value, shift)
    energy = Interval(C * E.value, float(C * ends[0]), float(C * ends[1]))
    return Oscillation(energy, found.bunching, found.state)


def _plain(locking: Locking) -> dict[str, Any]:
    return {
        name: value.to_json() if isinstance(value, Interval) else value
        for name, value in vars(locking).items()
    }
