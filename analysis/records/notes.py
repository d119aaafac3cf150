"""What one record cannot tell, in words, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from phonosync.analysis.records.locking import Locking
from phonosync.analysis.records.moments import Moments
from phonosync.analysis.records.oscillation import Oscillation
from phonosync.analysis.records.quadratures import TWO_PI, Quadratures
from phonosync.analysis.statistics.time_series import correlation_time

_FAST = 0.3  # rad that a motion may turn in a time constant
_LOST = 0.02  # of a vibration's energy, by the low-pass
_FEW = 30.0  # independent phases
_STEADY = 0.9


def notes_on(
    measured: Quadratures,
    *,
    oscillations: Sequence[Oscillation],
    turning_hz: np.ndarray,
    locking: Locking | None,
    p_value: float | None,
    moments: Moments | None,
    has_noise: bool,
) -> Iterator[str]:
    """Say what limits the numbers of a `PhaseRecord`; nothing when all is well."""
    both = all(found.state == "oscillating" for found in oscillations)
    for number, found in enumerate(oscillations, start=1):
        if found.state == "not oscillating":
            yield (
                f"vibration {number} is not oscillating (bunching {found.bunching.value:.2f}, "
                "thermal is 2): it is neither synchronized nor unsynchronized as a limit cycle."
            )
        elif found.state == "undecided":
            yield (
                f"whether vibration {number} oscillates is undecided (its bunching's interval "
                "holds π/2, that of the threshold, or it does not rise above the noise); record "
                "longer."
            )
    yield from _on_the_filter(measured, turning_hz, locking, both)
    if locking is not None:
        yield from _on_locking(locking, p_value, both)
    if not has_noise:
        yield (
            "no noise record was given: imprecision is not taken off, so locking value and S are "
            "lower than the vibrations' own."
        )
    if moments is None:
        yield "no calibration was given: S_c, S_p and S_φ need quanta per V²."
        return
    yield from _on_moments(measured, moments, both)


def _on_the_filter(
    measured: Quadratures, turning_hz: np.ndarray, locking: Locking | None, both: bool
) -> Iterator[str]:
    τ = measured.time_constant_s
    if locking is None:
        yield (
            "the phase difference moves by more than 1 rad between samples, so turns get lost: no "
            "locking value, beat or slips. Record more samples a second with a shorter time "
            "constant, or lower the noise."
        )
    elif both:
        beat = abs(locking.beat_hz.value)
        if TWO_PI * beat * τ > _FAST:
            yield (
                f"the beat of {beat:.3g} Hz is fast for the time constant of {τ:.3g} s: slips are "
                "rounded and the locking value is off; shorten the time constant."
            )
    for number, offset in enumerate(np.abs(turning_hz), start=1):
        if both and TWO_PI * offset * τ > _FAST:
            yield (
                f"vibration {number} turns {offset:.3g} Hz from its reference, beyond the low-pass "
                f"of {1 / (TWO_PI * τ):.3g} Hz by far enough to matter; its mean response was "
                "undone, but move the reference."
            )
    if not both:
        for number, z in enumerate(measured.z, start=1):
            # Correlation times of a vibration and of the low-pass add up.
            lost = τ * measured.rate_hz / correlation_time(z)
            if lost > _LOST:
                yield (
                    f"the low-pass keeps about {100 * max(1 - lost, 0):.0f} % of vibration "
                    f"{number}'s energy, so S is too high by as much; shorten the time constant."
                )
    if measured.skew_s * measured.rate_hz > 1:
        yield (
            f"the second channel may have started {measured.skew_s:.2g} s after the first: phases "
            "that wander in that time, and S, are off. Trigger both at once."
        )


def _on_locking(locking: Locking, p_value: float | None, both: bool) -> Iterator[str]:
    slips, beat = locking.slips, locking.beat_hz
    if both and sum(slips) and locking.locking_value.value > 0.5:
        yield (
            f"the pair slips ({sum(slips)} times, beat {beat.value:.3g} Hz) though its locking "
            f"value is {locking.locking_value.value:.2f}: it is not locked over the record. A "
            "slipping pair reaches 0.85."
        )
    if locking.effective_samples < _FEW:
        yield (
            f"the record is worth {locking.effective_samples:.0f} independent phases, too few for "
            "its intervals; record longer."
        )
    if p_value is not None and p_value > 0.05 and locking.raw_locking_value > 0.5:
        yield (
            f"the records stay in step when shifted in time (p = {p_value:.2g}): their lines are "
            "sharp over the whole record, which cannot tell locking from equal frequencies. Detune "
            "one vibration, or record for longer than the phases' memory."
        )


def _on_moments(measured: Quadratures, moments: Moments, both: bool) -> Iterator[str]:
    if not measured.same_frame:
        yield (
            "the channels have different references, whose relative phase is unknown: S_c is not "
            "given (S_φ does not depend on it). Demodulate both at one reference."
        )
    if not both:
        yield "S_p and S_φ need the phases of two oscillations, and are not given."
    elif moments.steadiness < _STEADY:
        yield (
            f"the phases wandered over the record (|mean|²/energy = {moments.steadiness:.2f}): S_c "
            f"is that of {measured.duration_s:.3g} s and falls with its length; S_φ does not."
        )
    complete = moments.complete
    if complete.X - 2 * complete.error <= 0:
        yield (
            "⟨q_−² + p_−²⟩ is within two sigma of zero, so S_c has only a lower limit; record "
            "longer or lower the imprecision."
        )
    elif measured.same_frame and complete.S.low > 1:
        yield "S_c > 1 breaks Heisenberg's limit; check calibration and noise record."
