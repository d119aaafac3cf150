"""The commands that only compute: predict, survey, design, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phonosync.experiments.run_commands import Json


def predict(
    device: Annotated[str, typer.Argument(help="A shipped device or a device file.")],
    pair: Annotated[
        str | None, typer.Option(help="The two phonons, phonon_1,phonon_2; the first two.")
    ] = None,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw levels, noise, S-parameters, phase space, a map.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the figures.")] = None,
    json: Json = False,
) -> None:
    """Predict steady states, oscillations and their synchronization."""
    from phonosync.experiments.screens import prediction as prediction_screen

    prediction_screen.predict(device, json, pair=pair, plot=plot, out=out)


def survey(
    device: Annotated[str, typer.Argument(help="A shipped device or a device file.")],
    vary: Annotated[
        list[str] | None,
        typer.Option(help='Up to three: "drive.power=0.1..2 mW:41", ":41 log", "=1,2,5 mW".'),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help="S_c, S_p, S_phi, E_N, isolation, occupation, intensity."),
    ] = None,
    devices: Annotated[int, typer.Option(help="Imperfect devices at each point.", min=0)] = 0,
    fitted: Annotated[
        bool, typer.Option("--fitted", help="They differ as the fit of this file leaves them.")
    ] = False,
    spread: Annotated[
        list[str] | None,
        typer.Option(help="frequency=0.1%, linewidth=5%, coupling=5%; else the device file's."),
    ] = None,
    backscattering: Annotated[
        str | None, typer.Option(help='R.m.s. between the ring\'s two modes: "20 kHz".')
    ] = None,
    temperature: Annotated[
        str | None, typer.Option(help='Of all baths: "10..300 mK:5" or "10,100 mK".')
    ] = None,
    kerr: Annotated[
        bool | None,
        typer.Option(
            "--without-kerr/--with-kerr-only",
            help="Also with all Kerr terms zero; by default for imperfect devices that have one.",
        ),
    ] = None,
    branch: Annotated[str, typer.Option(help="Of several stable states: lower, upper.")] = "lower",
    pair: Annotated[
        str | None, typer.Option(help="The two phonons, phonon_1,phonon_2; the first two.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the imperfect devices.", min=0)] = 0,
    synchronized: Annotated[
        float,
        typer.Option(help="Least S_c of a device that synchronizes one way.", show_default="1/3"),
    ] = 1 / 3,
    one_way: Annotated[float, typer.Option(help="Its least contrast.", show_default="1/3")] = 1 / 3,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler, e.g. tcp://127.0.0.1:8786.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(help="On this computer; by default one a core.", min=1)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The netCDF file; DEVICE_survey.nc by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Map S_c over device entries and imperfect devices; resumable."""
    from phonosync.experiments.screens import survey as survey_screens

    survey_screens.survey(
        device,
        vary or [],
        measure or [],
        devices=devices,
        fitted=fitted,
        spread=spread or [],
        backscattering=backscattering,
        temperature=temperature,
        kerr=kerr,
        branch=branch,
        pair=pair,
        seed=seed,
        criterion=(synchronized, one_way),
        scheduler=scheduler,
        processes=processes,
        out=out,
        as_json=json,
    )


def design(
    device: Annotated[str, typer.Argument(help="A shipped device or a device file.")],
    free: Annotated[
        list[str] | None,
        typer.Option(help='What may change: "drive.power=0.01..1 mW log". Any number.'),
    ] = None,
    objective: Annotated[
        str, typer.Option(help="difference (of S_c), contrast or S_c, of the best direction.")
    ] = "difference",
    require: Annotated[
        list[str] | None, typer.Option(help='"S_c>=0.3", "contrast>=0.5", of that direction.')
    ] = None,
    branch: Annotated[
        str | None, typer.Option(help="Allow several stable states; count the lower or upper.")
    ] = None,
    pair: Annotated[
        str | None, typer.Option(help="The two phonons, phonon_1,phonon_2; the first two.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the search.", min=0)] = 0,
    generations: Annotated[int, typer.Option(help="At most.", min=1)] = 60,
    out: Annotated[
        Path | None, typer.Option(help="The device file; DEVICE_designed.yaml by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Search the best one-way operating point; write a device file."""
    from phonosync.experiments.screens import design as design_screen

    design_screen.design(
        device,
        free or [],
        objective=objective,
        require=require or [],
        branch=branch,
        pair=pair,
        seed=seed,
        generations=generations,
        out=out,
        as_json=json,
    )


def verify(json: Json = False) -> None:
    """Recompute exact and published numbers; exit 1 if one fails."""
    from phonosync.experiments.screens import fit as screens

    screens.verify(json)


COMMANDS = (predict, survey, design, verify)
