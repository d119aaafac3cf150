"""What spectra cannot tell, from degeneracies that are known on paper."""

import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fit import fit_network
from phonosync.analysis.models.identifiability import indistinct, synchronization_limits
from phonosync.theory.prediction import predict


@pytest.fixture(scope="module")
def one_direction(ring, ring_entries, draw):
    return fit_network(ring, ring_entries, draw(ring, 6, 128, [Condition(1)]), start={})


def test_one_direction_leaves_the_sum_of_detuning_and_shift(one_direction):
    first = indistinct(one_direction, remedies=False)[0]
    assert set(first.entries) == {"modes.cavity.detuning", "sagnac.shift"}
    # D + dF is what light +1 sees: 15 MHz and -5 MHz trade one for one.
    detuning, shift = (first.entries[name] for name in ("modes.cavity.detuning", "sagnac.shift"))
    values = one_direction.entries
    moved = detuning * values["modes.cavity.detuning"] + shift * values["sagnac.shift"]
    assert abs(moved) < 1e-3 * abs(values["sagnac.shift"])
    assert first.error == np.inf
    assert "nothing is told" in first.reason


def test_strong_cooling_sees_only_the_heat_that_leaks_in(one_direction):
    """Broad cooled lines know γ n of a phonon, and neither the one nor the other."""
    told = {tuple(sorted(one.entries)): one for one in indistinct(one_direction, remedies=False)}
    for j in (1, 2):
        pair = (f"modes.phonon_{j}.linewidth", f"modes.phonon_{j}.occupation")
        assert np.prod(list(told[pair].entries.values())) == pytest.approx(-1, abs=0.1)
        assert "enter only as a product" in told[pair].reason


def test_the_other_direction_is_named_as_what_would_settle_it(one_direction):
    remedy = indistinct(one_direction)[0].remedy
    assert remedy is not None
    assert remedy.measurement == "the same with light -1"
    assert remedy.error < 0.5


def test_both_directions_tell_everything(ring, ring_entries, draw):
    fit = fit_network(ring, ring_entries, draw(ring, 1, 400), start={})
    assert indistinct(fit) == ()


def test_transmission_and_couplings_enter_only_together(ring, ring_entries, draw):
    """Light enters as g² times the intensity: no homodyne spectrum parts them."""
    entries = (*ring_entries, "drive.transmission")
    fit = fit_network(ring, entries, draw(ring, 2, 1000), start={})
    [found] = indistinct(fit)
    powers = found.entries
    for j in (1, 2):
        assert powers[f"couplings.cavity-phonon_{j}.rate"] == pytest.approx(-0.5, abs=0.01)
    assert powers["drive.transmission"] == 1
    assert found.remedy is None


def test_what_is_determined_has_an_interval_and_no_reason(ring, draw):
    entries = ["modes.phonon_1.occupation", "modes.phonon_2.occupation"]
    fit = fit_network(ring, entries, draw(ring, 3, 20, [Condition(-1)]), start={})
    [limit] = synchronization_limits(fit)
    [truth] = [p.S_c for p in predict(ring) if p.light == -1 and p.S_c is not None]
    assert limit.S_c.low < truth < limit.S_c.high
    assert limit.reason == ""


def test_a_phonon_that_no_spectrum_shows_leaves_next_to_nothing(ring, draw):
    """The band holds phonon_1 alone: phonon_2 may be as hot as it likes, and S_c as small."""
    entries = ["modes.phonon_1.occupation", "modes.phonon_2.occupation"]
    near_one = np.linspace(9.9e6, 10.1e6, 201)
    observed = draw(ring, 4, 20, [Condition(-1, power=2e-5)], near_one)
    fit = fit_network(ring, entries, observed, start={})
    [limit] = synchronization_limits(fit)
    # Only a Lorentzian tail that lifts the whole band bounds its heat, far away.
    assert np.isnan(limit.S_c.value)
    assert np.isnan(limit.S_c.low) or limit.S_c.low < 1e-3
    assert "modes.phonon_2.occupation" in limit.reason
