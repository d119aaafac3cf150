"""Which models the virtual lab can serve for each role, and which roles a device asks for."""

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.scpi import ScpiInstrument
from phonosync.instruments.wiring import RingWiring
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError

Build = Callable[[Any, float], dict[str, ScpiInstrument]]
MAIN = "address"


@dataclass(frozen=True)
class Model:
    """An instrument that can play a role.

    Attributes:
        driver: module and class, as in a station file.
        build: makes the virtual instruments from a bench and a speed-up, by the option of the
            driver that takes their address.
        init: further options of the driver.
        adapter: options of the adapter from driver to role.
    """

    driver: str
    build: Build
    init: Mapping[str, Any] = field(default_factory=dict)
    adapter: Mapping[str, Any] = field(default_factory=dict)


def _twin(path: str, **options: Any) -> Build:
    """One virtual instrument, by module and class, imported when it is built."""
    module, _, name = path.rpartition(".")

    def build(bench: Any, speed_up: float) -> dict[str, ScpiInstrument]:
        kind = getattr(importlib.import_module(f"phonosync.instruments.virtual.{module}"), name)
        return {MAIN: kind(bench, speed_up=speed_up, **options)}

    return build


def _analyzer(path: str) -> Build:
    """A spectrum analyzer: as fast as the bench computes, which is not much faster than real."""
    build = _twin(path)
    return lambda bench, _: build(bench, math.inf)


def _santec(bench: Bench, speed_up: float) -> dict[str, ScpiInstrument]:
    from phonosync.instruments.virtual.tsl570 import TSL570

    return {MAIN: TSL570(bench)}


def _switch(bench: Bench, speed_up: float) -> dict[str, ScpiInstrument]:
    from phonosync.instruments.virtual.polatis import Polatis

    wiring = RingWiring()
    return {MAIN: Polatis(lambda ports: bench.set_direction(wiring.direction(ports)))}


def _vector_magnet(bench: Any, speed_up: float) -> dict[str, ScpiInstrument]:
    from phonosync.instruments.virtual.ami430 import AMI430
    from phonosync.instruments.virtual.coil import VectorField

    field = VectorField(bench)
    options = {"x": MAIN, "y": "address_y", "z": "address_z"}
    return {option: AMI430(field, axis=axis, speed_up=speed_up) for axis, option in options.items()}


_DRIVERS = "phonosync.instruments.drivers"
_UPSTREAM = "qcodes.instrument_drivers"

# role -> name of the model -> model; the first one is the default
MODELS: dict[str, dict[str, Model]] = {
    "laser": {
        "tsl570": Model(f"{_DRIVERS}.santec_tsl570.SantecTSL570", _santec),
        "n7776c": Model(f"{_DRIVERS}.keysight_n7776c.KeysightN7776C", _twin("n7776c.N7776C")),
        "dlc_pro": Model(f"{_DRIVERS}.toptica_dlc_pro.TopticaDLCpro", _twin("dlc_pro.DlcPro")),
        "t100s_hp": Model(f"{_DRIVERS}.exfo_t100s_hp.ExfoT100SHP", _twin("t100s_hp.T100SHP")),
    },
    "direction_switch": {
        "polatis": Model(f"{_DRIVERS}.polatis.PolatisSwitch", _switch),
    },
    "spectrum_analyzer": {
        "n9030b": Model(f"{_UPSTREAM}.Keysight.KeysightN9030B", _analyzer("n9030b.N9030B")),
        "fsw": Model(f"{_DRIVERS}.rohde_schwarz_fsw.RohdeSchwarzFSW", _analyzer("fsw.FSW")),
    },
    "microwave_source": {
        "n5183b": Model(f"{_UPSTREAM}.Keysight.KeysightN5183B", _twin("n5183b.N5183B")),
    },
    "network_analyzer": {
        "n5222b": Model(f"{_UPSTREAM}.Keysight.KeysightN5222B", _twin("n5222b.N5222B")),
        "znb": Model(f"{_DRIVERS}.znb_socket.ZNB20OverSocket", _twin("znb.ZNB20")),
    },
    "magnet": {
        "ami430": Model(
            f"{_UPSTREAM}.american_magnetics.AMIModel430",
            _twin("ami430.AMI430"),
            init={"device_clear": False},
            adapter={"axis": "z"},
        ),
        "ami4303d": Model(
            f"{_DRIVERS}.ami4303d.AMI4303D",
            _vector_magnet,
            init={"field_limit": 4.0},
        ),
        "mercury": Model(
            f"{_UPSTREAM}.oxford.OxfordMercuryiPS",
            _twin("mercury_ips.MercuryIPS"),
        ),
        "kepco": Model(
            f"{_DRIVERS}.kepco_bop.KepcoBOP",
            _twin("kepco_bop.KepcoBOP"),
            init={
                "coil_constant": 0.02,
                "current_limit": 20.0,
                "ramp_rate_limit": 2.0,
                "voltage_limit": 20.0,
            },
        ),
    },
    "power_meter": {
        "pm100d": Model(f"{_DRIVERS}.thorlabs_pm100d.ThorlabsPM100D", _twin("pm100d.PM100D")),
    },
}


def roles_of(device: Device) -> tuple[str, ...]:
    """Roles that a device asks for, in the order of `MODELS`.

    A spectrum analyzer and a thermometer always; laser, switch and power meter where there is
    light; a magnet for magnons; a microwave source where microwaves drive; a network analyzer
    where there is a port; a demodulator for vibrations.
    """
    kinds = {mode.kind for mode in device.modes.values()}
    light = device.laser_wavelength is not None
    driven = {device.modes[drive.mode].optical for drive in device.drives}
    fits = {
        "laser": light,
        "direction_switch": light,
        "spectrum_analyzer": True,
        "microwave_source": False in driven,
        "network_analyzer": bool(device.ports),
        "magnet": "magnon" in kinds,
        "demodulator": "phonon" in kinds,
        "thermometer": True,
        "power_meter": light,
    }
    return tuple(role for role in MODELS if fits[role])


def find_model(role: str, name: str | None = None) -> Model:
    """Find a model; without a name the role's default.

    Raises:
        InputError: no such role or model.
    """
    if role not in MODELS:
        raise InputError(
            f"{role!r} is no role of the virtual lab. Choose from {', '.join(MODELS)}."
        )
    models = MODELS[role]
    if name is not None and name not in models:
        raise InputError(
            f"{name!r} is no model of the virtual {role}. Choose from {', '.join(models)}."
        )
    return models[name or next(iter(models))]
