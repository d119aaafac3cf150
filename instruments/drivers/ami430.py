"""QCoDeS' own driver of the American Magnetics Model 430, without its retry over a raw socket.

Upstream answers a lost reply with a device clear and a second try. On a raw socket whose other end
is gone pyvisa-py's clear never returns; here the error comes at once, and `Wire` names it.
"""

from qcodes.instrument_drivers.american_magnetics import AMIModel430


class AMI430(AMIModel430):
    """One Model 430 programmer on a socket; open it with `device_clear=False`."""

    _RETRY_WRITE_ASK = False
