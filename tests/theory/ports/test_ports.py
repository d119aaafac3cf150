from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.theory import (
    BosonicNetwork,
    InputError,
    Port,
    diffusion,
    drift,
    output_amplitude,
    output_spectrum,
    scattering_matrix,
    steady_states,
)
from phonosync.theory.network import cascade
from phonosync.theory.ports import CollectivePort
from phonosync.theory.ports.check import check_ports

repeatable = settings(deadline=None, derandomize=True, max_examples=40)
OMEGA = np.array([-1.0, 0.0, 0.4])


def two_cavities(phase=0.0, drive=0j, occupation: Any = 0.0, absorption=0.0):
    """The second driven by what leaves the first, and the waveguide that passes both."""
    J, shared = cascade(0, 1, (0.5, 2.0), phase, 2)
    chain = CollectivePort.chain([Port(0, 0.5), Port(1, 2.0)], [phase])
    return BosonicNetwork(
        detuning=[0.3, -0.4],
        loss=[0.5 + absorption, 2.0 + absorption],
        exchange=J,
        shared_loss=shared,
        drive=drive * chain.jump(2).conj(),
        occupation=occupation,
    ), chain


# Mean fields


@repeatable
@given(
    detuning=st.floats(-3, 3),
    kerr=st.floats(-0.1, 0.1),
    drive=st.floats(0.1, 10),
)
def test_a_mode_with_one_port_sends_back_every_photon(detuning, kerr, drive):
    network = BosonicNetwork(detuning=[detuning], loss=[0.5], kerr=[kerr], drive=[drive])
    port = Port(0, 0.5)
    for state in steady_states(network):
        out = output_amplitude(network, state.amplitudes, port)
        assert abs(out) ** 2 == pytest.approx(drive**2 / 0.5, rel=1e-6)


def test_a_port_that_is_not_driven_lets_out_what_the_mode_loses():
    network = BosonicNetwork(detuning=[0.0], loss=[0.5], drive=[3.0])
    out = output_amplitude(network, [2j], Port(0, 0.1), driven=False)
    assert abs(out) ** 2 == pytest.approx(0.1 * 4)


@repeatable
@given(wave=st.complex_numbers(min_magnitude=0.1, max_magnitude=10), phase=st.floats(-3, 3))
def test_cavities_in_a_row_send_on_every_photon(wave, phase):
    network, chain = two_cavities(phase, wave)
    (state,) = steady_states(network)
    out = output_amplitude(network, state.amplitudes, chain)
    assert abs(out) == pytest.approx(abs(wave), rel=1e-9)


def test_a_collective_port_of_one_mode_is_that_modes_port():
    network = BosonicNetwork(detuning=[0.1, 0.2], loss=[0.5, 0.5], drive=[1j, 0.0])
    one, same = Port(0, 0.25), CollectivePort((0,), (0.5,))
    np.testing.assert_array_equal(
        output_amplitude(network, [2.0, 1.0], one), output_amplitude(network, [2.0, 1.0], same)
    )
    np.testing.assert_array_equal(
        scattering_matrix(network, [0, 0], [one], OMEGA),
        scattering_matrix(network, [0, 0], [same], OMEGA),
    )


def test_mean_outputs_of_a_batch_are_those_of_its_networks():
    network = BosonicNetwork(
        detuning=[0.1, 0.2], loss=[0.5, 0.5], drive=[[1.0, 0], [2j, 0], [0, 0]]
    )
    c = np.array([[1.0, 0], [1j, 3], [2, 1]])
    out = output_amplitude(network, c, Port(0, 0.25))
    np.testing.assert_allclose(out, 0.5 * c[:, 0] - network.drive[:, 0] / 0.5)


# What cannot be


def test_two_drives_that_no_single_wave_can_be_are_refused():
    network, chain = two_cavities()
    driven = BosonicNetwork(detuning=network.detuning, loss=network.loss, drive=[1.0, 1.0])
    with pytest.raises(InputError, match="driven by no single wave"):
        output_amplitude(driven, [0, 0], chain)
    assert output_amplitude(driven, [1.0, 0], chain, driven=False) == np.sqrt(0.5)


def test_ports_faster_than_their_modes_loss_are_refused():
    network = BosonicNetwork(detuning=[0.0, 1.0], loss=[0.5, 1.0])
    ports = [Port(0, 0.3), Port(1, 0.3), Port(0, 0.3)]
    with pytest.raises(InputError, match=r"ports of mode 0 take 0\.6, more than its loss 0\.5"):
        scattering_matrix(network, np.zeros(2), ports, OMEGA)


