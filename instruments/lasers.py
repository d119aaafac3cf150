"""Tunable lasers as `roles.Laser`: what all have in common, and what each says of its light."""

from typing import TYPE_CHECKING

from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import LaserReading
from phonosync.instruments.waiting import wait_until
from phonosync.instruments.wire import Wire

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrument


class LaserAdapter:
    """A laser whose driver has the parameters `output`, `power` and `wavelength`.

    Every change waits until the laser has settled. A laser that cannot shine, or whose light
    cannot be trusted, is an InstrumentError that says why.

    Args:
        instrument: the driver.
        role: name in error messages.
        settling_s: longest wait for the laser to settle, s.
    """

    def __init__(
        self, instrument: "VisaInstrument", *, role: str = "laser", settling_s: float = 60.0
    ):
        self.instrument = instrument
        self.settling_s = settling_s
        self._wire = Wire(role, instrument)
        self._asked_w: float | None = None

    # What a kind of laser knows of itself

    def obstacles(self) -> list[str]:
        """Tell what keeps the light in."""
        return []

    def faults(self) -> list[str]:
        """Tell why light that leaves the laser is not the light that was asked for."""
        return []

    def settled(self) -> bool:
        """Tell whether power and wavelength have arrived."""
        return True

    def emitted_w(self) -> float:
        """Read the power by the laser's own monitor, W."""
        return self._get("power")

    def asked_w(self) -> float:
        """Tell the power that was asked for, W."""
        return self._get("power") if self._asked_w is None else self._asked_w

    # The role

    def set_power(self, power_w: float) -> None:
        """Set the power at the laser's output, W."""
        self._set("power", power_w)
        self._asked_w = power_w
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
        self._refuse("gives no light", self.obstacles())
        self._set("output", True)
        self._settle()
        if not self._get("output"):
            raise InstrumentError(
                f"{self._wire.role} stays dark after it was switched on. Look at its front panel."
            )

    def off(self) -> None:
        """Let no light out; a dialogue that was cut off before does not stand in the way."""
        try:
            self._set("output", False)
        except InstrumentError as error:
            if error.__cause__ is not None:
                raise  # the connection itself is gone; clearing it would wait for ever
            # An interrupted query leaves its reply on the wire, and all later ones out of step.
            with self._wire.doing("device clear"):
                self.instrument.device_clear()
            self._set("output", False)

    def read(self) -> LaserReading:
        """Read back state, power and wavelength.

        Raises:
            InstrumentError: the laser is on, but its light is not what was asked for.
        """
        on = self._get("output") and not self.obstacles()
        if on:
            self._refuse("does not give the light that was asked for", self.faults())
        return LaserReading(
            on=on,
            power_w=self.emitted_w(),
            set_power_w=self.asked_w(),
            wavelength_m=self._get("wavelength"),
        )

    def _get(self, name: str):
        return self._wire.get(self.instrument.parameters[name])

    def _set(self, name: str, value: object) -> None:
        self._wire.set(self.instrument.parameters[name], value)

    def _settle(self) -> None:
        wait_until(
            self.settled,
            self.settling_s,
            f"{self._wire.role} did not settle within {self.settling_s:g} s. Look at its front "
            "panel, or raise settling_s.",
        )

    def _refuse(self, what: str, reasons: list[str]) -> None:
        if reasons:
            raise InstrumentError(f"{self._wire.role} {what}: {'; '.join(reasons)}.")


class SantecLaser(LaserAdapter):
    """A Santec TSL-570, which levels its power and reads it by a monitor of its own."""

    def obstacles(self) -> list[str]:
        """Tell what keeps the light in."""
        return [
            reason
            for name, reason in (
                ("shutter_closed", "its shutter is closed; open it"),
                ("interlock", "its interlock is open; close it"),
            )
            if self._get(name)
        ]

    def emitted_w(self) -> float:
        """Read the power by the built-in monitor, W."""
        return self._get("actual_power")

    def asked_w(self) -> float:
        """Read the power that was asked for, W."""
        return self._get("power")
