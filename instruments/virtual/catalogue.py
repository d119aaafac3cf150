"""Which models the virtual lab can serve for each role, and which roles a device asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from phonosync.instruments.virtual.bench.settings import is_microwave
from phonosync.instruments.virtual.twins import (
    SR860_HIGHEST_HZ,
    SR865A_HIGHEST_HZ,
    Build,
    demodulation,
    fast_analyzer,
    heating,
    lock_ins,
    optical_switch,
    twin,
    untimed,
    vector_magnet,
)
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError


@dataclass(frozen=True)
class Model:
    """An instrument that can play a role.

    Attributes:
        driver: module and class, as in a station file.
        build: makes the virtual instruments.
        init: further options of the driver.
        adapter: options of the adapter from driver to role, for a bench.
    """

    driver: str
    build: Build
    init: Mapping[str, Any] = field(default_factory=dict)
    adapter: Callable[[Any], dict[str, Any]] = lambda bench: {}


_OWN = "phonosync.instruments.drivers"
_QCODES = "qcodes.instrument_drivers"

# role -> name of the model -> model; the first one is the default
MODELS: dict[str, dict[str, Model]] = {
    "laser": {
        "tsl570": Model(f"{_OWN}.santec_tsl570.SantecTSL570", untimed("optics.tsl570.TSL570")),
        "n7776c": Model(f"{_OWN}.keysight_n7776c.KeysightN7776C", twin("optics.n7776c.N7776C")),
        "dlc_pro": Model(f"{_OWN}.toptica_dlc_pro.TopticaDLCpro", twin("optics.dlc_pro.DlcPro")),
        "t100s_hp": Model(f"{_OWN}.exfo_t100s_hp.ExfoT100SHP", twin("optics.t100s_hp.T100SHP")),
    },
    "direction_switch": {
        "polatis": Model(f"{_OWN}.polatis.PolatisSwitch", optical_switch),
        "rc_spdt": Model(
            f"{_OWN}.mini_circuits_rc.MiniCircuitsRC", twin("microwaves.rc_switches.RcSpdt")
        ),
        "rc_sp4t": Model(
            f"{_OWN}.mini_circuits_rc.MiniCircuitsRC", twin("microwaves.rc_switches.RcSp4t")
        ),
    },
    "spectrum_analyzer": {
        "n9030b": Model(
            f"{_QCODES}.Keysight.KeysightN9030B", fast_analyzer("spectrum_analyzers.n9030b.N9030B")
        ),
        "fsw": Model(
            f"{_OWN}.rohde_schwarz_fsw.RohdeSchwarzFSW", fast_analyzer("spectrum_analyzers.fsw.FSW")
        ),
    },
    "microwave_source": {
        "n5183b": Model(f"{_QCODES}.Keysight.KeysightN5183B", twin("microwaves.n5183b.N5183B")),
    },
    "network_analyzer": {
        "n5222b": Model(
            f"{_QCODES}.Keysight.KeysightN5222B", twin("network_analyzers.n5222b.N5222B")
        ),
        "znb": Model(f"{_OWN}.znb_socket.ZNB20OverSocket", twin("network_analyzers.znb.ZNB20")),
    },
    "magnet": {
        "ami4303d": Model(f"{_OWN}.ami4303d.AMI4303D", vector_magnet, init={"field_limit": 4.0}),
        "ami430": Model(
            f"{_OWN}.ami430.AMI430",
            twin("magnets.ami430.AMI430"),
            init={"device_clear": False},
            adapter=lambda bench: {"axis": "z"},
        ),
        "mercury": Model(
            f"{_QCODES}.oxford.OxfordMercuryiPS", twin("magnets.mercury_ips.MercuryIPS")
        ),
        "kepco": Model(
            f"{_OWN}.kepco_bop.KepcoBOP",
            twin("magnets.kepco_bop.KepcoBOP"),
            init={
                "coil_constant": 0.02,
                "current_limit": 20.0,
                "ramp_rate_limit": 2.0,
                "voltage_limit": 20.0,
            },
        ),
    },
    "demodulator": {
        "sr865a": Model(
            f"{_OWN}.lock_in_bank.LockInBank",
            lock_ins("lock_ins.sr86x_capture.SR865A", SR865A_HIGHEST_HZ),
            init={"model": "SR865A"},
            adapter=demodulation(SR865A_HIGHEST_HZ),
        ),
        "sr860": Model(
            f"{_OWN}.lock_in_bank.LockInBank",
            lock_ins("lock_ins.sr86x_capture.SR860", SR860_HIGHEST_HZ),
            init={"model": "SR860"},
            adapter=demodulation(SR860_HIGHEST_HZ),
        ),
    },
    "thermometer": {
        "lakeshore_372": Model(
            f"{_QCODES}.Lakeshore.LakeshoreModel372",
            twin("thermometers.lakeshore_372.Lakeshore372"),
            adapter=heating("100mA", 40.0),
        ),
        "lakeshore_336": Model(
            f"{_QCODES}.Lakeshore.LakeshoreModel336",
            twin("thermometers.lakeshore_336.Lakeshore336"),
            adapter=heating("high", 325.0),
        ),
    },
    "power_meter": {
        "pm100d": Model(f"{_OWN}.thorlabs_pm100d.ThorlabsPM100D", twin("optics.pm100d.PM100D")),
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


def spare_roles(device: Device) -> tuple[str, ...]:
    """Roles that only calibrate: a microwave source, where the device has no mode for it.

    Its tone reaches the detector instead.
    """
    return (
        () if any(is_microwave(mode) for mode in device.modes.values()) else ("microwave_source",)
    )


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
