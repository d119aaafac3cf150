"""The instrument's own nonreciprocity, measured on a reciprocal control and subtracted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phonosync.analysis.nonreciprocity.contrast import Nonreciprocity
from phonosync.analysis.statistics.interval import Interval
from phonosync.theory.errors import InputError


@dataclass(frozen=True)
class Controlled:
    """A result freed of what the instrument does to it.

    Attributes:
        device: contrast and isolation of the device alone.
        control: isolation of the control, dB.
        equivalent: the control is reciprocal to within `margin_db`.
        margin_db: what was asked for.
        note: the control's statement in a sentence.
    """

    device: Nonreciprocity
    control: Interval
    equivalent: bool
    margin_db: float
    note: str


def subtract_control(
    measured: Nonreciprocity, control: Nonreciprocity, *, margin_db: float
) -> Controlled:
    """Subtract the isolation of a reciprocal control, errors added.

    A detector or a path that passes one direction better multiplies S_+/S_−, so decibels subtract:

        I_device = I_measured − I_control,  χ_device = (χ − χ_0)/(1 − χ χ_0)

    The intervals need not be symmetric: each end takes the distances to the ends that work against
    it, squared and added (MOVER). The control is called equivalent to a reciprocal one when its
    whole 95 % interval lies within ± margin; "not significant" would be no proof of that.

    Args:
        measured: with the effect.
        control: rotation stopped, low power or zero field; measured in quads like the rest.
        margin_db: what an instrument's own isolation may be before it matters.

    Raises:
        InputError: one of the two is undetermined or a limit, or the margin is not positive.

    Source: Zou & Donner, doi:10.1002/sim.3095; equivalence: Schuirmann,
    doi:10.1007/BF01068419.
    """
    if not margin_db > 0:
        raise InputError(f"a margin of {margin_db:g} dB allows nothing; give a positive one.")
    whole, own = measured.isolation_db, control.isolation_db
    for name, interval in (("measured", whole), ("control's", own)):
        if not np.all(np.isfinite([interval.value, interval.low, interval.high])):
            raise InputError(
                f"the {name} isolation is a limit or undetermined, and cannot be subtracted; "
                "average longer."
            )
    difference = whole.value - own.value
    device = Interval(
        difference,
        difference - np.hypot(whole.value - whole.low, own.high - own.value),
        difference + np.hypot(whole.high - whole.value, own.value - own.low),
    )
    ends = np.tanh(np.log(10) / 20 * np.array([device.value, device.low, device.high]))
    equivalent = -margin_db < own.low and own.high < margin_db
    value, interval = own.text()
    said = f"the control's isolation is {value} dB ({interval}), "
    if equivalent:
        said += f"reciprocal to within {margin_db:g} dB"
    elif own.low > 0 or own.high < 0:
        said += "an instrument that is not reciprocal; it was subtracted"
    else:
        said += f"not precise enough to show reciprocity within {margin_db:g} dB"
    contrast = Interval(*map(float, ends))
    return Controlled(Nonreciprocity(contrast, device), own, equivalent, margin_db, said + ".")
