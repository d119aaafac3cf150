"""QCoDeS driver of Kepco BOP bipolar power supplies with a SCPI interface, made for magnets.

Follows the SCPI command reference in the operator's manuals of the BOP-1KW-MG and BOP-GL series
(appendix B) and of the BIT 4886 card; over LAN (BIT 802E) raw SCPI is on port 5025, while port 5024
is Telnet and echoes. The supply itself jumps to whatever it is told: OUTP ON brings back the last
current at once. So this driver never sends more than one small step at a time. How the supply
latches faults differs between series and is not used.
"""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from qcodes.parameters import create_on_off_val_mapping
from qcodes.validators import Numbers

from phonosync.instruments.drivers.checked import CheckedInstrument
from phonosync.instruments.errors import InstrumentError, NonsenseError

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack

LONGEST_STEP_S = 0.5  # a late step is no larger than this times the ramp rate
STEP_PAUSE_S = 0.05
NOTHING = 9.9e37  # SCPI's word for infinity, or no number


class KepcoBOP(CheckedInstrument):
    """A bipolar supply in current mode; connecting to it changes neither output nor current.

    Args:
        name: name of the instrument.
        address: VISA address, as `TCPIP0::192.168.1.130::5025::SOCKET`.
        coil_constant: field over current, T/A.
        current_limit: largest current, A.
        ramp_rate_limit: fastest ramp, A/s.
        voltage_limit: voltage that the supply may use in current mode, V.
        clock, sleep: s; tests turn the clock by hand.
    """

    default_terminator = "\r\n"

    def __init__(
        self,
        name: str,
        address: str,
        *,
        coil_constant: float,
        current_limit: float,
        ramp_rate_limit: float,
        voltage_limit: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        **kwargs: "Unpack[VisaInstrumentKWArgs]",
    ):
        super().__init__(name, address, **kwargs)
        self.coil_constant = coil_constant
        self.current_limit = current_limit
        self.ramp_rate_limit = ramp_rate_limit
        self._compliance = voltage_limit
        self._clock, self._sleep = clock, sleep
        self._target = self._rate = self._last = self._stepped = 0.0
        self._last_change = -math.inf
        self.ramping = False

        self.output = self.add_parameter(
            "output",
            get_cmd="OUTP?",
            get_parser=lambda reply: str(int(_number(reply) != 0)),
            set_cmd=False,
            val_mapping=create_on_off_val_mapping(on_val="1", off_val="0"),
            docstring="Whether the output is on; use on() and off(), which make no jump.",
        )
        self.mode = self._reading(
            "mode",
            "FUNC:MODE?",
            "What the supply holds, 'voltage' or 'current'; on() makes it current.",
            parser=_mode,
        )
        self.voltage_limit = self._setting(
            "voltage_limit",
            "VOLT",
            Numbers(0, voltage_limit),
            "Largest voltage in current mode; a coil needs R I + L dI/dt.",
            unit="V",
            parser=_number,
            form="{:.5f}",
        )
        self.ramp_rate = self.add_parameter(
            "ramp_rate",
            unit="A/s",
            get_cmd=None,
            set_cmd=None,
            initial_value=ramp_rate_limit,
            vals=Numbers(1e-6, ramp_rate_limit),
            docstring="Speed of the ramps that `current` and `field` make, stepped in software.",
        )
        self.current = self.add_parameter(
            "current",
            unit="A",
            get_cmd="CURR?",
            get_parser=_number,
            set_cmd=self.ramp_to,
            vals=Numbers(-current_limit, current_limit),
            docstring="Current that is programmed; setting it ramps there and comes back then.",
        )
        self.measured_current = self._reading(
            "measured_current",
            "MEAS:CURR?",
            "Current at the output, by the supply's own meter.",
            unit="A",
            parser=_number,
        )
        self.measured_voltage = self._reading(
            "measured_voltage",
            "MEAS:VOLT?",
            "Voltage at the output, by the supply's own meter.",
            unit="V",
            parser=_number,
        )
        self.field = self.add_parameter(
            "field",
            unit="T",
            get_cmd=lambda: self.measured_current() * coil_constant,
            set_cmd=lambda field: self.ramp_to(field / coil_constant),
            vals=Numbers(-current_limit * coil_constant, current_limit * coil_constant),
            docstring="Measured current times the coil constant; setting it ramps there. What the "
            "iron remembers is not in it.",
        )
        self.connect_message()

    def on(self) -> None:
        """Switch to current mode at zero and the output on; an output that is on is left alone.

        Raises:
            InstrumentError: the output is on in voltage mode.
        """
        if self.output():
            if self.mode() != "current":
                raise InstrumentError(
                    f"{self.full_name} is on in voltage mode, and changing the mode would make its "
                    "current jump. Take its voltage to zero and its output off by hand first."
                )
            return
        for command in ("FUNC:MODE CURR", "CURR 0", f"VOLT {self._compliance:.5f}", "OUTP ON"):
            self.write_checked(command)

    def off(self) -> None:
        """Ramp to zero, then switch the output off."""
        if self.output():
            self.ramp_to(0.0)
            self.write_checked("OUTP OFF")

    def start_ramp(self, current: float, rate: float) -> None:
        """Make ready to ramp; every `step` goes a part of the way.

        Args:
            current: A.
            rate: A/s.
        """
        self.on()
        self.current.validate(current)
        self.ramp_rate.validate(rate)
        self._target, self._rate = current, rate
        self._stepped = self.current()
        self._last = self._clock()
        self.ramping = True

    def step(self) -> None:
        """Go as far as the ramp rate allows since the last step; the last one ends the ramp.

        Raises:
            InstrumentError: the output has gone off.
        """
        if not self.ramping:
            return
        if not self.output():
            self.stop()
            raise InstrumentError(
                f"{self.full_name} has switched its output off during a ramp. Look for its fault "
                "on the front panel; the field is gone."
            )
        now = self._clock()
        reach = self._rate * min(now - self._last, LONGEST_STEP_S)
        self._last = now
        way = self._target - self._stepped
        self._stepped = (
            self._target if abs(way) <= reach else self._stepped + math.copysign(reach, way)
        )
        self._program(self._stepped)
        self.ramping = self._stepped != self._target

    @property
    def quiet_for(self) -> float:
        """Time since the last step, s."""
        return self._clock() - self._last_change

    def stop(self) -> None:
        """Stay at the current that is reached."""
        self.ramping = False

    def drop(self) -> None:
        """Program zero at once, for a coil that has lost its current by itself.

        Raises:
            InstrumentError: current flows.
        """
        self.stop()
        flows = self.measured_current()
        if abs(flows) > 0.01 * self.current_limit:
            raise InstrumentError(
                f"{self.full_name} still drives {flows:g} A; zero at once would make it jump. Ramp "
                "it down."
            )
        self._program(0.0)

    def _program(self, current: float) -> None:
        self.write_checked(f"CURR {current:.6f}")
        self._last_change = self._clock()

    def ramp_to(self, current: float) -> None:
        """Ramp and come back when the current is programmed; an interruption stops it there."""
        self.start_ramp(current, self.ramp_rate())
        try:
            self.step()
            while self.ramping:
                self._sleep(STEP_PAUSE_S)
                self.step()
        finally:
            self.stop()


def _number(reply: str) -> float:
    try:
        number = float(reply)
    except ValueError:
        number = math.nan
    if not abs(number) < NOTHING:
        raise NonsenseError(
            f"A Kepco BOP answered {reply!r} where a number belongs. Check its cable and its port "
            "(5025, not 5024), then run again."
        )
    return number


def _mode(reply: str) -> str:
    modes = {"VOLT": "voltage", "CURR": "current", "0": "voltage", "1": "current"}
    word = reply.strip().upper()[:4]
    if word not in modes:  # some firmware answers with a number
        raise NonsenseError(
            f"A Kepco BOP answered {reply!r} to FUNC:MODE?. Check its cable, then run again."
        )
    return modes[word]
