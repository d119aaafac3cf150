"""What is taken at a point: arrays by name, with their coordinates, units and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.schedule import Point
from phonosync.experiments.rig.rig import Rig
from phonosync.instruments.errors import InstrumentError

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Variable:
    """A measured array: unit, inner dimensions with their units, and kind of its numbers."""

    unit: str
    dims: Mapping[str, str]
    label: str
    dtype: type = float


PORTS = {"output_port": "", "input_port": ""}
VARIABLES = {
    "psd": Variable("W/Hz", {"frequency": "Hz"}, "noise power spectral density"),
    "s_parameters": Variable("", {**PORTS, "probe_frequency": "Hz"}, "S-parameters", complex),
    "quadratures": Variable(
        "V", {"channel": "", "quadrature": "", "time": "s"}, "demodulated quadratures"
    ),
}


def variables(plan: Plan) -> tuple[str, ...]:
    """Names of the arrays that a plan takes at every point of its data."""
    taken = {
        "psd": plan.spectrum,
        "s_parameters": plan.s_parameters,
        "quadratures": plan.quadratures,
    }
    return tuple(name for name, setting in taken.items() if setting is not None)


def acquire(plan: Plan, rig: Rig, point: Point) -> dict[str, xarray.DataArray]:
    """Take what the plan asks for at a point; calibrations and controls are spectra alone.

    Raises:
        InstrumentError: an instrument fails, or gives what is no number.
    """
    taken: dict[str, xarray.DataArray] = {}
    whole = point.kind in ("data", "lead_in")
    if plan.spectrum is not None:
        taken["psd"] = _spectrum(plan, rig, _averages(plan, point))
    if whole and plan.s_parameters is not None:
        how = plan.s_parameters
        taken["s_parameters"] = rig.network_analyzer.s_parameters(
            how.start,
            how.stop,
            points=how.points,
            if_bandwidth_hz=how.if_bandwidth,
            power_w=how.power,
            averages=how.averages,
        ).rename(frequency="probe_frequency")
    if whole and plan.quadratures is not None:
        how = plan.quadratures
        taken["quadratures"] = rig.demodulator.quadratures(
            how.duration, rate_hz=how.rate, time_constant_s=how.time_constant
        )
    for name, array in taken.items():
        if not np.isfinite(array.values).all():
            raise InstrumentError(f"{name} holds values that are no numbers; it was not kept.")
    return taken


def trace_of(name: str, array: xarray.DataArray) -> dict[str, Any]:
    """What all arrays of a variable share: coordinates and attributes, as JSON can hold them."""
    coordinates = {dim: array[dim].values.tolist() for dim in VARIABLES[name].dims}
    if "reference" in array.coords:  # of every demodulator, Hz
        coordinates["reference"] = array["reference"].values.tolist()
    plain = (str, int, float, bool)
    attributes = {
        key: value
        for key, value in sorted(array.attrs.items())
        if isinstance(value, plain) and key not in ("units", "averages", "long_name")
    }
    return {"coordinates": coordinates, "attributes": attributes}


def _averages(plan: Plan, point: Point) -> int:
    assert plan.spectrum is not None
    if point.kind == "shot_noise":
        assert plan.shot_noise is not None
        return plan.shot_noise.averages
    asked = getattr(plan.calibrations, point.kind, None)
    return plan.spectrum.averages if asked is None else asked.averages


def _spectrum(plan: Plan, rig: Rig, averages: int) -> xarray.DataArray:
    setting = plan.spectrum
    assert setting is not None
    return rig.spectrum_analyzer.psd(
        setting.start,
        setting.stop,
        points=setting.points,
        rbw_hz=setting.resolution_bandwidth,
        averages=averages,
    )
