"""From a QCoDeS driver to a role: one adapter a driver, and `open_role` to choose it."""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import Direction
from phonosync.instruments.wire import Wire
from phonosync.instruments.wiring import RingWiring
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.instrument import InstrumentBase

    from phonosync.instruments.drivers.polatis import PolatisSwitch

# role -> driver class -> adapter, as names, so that nothing is imported before it is needed
ADAPTERS = {
    "laser": {
        "SantecTSL570": "phonosync.instruments.lasers.LaserAdapter",
        "KeysightN7776C": "phonosync.instruments.lasers.LaserAdapter",
        "TopticaDLCpro": "phonosync.instruments.lasers.LaserAdapter",
        "ExfoT100SHP": "phonosync.instruments.lasers.LaserAdapter",
    },
    "direction_switch": {
        "PolatisSwitch": "phonosync.instruments.adapters.DirectionAdapter",
        "MiniCircuitsRC": "phonosync.instruments.rf_switch.RFSwitchAdapter",
    },
    "spectrum_analyzer": {
        "KeysightN9030B": "phonosync.instruments.analyzer.AnalyzerAdapter",
        "RohdeSchwarzFSW": "phonosync.instruments.analyzer_fsw.FSWAdapter",
    },
    "network_analyzer": {
        "KeysightPNABase": "phonosync.instruments.network_analyzers.PnaAdapter",
        "RohdeSchwarzZNBBase": "phonosync.instruments.network_analyzers.ZnbAdapter",
    },
    "microwave_source": {
        "KeysightN51x1": "phonosync.instruments.microwave_sources.MicrowaveSourceAdapter",
    },
    "power_meter": {
        "ThorlabsPM100D": "phonosync.instruments.power_meters.PowerMeterAdapter",
        "Thorlab_PM100D": "phonosync.instruments.power_meters.PowerMeterAdapter",
    },
    "demodulator": {
        "SR86x": "phonosync.instruments.lock_ins.DemodulatorAdapter",
        "LockInBank": "phonosync.instruments.lock_ins.DemodulatorAdapter",
    },
    "thermometer": {
        "LakeshoreModel336": "phonosync.instruments.heaters.from_336",
        "LakeshoreModel372": "phonosync.instruments.heaters.from_372",
    },
    "magnet": {
        "AMIModel430": "phonosync.instruments.magnet_ami.from_ami430",
        "AMIModel4303D": "phonosync.instruments.magnet_ami.from_ami4303d",
        "OxfordMercuryiPS": "phonosync.instruments.magnet_mercury.from_mercury",
        "KepcoBOP": "phonosync.instruments.magnet_kepco.from_kepco",
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


class DirectionAdapter:
    """A Polatis switch as `roles.DirectionSwitch`; ports beside the ring's are left alone."""

    def __init__(
        self,
        instrument: "PolatisSwitch",
        *,
        role: str = "direction_switch",
        wiring: RingWiring | None = None,
    ):
        self.instrument = instrument
        self.wiring = wiring or RingWiring()
        self._role = role
        self._wire = Wire(role, instrument)

    def set(self, direction: int) -> None:
        """Connect laser, ring and detector for a direction and read it back.

        Raises:
            InputError: the direction is neither +1 nor -1.
            InstrumentError: the switch did not reach it.
        """
        try:
            wanted = self.wiring.connections(direction)
        except ValueError:
            raise InputError(
                f"{direction!r} is no direction. Use +1 (clockwise) or -1 (counter-clockwise)."
            ) from None
        present = self._wire.get(self.instrument.connections)
        in_the_way = {
            start: end
            for start, end in present.items()
            if wanted.get(start) != end and (start in wanted or end in wanted.values())
        }
        missing = dict(wanted.items() - present.items())
        with self._wire.doing(":OXC:SWITch:CONNect:SUB"):
            self.instrument.disconnect(in_the_way)
        with self._wire.doing(":OXC:SWITch:CONNect:ADD"):
            self.instrument.connect(dict(sorted(missing.items())))
        reached = self.read()
        if reached != direction:
            raise InstrumentError(
                f"{self._role} reads direction {reached} after {Direction(direction).name} was "
                "set. Check the port states of the switch and who else controls it."
            )

    def block(self) -> None:
        """Part the detector from whatever is joined to it; see `roles.DirectionSwitch`."""
        joined = self._joined()
        with self._wire.doing(":OXC:SWITch:CONNect:SUB"):
            self.instrument.disconnect(joined)
        if self._joined():
            raise InstrumentError(
                f"{self._role} still joins a port to the detector after it was parted. Check the "
                "port states of the switch and who else controls it."
            )

    def _joined(self) -> dict[int, int]:
        present = self._wire.get(self.instrument.connections)
        return {start: end for start, end in present.items() if end == self.wiring.detector}

    def read(self) -> int:
        """Read the direction; 0 when no light can reach both ring and detector."""
        return self.wiring.direction(self._wire.get(self.instrument.connections))
