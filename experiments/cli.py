"""The command line. Heavy imports wait until a command needs them."""

from __future__ import annotations

import io
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from phonosync.experiments import run_commands, theory_commands
from phonosync.experiments.rig.signals import StopSignal
from phonosync.experiments.run_commands import Json, Seed
from phonosync.theory.errors import PhonosyncError

app = typer.Typer(
    name="phonosync",
    help="Measure, simulate and fit one-way quantum synchronization of phonons.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Model = Annotated[str | None, typer.Option(help="A model (docs/instruments), or none.")]


for _command in run_commands.COMMANDS:
    app.command()(_command)


@app.command()
def fit(
    files: Annotated[
        list[Path], typer.Argument(help="A run (id, folder, file), spectra, traces, S-parameters.")
    ],
    averages: Annotated[
        float | None, typer.Option(help="Averages of a spectrum; segments of a trace.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="V^2/Hz, Vrms, dBm, W/Hz, shot-noise units, ...")
    ] = None,
    window: Annotated[
        str | None, typer.Option(help="Of the segments: boxcar, hann, ...; gaussian: a filter.")
    ] = None,
    overlap: Annotated[float | None, typer.Option(help="Of the segments; 50 % is 0.5.")] = None,
    rbw: Annotated[
        str | None, typer.Option(help='3 dB bandwidth of an analyzer\'s filter: "2 kHz".')
    ] = None,
    sample_rate: Annotated[str | None, typer.Option(help='Of a trace: "1 MHz".')] = None,
    averaging: Annotated[
        str | None, typer.Option(help="Of the analyzer: power, or log (of decibels).")
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="Of the analyzer: sample, rms, peak.")
    ] = None,
    sides: Annotated[str | None, typer.Option(help="Of the spectrum: one or two.")] = None,
    kind: Annotated[str | None, typer.Option(help="spectrum or trace, if open.")] = None,
    column: Annotated[str | None, typer.Option(help="Column, variable or S-parameter.")] = None,
    band: Annotated[
        str | None, typer.Option(help='Keep only "140 kHz..160 kHz" of a file.')
    ] = None,
    one_or_two: Annotated[
        bool, typer.Option("--one-or-two", help="Ask of every mode whether it is two.")
    ] = False,
    fano: Annotated[
        bool, typer.Option("--fano", help="Lines may be asymmetric: interference.")
    ] = False,
    response: Annotated[
        str | None,
        typer.Option(help='Of the detector: a low-pass corner "20 MHz", or a file of gains.'),
    ] = None,
    efficiency: Annotated[
        float | None, typer.Option(help="Detection efficiency of a run recorded without one.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Fit this device (name or file) to all of a run.")
    ] = None,
    free: Annotated[
        list[str] | None,
        typer.Option(help='Its entries that are fitted: "modes.cavity.linewidth". Any number.'),
    ] = None,
    save_device: Annotated[
        Path | None, typer.Option(help="Write the fitted device here, with its covariance.")
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option(
            help="curvature, profile (likelihood ratio) or bootstrap (200 fits: of spectra that "
            "are drawn, of S-parameters rebuilt from blocks of their residuals). Of a run, what is "
            "fitted to it: --device, or one cavity and two phonons; of a spectrum or trace, its "
            "modes; of S-parameters, the resonance. By default curvature, with --device profile "
            "where settings are few."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for figures and report.")] = None,
    figures: Annotated[
        str | None, typer.Option(help='Their formats: "png", "pdf", "svg", or "pdf,svg".')
    ] = None,
    dpi: Annotated[int | None, typer.Option(help="Of PNG figures; 300 for print (150).")] = None,
    json: Json = False,
) -> None:
    """Fit a run, a spectrum, a trace or S-parameters (docs/fit.md)."""
    from phonosync.experiments.screens import fit as screens

    stated = {
        "averages": averages,
        "unit": unit,
        "window": window,
        "overlap": overlap,
        "resolution_bandwidth": rbw,
        "sample_rate": sample_rate,
        "averaging": averaging,
        "detector": detector,
        "sides": sides,
        "kind": kind,
        "column": column,
        "response": response,
    }
    screens.fit(
        files,
        efficiency,
        out,
        json,
        stated=stated,
        band=band,
        one_or_two=one_or_two,
        fano=fano,
        device=device,
        free=free,
        save_device=save_device,
        interval=interval,
        figures=figures,
        dpi=dpi,
    )


@app.command()
def lab(
    device: Annotated[str, typer.Argument(help="A shipped device or a device file.")] = "ring",
    seed: Seed = None,
    rig: Annotated[
        Path | None, typer.Option(help="Write the station file here instead of printing it.")
    ] = None,
    laser: Model = None,
    direction_switch: Model = None,
    spectrum_analyzer: Model = None,
    microwave_source: Model = None,
    network_analyzer: Model = None,
    magnet: Model = None,
    demodulator: Model = None,
    thermometer: Model = None,
    power_meter: Model = None,
    speed_up: Annotated[
        float, typer.Option(help="How much faster than real ones they ramp and tune.", min=1e-3)
    ] = 1.0,
    faults: Annotated[
        int | None, typer.Option(help="Seed of faults that strike one message in 100.", min=0)
    ] = None,
    imperfection: Annotated[
        list[str] | None,
        typer.Option(help='"power_drift=3 %/h", "remanence=0.2 %", ... (docs/instruments).'),
    ] = None,
    clock: Annotated[
        str, typer.Option(help="accelerated: data as fast as computed; real: as in the lab.")
    ] = "accelerated",
    pause: Annotated[
        str | None,
        typer.Option(help='Accelerated: time that passes after every acquisition, "1 min".'),
    ] = None,
    json: Json = False,
) -> None:
    """Serve virtual instruments to any VISA client until Ctrl-C."""
    from phonosync.experiments.screens import lab as lab_screen

    models = {
        "laser": laser,
        "direction_switch": direction_switch,
        "spectrum_analyzer": spectrum_analyzer,
        "microwave_source": microwave_source,
        "network_analyzer": network_analyzer,
        "magnet": magnet,
        "demodulator": demodulator,
        "thermometer": thermometer,
        "power_meter": power_meter,
    }
    lab_screen.lab(
        device,
        seed,
        rig,
        json,
        models=models,
        speed_up=speed_up,
        faults=faults,
        imperfection=imperfection or [],
        clock=clock,
        pause=pause,
    )


@app.command()
def check(
    rig: Annotated[Path, typer.Argument(help="The rig file.")],
    json: Json = False,
) -> None:
    """Ask a rig's instruments for name and limits; change nothing."""
    from phonosync.experiments.screens import check as check_screen

    check_screen.check(rig, json)


for _command in theory_commands.COMMANDS:
    app.command()(_command)


def main() -> None:
    """Run a command; an error that the user can act on is one line and an exit code."""
    # QCoDeS warns of what the one line of an error says better.
    logging.getLogger("qcodes").addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Windows console may know no σ or χ
            stream.reconfigure(errors="replace")
    try:
        app(standalone_mode=True)
    except PhonosyncError as error:
        typer.echo(f"phonosync: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("phonosync: interrupted.", err=True)
        raise SystemExit(130) from None
    except StopSignal as signal:  # before the run had begun; by custom 128 + SIGTERM
        typer.echo(f"phonosync: ended by {signal}.", err=True)
        raise SystemExit(143) from None
