"""What `phonosync survey` does and prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from phonosync.experiments.screens.assignments import assignments
from phonosync.theory.errors import InputError, PhonosyncError, UnstableError

if TYPE_CHECKING:
    import xarray

    from phonosync.experiments.survey.run import Watch
    from phonosync.theory.device import Device
    from phonosync.theory.device.parts import Disorder
    from phonosync.theory.survey.plan import Survey
    from phonosync.theory.survey.robustness import Criterion

_NARROW = 0.05  # range of imperfect devices that two decimals do not show
_ROWS = 12  # points of a map that the table of imperfect devices lists


def survey(
    device_name: str,
    vary: Sequence[str],
    measures: Sequence[str],
    *,
    devices: int,
    fitted: bool = False,
    spread: Sequence[str],
    backscattering: str | None,
    temperature: str | None,
    kerr: bool | None,
    branch: str,
    pair: str | None,
    seed: int,
    criterion: tuple[float, float],
    scheduler: str | None,
    processes: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compute a survey, write its netCDF and its figure, print what came out."""
    from phonosync.experiments.survey.run import run_survey
    from phonosync.experiments.survey.store import ChunkFolder
    from phonosync.theory.device import load_device
    from phonosync.theory.device.text import device_text
    from phonosync.theory.device.uncertainty import load_uncertainty
    from phonosync.theory.survey.axes import parse_axes
    from phonosync.theory.survey.dataset import assemble
    from phonosync.theory.survey.plan import Survey, has_kerr
    from phonosync.theory.survey.robustness import Criterion

    device = load_device(device_name)
    if temperature is not None:
        vary = [*vary, f"temperature={temperature}"]
    if not vary and not devices:
        raise InputError(
            'nothing to survey; say what varies (--vary "drive.power=0.1..2 mW:41"), how many '
            "imperfect devices to make (--devices 20000), or both."
        )
    if fitted and (spread or backscattering):
        raise InputError("--fitted says how devices differ; leave --spread and the like out.")
    least = Criterion(*criterion)
    plan = Survey(
        device=device,
        axes=parse_axes(device, vary),
        measures=tuple(measures),
        devices=devices,
        disorder=_disorder(device, spread, backscattering, devices),
        seed=seed,
        without_kerr=bool(devices) and has_kerr(device) if kerr is None else kerr,
        uncertainty=load_uncertainty(device, device_name) if fitted else None,
        branch=branch,
        pair=names(pair),
    )
    path = _free(out if out is not None else Path(f"{device.name}_survey.nc"))
    store = ChunkFolder(path.with_suffix(".parts"), plan.identity())
    console = Console(stderr=True)
    try:
        with _progress(plan, len(store), console) as watch:
            run_survey(plan, store, scheduler=scheduler, processes=processes, watch=watch)
    except KeyboardInterrupt:
        if not len(store):
            store.remove()
            raise
        console.print(
            f"{len(store)} of {len(plan.chunks())} parts are kept in {store.folder}; the same "
            "command goes on from there.",
            highlight=False,
            soft_wrap=True,
        )
        raise
    except PhonosyncError:
        if not len(store):
            store.remove()
        raise
    try:
        data = assemble(plan, store, criterion=least, device_text=device_text(device_name))
    except UnstableError:  # a result, though not one to keep
        store.remove()
        raise
    picture = _write(data, path)
    store.remove()
    _show(data, path, picture, least, as_json)


def names(pair: str | None) -> tuple[str, str] | None:
    """Two phonons' names from "phonon_1,phonon_2"; None for none."""
    if pair is None:
        return None
    first, comma, second = (part.strip() for part in pair.partition(","))
    if not comma:
        raise InputError(
            f"--pair {pair!r} is not two names with a comma; write --pair phonon_1,phonon_2."
        )
    return first, second


