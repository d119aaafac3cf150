"""What a run's spectra say without any model of the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonosync.analysis.statistics.interval import Interval

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, eq=False)
class Reference:
    """The shot-noise references, which give the spectra their unit.

    Attributes:
        level: mean over the band of each reference, dark noise taken off, W/Hz, with `measured_at`
            (s) or its number as coordinate; dimension shot_noise_repeat.
        relative_error: standard error of the unit, common to all spectra.
        drift_per_hour: relative change; unknown with fewer than three references.
        interpolated: whether each spectrum's unit is interpolated between its neighbours in time;
            otherwise all share the mean.
        dark: dark noise over shot noise; None without a dark trace.
    """

    level: xarray.DataArray
    relative_error: float
    drift_per_hour: Interval
    interpolated: bool
    dark: float | None = None


@dataclass(frozen=True, eq=False)
class SpectraAnalysis:
    """Spectra in shot-noise units and how the directions differ, model-free.

    Attributes:
        spectra: over (light, field, swept, branch, frequency): `power` in shot-noise units, mean of
            the repeats; `averages`, K of Gamma(K, S/K), without frequency (0: not measured);
            `excess`, noise above shot noise in the band in its units, with `_low`, `_high`.
        compared: what was turned ("light", "field") -> dataset over the other direction, swept and
            branch: `contrast` of the excess noise power and `isolation` (dB) with `_low` and
            `_high`; `quads`; `p`, `q`, `p_family` of whole spectra; `effect`, `memory`, `drift`,
            `curvature` of the excess within quads with `_low` and `_high`.
        at_equal_power: likewise `contrast` at common read-backs, by interpolation along a swept
            power or field; None where nothing of the kind is swept or read back.
        crossed: over swept and branch: `light`, `field`, `interaction` of the excess with `_low`,
            `_high`, and their p-values `light_p`, `field_p`, `interaction_p` of whole spectra; None
            unless both were turned.
        control: what was turned -> the control quads' own contrast and the runs's with it
            subtracted, likewise: `control`, `contrast`, `isolation` ... ; None without a control.
        reference: the unit.
        tone_gain: relative gain of the detection by the calibration tone, dimension tone_repeat;
            None without a tone.
        notes: each said once.
    """

    spectra: xarray.Dataset
    compared: Mapping[str, xarray.Dataset]
    reference: Reference
    at_equal_power: Mapping[str, xarray.Dataset] | None = None
    crossed: xarray.Dataset | None = None
    control: Mapping[str, xarray.Dataset] | None = None
    tone_gain: xarray.DataArray | None = None
    notes: tuple[str, ...] = ()
