"""S-parameters from Touchstone files, by scikit-rf."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from phonosync.analysis.measured.axis import check_finite
from phonosync.analysis.measured.files import first_bytes
from phonosync.theory.errors import InputError

LARGEST_TOUCHSTONE = 50_000_000
"""Bytes: half a million points of two ports."""
_FEWEST_POINTS = 20
_ENDING = re.compile(r"\.(s\d+p|ts)", re.IGNORECASE)


def is_touchstone(path: Path) -> bool:
    """Whether the name says that a file holds S-parameters (.s1p, .s2p, ..., .ts)."""
    return _ENDING.fullmatch(path.suffix) is not None


def read_scattering(
    path: Path, *, element: str | None = None, band_hz: tuple[float, float] | None = None
) -> xr.DataArray:
    """Read one complex S-parameter of a Touchstone file.

    Args:
        path: .s1p, .s2p, ...
        element: "S21": into port 2 from port 1. Not needed if only one element varies (programs
            fill the others with ones and zeros).
        band_hz: keep only these frequencies.

    Returns:
        Complex, over `frequency` in Hz, its name the element.

    Raises:
        InputError: missing, damaged, too large, no such element, several that vary, too few points,
            or values that are no numbers.
    """
    first_bytes(path)
    if path.stat().st_size > LARGEST_TOUCHSTONE:
        raise InputError(f"{path} is larger than {LARGEST_TOUCHSTONE / 1e6:.0f} MB; cut the band.")
    import skrf

    try:
        network = skrf.Network(str(path))
        s, frequency = np.asarray(network.s), np.asarray(network.f, float)
    except Exception as error:  # scikit-rf's parser raises nearly anything at damaged text
        raise InputError(
            f"{path} is no complete Touchstone file ({type(error).__name__}: "
            f"{str(error).splitlines()[0][:80] if str(error) else 'no reason given'}). "
            "Export it again."
        ) from None
    if band_hz is not None:
        inside = (frequency >= band_hz[0]) & (frequency <= band_hz[1])
        s, frequency = s[inside], frequency[inside]
    if frequency.size < _FEWEST_POINTS:
        raise InputError(
            f"{path} has {frequency.size} frequencies, too few for a resonance. "
            f"Measure at least {_FEWEST_POINTS}."
        )
    name, values = _element(path, s, element)
    check_finite(name, np.abs(values))
    if np.any(np.diff(frequency) <= 0):
        raise InputError(f"the frequencies in {path} do not rise. Sort them.")
    if np.ptp(np.abs(values)) == 0 and np.ptp(np.angle(values)) == 0:
        raise InputError(
            f"{name} in {path} is {values[0]:g} throughout, so no resonance was measured. "
            "Check the connection, or name another with --column S21."
        )
    return xr.DataArray(
        values,
        coords={"frequency": ("frequency", frequency, {"units": "Hz"})},
        name=name,
        attrs={"long_name": f"{name}", "units": "1"},
    )


def _element(path: Path, s: NDArray, wanted: str | None) -> tuple[str, NDArray]:
    ports = s.shape[1]
    every = {f"S{i + 1}{j + 1}": s[:, i, j] for i in range(ports) for j in range(ports)}
    if wanted is not None:
        if wanted.upper() not in every:
            raise InputError(
                f"{path} has no {wanted!r}, but {', '.join(every)}. Name one of them with --column."
            )
        return wanted.upper(), every[wanted.upper()]
    varying = {name: v for name, v in every.items() if np.ptp(np.abs(v)) != 0}
    if len(varying) > 1:
        raise InputError(
            f"{path} holds {', '.join(varying)}. Say which one has the resonance: --column S21."
        )
    return next(iter(varying.items())) if varying else next(iter(every.items()))
