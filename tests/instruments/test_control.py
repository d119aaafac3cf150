"""The virtual lab's control port on the wire."""

import socket
from contextlib import closing

import numpy as np
import pytest

from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.virtual.bench.bench import Bench
from phonosync.instruments.virtual.control import LabControl
from phonosync.instruments.virtual.lab import VirtualLab
from phonosync.theory import load_device
from phonosync.theory.errors import InputError

RING = load_device("ring")
FREQUENCIES = np.arange(10e6, 10.6e6, 50e3)


def spectra(bench):
    return bench.periodograms(FREQUENCIES, 50e3, 8, "gaussian")


def test_a_point_begun_over_the_wire_has_the_data_of_one_begun_on_the_bench():
    seed = 2**100 + 1  # no float holds it
    bench, other = Bench(RING, seed=1), Bench(RING, seed=2)
    other.begin_point(seed, 3)
    # Without a switch, which would keep the light from the detector until it is set.
    with (
        VirtualLab(bench, ["laser", "spectrum_analyzer"]) as lab,
        closing(LabControl(lab.control_address)) as control,
    ):
        spectra(bench)
        assert control.device == "ring"
        assert control.time_s == pytest.approx(bench.lab_time_s)
        control.begin_point(seed, 3)
        np.testing.assert_array_equal(spectra(bench), spectra(other))


def test_faults_never_strike_the_control_port():
    with VirtualLab(Bench(RING, seed=1)) as lab:
        lab.disturb(1, rate=1.0)
        with closing(LabControl(lab.control_address)) as control:
            assert {control.device for _ in range(20)} == {"ring"}


def test_a_refused_point_is_told_and_the_next_one_begins():
    with (
        VirtualLab(Bench(RING, seed=1)) as lab,
        closing(LabControl(lab.control_address)) as control,
    ):
        with pytest.raises(InstrumentError, match=r"cannot begin point -1.*whole numbers from 0"):
            control.begin_point(1, -1)
        control.begin_point(1, 1)


def test_a_lab_that_is_gone_is_told():
    with VirtualLab(Bench(RING, seed=1)) as lab:
        address = lab.control_address
        control = LabControl(address)
    with pytest.raises(InstrumentError, match=r"does not answer to .*See that 'phonosync lab' is"):
        control.begin_point(1, 1)
    with pytest.raises(InstrumentError, match="does not answer to a connection"):
        LabControl(address)


def test_a_silent_lab_is_waited_for_no_longer_than_said():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"TCPIP0::127.0.0.1::{mute.getsockname()[1]}::SOCKET"
        with (
            closing(LabControl(address, timeout_s=0.05)) as control,
            pytest.raises(InstrumentError, match="timed out"),
        ):
            control.begin_point(1, 1)


def test_an_address_that_is_none_of_a_socket_is_refused():
    with pytest.raises(InputError, match=r"write it as TCPIP0::127\.0\.0\.1::PORT::SOCKET"):
        LabControl("GPIB0::5::INSTR")
