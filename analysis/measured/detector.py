"""The detector's response: by what power it shows too little, or too much, at each frequency."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from phonosync.analysis.measured.files import read_table
from phonosync.analysis.measured.measurement import axis_values, first_column
from phonosync.theory.errors import InputError
from phonosync.theory.quantities import parse_quantity

Response = Callable[[NDArray[np.floating]], NDArray[np.floating]]


def low_pass(corner_hz: float) -> Response:
    """Power that a low-pass of first order lets pass, R(f) = 1/(1 + (f/f_c)^2).

    >>> float(low_pass(20e6)(np.array(20e6)))
    0.5
    """
    return lambda frequency_hz: 1 / (1 + (frequency_hz / corner_hz) ** 2)


def detector_response(said: str, *, beside: Path) -> Response:
    """Read what is said of a detector.

    Args:
        said: "20 MHz", the corner of a low-pass; or a file with a frequency and a column `gain` (of
            power, 1 where nothing is lost) or `gain_db`, in any format of `read_table`. Between its
            points the gain is interpolated in decibels.
        beside: the measured file, in whose folder a relative path is looked for, too.

    Raises:
        InputError: neither; a gain that is not positive; a file that is damaged.
    """
    try:
        corner = parse_quantity(said, "Hz", "a frequency", "20 MHz")
    except ValueError:
        corner = None
    if corner is not None:
        if not corner > 0:
            raise InputError(f"a detector's corner of {said} lets nothing pass; give one above 0.")
        return low_pass(corner)
    path = Path(said) if Path(said).exists() else beside.parent / said
    if not path.exists():
        raise InputError(
            f"the detector's response {said!r} is neither a frequency like '20 MHz' nor a file; "
            "correct it."
        )
    f, decibels = _curve(path)

    def measured(frequency_hz: NDArray[np.floating]) -> NDArray[np.floating]:
        low, high = float(np.min(frequency_hz)), float(np.max(frequency_hz))
        if low < f[0] or high > f[-1]:
            raise InputError(
                f"{path} tells the detector's gain from {f[0]:.6g} to {f[-1]:.6g} Hz, the spectrum "
                f"reaches from {low:.6g} to {high:.6g} Hz; cut it with --band, or measure the "
                "response further."
            )
        return 10 ** (np.interp(frequency_hz, f, decibels) / 10)

    return measured


def behind(spectrum: xr.DataArray, response: Response) -> xr.DataArray:
    """The spectrum that reached the detector, P/R.

    A gamma variable over a known number is one of the same averages, so that nothing changes for
    the likelihood: fitting P/R by S is fitting P by R S. The response is taken as exact.
    """
    R = response(spectrum["frequency"].values)
    return spectrum.copy(data=spectrum.values / R)


def _curve(path: Path) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    table = read_table(path)
    axis = first_column(table, ("frequency",))
    value = next((name for name in ("gain_db", "gain") if name in table.names), None)
    if axis is None or value is None:
        raise InputError(
            f"{path} has the columns {', '.join(table.names)[:200] or '(none)'}, but frequency_hz "
            "and gain (of power) or gain_db are expected of a detector's response."
        )
    f, gain = axis_values(table, axis, "frequency"), table.numbers(value)
    if value == "gain":
        if not np.all(gain > 0):
            raise InputError(f"{path} holds gains that are not positive; is it gain_db?")
        gain = 10 * np.log10(gain)
    if len(f) < 2 or not np.all(np.diff(f) > 0) or not np.all(np.isfinite(gain)):
        raise InputError(f"{path} is no curve of gains at rising frequencies; export it again.")
    return f, gain
