"""Couplings of a device file: pressure, exchange, backscattering, cross-Kerr, cascades."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from phonosync.theory.checked_file import CheckedModel
from phonosync.theory.device.percent import Fraction
from phonosync.theory.quantities import Hertz, Radian

_KEYS = {
    "radiation_pressure": ("rate",),
    "magnetostriction": ("rate",),
    "cross_kerr": ("rate",),
    "exchange": ("rate", "phase"),
    "backscattering": ("rate", "phase"),
    "cascaded": ("ports", "transmission", "backward_transmission", "phase"),
}


class Coupling(CheckedModel):
    """A coupling of two modes, in the terms of `BosonicNetwork`.

    - radiation_pressure, magnetostriction: the first mode presses on the second, a phonon; `rate`
      is g/2π.
    - exchange, backscattering: `rate` and `phase` are those of J/2π.
    - cross_kerr: `rate` is X/2π.
    - cascaded: what leaves the first mode through the first of the `ports` enters the second mode
      through the second one, turned by `phase`, and nothing comes back. That holds for
      light = +1. With light = −1 the waveguide carries what runs the other way, from the second to
      the first: all of `backward_transmission`, by default nothing, as behind an isolator.
      Transmissions are of power.
    """

    kind: Literal[
        "radiation_pressure",
        "magnetostriction",
        "exchange",
        "backscattering",
        "cross_kerr",
        "cascaded",
    ]
    modes: tuple[str, str]
    rate: Hertz | None = None
    phase: Radian = 0.0
    ports: tuple[str, str] | None = None
    transmission: Fraction = 1.0
    backward_transmission: Fraction = 0.0

    @model_validator(mode="after")
    def _keys_of_its_kind(self) -> Coupling:
        known = _KEYS[self.kind]
        for key in ("rate", "phase", "ports", "transmission", "backward_transmission"):
            given = getattr(self, key) != Coupling.model_fields[key].default
            if given and key not in known:
                raise ValueError(f"{key!r} has no meaning for {self.kind}; remove it")
        if "rate" in known and self.rate is None:
            raise ValueError(f"{self.kind} takes 'rate', the coupling over 2π; add it")
        if "ports" in known and self.ports is None:
            raise ValueError("cascaded takes 'ports', one of each mode; add their names")
        return self
