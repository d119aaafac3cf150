"""QCoDeS driver of Keysight N7776C, N7778C, N7779C and of tunable lasers in an 8164B mainframe.

Follows the N777-C Series Tunable Laser Family Programming Guide (N7770-90C02) and the 8163A/B,
8164A/B & 8166A/B Mainframes Programming Guide, chapters 3 (STATus subsystem) and 4 (SOURce
subsystem, root layer): the lasers speak one language, the N777-C as slot 0. Over raw Ethernet on
port 5025. From memory: that the N777-C answers :STATus0:QUEStionable:CONDition? as the mainframe
does for its slot 0, bit by bit ("Questionable Slot Status Register").
"""

from enum import IntFlag
from typing import TYPE_CHECKING

from qcodes.validators import Numbers

from phonosync.instruments.drivers.checked import CheckedInstrument

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack

_DBM, _WATT = 0, 1  # replies of :POWer:UNIT?
_RANGE_END = "End of the range that this laser can reach."


class Questionable(IntFlag):
    """Bits of the questionable status of a slot."""

    EXCESSIVE_POWER = 1
    TEMPERATURE_OUT_OF_RANGE = 4
    LASER_PROTECTION = 8
    NOT_SETTLED = 16
    OUT_OF_SPECIFICATION = 32
    REALIGNMENT_RECOMMENDED = 64
    COHERENCE_UNCALIBRATED = 256


_FAULTS = {
    Questionable.EXCESSIVE_POWER: "it cannot give this power at this wavelength; ask for less",
    Questionable.TEMPERATURE_OUT_OF_RANGE: "its temperature is out of range; let it warm up",
    Questionable.OUT_OF_SPECIFICATION: "it is out of specification; zero its wavelength",
}


class KeysightN7776C(CheckedInstrument):
    """The laser; connecting changes neither light nor lock.

    Args:
        name: name of the instrument.
        address: VISA address, as `TCPIP0::192.168.1.102::5025::SOCKET`.
        slot: of the laser in an 8164B; 0 for its back-loadable laser and for an N777-C.
    """

    default_terminator = "\n"

    def __init__(
        self, name: str, address: str, slot: int = 0, **kwargs: "Unpack[VisaInstrumentKWArgs]"
    ):
        super().__init__(name, address, **kwargs)
        self._source = f":SOURce{slot}"
        self.output = self._switch(
            "output",
            f"{self._source}:POWer:STATe",
            "Whether the laser is on; it stays off while it is locked.",
        )
        self.power_min = self._reading(
            "power_min", lambda: self._get_power(" MIN"), _RANGE_END, unit="W"
        )
        self.power_max = self._reading(
            "power_max", lambda: self._get_power(" MAX"), _RANGE_END, unit="W"
        )
        self.power = self.add_parameter(
            "power",
            unit="W",
            get_cmd=self._get_power,
            set_cmd=lambda watts: self.write_checked(f"{self._source}:POWer {watts / 1e-3:.6f}MW"),
            vals=Numbers(self.power_min(), self.power_max()),
            docstring="Power at the laser's output. Reading gives what it can give at this "
            "wavelength, which may be less than what was asked for.",
        )
        wavelength = f"{self._source}:WAVelength"
        self.wavelength_min = self._reading(
            "wavelength_min", f"{wavelength}? MIN", _RANGE_END, unit="m", parser=float
        )
        self.wavelength_max = self._reading(
            "wavelength_max", f"{wavelength}? MAX", _RANGE_END, unit="m", parser=float
        )
        self.wavelength = self._setting(
            "wavelength",
            wavelength,
            Numbers(self.wavelength_min(), self.wavelength_max()),
            "Vacuum wavelength in steps of 0.1 pm; NOT_SETTLED until it is reached.",
            unit="m",
            form="{:.13E}",
        )
        self.actual_power = self._reading(
            "actual_power",
            lambda: self._get_power() if self.output() else 0.0,
            "Power at the laser's output, W; 0 when it is off.",
        )
        self.questionable = self._reading(
            "questionable",
            lambda: Questionable(int(self.ask(f":STATus{slot}:QUEStionable:CONDition?"))),
            "What is questionable about the light right now, as `Questionable` bits.",
        )
        self.locked = self._reading(
            "locked",
            lambda: bool(int(self.ask(":LOCK?"))),
            "Whether the lock keeps the laser from being switched on.",
        )
        self.obstacles = self._reading(
            "obstacles", self._get_obstacles, "What keeps the light in, and what to do about it."
        )
        self.faults = self._reading(
            "faults", self._get_faults, "Why the light is not what was asked for."
        )
        self.settled = self._reading(
            "settled",
            lambda: not self.questionable() & Questionable.NOT_SETTLED,
            "Whether power and wavelength have arrived.",
        )
        self.connect_message()

    def on(self) -> None:
        """Switch the laser on."""
        self.output(True)

    def off(self) -> None:
        """Switch the laser off."""
        self.output(False)

    def lock(self, password: str) -> None:
        """Keep the laser from being switched on; it goes off."""
        self.write_checked(f":LOCK 1,{password}")

    def unlock(self, password: str) -> None:
        """Allow the laser to be switched on."""
        self.write_checked(f":LOCK 0,{password}")

    def _get_obstacles(self) -> tuple[str, ...]:
        reasons = []
        if self.locked():
            reasons.append("it is locked; unlock it at the front panel or with unlock(password)")
        if self.questionable() & Questionable.LASER_PROTECTION:
            reasons.append("its laser protection is on; close the remote interlock")
        return tuple(reasons)

    def _get_faults(self) -> tuple[str, ...]:
        bits = self.questionable()
        return tuple(reason for bit, reason in _FAULTS.items() if bits & bit)

    def _get_power(self, limit: str = "") -> float:
        # The unit can be changed on the front panel at any time.
        unit = int(self.ask(f"{self._source}:POWer:UNIT?"))
        if unit not in (_DBM, _WATT):
            raise ValueError(f"{unit} is no unit of power")
        value = float(self.ask(f"{self._source}:POWer?{limit}"))
        return value if unit == _WATT else 1e-3 * 10 ** (value / 10)
