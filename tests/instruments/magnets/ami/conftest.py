"""A programmer of one coil, and what it says when one connects."""

import pytest
from qcodes.instrument_drivers.american_magnetics import AMIModel430

from phonosync.instruments.virtual.magnets.ami430 import AMI430


@pytest.fixture
def greeting():
    return b"American Magnetics Model 430 IP Interface\r\nHello.\r\n"


@pytest.fixture
def twin(bore, hand_clock):
    return AMI430(bore, clock=hand_clock)


@pytest.fixture
def programmer(server, connect):
    return connect(AMIModel430, server.resource_name, "ami")
