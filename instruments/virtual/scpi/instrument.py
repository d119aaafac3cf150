"""A SCPI instrument: a table of commands over one lock, with overlapped operations.

A subclass declares `settings` (values that are kept and told) and methods marked with
`command` (everything that does something). `execute` answers one program message.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from phonosync.instruments.virtual.scpi.background import Background, ClosedError
from phonosync.instruments.virtual.scpi.status import OPERATION_COMPLETE, Status
from phonosync.instruments.virtual.scpi.syntax import (
    Argument,
    Boolean,
    Number,
    ScpiError,
    header_pattern,
    parse_unit,
    split,
)

Reply = str | bytes | None
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Setting:
    """A value that a command sets and its query tells.

    Args:
        pattern: the header as manuals write it.
        name: key in the instrument's `state`.
        argument: what may be set.
        default: value after *RST, already in the form that `argument` gives.
    """

    pattern: str
    name: str
    argument: Argument
    default: Any


def command(pattern: str, *arguments: Argument) -> Callable[[Callable], Callable]:
    """Mark a method as the answer to a header; a trailing `?` makes it a query.

    Numeric suffixes written as `<n>` come first among the method's arguments.
    """

    def mark(method: Callable) -> Callable:
        method.__dict__.setdefault("scpi", []).append((pattern, arguments))
        return method

    return mark


class ScpiInstrument(Background):
    """Base of the virtual instruments: common commands, error queue, background operation.

    Attributes:
        state: values of the settings; read and change it under `lock`.
        lock: guards everything.
    """

    identity = "Phonosync,ScpiInstrument,0,0"
    no_error = '0,"No error"'
    carriage_return_ends_message = False
    reply_terminator = b"\n"
    greeting = b""  # sent as it stands to whoever connects
    settings: ClassVar[tuple[Setting, ...]] = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for name in vars(cls):
            if any(hasattr(getattr(base, name, None), "scpi") for base in cls.__bases__) and (
                not hasattr(getattr(cls, name), "scpi")
            ):
                raise TypeError(
                    f"{cls.__name__}.{name} hides a SCPI command of its base class. "
                    "Rename it, or mark it with @command as well."
                )

    def __init__(self):
        super().__init__()
        self.status = Status()
        self.state: dict[str, Any] = {item.name: item.default for item in self.settings}
        self._table = [
            (header_pattern(pattern.removesuffix("?")), pattern.endswith("?"), arguments, handler)
            for pattern, arguments, handler in self._commands()
        ]

    def _commands(self) -> Iterator[tuple[str, tuple[Argument, ...], Callable[..., Reply]]]:
        names = dict.fromkeys(name for kind in type(self).__mro__ for name in vars(kind))
        for name in names:
            for pattern, arguments in getattr(getattr(type(self), name), "scpi", ()):
                yield pattern, arguments, getattr(self, name)
        for setting in self.settings:
            yield (
                setting.pattern,
                (setting.argument,),
                lambda value, s=setting: self.change(s.name, value),
            )
            yield setting.pattern + "?", (), lambda s=setting: self.tell(s)

    # Messages

    def execute(self, message: str) -> bytes | None:
        """Carry out one program message.

        Args:
            message: without its terminator, as `:FREQ:STAR 1 MHZ;STOP 2 MHZ;*OPC?`.

        Returns:
            The replies joined by semicolons, without terminator; None if nothing was asked.

        Raises:
            ClosedError: the instrument was closed while the message waited.
        """
        replies: list[bytes] = []
        path = ""
        try:
            if any(not 32 <= ord(character) < 127 and character != "\t" for character in message):
                raise ScpiError(-101)
            for unit in filter(None, split(message, ";")):
                header, query, arguments = parse_unit(unit)
                if not header.startswith(("*", ":")):
                    header = f"{path}:{header}"
                if not header.startswith("*"):
                    path = header.rpartition(":")[0]
                reply = self._answer(header, query, arguments)
                if reply is not None:
                    replies.append(reply.encode("ascii") if isinstance(reply, str) else reply)
        except ScpiError as error:  # a message that is not understood ends here
            self.push(error)
        return b";".join(replies) if replies else None

    def _answer(self, header: str, query: bool, texts: list[str]) -> Reply:
        for pattern, is_query, arguments, handler in self._table:
            match = pattern.fullmatch(header) if is_query == query else None
            if match is None:
                continue
            required = sum(not argument.optional for argument in arguments)
            if len(texts) < required:
                raise ScpiError(-109, header)
            if len(texts) > len(arguments):
                raise ScpiError(-108, header)
            with self.lock:
                try:
                    values = [
                        argument.parse(text)
                        for argument, text in zip(arguments, texts, strict=False)
                    ]
                    return handler(*(int(number or 1) for number in match.groups()), *values)
                except ClosedError:
                    raise
                except ScpiError as error:
                    if error.number > -200:
                        raise
                    self.push(error)
                except Exception as error:
                    log.exception("%s: handler of %s failed", type(self).__name__, header)
                    self.push(ScpiError(-300, _one_line(error)))
                return None
        raise ScpiError(-113, header + "?" * query)

    def push(self, error: ScpiError) -> None:
        """Put an error into the queue and its bit into the event register."""
        with self.lock:
            self.status.push(error)

    def is_command(self, message: str) -> bool:
        """Whether a message is to change something."""
        return "?" not in message

    def refuse(self, message: str) -> bytes | None:
        """Leave a command undone and say so, as this instrument does when it cannot.

        Returns:
            The reply, without terminator, where commands have one.
        """
        self.push(ScpiError(-221, "refused"))
        return None

    # Settings

    def change(self, name: str, value: Any) -> None:
        """Keep the value of a setting; subclasses extend it to act on it."""
        self.state[name] = value

    def tell(self, setting: Setting) -> str:
        """Write the value of a setting as this instrument does."""
        value = self.state[setting.name]
        if isinstance(setting.argument, Boolean):
            return str(int(value))
        if isinstance(setting.argument, Number) and not setting.argument.integer:
            return self.number(value)
        return str(value)

    def number(self, value: float) -> str:
        """Write a number as this instrument does."""
        return scientific(value, digits=14)

    # Background

    def operation_ended(self, failure: Exception | None) -> None:
        """Report a failed operation, and set the bit that *OPC waits for."""
        if isinstance(failure, ScpiError):
            self.push(failure)
        elif failure is not None:
            log.error("%s: operation failed", type(self).__name__, exc_info=failure)
            self.push(ScpiError(-300, _one_line(failure)))
        if self.status.complete_when_idle:
            self.status.complete_when_idle = False
            self.status.events |= OPERATION_COMPLETE

    def reset(self) -> None:
        """Return to the state after *RST."""
        self.state.update({item.name: item.default for item in self.settings})

    # Commands that every instrument has

    @command("*IDN?")
    def _identify(self) -> str:
        return self.identity

    @command("*RST")
    def _reset(self) -> None:
        self.status.complete_when_idle = False
        self.abort()
        self.reset()

    @command("*CLS")
    def _clear(self) -> None:
        self.status.clear()

    @command("*OPC")
    def _complete(self) -> None:
        if self.busy:
            self.status.complete_when_idle = True
        else:
            self.status.events |= OPERATION_COMPLETE

    @command("*OPC?")
    def _ask_complete(self) -> str:
        self.wait_until_idle()
        return "1"

    @command("*WAI")
    def _wait(self) -> None:
        self.wait_until_idle()

    @command("*ESE", Number(0, 255, integer=True))
    def _set_event_enable(self, mask: int) -> None:
        self.status.event_enable = mask

    @command("*ESE?")
    def _event_enable(self) -> str:
        return str(self.status.event_enable)

    @command("*ESR?")
    def _events(self) -> str:
        return str(self.status.read_events())

    @command("*SRE", Number(0, 255, integer=True))
    def _set_service_enable(self, mask: int) -> None:
        self.status.service_enable = mask & ~64

    @command("*SRE?")
    def _service_enable(self) -> str:
        return str(self.status.service_enable)

    @command("*STB?")
    def _status_byte(self) -> str:
        return str(self.status.byte())

    @command("*TST?")
    def _self_test(self) -> str:
        return "0"

    @command(":SYSTem:ERRor[:NEXT]?")
    def _next_error(self) -> str:
        return _entry(self.status.errors.popleft()) if self.status.errors else self.no_error

    @command(":SYSTem:ERRor:ALL?")
    def _all_errors(self) -> str:
        entries = ",".join(map(_entry, self.status.errors)) or self.no_error
        self.status.errors.clear()
        return entries


def scientific(value: float, digits: int) -> str:
    """Write a number with a sign and a three-digit exponent.

    >>> scientific(1.55e-6, digits=8)
    '+1.55000000E-006'
    """
    mantissa, exponent = f"{value:+.{digits}E}".split("E")
    return f"{mantissa}E{int(exponent):+04d}"


def _entry(error: tuple[int, str]) -> str:
    return f'{error[0]},"{error[1]}"'


def _one_line(error: BaseException) -> str:
    """Write an exception so that it fits into a quoted string of one line."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).replace('"', "'")
    return text.encode("ascii", "replace").decode()[:200]
