"""The bench's imperfections as people write them: each with its unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from phonosync.instruments.virtual.bench.imperfections import Imperfections
from phonosync.theory.checked_file import CheckedModel, check
from phonosync.theory.device.percent import Fraction, parse_fraction
from phonosync.theory.quantities import Hertz, parse_quantity


def _rate(unit: str, kind: str, example: str) -> BeforeValidator:
    return BeforeValidator(lambda text: parse_quantity(text, unit, kind, example))


class ImperfectionEntries(CheckedModel):
    """Entries of `imperfections.Imperfections`, which says what they do; "3 %/h" and such.

    A random walk grows with the root of time: its unit is that of what walks per h^0.5.
    """

    power_drift: Annotated[float, _rate("1/h", "a relative drift", "3 %/h")] = 0.0
    power_walk: Annotated[
        float, _rate("1/h**0.5", "a relative random walk", "1 %/h^0.5"), Field(ge=0)
    ] = 0.0
    laser_drift: Annotated[float, _rate("Hz/h", "a drift of frequency", "2 MHz/h")] = 0.0
    laser_walk: Annotated[
        float, _rate("Hz/h**0.5", "a random walk of frequency", "1 MHz/h^0.5"), Field(ge=0)
    ] = 0.0
    phonon_drift: Annotated[float, _rate("Hz/h", "a drift of frequency", "5 Hz/h")] = 0.0
    remanence: Annotated[Fraction, Field(lt=1)] = 0.0
    backscattering: Hertz = 0.0
    imprecision: Annotated[float, BeforeValidator(parse_fraction), Field(ge=0)] = 0.0


def imperfections(entries: Mapping[str, Any], source: str) -> Imperfections:
    """The bench's imperfections of entries with units.

    Args:
        entries: as `ImperfectionEntries` takes them, {"power_drift": "3 %/h", "imprecision": 0.5}.
        source: where they stand, for messages.

    Raises:
        InputError: an unknown entry, a wrong value or unit.

    >>> imperfections({"power_drift": "3 %/h"}, "the plan").power_drift_per_hour
    0.03
    """
    said = check(entries, ImperfectionEntries, source)
    return Imperfections(
        power_drift_per_hour=said.power_drift,
        power_walk_per_root_hour=said.power_walk,
        laser_drift_hz_per_hour=said.laser_drift,
        laser_walk_hz_per_root_hour=said.laser_walk,
        phonon_drift_hz_per_hour=said.phonon_drift,
        remanence=said.remanence,
        backscattering_hz=said.backscattering,
        imprecision=said.imprecision,
    )
