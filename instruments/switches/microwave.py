"""RF switches that send microwaves either way through a device, as `roles.DirectionSwitch`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import Direction
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.parameters import ParameterBase

    from phonosync.instruments.drivers.mini_circuits_rc import MiniCircuitsRC


_OPEN = 0  # position of an SP4T that joins nothing


@dataclass(frozen=True)
class MicrowaveWiring:
    """Switches between source, the two ends of a waveguide, and detector.

    One switch joins the source to either end, the other joins the detector to the opposite end. In
    position 1 of both the microwaves go clockwise, in position 2 counter-clockwise.
    """

    source: str = "A"
    detector: str = "B"

    def positions(self, direction: int) -> dict[str, int]:
        """List the positions {switch: 1 or 2} that a direction needs.

        Raises:
            ValueError: the direction is neither +1 nor -1.

        >>> MicrowaveWiring().positions(-1)
        {'A': 2, 'B': 2}
        """
        position = 1 if Direction(direction) is Direction.CLOCKWISE else 2
        return {self.source: position, self.detector: position}

    def direction(self, positions: dict[str, int]) -> int:
        """Name the direction that positions {switch: position} make, 0 for none.

        >>> MicrowaveWiring().direction({"A": 1, "B": 2})
        0
        """
        for direction in Direction:
            if self.positions(direction).items() <= positions.items():
                return int(direction)
        return 0


class RFSwitchAdapter:
    """Mini-Circuits switches in one box as `roles.DirectionSwitch`; others are left alone.

    Args:
        instrument: the driver.
        role: name in error messages.
        wiring: which switch is joined to source and detector.
    """

    def __init__(
        self,
        instrument: "MiniCircuitsRC",
        *,
        role: str = "direction_switch",
        wiring: MicrowaveWiring | None = None,
    ):
        self.instrument = instrument
        self.wiring = wiring or MicrowaveWiring()
        self._role = role
        self._wire = Wire(role, instrument)

    def set(self, direction: int) -> None:
        """Bring both switches into position for a direction and read it back.

        Raises:
            InputError: the direction is neither +1 nor -1.
            InstrumentError: a switch is missing or did not move.
        """
        try:
            wanted = self.wiring.positions(direction)
        except ValueError:
            raise InputError(
                f"{direction!r} is no direction. Use +1 (clockwise) or -1 (counter-clockwise)."
            ) from None
        for letter, position in wanted.items():
            self._wire.set(self._switch(letter), position)
        reached = self.read()
        if reached != direction:
            raise InstrumentError(
                f"{self._role} reads direction {reached} after {Direction(direction).name} was "
                "set. Check the 24 V supply of the switch box and who else controls it."
            )

    def block(self) -> None:
        """Open the detector's switch; see `roles.DirectionSwitch`.

        Raises:
            InputError: a switch with two positions, one of which always joins the detector.
            InstrumentError: it did not move.
        """
        switch = self._switch(self.wiring.detector)
        try:
            self._wire.set(switch, _OPEN)
        except InputError:
            raise InputError(
                f"{self._role} cannot part the detector: switch {self.wiring.detector} has two "
                "positions, and both join it. Take a dark spectrum by hand, or use an SP4T."
            ) from None
        if self._wire.get(switch) != _OPEN:
            raise InstrumentError(
                f"{self._role} still joins the detector after it was parted. Check the 24 V supply "
                "of the switch box and who else controls it."
            )

    def read(self) -> int:
        """Read the direction; 0 when no microwaves can reach both device and detector."""
        letters = self.wiring.positions(Direction.CLOCKWISE)
        positions = {letter: self._wire.get(self._switch(letter)) for letter in letters}
        return self.wiring.direction(positions)

    def _switch(self, letter: str) -> "ParameterBase":
        if letter not in self.instrument.letters:
            raise InputError(
                f"{self._role} has no switch {letter!r}. Choose from "
                f"{', '.join(self.instrument.letters)} in its wiring."
            )
        return self.instrument.parameters[f"switch_{letter.lower()}"]
