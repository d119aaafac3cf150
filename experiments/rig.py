"""The instruments of a run, by role, opened from a QCoDeS station file and left safe."""

from __future__ import annotations

import contextlib
import io
import logging
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from phonosync.instruments.adapters import open_role
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import DirectionSwitch, Laser, SpectrumAnalyzer
from phonosync.theory.checked_file import CheckedModel, check, read_yaml
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.station import Station

    from phonosync.theory.device import Device

_LOG = logging.getLogger(__name__)
Role = Literal["laser", "direction_switch", "spectrum_analyzer"]
ROLES: tuple[Role, ...] = ("laser", "direction_switch", "spectrum_analyzer")


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
    """One instrument of a station file; `type` is its driver, module and class."""

    type: Annotated[str, Field(pattern=r"\w\.\w")]
    address: str
    init: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, ParameterEntry] = Field(default_factory=dict)


class Calibration(CheckedModel):
    """What the lab knows of its detection: efficiency with its standard error, and quadrature.

    The detection efficiency is that behind the cavity's port, the escape efficiency the port's
    share κ_ext/κ of the cavity's linewidth: 1 for an overcoupled cavity.

    Without an efficiency spectra can be measured, but no synchronization can be drawn from them
    until one is given to the fit.
    """

    detection_efficiency: Annotated[float, Field(gt=0, le=1)] | None = None
    detection_efficiency_error: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    escape_efficiency: Annotated[float, Field(gt=0, le=1)] = 1.0
    quadrature: Literal["phase", "amplitude"] = "phase"


class RigFile(CheckedModel):
    """A QCoDeS station file whose instruments are named by role, and the calibration."""

    instruments: dict[Role, InstrumentEntry]
    calibration: Calibration = Calibration()

    def station_config(self) -> dict[str, Any]:
        """The part that QCoDeS reads."""
        entries = {r: e.model_dump(exclude_none=True) for r, e in self.instruments.items()}
        return {"instruments": entries}


@dataclass
class Rig:
    """Open instruments by role.

    Attributes:
        virtual: name of the device in the virtual lab; None for hardware.
        left_unsafe: what `make_safe` could not do, in words.
    """

    station: Station
    calibration: Calibration
    laser: Laser
    direction_switch: DirectionSwitch
    spectrum_analyzer: SpectrumAnalyzer
    virtual: str | None = None
    left_unsafe: list[str] = field(default_factory=list)

    def make_safe(self) -> None:
        """Switch the laser off; whatever fails is written to `left_unsafe`, never raised."""
        with _signals_held():
            try:
                self.laser.off()
                if self.laser.read().on:
                    raise InstrumentError("the laser says that it is still on.")
            except Exception as error:  # whatever it is, the rest of the way out must go on
                _LOG.exception("The laser could not be switched off.")
                self.left_unsafe.append(f"LASER MAY BE ON, switch it off by hand: {error}")


def load_rig(path: str | Path) -> RigFile:
    """Read and check a rig file.

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
                    f"{file}: instrument {name!r} is no role; name the instruments "
                    f"{', '.join(ROLES)}."
                )
        for role in ROLES:
            if role not in named:
                raise InputError(f"{file}: no instrument plays the role {role!r}; add one.")
    return check(content, RigFile, str(file))


@contextmanager
def open_rig(rig_file: RigFile, *, virtual: str | None = None) -> Iterator[Rig]:
    """Open all instruments; at every exit the laser is off and the connections are closed.

    Raises:
        InputError: an instrument is not there, or its driver does not exist.
    """
    from qcodes.station import Station
    from ruamel.yaml import YAML

    station = Station()
    text = io.StringIO()
    YAML().dump(rig_file.station_config(), text)
    station.load_config(text.getvalue())
    opened: dict[str, Any] = {}
    try:
        for role in ROLES:
            opened[role] = _open(station, role, rig_file.instruments[role])
        rig = Rig(
            station=station,
            calibration=rig_file.calibration,
            virtual=virtual,
            **{role: open_role(role, instrument) for role, instrument in opened.items()},
        )
        try:
            yield rig
        finally:
            rig.make_safe()
    finally:
        for role, instrument in opened.items():
            try:
                instrument.close()
            except Exception:  # closing must go on to the next instrument
                _LOG.exception("Closing %s failed.", role)


@contextmanager
def virtual_rig(device_name: str, seed: int) -> Iterator[Rig]:
    """The default rig: the virtual lab round a device, reached over the wire like hardware."""
    from phonosync.instruments.virtual.bench import Bench
    from phonosync.instruments.virtual.lab import VirtualLab
    from phonosync.theory.device import load_device

    device = load_device(device_name)
    bench = Bench(device, seed)
    with VirtualLab(bench) as lab:
        content = virtual_rig_content(device, lab.addresses)
        rig_file = check(content, RigFile, f"virtual rig of {device.name}")
        with open_rig(rig_file, virtual=device_name) as rig:
            yield rig


def virtual_rig_content(device: Device, addresses: Mapping[str, str]) -> dict[str, Any]:
    """A rig file's content for the virtual lab at these addresses.

    The calibration is what an experimenter would have from a power meter and the depth of the
    cavity's dip; nothing else of the device is told.
    """
    from phonosync.instruments.virtual.lab import station

    assert device.detection is not None  # the bench has refused such a device
    port = device.ports[device.detection.port]
    calibration: dict[str, Any] = {
        "detection_efficiency": device.detection.efficiency,
        "escape_efficiency": min(port.rate / device.modes[port.mode].linewidth, 1.0),
    }
    if isinstance(device.detection.quadrature, str):
        calibration["quadrature"] = device.detection.quadrature
    return {**station(addresses), "calibration": calibration}


def write_virtual_rig(path: Path, device: Device, addresses: Mapping[str, str]) -> None:
    """Write a rig file with which 'phonosync measure --rig' measures a lab that is being served."""
    from ruamel.yaml import YAML

    try:
        with path.open("w", encoding="utf-8") as file:
            YAML().dump(virtual_rig_content(device, addresses), file)
    except OSError as error:
        raise InputError(
            f"no rig file can be written to {path} ({error.strerror}); give another path."
        ) from error


def _open(station: Station, role: str, entry: InstrumentEntry) -> Any:
    import pyvisa

    try:
        with contextlib.redirect_stdout(io.StringIO()):  # "Connected to ...": kept in the snapshot
            return station.load_instrument(role)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"the driver {entry.type!r} of {role} cannot be imported: {error}; correct 'type'."
        ) from error
    except TypeError as error:
        raise InputError(
            f"the driver {entry.type!r} of {role} does not take its options: {error}; correct "
            "'init'."
        ) from error
    except (pyvisa.errors.Error, OSError, ValueError, InstrumentError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"{role} is not there: {entry.address} does not answer as a "
            f"{entry.type.rsplit('.', 1)[-1]} ({reason}). Check its power, its cable and the "
            "address in the rig file."
        ) from error


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let nothing interrupt the way to safety: a second Ctrl-C waits."""
    held = {}
    for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(ValueError):  # not the main thread: signals do not arrive here
                held[number] = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
