"""QCoDeS driver of a Toptica CTL laser on a DLC pro controller.

Speaks the controller's text command line (DeCoF) over raw Ethernet on port 1998: Scheme-like
`(param-ref 'name)` and `(param-set! 'name value)`, every answer ended by a new line and the prompt
`> `. Names of parameters: DLC pro command reference, as Toptica's own Python laser SDK lists them
for firmware 3.3 and public drivers use them. The SDK itself is not used: it brings an event loop
of its own, and a text line is easier to watch. From memory: that `laser1:dl:lock:state-txt` reads
"Locked" when the lock holds.
"""

from typing import TYPE_CHECKING, Any

from qcodes.validators import Bool, Numbers

from phonosync.instruments.drivers.prompted import PromptedInstrument
from phonosync.instruments.errors import InstrumentError

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack

_IDLE = 0
_TRANSIENT = (*range(-8, 0), 1)  # referencing and optimizing; on the way to a wavelength
_OFF = 0.1  # relative deviation of the power that is no longer called regulated


class TopticaDLCpro(PromptedInstrument):
    """The laser; connecting changes no light.

    Args:
        name: name of the instrument.
        address: VISA address, as `TCPIP0::192.168.1.103::1998::SOCKET`.
        laser: which laser of the controller, 1 to 4.
        power_max: highest power setpoint of this laser, W; the controller does not tell it.
    """

    def __init__(
        self,
        name: str,
        address: str,
        laser: int = 1,
        power_max: float = 60e-3,
        **kwargs: "Unpack[VisaInstrumentKWArgs]",
    ):
        kwargs["device_clear"] = False  # it would take the greeting, or not, as time allows
        super().__init__(name, address, **kwargs)
        self.read_answer()  # the greeting
        self._laser = f"laser{laser}"
        self.output = self.add_parameter(
            "output",
            get_cmd=lambda: self.param_ref(f"{self._laser}:emission"),
            set_cmd=lambda on: self.param_set(f"{self._laser}:dl:cc:enabled", on),
            vals=Bool(),
            docstring="Whether light is emitted; setting it switches the diode's current.",
        )
        self.power = self._number(
            "power",
            "power-stabilization:setpoint",
            ("W", 1e-3),
            Numbers(0, power_max),
            "Power that the power stabilization is to hold.",
        )
        self.actual_power = self._number(
            "actual_power",
            "ctl:power:power-act",
            ("W", 1e-3),
            None,
            "Power by the laser's own monitor.",
        )
        self.power_stabilization = self._switch(
            "power_stabilization",
            "power-stabilization:enabled",
            "Whether the laser holds `power`; otherwise its current decides.",
        )
        self.wavelength_min = self._number(
            "wavelength_min", "ctl:wavelength-min", ("m", 1e-9), None, "Shortest wavelength."
        )
        self.wavelength_max = self._number(
            "wavelength_max", "ctl:wavelength-max", ("m", 1e-9), None, "Longest wavelength."
        )
        self.wavelength = self._number(
            "wavelength",
            "ctl:wavelength-set",
            ("m", 1e-9),
            Numbers(self.wavelength_min(), self.wavelength_max()),
            "Vacuum wavelength that was asked for; the motor takes its time.",
        )
        self.actual_wavelength = self._number(
            "actual_wavelength", "ctl:wavelength-act", ("m", 1e-9), None, "Where the motor is."
        )
        self.lock_enabled = self._switch(
            "lock_enabled", "dl:lock:lock-enabled", "Whether the frequency lock is to hold."
        )
        for parameter, path, docstring in (
            ("lock_state", f"{self._laser}:dl:lock:state-txt", "The frequency lock, in words."),
            ("state_text", f"{self._laser}:ctl:state-txt", "What the CTL head does, in words."),
            ("health", f"{self._laser}:health-txt", "Health of the laser, in its own words."),
            ("interlock_open", "interlock-open", "Whether the interlock loop is open."),
            ("key_locked", "frontkey-locked", "Whether the front key is turned to lock."),
            ("button", "emission-button-enabled", "Whether the emission button is pressed."),
        ):
            self._reading(parameter, lambda path=path: self.param_ref(path), docstring)
        self._reading("state", self._get_state, "What the CTL head does; 0 when idle.")
        self._reading("obstacles", self._get_obstacles, "What keeps the light in.")
        self._reading("faults", self._get_faults, "Why the light is not what was asked for.")
        self._reading(
            "settled",
            lambda: self.parameters["state"]() not in _TRANSIENT,
            "Whether the motor has arrived.",
        )
        self.connect_message()

    def on(self) -> None:
        """Switch the diode's current on."""
        self.output(True)

    def off(self) -> None:
        """Switch the diode's current off."""
        self.output(False)

    def get_idn(self) -> dict[str, str | None]:
        """Tell vendor, model, serial number and firmware."""
        model, serial, firmware = (
            str(self.param_ref(path)) for path in ("system-type", "serial-number", "fw-ver")
        )
        return {"vendor": "TOPTICA", "model": model, "serial": serial, "firmware": firmware}

    def param_ref(self, path: str) -> bool | float | str:
        """Read a parameter by its name in the command reference.

        Raises:
            InstrumentError: the controller does not know it.
        """
        command = f"(param-ref '{path})"
        return _value(self._checked(command, self.ask(command)))

    def param_set(self, path: str, value: float | str) -> None:
        """Set a parameter by its name in the command reference.

        Raises:
            InstrumentError: the controller refuses it.
        """
        command = f"(param-set! '{path} {_text(value)})"
        answer = self._checked(command, self.ask(command))
        if int(answer.splitlines()[-1]) < 0:  # a positive number is a warning
            raise self._refused(command, f"error {answer}")

    def _checked(self, command: str, answer: str) -> str:
        if answer.lower().startswith("error"):
            raise self._refused(command, answer)
        return answer

    def _refused(self, command: str, answer: str) -> InstrumentError:
        return InstrumentError(
            f"{self.full_name} refused {command!r}: {answer}. Check value, user level and the "
            "options of this controller."
        )

    def _get_state(self) -> int:
        state = self.param_ref(f"{self._laser}:ctl:state")
        if state not in range(-99, 100):
            raise ValueError(f"{state!r} is no state")
        return int(state)

    def _get_obstacles(self) -> tuple[str, ...]:
        obstacles = {
            "interlock_open": (True, "its interlock is open; close it"),
            "key_locked": (True, "its front key is locked; turn it"),
            "button": (False, "its emission button is off; press it"),
        }
        return tuple(
            reason for name, (bad, reason) in obstacles.items() if self.parameters[name]() is bad
        )

    def _get_faults(self) -> tuple[str, ...]:
        faults = []
        if self.lock_enabled() and str(self.parameters["lock_state"]()).lower() != "locked":
            faults.append(f"it lost its lock ({self.parameters['lock_state']()}); lock it again")
        if not self.power_stabilization():
            faults.append("its power stabilization is off; switch power_stabilization on")
        elif self.output() and abs(self.actual_power() - self.power()) > _OFF * self.power():
            faults.append(f"it gives {self.actual_power():.3g} W; ask for what it can give")
        if self.parameters["state"]() not in (_IDLE, *_TRANSIENT):
            faults.append(f"it does something else ({self.parameters['state_text']()}); stop it")
        return tuple(faults)

    def _number(
        self, name: str, path: str, scale: tuple[str, float], vals: Numbers | None, docstring: str
    ) -> Any:
        (unit, factor), path = scale, f"{self._laser}:{path}"

        def write(value: float) -> None:
            self.param_set(path, round(value / factor, 9))

        return self.add_parameter(
            name,
            unit=unit,
            get_cmd=lambda: float(self.param_ref(path)) * factor,
            set_cmd=write if vals else False,
            vals=vals,
            docstring=docstring,
        )

    def _switch(self, name: str, path: str, docstring: str) -> Any:
        path = f"{self._laser}:{path}"
        return self.add_parameter(
            name,
            get_cmd=lambda: self.param_ref(path),
            set_cmd=lambda on: self.param_set(path, on),
            vals=Bool(),
            docstring=docstring,
        )


def _value(text: str) -> bool | float | str:
    """Read a Scheme value.

    >>> _value("#t"), _value("1550.5"), _value('"Locked"')
    (True, 1550.5, 'Locked')
    """
    if text in ("#t", "#f"):
        return text == "#t"
    if text.startswith('"'):
        return text.strip('"')
    return float(text)


def _text(value: float | str) -> str:
    """Write a Scheme value."""
    if isinstance(value, bool):
        return "#t" if value else "#f"
    return f'"{value}"' if isinstance(value, str) else repr(value)
