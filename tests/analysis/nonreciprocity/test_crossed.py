"""Light and field crossed."""

import numpy as np
import pytest

from phonosync.analysis.nonreciprocity.crossed import crossed_effects
from phonosync.analysis.nonreciprocity.permutation import permutation_p_value
from phonosync.theory.errors import InputError

QUADS = 8
NAMES = ("light", "field", "interaction")
AT_FIELD = np.array([1, -1])[:, None, None] / 2
AT_LIGHT = np.array([1, -1]) / 2


def crossed(random, *, light=0.0, field=0.0, interaction=0.0, quads=QUADS):
    level = 5 + random.standard_normal((quads, 1, 1, 1))
    effects = light * AT_LIGHT + field * AT_FIELD + interaction * 2 * AT_LIGHT * AT_FIELD
    return level + effects + 0.1 * random.standard_normal((quads, 2, 2, 2))


def p_values(values):
    found = crossed_effects(values)
    return {name: getattr(found, name).p_value for name in NAMES}


@pytest.mark.parametrize("only", NAMES)
def test_each_effect_is_measured_as_itself(only):
    found = crossed_effects(crossed(np.random.default_rng(1), quads=QUADS, **{only: 0.7}))
    for name in NAMES:
        effect, truth = getattr(found, name).difference, {True: 0.7, False: 0.0}[name == only]
        truth *= 2 if name == "interaction" else 1  # of the light effect at both fields: ±0.7
        assert effect.low - 0.1 < truth < effect.high + 0.1
    assert getattr(found, only).p_value <= 2 / 2**QUADS


def test_light_has_four_signs_a_field_quad():
    random = np.random.default_rng(2)
    y = crossed(random, quads=3)
    found = crossed_effects(y)
    assert (found.light.quads, found.field.quads, found.interaction.quads) == (12, 3, 3)
    assert found.light.p_value == permutation_p_value((y[..., 0] - y[..., 1]).ravel())


@pytest.mark.parametrize(
    ("true", "null", "quads"),
    [("light", "interaction", 6), ("field", "light", 2), ("light", "field", 6)],
)
def test_a_true_effect_leaves_the_other_tests_fair(true, null, quads):
    random, runs = np.random.default_rng(3), 150
    wrong = sum(
        p_values(crossed(random, quads=quads, **{true: 1.0}))[null] <= 0.05 for _ in range(runs)
    )
    assert wrong / runs == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / runs))


def test_whole_spectra_are_told_apart_too():
    random, f = np.random.default_rng(4), np.linspace(-50, 50, 201)
    line = 1 + 20 / (1 + (f / 3) ** 2)
    gain = np.exp(0.6 * AT_FIELD * AT_LIGHT * 2)[None, ..., None]  # one-way only by the field
    S = 1 + gain * (line - 1)
    p = p_values(random.gamma(16, S / 16, (QUADS, 2, 2, 2, len(f))))
    assert p["interaction"] <= 2 / 2**QUADS
    flat = p_values(random.gamma(16, line / 16, (QUADS, 2, 2, 2, len(f))))
    assert min(flat.values()) > 0.01


def test_another_arrangement_is_refused():
    with pytest.raises(InputError, match="arrange them so"):
        crossed_effects(np.ones((8, 2, 2)))
    with pytest.raises(InputError, match="not finite"):
        crossed_effects(np.full((8, 2, 2, 2), np.nan))
    with pytest.raises(InputError, match="not positive"):
        crossed_effects(np.zeros((8, 2, 2, 2, 5)))
