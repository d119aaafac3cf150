"""What a rig file says: a QCoDeS station whose instruments are named by role, and more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from phonosync.theory.checked_file import CheckedModel, check, hint, read_yaml
from phonosync.theory.errors import InputError

Role = Literal[
    "laser",
    "direction_switch",
    "spectrum_analyzer",
    "microwave_source",
    "network_analyzer",
    "magnet",
    "demodulator",
    "thermometer",
    "power_meter",
]
ROLES: tuple[Role, ...] = get_args(Role)
DIRECTION_OF_LIGHT: tuple[Role, ...] = ("laser", "direction_switch", "spectrum_analyzer")
OURS = {"model", "firmware", "adapter"}  # of an entry; the rest is for QCoDeS


class ParameterEntry(CheckedModel):
    """What a station file may say of a parameter; QCoDeS itself only warns of a typo."""

    initial_value: Any = None
    limits: tuple[float, float] | None = None
    step: float | None = None
    inter_delay: float | None = None
    label: str | None = None
    unit: str | None = None
    scale: float | None = None
    monitor: bool | None = None


class InstrumentEntry(CheckedModel):
    """One instrument.

    Attributes:
        type: its driver, module and class.
        address: VISA address.
        init: further options of the driver.
        parameters: limits and more, by name of the driver's parameter.
        model, firmware: expected; `phonosync check` compares them with what is found.
        adapter: how it is to play its role, as {settings: {rest: hold}} for a magnet.
    """

    type: Annotated[str, Field(pattern=r"\w\.\w")]
    address: str
    init: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, ParameterEntry] = Field(default_factory=dict)
    model: str | None = None
    firmware: str | None = None
    adapter: dict[str, Any] = Field(default_factory=dict)

    @property
    def addresses(self) -> dict[str, str]:
        """Its address, as "", and those of its further parts by the driver's options."""
        further = {k: str(v) for k, v in self.init.items() if k.startswith("address")}
        return {"": self.address, **further}


_Quanta = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Calibration(CheckedModel):
    """What the lab knows of its detection: efficiency with its standard error, and quadrature.

    The detection efficiency is that behind the cavity's port, the escape efficiency the port's
    share κ_ext/κ of the cavity's linewidth: 1 for an overcoupled cavity.

    Without an efficiency spectra can be measured, but no synchronization can be drawn from them
    until one is given to the fit. Records of a lock-in need quanta (n + 1/2) per V² for theirs: one
    number, whose relative standard error is then common to both channels, or one for each.
    """

    detection_efficiency: Annotated[float, Field(gt=0, le=1)] | None = None
    detection_efficiency_error: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    escape_efficiency: Annotated[float, Field(gt=0, le=1)] = 1.0
    quadrature: Literal["phase", "amplitude"] = "phase"
    quanta_per_v2: _Quanta | tuple[_Quanta, _Quanta] | None = None
    quanta_per_v2_error: Annotated[float, Field(ge=0, le=1)] = 0.0


class VirtualEntry(CheckedModel):
    """That the instruments are those of a virtual lab.

    Attributes:
        device: name of the device in it.
        control: address of its control port, by which a run seeds the noise of each point.
        fingerprint: of the device (`Device.fingerprint`): another may have the same name.
    """

    device: str
    control: str
    fingerprint: str = ""


class RigFile(CheckedModel):
    """Instruments by role, the calibration of the detection, and whether all of it is virtual."""

    instruments: Annotated[dict[Role, InstrumentEntry], Field(min_length=1)]
    calibration: Calibration = Calibration()
    virtual: VirtualEntry | None = None

    @property
    def addresses(self) -> list[str]:
        """Of all instruments and their parts."""
        return [a for entry in self.instruments.values() for a in entry.addresses.values()]

    def record(self) -> dict[str, Any]:
        """The file as JSON can hold it; `check` reads it again."""
        return self.model_dump(mode="json", exclude_none=True)

    def station_config(self) -> dict[str, Any]:
        """The part that QCoDeS reads."""
        entries = {
            role: entry.model_dump(exclude_none=True, exclude=OURS)
            for role, entry in self.instruments.items()
        }
        return {"instruments": entries}


def load_rig(path: str | Path, needs: Iterable[Role] = DIRECTION_OF_LIGHT) -> RigFile:
    """Read and check a rig file.

    Args:
        path: of the file.
        needs: roles that must be played.

    Raises:
        InputError: missing file, unknown key, unknown or missing role.
    """
    file = Path(path)
    content = read_yaml(file, "rig file (QCoDeS station)")
    named = content.get("instruments")
    if isinstance(named, Mapping):
        for name in named:
            if name not in ROLES:
                raise InputError(
                    f"{file}: instrument {name!r} is no role; {hint(str(name), ROLES, 'roles are')}"
                )
        for role in needs:
            if role not in named:
                raise InputError(f"{file}: no instrument plays the role {role!r}; add one.")
    return check(content, RigFile, str(file))
