"""One instrument of a rig: its driver, its options, how it is opened, and whether it is right."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from phonosync.experiments.rig.file import InstrumentEntry, Role
from phonosync.instruments.adapter_options import check_options
from phonosync.instruments.adapters import find_adapter, open_role
from phonosync.instruments.errors import InstrumentError
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.station import Station

_LOG = logging.getLogger(__name__)


def driver_class(role: str, entry: InstrumentEntry) -> type:
    """Import the driver of an instrument.

    Raises:
        InputError: there is no such driver.
    """
    module, _, name = entry.type.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"the driver {entry.type!r} of {role} cannot be imported: {error}; correct 'type'."
        ) from error


def adapter_options(role: Role, entry: InstrumentEntry) -> dict[str, Any]:
    """Check the options of an instrument's adapter.

    Raises:
        InputError: no such driver, none that plays the role, or a wrong option.
    """
    adapter = find_adapter(role, driver_class(role, entry))
    return check_options(adapter, entry.adapter, f"instruments.{role}.adapter")


def clears_a_socket(driver: type, address: str) -> bool:
    """Whether a driver begins with a device clear of a raw socket.

    There is none: pyvisa-py reads on until nothing comes, and for ever where the other end has
    closed the connection.
    """
    from qcodes.instrument import VisaInstrument

    return address.upper().endswith("::SOCKET") and issubclass(driver, VisaInstrument)


def open_instrument(station: Station, role: str, entry: InstrumentEntry) -> Any:
    """Open the instrument of a role.

    Raises:
        InputError: it is not there, or is another one.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # "Connected to ...": kept in the snapshot
            instrument = station.load_instrument(role)
    except TypeError as error:
        _forget(role)
        raise InputError(
            f"the driver {entry.type!r} of {role} does not take its options: {error}; correct "
            "'init'."
        ) from error
    except Exception as error:  # drivers meet a wrong instrument with errors of every kind
        _forget(role)
        raise _not_there(role, entry, error) from error
    if not all(map(_in_step, getattr(instrument, "parts", (instrument,)))):
        close_instrument(instrument)
        raise _not_there(role, entry, InstrumentError("answers do not belong to the questions"))
    return instrument


def _forget(role: str) -> None:
    """Close an instrument that broke off half-way through its opening, if there is one."""
    from qcodes.instrument import Instrument

    if Instrument.exist(role):
        close_instrument(Instrument.find_instrument(role))


def close_instrument(instrument: Any) -> None:
    """Close a connection, and free the instrument's name even where that fails."""
    name = instrument.full_name
    try:
        instrument.close()
    except Exception:  # closing must go on to the next instrument
        _LOG.exception("Closing %s failed.", name)
        instrument.remove_instance(instrument)


def _in_step(instrument: Any) -> bool:
    """Whether an instrument says again who it is.

    While it opens an instrument and takes its snapshot, QCoDeS goes on where an answer is missing,
    and every later question takes the answer of the one before for its own.
    """
    known = instrument.parameters["IDN"].cache.get(get_if_invalid=False)
    with suppress(Exception):
        found = instrument.get_idn()
        return found == (known or found) and None not in (found["vendor"], found["model"])
    return False


def play(role: str, instrument: Any, options: Mapping[str, Any]) -> Any:
    """Let an open instrument play its role.

    Raises:
        InputError: it cannot be used as it stands.
    """
    try:
        return open_role(role, instrument, **options)
    except InstrumentError as error:
        raise InputError(f"{role} cannot be used: {error}") from error


def _not_there(role: str, entry: InstrumentEntry, error: Exception) -> InputError:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return InputError(
        f"{role} is not there: {entry.address} does not answer as a "
        f"{entry.type.rsplit('.', 1)[-1]} ({reason}). Check its power, its cable and the "
        "address in the rig file."
    )
