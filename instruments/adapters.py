"""From a QCoDeS driver to a role: one adapter a driver, and `open_role` to choose it."""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.instrument import InstrumentBase


# role -> driver class -> adapter, as names, so that nothing is imported before it is needed
ADAPTERS = {
    "laser": {
        "SantecTSL570": "phonosync.instruments.sources.lasers.LaserAdapter",
        "KeysightN7776C": "phonosync.instruments.sources.lasers.LaserAdapter",
        "TopticaDLCpro": "phonosync.instruments.sources.lasers.LaserAdapter",
        "ExfoT100SHP": "phonosync.instruments.sources.lasers.LaserAdapter",
    },
    "direction_switch": {
        "PolatisSwitch": "phonosync.instruments.switches.optical.OpticalSwitchAdapter",
        "MiniCircuitsRC": "phonosync.instruments.switches.microwave.RFSwitchAdapter",
    },
    "spectrum_analyzer": {
        "KeysightN9030B": "phonosync.instruments.analyzers.spectrum.AnalyzerAdapter",
        "RohdeSchwarzFSW": "phonosync.instruments.analyzers.fsw.FSWAdapter",
    },
    "network_analyzer": {
        "KeysightPNABase": "phonosync.instruments.analyzers.network.PnaAdapter",
        "RohdeSchwarzZNBBase": "phonosync.instruments.analyzers.network.ZnbAdapter",
    },
    "microwave_source": {
        "KeysightN51x1": "phonosync.instruments.sources.microwaves.MicrowaveSourceAdapter",
    },
    "power_meter": {
        "ThorlabsPM100D": "phonosync.instruments.analyzers.power_meters.PowerMeterAdapter",
        "Thorlab_PM100D": "phonosync.instruments.analyzers.power_meters.PowerMeterAdapter",
    },
    "demodulator": {
        "SR86x": "phonosync.instruments.analyzers.lock_ins.DemodulatorAdapter",
        "LockInBank": "phonosync.instruments.analyzers.lock_ins.DemodulatorAdapter",
    },
    "thermometer": {
        "LakeshoreModel336": "phonosync.instruments.temperature.heaters.from_336",
        "LakeshoreModel372": "phonosync.instruments.temperature.heaters.from_372",
    },
    "magnet": {
        "AMIModel430": "phonosync.instruments.magnets.ami.from_ami430",
        "AMIModel4303D": "phonosync.instruments.magnets.ami.from_ami4303d",
        "OxfordMercuryiPS": "phonosync.instruments.magnets.mercury.from_mercury",
        "KepcoBOP": "phonosync.instruments.magnets.kepco.from_kepco",
    },
}


def find_adapter(role: str, driver: type) -> Callable[..., Any]:
    """Find what makes a role of a driver.

    Args:
        role: "laser", "direction_switch", "magnet", ...
        driver: its class.

    Raises:
        InputError: the role is unknown, or no adapter fits this driver to it.
    """
    if role not in ADAPTERS:
        raise InputError(f"{role!r} is no role. Choose from {', '.join(ADAPTERS)}.")
    for kind in driver.__mro__:
        if kind.__name__ in ADAPTERS[role]:
            module, _, name = ADAPTERS[role][kind.__name__].rpartition(".")
            return getattr(importlib.import_module(module), name)
    raise InputError(
        f"{driver.__name__} cannot play the role {role!r}: no adapter is known. "
        f"Name a driver among {', '.join(ADAPTERS[role])} in the station file, or add an adapter "
        "to phonosync.instruments.adapters."
    )


def open_role(role: str, instrument: "InstrumentBase", **options: Any) -> Any:
    """Wrap a QCoDeS instrument into the role it plays.

    Args:
        role: "laser", "direction_switch", "magnet", ...
        instrument: as loaded from a station file.
        options: of the adapter, as `adapter_options.check_options` gives them.

    Returns:
        A `roles.Laser`, `roles.DirectionSwitch`, `roles.Magnet`, ...

    Raises:
        InputError: the role is unknown, or no adapter fits this driver to it.
    """
    return find_adapter(role, type(instrument))(instrument, role=role, **options)
