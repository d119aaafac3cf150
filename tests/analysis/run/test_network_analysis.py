import numpy as np
import pytest

from phonosync.analysis.run.analysis import analyse
from phonosync.theory import load_device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.errors import InputError
from phonosync.theory.prediction import predict


def holds(found, name, truth):
    sigma = float(found[f"{name}_high"] - found[f"{name}_low"]) / 4
    return abs(float(found[name]) - truth) < 4 * sigma


def test_the_ring_is_found_at_two_powers_from_a_file_that_is_wrong(simulate_experiment):
    powers = (0.1e-3, 0.15e-3)
    run = simulate_experiment("ring", 11, powers=powers)
    ring = load_device("ring")
    off = {"modes.phonon_1.linewidth": 6.5e3, "modes.cavity.detuning": 15.5e6}
    wrong = with_entries(ring, {find_entry(ring, name): value for name, value in off.items()})
    found = analyse(run, device=wrong).network
    assert found is not None
    for power in powers:
        truth = {p.light: p.S_c for p in predict(ring, power=power) if p.stable}
        here = found.settings.sel(field=1, branch="up", laser_power=power)
        for light in (1, -1):
            assert holds(here.sel(light=light), "S_c", truth[light])
            assert abs(float(here["deviance_z"].sel(light=light))) < 4
    entry = found.entries["modes.phonon_1.linewidth"]
    assert entry.low < 5e3 < entry.high


def test_the_hybrid_is_found_in_all_four_directions(simulate_experiment):
    power = 0.126537e-3
    run = simulate_experiment("hybrid", 12, powers=(power,), fields=(1, -1), averages=16)
    free = ("modes.cavity.detuning", "modes.magnon.detuning", "sagnac.shift")
    found = analyse(run, device=load_device("hybrid"), free=free).network
    assert found is not None
    for p in predict(load_device("hybrid")):
        if p.stable:
            here = found.settings.sel(light=p.light, field=p.field).squeeze()
            assert holds(here, "S_c", p.S_c)
    assert set(found.compared) == {"light", "field"}
    theory = found.compared["light"]["contrast_theory"].sel(field=1)
    assert np.isfinite(theory).all()


def test_a_device_without_two_phonons_is_refused(simulate_experiment):
    run = simulate_experiment("ring", 13, powers=(0.1e-3,))
    with pytest.raises(InputError, match="two phonons"):
        analyse(run, device=load_device("gupta_kerr"))
