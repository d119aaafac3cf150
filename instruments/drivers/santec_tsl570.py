"""QCoDeS driver of the Santec TSL-570 tunable laser.

Follows the SCPI command set of the TSL-570 operation manual, chapter 7.4, over raw Ethernet,
where commands and replies end with a carriage return.
"""

from typing import TYPE_CHECKING

from qcodes.validators import Numbers

from phonosync.instruments.drivers.checked import CheckedInstrument

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack

_DBM, _MILLIWATT = 0, 1  # replies of :POWer:UNIT?
_RANGE_END = "End of the range that this laser can reach."


class SantecTSL570(CheckedInstrument):
    """The laser, -15 to 13 dBm, tunable over the range of its model.

    Connecting selects the SCPI command set (wavelengths in m) and changes no light: neither
    power nor wavelength nor the output is touched.

    Args:
        name: name of the instrument.
        address: VISA address, as `TCPIP0::192.168.1.100::5000::SOCKET`.
    """

    default_terminator = "\r"

    def __init__(self, name: str, address: str, **kwargs: "Unpack[VisaInstrumentKWArgs]"):
        super().__init__(name, address, **kwargs)
        self.write_checked(":SYSTem:COMMunicate:CODe 1")

        self.output = self._switch(
            "output",
            ":POWer:STATe",
            "Whether the laser diode is on; light leaves if shutter is open.",
        )
        self.shutter_closed = self._switch(
            "shutter_closed", ":POWer:SHUTter", "Whether the internal shutter blocks the output."
        )
        self.power = self.add_parameter(
            "power",
            unit="W",
            get_cmd=lambda: self._get_power(":POWer:LEVel?"),
            set_cmd=self._set_power,
            vals=Numbers(0.04e-3, 20e-3),
            docstring="Power asked for at the fibre output, 0.04 mW to 20 mW.",
        )
        self.actual_power = self._reading(
            "actual_power",
            lambda: self._get_power(":POWer:ACTual:LEVel?"),
            "Power at the fibre output by the built-in monitor.",
            unit="W",
        )
        self.attenuation_automatic = self._switch(
            "attenuation_automatic",
            ":POWer:ATTenuation:AUTo",
            "Whether the laser holds `power`; otherwise `attenuation` acts.",
        )
        self.attenuation = self._setting(
            "attenuation",
            ":POWer:ATTenuation",
            Numbers(0, 30),
            "Internal attenuator, 0 to 30 dB; acts when it is not automatic.",
            unit="dB",
            form="{:.2f}",
        )
        self.wavelength_min = self._reading(
            "wavelength_min", ":WAVelength:MINimum?", _RANGE_END, unit="m", parser=float
        )
        self.wavelength_max = self._reading(
            "wavelength_max", ":WAVelength:MAXimum?", _RANGE_END, unit="m", parser=float
        )
        self.wavelength = self._setting(
            "wavelength",
            ":WAVelength",
            Numbers(self.wavelength_min(), self.wavelength_max()),
            "Vacuum wavelength in steps of 0.1 pm; setting it ends fine tuning.",
            unit="m",
            form="{:.13E}",
        )
        self.frequency_min = self._reading(
            "frequency_min", ":WAVelength:FREQuency:MINimum?", _RANGE_END, unit="Hz", parser=float
        )
        self.frequency_max = self._reading(
            "frequency_max", ":WAVelength:FREQuency:MAXimum?", _RANGE_END, unit="Hz", parser=float
        )
        self.frequency = self._setting(
            "frequency",
            ":WAVelength:FREQuency",
            Numbers(self.frequency_min(), self.frequency_max()),
            "Optical frequency in steps of 10 MHz; setting it ends fine tuning.",
            unit="Hz",
            form="{:.10E}",
        )
        self.fine_tuning = self._setting(
            "fine_tuning",
            ":WAVelength:FINe",
            Numbers(-100, 100),
            "Open-loop fine tuning, -100 to 100 in steps of 0.01, about 10 GHz in total. "
            "Calibrate its sign and size with a wavemeter before you rely on them.",
            form="{:.2f}",
        )
        self.coherence_control = self._switch(
            "coherence_control", ":COHCtrl", "Whether the line is broadened on purpose."
        )
        self.alert = self._reading("alert", ":SYSTem:ALERt?", "Alerts, in its own words.")
        self.interlock = self._reading(
            "interlock",
            ":SYSTem:LOCK?",
            "Whether the external interlock blocks the laser.",
            parser=lambda reply: bool(int(reply)),
        )
        self.obstacles = self._reading(
            "obstacles", self._get_obstacles, "What keeps the light in, and what to do about it."
        )
        self.faults = self._reading(
            "faults", lambda: (), "Why the light is not what was asked for; this laser names none."
        )
        self.settled = self._reading(
            "settled", lambda: True, "Power and wavelength have arrived: it answers only then."
        )
        self.connect_message()

    def on(self) -> None:
        """Switch the laser diode on."""
        self.output(True)

    def off(self) -> None:
        """Switch the laser diode off."""
        self.output(False)

    def stop_fine_tuning(self) -> None:
        """Return to closed-loop control of the wavelength."""
        self.write_checked(":WAVelength:FINe:DISable")

    def _get_obstacles(self) -> tuple[str, ...]:
        reasons = {
            self.shutter_closed: "its shutter is closed; open it",
            self.interlock: "its interlock is open; close it",
        }
        return tuple(reason for parameter, reason in reasons.items() if parameter())

    def _get_power(self, query: str) -> float:
        unit = float(self.ask(":POWer:UNIT?"))
        if unit not in (_DBM, _MILLIWATT):
            raise ValueError(f"{unit:g} is no unit of power")
        value = float(self.ask(query))
        return value * 1e-3 if unit == _MILLIWATT else 1e-3 * 10 ** (value / 10)

    def _set_power(self, power_w: float) -> None:
        # The unit can be changed on the front panel at any time.
        self.write_checked(f":POWer:UNIT {_MILLIWATT}")
        self.write_checked(f":POWer:LEVel {power_w / 1e-3:.6f}")
