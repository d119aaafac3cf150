"""Units of spectra and traces: what turns a column into one-sided density or into volts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError

_PREFIX = {"": 1.0, "k": 1e3, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
_AXES = {
    "frequency": {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9},
}
_SPELLINGS = (
    ("²", "2"),
    ("µ", "u"),  # the micro sign
    ("μ", "u"),  # and the Greek letter
    ("_per_", "/"),
    ("hz-1", "/hz"),
    ("√", "sqrt"),
    ("/rthz", "/sqrthz"),
)
_WORDS = {"seconds": "s", "second": "s", "volts": "v", "volt": "v", "hertz": "hz"}
_SHOT_NOISE = ("shotnoiseunits", "shotnoise", "snu", "sn")
KNOWN = "V^2/Hz, W/Hz, V/sqrt(Hz), V^2 or Vrms^2, Vrms, W, dBm, dBm/Hz, dBV, shot-noise units"


@dataclass(frozen=True)
class SpectrumUnit:
    """How a column of a spectrum becomes a density.

    Attributes:
        density: unit of the density, "V^2/Hz".
        per_bandwidth: whether the column is power in the resolution bandwidth, to be divided by
            the noise bandwidth.
        decibels: whether it was a logarithm.
        to_power: column -> power or density.
    """

    density: str
    per_bandwidth: bool
    decibels: bool
    to_power: Callable[[NDArray], NDArray]


def plain(unit: str) -> str:
    """A unit in lower case without blanks, brackets and carets, powers as digits.

    >>> plain("mV²/Hz"), plain("V_per_sqrt(Hz)"), plain("µV^2 Hz^-1")
    ('mv2/hz', 'v/sqrthz', 'uv2/hz')
    """
    unit = re.sub(r"[\s\^*()\[\]{}]", "", unit.lower())
    for spelling, standard in _SPELLINGS:
        unit = unit.replace(spelling, standard)
    return _WORDS.get(unit, unit)


def axis_scale(quantity: str, unit: str) -> float | None:
    """Factor to Hz or s; None for another unit; an axis without unit is in Hz or s."""
    return 1.0 if not unit else _AXES[quantity].get(plain(unit))


def voltage_scale(unit: str) -> float | None:
    """Factor to volts; None for another unit."""
    match = re.fullmatch(r"([kmunpf]?)v", plain(unit))
    return _PREFIX[match[1]] if match else None


def spectrum_unit(unit: str) -> SpectrumUnit:
    """Read the unit of a spectrum's column.

    Raises:
        InputError: a unit that leaves open what the numbers are; the message lists those known.
    """
    text = plain(unit).replace("_rms", "rms")
    if text.replace("-", "").replace("_", "") in _SHOT_NOISE:
        return SpectrumUnit("shot-noise units", False, False, lambda x: x)
    if match := re.fullmatch(r"db(m|w|v|uv|mv)(/hz)?", text):
        watt = match[1] in ("m", "w")
        scale = {"m": 1e-3, "w": 1.0, "v": 1.0, "mv": 1e-6, "uv": 1e-12}[match[1]]
        return SpectrumUnit(
            "W/Hz" if watt else "V^2/Hz", match[2] is None, True, lambda x: scale * 10 ** (x / 10)
        )
    if match := re.fullmatch(r"([kmunpf]?)(v|w)(rms)?(2)?(/hz|/sqrthz)?", text):
        prefix, base, rms, square, per = match.groups()
        scale = _PREFIX[prefix]
        if base == "w" and not rms and not square and per != "/sqrthz":
            return SpectrumUnit("W/Hz", per is None, False, lambda x: scale * x)
        if base == "v" and square and per != "/sqrthz":
            return SpectrumUnit("V^2/Hz", per is None, False, lambda x: scale**2 * x)
        if base == "v" and not square and (per == "/sqrthz" or (rms and per is None)):
            return SpectrumUnit("V^2/Hz", per is None, False, lambda x: (scale * x) ** 2)
    if re.fullmatch(r".+2/hz", text):  # rad^2/Hz, m^2/Hz, Hz^2/Hz: areas follow it
        return SpectrumUnit(unit.strip(), False, False, lambda x: x)
    raise InputError(
        f"the unit {unit!r} does not say what power it is; give one of {KNOWN} "
        "(--unit, or 'unit:' in the sidecar)."
    )


def noise_bandwidth_hz(window: str, width_hz: float) -> float:
    """Bandwidth of white noise that passes as much power as the filter.

    Args:
        window: "gaussian": `width_hz` is the filter's 3 dB width, the answer pi^(1/2)/(2 ln2^(1/2))
            = 1.0645 of it. Any other window of segments: `width_hz` is 1/T, the answer
            T sum w^2/(sum w)^2 of it (Hann: 1.5).
    """
    if window == "gaussian":
        return float(width_hz * np.sqrt(np.pi / np.log(2)) / 2)
    from phonosync.analysis.statistics.segments import SegmentWindow

    return width_hz * SegmentWindow(window, 1.0).noise_bandwidth
