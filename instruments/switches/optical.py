"""Optical matrix switches that send light either way through a ring, as `roles.DirectionSwitch`."""

from typing import TYPE_CHECKING

from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import Direction
from phonosync.instruments.switches.wiring import RingWiring
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from phonosync.instruments.drivers.polatis import PolatisSwitch


class OpticalSwitchAdapter:
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
