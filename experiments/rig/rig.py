"""The instruments of a run, by role, opened from a rig file and left safe."""

from __future__ import annotations

import io
import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phonosync.experiments.rig.file import Calibration, RigFile, Role, VirtualEntry
from phonosync.experiments.rig.instrument import (
    adapter_options,
    clears_a_socket,
    close_instrument,
    driver_class,
    open_instrument,
    play,
)
from phonosync.experiments.rig.signals import answered_by
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import (
    Demodulator,
    DirectionSwitch,
    Laser,
    Magnet,
    MicrowaveSource,
    NetworkAnalyzer,
    PowerMeter,
    SpectrumAnalyzer,
    TemperatureController,
    Thermometer,
)
from phonosync.instruments.virtual.control import LabControl
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.station import Station

_LOG = logging.getLogger(__name__)


@dataclass
class Rig:
    """Open instruments by role; asking for one that the rig has not is an InputError.

    Attributes:
        file: what the rig file says.
        roles: role -> instrument in that role.
        virtual: name of the device in the virtual lab; None for hardware.
        lab_control: the virtual lab's control port, which begins each point; None for hardware.
        left_unsafe: what `make_safe` could not do, in words.
    """

    station: Station
    file: RigFile
    roles: Mapping[Role, Any]
    virtual: str | None = None
    lab_control: LabControl | None = None
    left_unsafe: list[str] = field(default_factory=list)

    @property
    def calibration(self) -> Calibration:
        """What the lab knows of its detection."""
        return self.file.calibration

    def _role(self, role: Role) -> Any:
        if role not in self.roles:
            raise InputError(
                f"this rig has no {role}, which the experiment needs. Add one to the rig file."
            )
        return self.roles[role]

    @property
    def laser(self) -> Laser:
        """The laser."""
        return self._role("laser")

    @property
    def direction_switch(self) -> DirectionSwitch:
        """The switch that turns the light round."""
        return self._role("direction_switch")

    @property
    def spectrum_analyzer(self) -> SpectrumAnalyzer:
        """The spectrum analyzer."""
        return self._role("spectrum_analyzer")

    @property
    def microwave_source(self) -> MicrowaveSource:
        """The source that drives the magnon."""
        return self._role("microwave_source")

    @property
    def network_analyzer(self) -> NetworkAnalyzer:
        """The network analyzer."""
        return self._role("network_analyzer")

    @property
    def magnet(self) -> Magnet:
        """The magnet."""
        return self._role("magnet")

    @property
    def demodulator(self) -> Demodulator:
        """The demodulators of the vibrations."""
        return self._role("demodulator")

    @property
    def thermometer(self) -> Thermometer:
        """The thermometer of the device."""
        return self._role("thermometer")

    @property
    def temperature_controller(self) -> TemperatureController:
        """The thermometer, if its cryostat can be heated."""
        if not isinstance(self.thermometer, TemperatureController):
            raise InputError(
                "this rig's thermometer only reads, and the experiment sets temperatures. State "
                "its 'heater' under 'adapter' in the rig file."
            )
        return self.thermometer

    @property
    def power_meter(self) -> PowerMeter:
        """The power meter in the monitor arm."""
        return self._role("power_meter")

    def make_safe(self) -> None:
        """Switch the microwave drive off, then the laser, take the magnet to its rest; heater off.

        Whatever fails is written to `left_unsafe`, never raised. Signals wait for drive, laser and
        heater; a ramp of the magnet Ctrl-C pauses where it is, also a second one.
        """
        try:
            with answered_by(signal.SIG_IGN):
                self._darken("microwave_source", "MICROWAVE DRIVE")
                self._darken("laser", "LASER")
            if "magnet" in self.roles:
                with answered_by(signal.default_int_handler, ("SIGINT",)):
                    self._attempt(self.magnet.rest, "MAGNET IS NOT AT REST, see to it by hand")
        except BaseException as interruption:  # the way out must go on
            self.left_unsafe.append(
                "MAGNET IS NOT AT REST, see to it by hand: its ramp was interrupted "
                f"({type(interruption).__name__})."
            )
        if isinstance(heated := self.roles.get("thermometer"), TemperatureController):
            with answered_by(signal.SIG_IGN):
                self._attempt(heated.rest, "HEATER MAY BE ON, switch it off by hand")

    @property
    def safety(self) -> str:
        """What `make_safe` has reached, in sentences."""
        reached = {
            "microwave_source": "The microwave drive is off.",
            "laser": "The laser is off.",
            "magnet": "The magnet is at its rest.",
        }
        said = [sentence for role, sentence in reached.items() if role in self.roles]
        if isinstance(self.roles.get("thermometer"), TemperatureController):
            said.append("The heater is off.")
        return " ".join(self.left_unsafe or said)

    def _darken(self, role: Role, name: str) -> None:
        if role not in self.roles:
            return
        source = self.roles[role]

        def off() -> None:
            source.off()
            if source.read().on:
                raise InstrumentError(f"the {name.lower()} says that it is still on.")

        self._attempt(off, f"{name} MAY BE ON, switch it off by hand")

    def _attempt(self, act: Callable[[], None], alarm: str) -> None:
        """Try twice, since a renewed connection may do what a broken one did not."""
        try:
            try:
                act()
            except InstrumentError:
                act()
        except Exception as error:  # whatever it is, the rest of the way out must go on
            _LOG.exception("%s.", alarm)
            self.left_unsafe.append(f"{alarm}: {error}")


@contextmanager
def open_rig(rig_file: RigFile) -> Iterator[Rig]:
    """Open all instruments; at every exit they are made safe and the connections are closed.

    Raises:
        InputError: an instrument is not there, its driver does not exist, or an option is wrong.
        InstrumentError: the virtual lab that the file speaks of does not answer.
    """
    from qcodes.station import Station
    from ruamel.yaml import YAML

    entries = rig_file.instruments
    options: dict[Role, Any] = {
        role: adapter_options(role, entry) for role, entry in entries.items()
    }
    station = Station()
    config = rig_file.station_config()
    for role, entry in entries.items():
        if clears_a_socket(driver_class(role, entry), entry.address):
            config["instruments"][role]["init"].setdefault("device_clear", False)
    text = io.StringIO()
    YAML().dump(config, text)
    station.load_config(text.getvalue())
    opened: dict[Role, Any] = {}
    try:
        for role, entry in entries.items():
            opened[role] = open_instrument(station, role, entry)
        roles: dict[Role, Any] = {
            role: play(role, instrument, options[role]) for role, instrument in opened.items()
        }
        with _control_of(rig_file.virtual) as control:
            rig = Rig(
                station=station,
                file=rig_file,
                roles=roles,
                virtual=rig_file.virtual.device if rig_file.virtual else None,
                lab_control=control,
            )
            try:
                yield rig
            finally:
                rig.make_safe()
    finally:
        for instrument in opened.values():
            close_instrument(instrument)


@contextmanager
def _control_of(virtual: VirtualEntry | None) -> Iterator[LabControl | None]:
    if virtual is None:
        yield None
        return
    with closing(LabControl(virtual.control)) as control:
        yield control
