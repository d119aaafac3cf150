"""All that a run's analysis found, as plain numbers: the content of result.json."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.report.provenance import provenance_of
from phonosync.analysis.report.truth import Truth
from phonosync.analysis.run.grid import interval_at

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.cavity import CavityAnalysis
    from phonosync.analysis.run.network import NetworkAnalysis
    from phonosync.analysis.run.spectra import SpectraAnalysis
    from phonosync.analysis.run.sweep_prediction import SweepPrediction

FORMAT = "phonosync result 2"


def to_json(analysis: RunAnalysis, truth: Truth | None = None) -> dict[str, Any]:
    """The result as plain numbers; null stands for what the data cannot tell.

    Frequencies are in Hz, powers in W, isolations in dB; intervals are 95 %. docs/report.md names
    every key.

    Args:
        analysis: of a run.
        truth: of a virtual rig, added as it is.
    """
    facts = provenance_of(analysis.data).to_json()
    single = next(iter(analysis.cavity.values())) if len(analysis.cavity) == 1 else None
    result: dict[str, Any] = {
        "format": FORMAT,
        **({} if single is None else _cavity(single)),
        "settings": [
            {**setting.to_json(), **_cavity(found)} for setting, found in analysis.cavity.items()
        ],
        "spectra": None if analysis.spectra is None else _spectra(analysis.spectra),
        "network": None if analysis.network is None else _network(analysis.network),
        "two_way": None if analysis.two_way is None else analysis.two_way.to_json(),
        "records": None if analysis.records is None else analysis.records.to_json(),
        "notes": list(all_notes(analysis)),
        "status": facts["status"],
        "seed": int(facts["seed"]) if facts["seed"].isdigit() else None,
        "versions": facts["versions"],
        "git_commit": facts["git_commit"],
        "run": {k: v for k, v in facts.items() if k not in ("versions", "git_commit")},
    }
    if truth is not None:
        result["truth"] = [dict(state) for state in truth.states]
        result["truth_entries"] = dict(truth.entries)
    return plain(result)


def all_notes(analysis: RunAnalysis) -> tuple[str, ...]:
    """What limits the numbers, each said once."""
    said = list(analysis.notes)
    parts = [*analysis.cavity.values(), analysis.spectra, analysis.network]
    for part in (*parts, analysis.two_way, analysis.records):
        # What is there with its setting in front is not said again without it.
        said += [n for n in ([] if part is None else part.notes) if not _ends(said, n)]
    return tuple(dict.fromkeys(said))


def _ends(said: list[str], note: str) -> bool:
    return any(one.endswith(note) for one in said)


def cells(found: xarray.Dataset) -> list[dict[str, Any]]:
    """A dataset of intervals as one entry a place: coordinates, then {value, low, high} or numbers.

    A place where nothing is known is left out.
    """
    names = [str(name) for name in found.data_vars]
    whole = [n for n in names if not n.endswith(("_low", "_high"))]
    dims = [
        str(d) for d in found.dims if all(d in found[n].dims for n in whole) or d in found.coords
    ]
    entries = []
    for values in product(*(found[dim].values.tolist() for dim in dims)):
        at = dict(zip(dims, values, strict=True))
        entry: dict[str, Any] = {}
        for name in whole:
            if f"{name}_low" in found:
                interval = interval_at(found, name, at).to_json()
                entry[name] = interval if any(v is not None for v in interval.values()) else None
            else:
                here = found[name].sel({d: v for d, v in at.items() if d in found[name].dims})
                entry[name] = here.values.tolist()
        if any(plain(value) is not None for value in entry.values()):
            entries.append({**at, **entry})
    return entries


def plain(value: Any) -> Any:
    """A value as JSON knows it: NaN and infinity become null, tuples lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _cavity(found: CavityAnalysis) -> dict[str, Any]:
    return {
        "directions": [
            {
                "light": entry.light,
                "field": +1,
                "S_c": entry.S_c.to_json(),
                "occupations": [n.to_json() for n in entry.occupations],
                "fit": {
                    "deviance_z": found.fit.deviance_z[entry.light],
                    "n_averages": found.fit.spectra.averages[entry.light],
                },
                "notes": list(entry.notes),
            }
            for entry in found.directions
        ],
        "contrast": found.nonreciprocity.contrast.to_json(),
        "isolation_db": found.nonreciprocity.isolation_db.to_json(),
        "p_value": found.p_value,
        "parameters": {
            name: {
                "value": p.value,
                "standard_error": p.stderr,
                "low": found.parameters[name].low if p.vary else None,
                "high": found.parameters[name].high if p.vary else None,
            }
            for name, p in found.fit.parameters.items()
        },
        "interval": found.interval,
    }


def _spectra(found: SpectraAnalysis) -> dict[str, Any]:
    reference = found.reference
    return {
        "settings": cells(found.spectra.drop_vars(["power", "frequency"], errors="ignore")),
        **{
            name: {what: cells(one) for what, one in (getattr(found, name, None) or {}).items()}
            for name in ("compared", "at_equal_settings", "control")
        },
        "crossed": None if found.crossed is None else cells(found.crossed),
        "reference": {
            "relative_error": reference.relative_error,
            "drift_per_hour": reference.drift_per_hour.to_json(),
            "interpolated": reference.interpolated,
            "follows_tone": reference.gain is not None,
            "dark_over_shot_noise": reference.dark,
        },
        "tone_gain": None if reference.tone is None else reference.tone.gain.values.tolist(),
        "notes": list(found.notes),
    }


def _prediction(found: SweepPrediction) -> dict[str, Any]:
    return {
        "band": found.band,
        "settings": cells(found.settings),
        "compared": {name: cells(one) for name, one in found.compared.items()},
    }


def _network(found: NetworkAnalysis) -> dict[str, Any]:
    return {
        "device": found.fit.model.device.name,
        "interval": found.interval,
        "synchronization_interval": found.synchronization.method,
        "entries": {name: interval.to_json() for name, interval in found.entries.items()},
        "settings": cells(found.settings),
        "compared": {name: cells(one) for name, one in found.compared.items()},
        "responses": [one.to_json() for one in found.responses],
        "predictions": {name: _prediction(one) for name, one in found.predictions.items()},
        "noise": {name: cells(one) for name, one in found.noise.items()},
        "indistinct": [
            {"entries": one.entries, "error": one.error, "reason": one.reason}
            for one in found.indistinct
        ],
        "notes": list(found.notes),
    }
