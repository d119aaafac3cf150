"""Optical power meters as `roles.PowerMeter`."""

from typing import TYPE_CHECKING

from phonosync.instruments.dialogue.wire import Wire

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrument


class PowerMeterAdapter:
    """A power meter whose driver has the parameters `power` (W) and `wavelength` (m).

    Args:
        instrument: the driver.
        role: name in error messages.
    """

    def __init__(self, instrument: "VisaInstrument", *, role: str = "power_meter"):
        self.instrument = instrument
        self._wire = Wire(role, instrument)

    def set_wavelength(self, wavelength_m: float) -> None:
        """Tell the meter the wavelength that its calibration is for, m."""
        self._wire.set(self.instrument.parameters["wavelength"], wavelength_m)

    def read(self) -> float:
        """Read the power, W.

        Raises:
            InstrumentError: the reading is over range or no number.
        """
        return self._wire.get(self.instrument.parameters["power"])
