"""The house itself: packages, dependencies, and what may not stand in a public repository."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import phonosync.theory

ROOT = Path(__file__).parents[1]
ROOMS = ("analysis", "experiments", "instruments", "theory")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [p for p in paths if p.is_file() and not p.is_symlink()]


def test_the_list_of_packages_is_the_tree():
    tree = [
        "phonosync." + ".".join(init.parent.relative_to(ROOT).parts)
        for room in ROOMS
        for init in (ROOT / room).rglob("__init__.py")
    ]
    assert PROJECT["tool"]["setuptools"]["packages"] == sorted(tree)


def test_every_python_file_of_a_room_is_in_a_package():
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            assert (file.parent / "__init__.py").exists(), file


def test_no_file_names_a_folder_of_somebodys_machine():
    # Spelt in pieces, so that this file does not name one.
    whole, parents = ("work", "root"), ("tmp", "home", "Users")
    folders = [rf"/{name}(?![\w-])" for name in whole] + [rf"/{name}/" for name in parents]
    # Not behind a letter, a dot or a variable: that is a path inside something else.
    pattern = re.compile(r"(?<![\w.~$})\]>-])(?:" + "|".join(folders) + ")")
    found = []
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not found


def test_constraints_pin_every_dependency_to_one_version():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+_-]+)", line) for line in lines]
    wrong = [line for line, pin in zip(lines, pins, strict=True) if pin is None]
    assert not wrong
    names = [canonical(pin[1]) for pin in pins if pin]
    assert len(names) == len(set(names))
    project = PROJECT["project"]
    groups = (project["dependencies"], *project["optional-dependencies"].values())
    asked = {re.split(r"[\s<>=!~\[;]", text)[0] for group in groups for text in group}
    missing = set(map(canonical, asked)) - set(names)
    assert not missing


def test_theory_loads_no_compiler_no_driver_and_no_file_checker():
    heavy = ("numba", "qcodes", "pydantic", "pint", "ruamel.yaml", "scipy", "matplotlib")
    code = f"import sys, phonosync.theory; print([m for m in {heavy!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("name", phonosync.theory.__all__)
def test_every_public_name_of_theory_is_documented(name):
    doc = getattr(phonosync.theory, name).__doc__
    assert doc
    assert doc.strip()


@pytest.mark.parametrize("file", sorted((ROOT / "theory" / "devices").glob("*.yaml")), ids=str)
def test_every_shipped_device_can_be_loaded(file):
    device = phonosync.theory.load_device(file)
    assert device.name == file.stem
    assert phonosync.theory.load_device(file.stem) == device
    assert device.description


def test_no_room_imports_from_one_above_it():
    allowed = {
        "theory": {"theory"},
        "analysis": {"theory", "analysis"},
        "instruments": {"theory", "instruments"},
        "experiments": set(ROOMS),
    }
    for room, rooms in allowed.items():
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    modules = [node.module]
                    if node.module == "phonosync":
                        modules = [f"phonosync.{a.name}" for a in node.names]
                for module in modules:
                    parts = module.split(".")
                    assert parts[0] != "phonosync" or parts[1] in rooms, f"{file}: {module}"
