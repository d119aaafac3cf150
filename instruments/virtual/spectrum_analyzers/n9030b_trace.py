"""From periodograms to a trace: bandwidths, averaging, units and binary blocks.

Source: Keysight application note 150 (5952-0292), chapters 2 and 5; IEEE 488.2-1992, 8.7.9.
"""

import math

import numpy as np

REFERENCE_OHM = 50.0
FLOOR_W = 1e-23  # -200 dBm: an empty input reads a number, not minus infinity

# Nominal bandwidth over 3 dB bandwidth of a Gaussian filter, for the ways to specify it.
GAUSSIAN_BANDWIDTHS = {
    "DB3": 1.0,
    "DB6": math.sqrt(2.0),
    "NOIS": math.sqrt(math.pi / (4.0 * math.log(2.0))),
    "IMP": math.sqrt(math.pi / (2.0 * math.log(2.0))),
}
# Noise bandwidth over 3 dB bandwidth.
NOISE_BANDWIDTHS = {"GAUS": GAUSSIAN_BANDWIDTHS["NOIS"], "FLAT": 1.0122}

_E24 = (1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.0, 2.2, 2.4, 2.7, 3.0)
_E24 += (3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1)
RESOLUTION_BANDWIDTHS_HZ = (
    *(step * 10.0**decade for decade in range(7) for step in _E24 if step * 10.0**decade <= 3e6),
    4e6,
    5e6,
    6e6,
    8e6,
)


def nearest_bandwidth(wanted_hz: float) -> float:
    """Choose the filter the analyzer has: E24 steps up to 3 MHz, then 4, 5, 6 and 8 MHz.

    >>> nearest_bandwidth(2.5e3)
    2400.0
    """
    nearest = min(RESOLUTION_BANDWIDTHS_HZ, key=lambda hz: abs(math.log(hz / wanted_hz)))
    return float(f"{nearest:.3g}")


def average(power_w: np.ndarray, kind: str, scale: str) -> np.ndarray:
    """Combine the sweeps of one trace.

    Args:
        power_w: shape (sweeps, points), W.
        kind: AVER, MAXH, MINH, or WRIT for the last sweep.
        scale: what is averaged: RMS the power, SCAL the voltage, LOG the decibels.

    Returns:
        Power in W, shape (points,).
    """
    if kind == "MAXH":
        return power_w.max(axis=0)
    if kind == "MINH":
        return power_w.min(axis=0)
    if kind == "WRIT":
        return power_w[-1]
    if scale == "RMS":
        return power_w.mean(axis=0)
    if scale == "SCAL":
        return np.sqrt(power_w).mean(axis=0) ** 2
    return np.exp(np.log(np.maximum(power_w, FLOOR_W)).mean(axis=0))


def in_unit(power_w: np.ndarray, unit: str) -> np.ndarray:
    """Express power in DBM, W, or V (across 50 ohm)."""
    if unit == "W":
        return power_w
    if unit == "V":
        return np.sqrt(power_w * REFERENCE_OHM)
    return 10.0 * np.log10(np.maximum(power_w, FLOOR_W) / 1e-3)


def block(numbers: np.ndarray, form: str, bits: int, swapped: bool) -> bytes:
    """Write numbers as :FORMat and :FORMat:BORDer ask.

    Args:
        numbers: shape (n,).
        form: REAL for a definite-length block, ASC for text.
        bits: 32 or 64.
        swapped: least significant byte first.
    """
    if form == "ASC":
        return ",".join(f"{number:+.8E}" for number in numbers).encode("ascii")
    data = numbers.astype(f"{'<' if swapped else '>'}f{bits // 8}").tobytes()
    length = str(len(data))
    return f"#{len(length)}{length}".encode("ascii") + data
