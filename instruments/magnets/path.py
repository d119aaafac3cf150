"""The way of a field vector to its target: through zero, and round a loop that forgets history."""

import math

from phonosync.instruments.magnets.crystal import Vector

ZERO: Vector = (0.0, 0.0, 0.0)


def through_zero(start: Vector, target: Vector, *, near: float = 0.0) -> list[Vector]:
    """Ends of straight legs from start to target; a component that reverses stops at zero.

    The stop is nearer to the origin than the start is, so it breaks no limit that the start keeps.

    Args:
        start, target: T.
        near: components no larger than this count as zero, T.

    >>> through_zero((0.0, 0.1, 0.1), (0.0, 0.1, -0.1))
    [(0.0, 0.1, 0.0), (0.0, 0.1, -0.1)]
    """
    reverses = [a * b < 0 and abs(a) > near for a, b in zip(start, target, strict=True)]
    if not any(reverses):
        return [target]
    x, y, z = (0.0 if r else a for r, a in zip(reverses, start, strict=True))
    return [(x, y, z), target]


def round_loop(target: Vector, loop_field: float, axis: Vector) -> list[Vector]:
    """Corners of the excursion before a target: +loop_field along the target, then the target.

    A magnet or a crystal that is saturated at `loop_field` comes to the target on the same branch
    of its hysteresis whatever went before. Opposite targets are approached from opposite sides.

    Args:
        target: T.
        loop_field: magnitude at the turning point, T.
        axis: unit vector along which the target zero is approached, from above.

    >>> round_loop((0.0, 0.0, -0.1), 0.5, (0.0, 0.0, 1.0))
    [(0.0, 0.0, -0.5), (0.0, 0.0, -0.1)]
    """
    size = math.hypot(*target)
    x, y, z = (component / size for component in target) if size else axis
    return [(loop_field * x, loop_field * y, loop_field * z), target]
