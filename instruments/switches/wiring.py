"""Which fibre of the ring sits at which port of the optical switch."""

from collections.abc import Mapping
from dataclasses import dataclass

from phonosync.instruments.roles import Direction


@dataclass(frozen=True)
class RingWiring:
    """Ports of an optical matrix switch between laser, ring and detector.

    Light that enters the clockwise input leaves by the clockwise output.
    """

    laser: int = 1
    clockwise_output: int = 3
    counterclockwise_output: int = 4
    clockwise_input: int = 9
    counterclockwise_input: int = 10
    detector: int = 11

    def connections(self, direction: int) -> dict[int, int]:
        """List the connections {ingress: egress} that a direction needs.

        Raises:
            ValueError: the direction is neither +1 nor -1.

        >>> RingWiring().connections(-1)
        {1: 10, 4: 11}
        """
        if Direction(direction) is Direction.CLOCKWISE:
            return {self.laser: self.clockwise_input, self.clockwise_output: self.detector}
        return {
            self.laser: self.counterclockwise_input,
            self.counterclockwise_output: self.detector,
        }

    def direction(self, connections: Mapping[int, int]) -> int:
        """Name the direction that these connections {ingress: egress} make, 0 for none.

        >>> RingWiring().direction({1: 9, 3: 11, 2: 16})
        1
        """
        for direction in Direction:
            if self.connections(direction).items() <= connections.items():
                return int(direction)
        return 0