@repeatable
@given(
    bath=st.floats(0, 10), loss=st.floats(0.1, 5), share=st.floats(0.1, 1), more=st.floats(1e-6, 5)
)
def test_a_port_brings_at_most_the_heat_of_its_modes_whole_bath(bath, loss, share, more):
    network = BosonicNetwork(detuning=[0.0, 1.0], loss=[1.0, loss], occupation=[0.0, bath])
    allowed = bath / share
    check_ports(network, [Port(1, share * loss, occupation=allowed)])
    too_hot = Port(1, share * loss, occupation=allowed + more * (1 + allowed))
    with pytest.raises(InputError, match=r"ports of mode 1 bring .* cool the"):
        check_ports(network, [too_hot])
    with pytest.raises(InputError, match=r"ports of mode 1 bring"):
        output_spectrum(drift(network, [0, 0]), diffusion(network), too_hot, OMEGA, angle=0.0)


def test_the_heat_of_all_ports_of_a_mode_counts_together():
    network = BosonicNetwork(detuning=[0.0], loss=[1.0], occupation=[1.0])
    check_ports(network, [Port(0, 0.5, 1.5), Port(0, 0.25, 1.0)])
    with pytest.raises(InputError, match=r"bring 1\.05 quanta per time, more than the 1 "):
        check_ports(network, [Port(0, 0.5, 1.6), Port(0, 0.25, 1.0)])


def test_a_network_of_a_batch_that_is_too_cold_is_found():
    network = BosonicNetwork(detuning=[0.0], loss=[1.0], occupation=[[2.0], [0.5], [1.0]])
    with pytest.raises(InputError, match=r"more than the 0\.5 of its whole bath"):
        check_ports(network, [Port(0, 1.0, 1.0)])


def test_a_waveguide_cannot_take_together_what_its_modes_lose_apart():
    network = BosonicNetwork(detuning=[0.0, 0.0], loss=[0.5, 2.0])
    _, chain = two_cavities()
    with pytest.raises(InputError, match=r"add conj\(u_k\) u_l to shared_loss"):
        scattering_matrix(network, [0, 0], [chain], OMEGA)
    u = chain.jump(2)
    shared = np.outer(u.conj(), u) * (1 - np.eye(2))
    as_advised = BosonicNetwork(detuning=[0.0, 0.0], loss=[0.5, 2.0], shared_loss=shared)
    scattering_matrix(as_advised, [0, 0], [chain], OMEGA)


@pytest.mark.parametrize("phase", [np.pi, 0.1])
def test_a_waveguide_with_another_phase_between_its_modes_is_another_waveguide(phase):
    network, _ = two_cavities()
    _, other = two_cavities(phase)
    with pytest.raises(InputError, match="with the same sign and phase"):
        check_ports(network, [other])
    with pytest.raises(InputError, match="with the same sign and phase"):
        output_spectrum(drift(network, [0, 0]), diffusion(network), other, OMEGA, angle=0.0)


def test_a_single_port_cannot_take_a_loss_that_two_modes_share():
    network, _ = two_cavities()
    with pytest.raises(InputError, match="loss that its modes do not share"):
        check_ports(network, [Port(0, 0.5)])


def test_a_waveguide_far_warmer_than_the_colder_of_its_modes_is_refused():
    network, chain = two_cavities(occupation=[1.0, 3.0], absorption=0.3)
    check_ports(network, [CollectivePort(chain.modes, chain.couplings, occupation=1.0)])
    with pytest.raises(InputError, match="hotter than the bath its modes share"):
        check_ports(network, [CollectivePort(chain.modes, chain.couplings, occupation=1.5)])


def test_a_mode_damped_on_its_momentum_alone_has_no_port():
    network = BosonicNetwork(detuning=[1.0], loss=[0.1], brownian=[True])
    with pytest.raises(InputError, match="mode 0 has a port, but is damped on its momentum alone"):
        check_ports(network, [Port(0, 0.1)])
    with pytest.raises(InputError, match="damped on its momentum alone"):
        output_spectrum(drift(network, [0]), diffusion(network), Port(0, 0.1), OMEGA, angle=0.0)


def test_a_port_needs_a_mode_a_rate_and_a_temperature():
    with pytest.raises(InputError, match="rate of a port is 0"):
        Port(0, 0.0)
    with pytest.raises(InputError, match=r"has occupation -0\.1"):
        Port(0, 0.1, occupation=-0.1)
    with pytest.raises(InputError, match="has occupation nan"):
        CollectivePort((0, 1), (1.0, 1.0), occupation=np.nan)
    with pytest.raises(InputError, match="name every mode once"):
        CollectivePort((0, 0), (1.0, 1.0))
    with pytest.raises(InputError, match="one coupling for each"):
        CollectivePort((0, 1), (1.0,))
    with pytest.raises(InputError, match=r"the network has 0 \.\.\. 1"):
        Port(2, 0.1).jump(2)


def test_a_chain_needs_one_phase_per_link_and_one_temperature():
    pair = [Port(0, 1.0), Port(1, 1.0)]
    with pytest.raises(InputError, match="one phase per link"):
        CollectivePort.chain(pair, [])
    with pytest.raises(InputError, match="one occupation"):
        CollectivePort.chain([Port(0, 1.0, 2.0), Port(1, 1.0)], [0.0])
