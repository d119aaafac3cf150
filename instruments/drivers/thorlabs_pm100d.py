"""QCoDeS driver of Thorlabs PM100D, PM100A, PM100USB and PM400 power meters with a photodiode.

Follows the SCPI command reference of the PM100D operation manual, chapter 6.4, and of the PM400
manual, chapter 5.5, which speaks for all of them. The driver in qcodes_contrib_drivers (0.24.1)
plays the role too, but it cannot read the wavelength back, sleeps five seconds when it connects
and sends AVER without its number, which the meter refuses; hence this one. From memory: that a
reading beyond the range is SCPI's 9.9E37.
"""

from typing import TYPE_CHECKING

from qcodes.validators import Ints, Numbers

from phonosync.instruments.drivers.checked import CheckedInstrument
from phonosync.instruments.errors import InstrumentError, NonsenseError

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack

_RANGE_END = "End of the range that the sensor is calibrated for."
_OVERFLOW = 9e37  # SCPI writes 9.9E37 for what is beyond a range


class ThorlabsPM100D(CheckedInstrument):
    """The power meter; connecting to it changes nothing.

    Args:
        name: name of the instrument.
        address: VISA address, as `USB0::0x1313::0x8078::P0000001::INSTR`.
    """

    default_terminator = "\n"

    def __init__(self, name: str, address: str, **kwargs: "Unpack[VisaInstrumentKWArgs]"):
        super().__init__(name, address, **kwargs)
        self.power = self._reading(
            "power",
            self._get_power,
            "A new measurement: power on the sensor, corrected for `attenuation`; "
            "an InstrumentError when it is beyond the range.",
            unit="W",
        )
        wavelength = ":SENSe:CORRection:WAVelength?"
        self.wavelength_min = self._reading(
            "wavelength_min", f"{wavelength} MIN", _RANGE_END, unit="m", parser=_nanometres
        )
        self.wavelength_max = self._reading(
            "wavelength_max", f"{wavelength} MAX", _RANGE_END, unit="m", parser=_nanometres
        )
        self.wavelength = self.add_parameter(
            "wavelength",
            unit="m",
            get_cmd=wavelength,
            get_parser=_nanometres,
            set_cmd=lambda metres: self.write_checked(
                f":SENSe:CORRection:WAVelength {metres / 1e-9:.4f}"
            ),
            vals=Numbers(self.wavelength_min(), self.wavelength_max()),
            docstring="Wavelength that the sensor's responsivity is taken at.",
        )
        self.averaging = self._setting(
            "averaging",
            ":SENSe:AVERage:COUNt",
            Ints(1, 10_000),
            "Samples of a measurement.",
            parser=lambda reply: int(float(reply)),
        )
        self.attenuation = self._setting(
            "attenuation",
            ":SENSe:CORRection:LOSS:INPut:MAGNitude",
            Numbers(-60, 60),
            "Loss before the sensor that readings are corrected for.",
            unit="dB",
        )
        self.power_range = self._setting(
            "power_range",
            ":SENSe:POWer:DC:RANGe:UPPer",
            Numbers(0, 1e3),
            "Largest power of the range; the meter takes its next larger one.",
            unit="W",
        )
        self.auto_range = self._switch(
            "auto_range", ":SENSe:POWer:DC:RANGe:AUTO", "Whether the meter chooses its range."
        )
        self.sensor = self._reading(
            "sensor",
            ":SYSTem:SENSor:IDN?",
            "Name of the sensor head.",
            parser=lambda reply: reply.split(",")[0].strip('"'),
        )
        self.connect_message()

    def _get_power(self) -> float:
        # The unit can be changed on the front panel at any time.
        unit = self.ask(":SENSe:POWer:DC:UNIT?").strip()
        if unit not in ("W", "DBM"):
            raise NonsenseError(
                f"{self.full_name} answered :SENSe:POWer:DC:UNIT? by {unit!r:.80}, which is no "
                "unit of power. Check its cable, then read again."
            )
        value = float(self.ask(":MEASure:SCALar:POWer?"))
        if abs(value) > _OVERFLOW:
            raise InstrumentError(
                f"{self.full_name} is over its range: :MEASure:POWer? gives {value:g}. Switch "
                "auto_range on, or put an attenuator before it."
            )
        return 1e-3 * 10 ** (value / 10) if unit == "DBM" else value


def _nanometres(reply: str) -> float:
    return float(reply) * 1e-9