def _disorder(
    device: Device, spread: Sequence[str], backscattering: str | None, devices: int
) -> Disorder:
    """The device file's disorder, with what the options say instead."""
    from phonosync.theory.checked_file import check
    from phonosync.theory.device.parts import Disorder
    from phonosync.theory.quantities import si

    given = [*spread, *([f"backscattering={backscattering}"] if backscattering else [])]
    if given and not devices:
        raise InputError(f"{given[0]!r} is for imperfect devices; say how many: --devices 20000.")
    own = device.disorder or Disorder()
    content: dict[str, Any] = {name: si(value) for name, value in own.model_dump().items()}
    content |= assignments(given, "--spread", "linewidth=5%")
    return check(content, Disorder, "--spread")


def _free(path: Path) -> Path:
    """The netCDF file's path, if nothing is there yet."""
    if path.suffix != ".nc":
        raise InputError(f"{path} is not the name of a netCDF file; end it with .nc.")
    if path.exists():
        raise InputError(f"{path} is there already; give another file with --out.")
    return path


@contextmanager
def _progress(plan: Survey, done: int, console: Console) -> Iterator[Watch]:
    """A bar with the time left on a terminal, one line elsewhere."""
    total = len(plan.chunks())
    words = [f"{plan.points} point{'s' * (plan.points > 1)}"] if plan.axes else []
    drawn = "imperfect devices" if plan.uncertainty is None else "devices drawn from the fit"
    words += [f"{plan.devices} {drawn}"] if plan.devices else []
    words += [f"{len(plan.lights) * len(plan.fields)} directions"]
    words += ["with and without Kerr"] if plan.without_kerr else []
    words += [f"{done} of {total} parts done before"] if done else []
    console.print(f"Survey of {plan.device.name}: {', '.join(words)}.", highlight=False)
    if not console.is_terminal:
        yield lambda done: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(plan.device.name, total=total, completed=done)
        yield lambda done: progress.update(task, completed=done)


def _write(data: xarray.Dataset, path: Path) -> Path:
    """Write the netCDF file, whole or not at all, and the figure; return the figure's path."""
    from phonosync.analysis.figures.survey import draw_survey

    partial, picture = path.with_suffix(".partial"), path.with_suffix(".png")
    data.to_netcdf(partial, engine="h5netcdf")
    draw_survey(data).savefig(picture, dpi=150)
    partial.replace(path)
    return picture


def _show(
    data: xarray.Dataset, path: Path, picture: Path, criterion: Criterion, as_json: bool
) -> None:
    from phonosync.analysis.figures.survey_summary import best_points, statistics

    rows = statistics(data) if "device" in data.dims else best_points(data)
    if as_json:
        said = {"file": str(path), "figure": str(picture), "rows": rows}
        print(json.dumps(said, ensure_ascii=False))
        return
    console = Console()
    table = Table(
        title=data.attrs["title"], title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for name in rows[0]:
        table.add_column(name.partition(" (")[0], justify="right")
    for row in rows[:_ROWS]:
        table.add_row(*(_text(row.get(name), name) for name in rows[0]))
    console.print(table)
    if len(rows) > _ROWS:
        console.print(f"... and {len(rows) - _ROWS} more rows in the file.", highlight=False)
    if "device" in data.dims:
        console.print(
            "Medians, with 5 to 95 % of the devices below; one way with its 95 % interval.\n"
            f"One way: {criterion}.",
            highlight=False,
        )
    if bool((data["stable_states"] > 1).any()):
        console.print(
            f"Several states are stable at some points; the {data.attrs['branch']} one is counted "
            "(--branch).",
            highlight=False,
        )
    console.print(f"Data: {path}\nFigure: {picture}", highlight=False, soft_wrap=True)


def _text(value: Any, name: str) -> str:
    """One cell; of imperfect devices the median above the range from 5 to 95 %."""
    from phonosync.theory.device.text import write_quantity

    if value is None:
        return "—"
    if isinstance(value, list):
        low, middle, high = value
        digits = 2 if high - low > _NARROW else 3
        return f"{middle:.3f}\n{low:.{digits}f} …\n{high:.{digits}f}"
    if not isinstance(value, float):
        return str(value)
    unit = name.partition(" (")[2].removesuffix(")")
    return write_quantity(float(f"{value:.4g}"), unit or "1")
