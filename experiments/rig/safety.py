"""Make instruments safe that no run holds any more."""

from __future__ import annotations

from phonosync.experiments.rig.file import RigFile, Role
from phonosync.experiments.rig.rig import open_rig
from phonosync.theory.errors import PhonosyncError

SAFETY_ORDER: tuple[Role, ...] = ("microwave_source", "laser", "magnet", "thermometer")
"""In which order instruments are made safe: what drives the device first."""


def make_safe_from_outside(rig_file: RigFile) -> list[str]:
    """Open each instrument that can do harm on its own, and make it safe.

    One that cannot be reached keeps none of the others from being reached.

    Returns:
        What is not safe, in sentences; empty when all is well.
    """
    left: list[str] = []
    for role in SAFETY_ORDER:
        if role not in rig_file.instruments:
            continue
        alone = rig_file.model_copy(update={"instruments": {role: rig_file.instruments[role]}})
        try:
            with open_rig(alone.model_copy(update={"virtual": None})) as rig:
                rig.make_safe()
                left += rig.left_unsafe
        except PhonosyncError as error:
            left.append(f"{role.replace('_', ' ').upper()} MAY BE ON, see to it by hand: {error}")
    return left
