"""Tunable lasers as `roles.Laser`: one adapter, for drivers that say how their light is."""

from typing import TYPE_CHECKING, Any

from phonosync.instruments.dialogue.connection import lose_step
from phonosync.instruments.dialogue.waiting import wait_until
from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import LaserReading

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrument


class LaserAdapter:
    """A tunable laser that answers for its light.

    Every change waits until the laser has settled. A laser that cannot shine, or whose light
    cannot be trusted, is an InstrumentError that says why.

    Args:
        instrument: a driver with the parameters `output` (on or off), `power` (asked for, W),
            `actual_power` (W), `wavelength` (vacuum, m), `obstacles` (what keeps the light in,
            each with what to do), `faults` (why the light is not what was asked for) and
            `settled` (power and wavelength have arrived).
        role: name in error messages.
        settling_s: longest wait for the laser to settle, s.
    """

    def __init__(
        self, instrument: "VisaInstrument", *, role: str = "laser", settling_s: float = 60.0
    ):
        self.instrument = instrument
        self.settling_s = settling_s
        self._wire = Wire(role, instrument)

    def set_power(self, power_w: float) -> None:
        """Set the power at the laser's output, W."""
        self._set("power", power_w)
        self._settle()

    def set_wavelength(self, wavelength_m: float) -> None:
        """Set the vacuum wavelength, m."""
        self._set("wavelength", wavelength_m)
        self._settle()

    def on(self) -> None:
        """Let light out.

        Raises:
            InstrumentError: the laser is locked, interlocked or shuttered, or stays dark.
        """
        self._refuse("gives no light", self._get("obstacles"))
        self._set("output", True)
        self._settle()
        if not self._get("output"):
            self._refuse("went dark again", self._get("obstacles") or ("look at its front panel",))

    def off(self) -> None:
        """Let no light out; a dialogue that was cut off before does not stand in the way."""
        try:
            self._set("output", False)
        except InstrumentError:
            lose_step(self.instrument)  # an interrupted question may have left its answer behind
            self._set("output", False)

    def read(self) -> LaserReading:
        """Read back state, power and wavelength.

        Raises:
            InstrumentError: the laser is on, but its light is not what was asked for.
        """
        if self._shines():
            self._refuse("does not give the light that was asked for", self._get("faults"))
        power_w = self._get("actual_power")
        on = self._shines()  # asked last: light that went while it was measured is no light
        return LaserReading(
            on=on,
            power_w=power_w if on else 0.0,
            set_power_w=self._get("power"),
            wavelength_m=self._get("wavelength"),
        )

    def _shines(self) -> bool:
        return self._get("output") and not self._get("obstacles")

    def _get(self, name: str) -> Any:
        return self._wire.get(self.instrument.parameters[name])

    def _set(self, name: str, value: object) -> None:
        self._wire.set(self.instrument.parameters[name], value)

    def _settle(self) -> None:
        wait_until(
            lambda: self._get("settled"),
            self.settling_s,
            f"{self._wire.role} did not settle within {self.settling_s:g} s. Look at its front "
            "panel, or raise settling_s.",
        )

    def _refuse(self, what: str, reasons: tuple[str, ...]) -> None:
        if reasons:
            raise InstrumentError(f"{self._wire.role} {what}: {'; '.join(reasons)}.")
