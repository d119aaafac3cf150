"""Runs of S-parameters and of records whose answers are known by construction."""

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.schema import RUN_SCHEMA

OUTER = ("light", "field", "branch", "repeat")


@pytest.fixture(scope="session")
def as_run():
    """Dress an array over (light, swept, repeat, inner dims) as a run of quads."""

    def dress(name, values, inner, *, swept, units="", **attrs):
        swept_name, swept_values, unit = swept
        repeats = values.shape[2]
        outer = ("light", "field", swept_name, "branch", "repeat")
        array = values[:, None, :, None]
        quad = np.broadcast_to(np.arange(repeats, dtype=float), array.shape[: len(outer)])
        return xr.Dataset(
            {name: ((*outer, *inner), array, {"units": units}), "quad": (outer, quad.copy())},
            coords={
                "light": [1, -1],
                "field": [1],
                swept_name: (swept_name, swept_values, {"units": unit}),
                "branch": ["up"],
                "repeat": np.arange(repeats),
                **inner,
            },
            attrs={"schema": RUN_SCHEMA, "plan_name": name, **attrs},
        )

    return dress
