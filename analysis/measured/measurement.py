"""From the columns of a file and what is said of it to a trace in volts or a one-sided density."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.measured.axis import check_even, check_finite
from phonosync.analysis.measured.metadata import Metadata
from phonosync.analysis.measured.table import Table
from phonosync.analysis.measured.text import EXPECTED
from phonosync.analysis.measured.units import (
    KNOWN,
    axis_scale,
    noise_bandwidth_hz,
    plain,
    spectrum_unit,
    voltage_scale,
)
from phonosync.theory.errors import InputError

_NAMES = {
    "frequency": "frequency|freq|f",
    "time": "time|t",
    "spectrum": "psd|power|spectrum|asd|vrms|amplitude",
    "trace": "voltage|v|trace",
}
_HEADERS = ("frequency_hz", "psd", "time_s", "voltage")


@dataclass(frozen=True, eq=False)
class Trace:
    """An evenly sampled voltage, V."""

    voltage: NDArray
    sample_interval_s: float


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A one-sided density against frequency, its unit, and what had to be assumed of it."""

    frequency_hz: NDArray
    psd: NDArray
    units: str
    assumed: tuple[str, ...] = ()


def interpret(table: Table, said: Metadata) -> Trace | Spectrum:
    """Find axis and values, and convert them.

    Raises:
        InputError: a column is missing, a unit unknown, or what is needed was not said: the message
            names the flag and the sidecar's key.
    """
    axis, value = _columns(table, said)
    unit = said.unit or table.units.get(value, "") or _unit_of(value)
    values = table.numbers(value)
    if _is_trace(table, said, axis=axis, value=value, unit=unit):
        return _trace(table, said, values, axis=axis, unit=unit)
    return _spectrum(table, said, values, axis=axis, value=value, unit=unit)


def _columns(table: Table, said: Metadata) -> tuple[str | None, str]:
    """Names of axis and values."""
    axis = _named(table, said.axis) if said.axis else None
    if said.axis is None:
        kinds = {None: ("frequency", "time"), "spectrum": ("frequency",), "trace": ("time",)}
        axis = first_column(table, kinds[said.kind])
        if axis is None and "axis" in table.columns:
            axis = "axis"
    if said.column:
        return axis, _named(table, said.column)
    if "values" in table.columns:
        return axis, "values"
    order = ("spectrum", "trace") if axis and _is("frequency", axis) else ("trace", "spectrum")
    value = first_column(table, (said.kind,) if said.kind else order)
    if value is None or (axis is None and _is("spectrum", value) and said.frequency_step is None):
        raise InputError(
            f"{table.path} has the columns {', '.join(table.names)[:200] or '(none)'}, but "
            f"{EXPECTED} are expected.{_nearest(table.names, (axis, value))} Or name them with "
            "--column (and 'axis:' in the sidecar)."
        )
    return axis, value


def first_column(table: Table, kinds: tuple[str, ...]) -> str | None:
    """The first column of these kinds, in their order: "frequency", "time", "spectrum", "trace"."""
    return next((name for kind in kinds for name in table.names if _is(kind, name)), None)


def _is(kind: str, name: str) -> bool:
    """Whether a column's name is of this kind, with or without a unit that suits it."""
    name = re.sub(r"^(\w+/)+(?=\w+$)", "", name)  # the groups of an HDF5 file
    match = re.fullmatch(
        rf"(?:{_NAMES[kind]})(?:[_\s]*[(\[\s_](.*?)[)\]]?)?", name.strip(), re.IGNORECASE
    )
    if match is None or match[1] is None:
        return match is not None
    if kind in ("frequency", "time"):
        return axis_scale(kind, match[1]) is not None
    if kind == "trace":
        return voltage_scale(match[1]) is not None
    try:
        spectrum_unit(match[1])
    except InputError:
        return False
    return True


def _unit_of(name: str) -> str:
    """The unit that a column's name carries; "Vrms" names itself."""
    match = re.fullmatch(r"[A-Za-z]+[_\s]*[(\[\s_](.*?)[)\]]?", name.strip())
    return match[1] if match else ("Vrms" if name.strip().lower() == "vrms" else "")


def _named(table: Table, wanted: str) -> str:
    if wanted in table.names:
        return wanted
    raise InputError(
        f"{table.path} has no column {wanted!r}, but {', '.join(table.names)[:200] or 'none'}. "
        "Name one of them with --column."
    )


def _is_trace(table: Table, said: Metadata, *, axis: str | None, value: str, unit: str) -> bool:
    if said.kind:
        return said.kind == "trace"
    if axis is not None and axis != "axis":
        return _is("time", axis)
    if _is("trace", value) or said.sample_rate is not None:
        return True
    if _is("spectrum", value) or said.frequency_step is not None:
        return False
    raise InputError(
        f"{table.path} does not say whether {value!r} is a voltage against time or a spectrum. "
        "Give --kind trace or --kind spectrum (or 'kind:' in the sidecar)."
    )


