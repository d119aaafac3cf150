"""QCoDeS' own driver of the American Magnetics 4303D, opened from three addresses at once.

Upstream wants three open Model 430; a station file has one entry for the magnet. Each is opened
with `device_clear=False`, because a device clear swallows the greeting that the driver waits for.

Beware of its own ramps (`cartesian`, `field`, `x`, ... in ramp_mode "default"): a component that is
to change its sign and keep its magnitude is not ramped at all (QCoDeS 0.58), though the setpoint
says so. `magnets.ami` ramps the programmers one by one instead.
"""

from typing import Any

from qcodes.instrument_drivers.american_magnetics import AMIModel4303D

from phonosync.instruments.drivers.ami430 import AMI430


class AMI4303D(AMIModel4303D):
    """Three Model 430 programmers on the coils of a vector magnet.

    Args:
        name: name of the magnet; its programmers are called name_x, name_y, name_z.
        address: VISA address of the x axis, as `TCPIP0::192.168.1.120::7180::SOCKET`.
        address_y, address_z: those of the other two.
        field_limit: largest magnitude, T.
        visalib, timeout: for all three connections.
        current_ramp_limit: fastest ramp, A/s.
    """

    def __init__(
        self,
        name: str,
        address: str,
        *,
        address_y: str,
        address_z: str,
        field_limit: float,
        visalib: str | None = None,
        timeout: float = 5.0,
        current_ramp_limit: float | None = None,
    ):
        self._programmers: list[AMI430] = []
        try:
            for axis, place in zip("xyz", (address, address_y, address_z), strict=True):
                self._programmers.append(
                    AMI430(
                        f"{name}_{axis}",
                        place,
                        current_ramp_limit=current_ramp_limit,
                        visalib=visalib,
                        timeout=timeout,
                        device_clear=False,
                    )
                )
            super().__init__(name, *self._programmers, field_limit=field_limit)
        except BaseException:
            self._close_programmers()
            raise

    @property
    def parts(self) -> tuple[AMI430, ...]:
        """The programmers, each with a connection of its own."""
        return tuple(self._programmers)

    def close(self) -> None:
        """Close the three connections."""
        try:
            self._close_programmers()
        finally:
            super().close()

    def _close_programmers(self) -> None:
        while self._programmers:
            self._programmers.pop().close()

    def get_idn(self) -> dict[str, Any]:
        """Identify the set by its x axis."""
        return self._instrument_x.get_idn()