def _trace(table: Table, said: Metadata, values: NDArray, *, axis: str | None, unit: str) -> Trace:
    scale = 1.0 if not unit else voltage_scale(unit)
    if scale is None:
        raise InputError(
            f"the voltage in {table.path} has the units {unit!r}, but V, mV, uV or nV is expected. "
            "Correct it, or give --unit."
        )
    if said.sample_rate is not None:
        return Trace(scale * values, 1 / said.sample_rate)
    if axis is None:
        raise InputError(
            f"{table.path} does not say how fast the voltage was sampled. Give --sample-rate (or "
            "'sample_rate: 1 MHz' in the sidecar, or the attribute sample_rate_hz)."
        )
    return Trace(
        scale * values, check_even("time", axis_values(table, axis, "time"), "s", tolerance=0.1)
    )


def axis_values(table: Table, name: str, quantity: str) -> NDArray:
    """A column of frequencies (Hz) or times (s), by its unit.

    Raises:
        InputError: a unit of something else.
    """
    unit = table.units.get(name, "") or _unit_of(name)
    scale = axis_scale(quantity, unit)
    if scale is None:
        raise InputError(
            f"{name} in {table.path} has the units {unit!r}, but those of a {quantity} are "
            "expected. Correct them."
        )
    return scale * table.numbers(name)


def _spectrum(
    table: Table, said: Metadata, values: NDArray, *, axis: str | None, value: str, unit: str
) -> Spectrum:
    assumed = []
    if not unit:
        if not re.match(r"(\w+/)*(psd|values)", value, re.IGNORECASE):
            raise InputError(
                f"{table.path} does not say the unit of {value!r}; amplitude and power differ by a "
                f"square. Give --unit (or 'unit:' in the sidecar): {KNOWN}."
            )
        unit = "V^2/Hz"
        assumed.append("power in V^2/Hz")
    known = spectrum_unit(unit)
    check_finite(value, values)
    if known.decibels and said.averaging is None:
        raise InputError(
            f"{table.path} is in {unit}, and it does not say whether the analyzer averaged power "
            "or decibels (2.5 dB apart). Give --averaging power or --averaging log."
        )
    if not known.decibels and plain(unit).count("2") == 0 and np.any(values < 0):
        raise InputError(
            f"{value} in {table.path} is {values.min():g} {unit} at its lowest, but it is positive "
            "in this unit. If these are decibels give --unit dBm."
        )
    power = known.to_power(values)
    frequency = _frequencies(table, said, axis, power.size)
    if known.per_bandwidth:
        power = power / _noise_bandwidth(table, said, frequency, unit)
    spectrum = Spectrum(frequency, power, known.density)
    spectrum = _one_sided(spectrum, said, assumed)
    if said.detector is None and (known.decibels or known.per_bandwidth):
        assumed.append("sample or r.m.s. detector")
    return replace(spectrum, assumed=tuple(assumed))


def _frequencies(table: Table, said: Metadata, axis: str | None, points: int) -> NDArray:
    if axis is not None:
        return axis_values(table, axis, "frequency")
    if said.frequency_step is None:
        raise InputError(
            f"{table.path} has no frequencies. Give 'frequency_start: 9 MHz' and "
            "'frequency_step: 100 Hz' in its sidecar."
        )
    return (said.frequency_start or 0.0) + said.frequency_step * np.arange(points)


def _noise_bandwidth(table: Table, said: Metadata, frequency: NDArray, unit: str) -> float:
    if said.resolution_bandwidth is not None:
        if said.window in (None, "gaussian"):
            return noise_bandwidth_hz("gaussian", said.resolution_bandwidth)
        raise InputError(
            f"{table.path} has a {said.window} window and a resolution bandwidth, whose meaning "
            "then differs between makers. Give the window without it (the bin says the bandwidth), "
            "or 'window: gaussian' with it."
        )
    if said.window not in (None, "gaussian"):
        step = check_even("frequency", frequency, "Hz", tolerance=0.5)
        return noise_bandwidth_hz(str(said.window), step)
    raise InputError(
        f"{table.path} is in {unit}, power in a bandwidth that it does not say. Give "
        "--rbw '2 kHz' (an analyzer's filter), or --window hann (bins of an FFT)."
    )


def _one_sided(spectrum: Spectrum, said: Metadata, assumed: list[str]) -> Spectrum:
    f, P = spectrum.frequency_hz, spectrum.psd
    if np.any(f < 0):
        order = np.argsort(f)
        f, P = f[order], P[order]
        positive = f > 0
        mirror = np.interp(f[positive], -f[f < 0][::-1], P[f < 0][::-1])
        if said.sides == "one" or not np.allclose(mirror, P[positive], rtol=1e-3, atol=0):
            raise InputError(
                f"the frequencies start at {f[0]:g} Hz and both sides differ, so this is no "
                "voltage's spectrum (I/Q data has two sides). Keep the side with the modes: --band."
            )
        return replace(spectrum, frequency_hz=f[positive], psd=2 * P[positive])
    if said.sides == "two":
        return replace(spectrum, psd=2 * P)
    if said.sides is None:
        assumed.append("one-sided")
    return spectrum


def _nearest(names: list[str], found: tuple[str | None, ...]) -> str:
    present = [kind for kind in _NAMES for name in found if name and _is(kind, name)]
    places = dict(zip(("frequency", "spectrum", "time", "trace"), _HEADERS, strict=True))
    missing = [header for kind, header in places.items() if kind not in present]
    for name in names:
        if near := difflib.get_close_matches(name.lower(), missing, n=1, cutoff=0.5):
            return f" Rename {name!r} to {near[0]!r}?"
    return ""
