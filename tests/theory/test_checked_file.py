from typing import Annotated

import pytest
from pydantic import Field

from phonosync.theory import InputError
from phonosync.theory.checked_file import CheckedModel, check, read_yaml
from phonosync.theory.quantities import Hertz, Second


class Coil(CheckedModel):
    current: Annotated[float, Field(ge=0)]
    ramp_time: Second


class Magnet(CheckedModel):
    name: str
    coils: dict[str, Coil]
    limit: Coil | Hertz | None = None


GOOD = {"name": "m", "coils": {"x": {"current": 1.0, "ramp_time": "2 s"}}}


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "magnet.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def complaint(content):
    with pytest.raises(InputError) as caught:
        check(content, Magnet, "magnet.yaml")
    message = str(caught.value)
    assert message.startswith("magnet.yaml: ")
    assert "\n" not in message
    return message.removeprefix("magnet.yaml: ")


def test_a_right_file_becomes_its_model(file):
    path = file("name: m\ncoils:\n  x: {current: 1, ramp_time: 20 ms}\n")
    magnet = check(read_yaml(path, "magnet file"), Magnet, str(path))
    assert magnet.coils["x"].ramp_time == 0.02


def test_what_was_checked_cannot_be_changed_any_more():
    magnet = check(GOOD, Magnet, "magnet.yaml")
    with pytest.raises(ValueError, match="frozen"):
        magnet.name = "other"


def test_a_misspelt_key_is_named_with_the_nearest_right_one():
    assert complaint({"nane": "m", "coils": {}}).startswith(
        "unknown key 'nane'; did you mean 'name'?"
    )
    deep = {"name": "m", "coils": {"x": {"curent": 1.0, "ramp_time": "2 s"}}}
    assert "'coils.x.curent'; did you mean 'current'?" in complaint(deep)


def test_a_key_like_no_other_is_answered_with_all_that_are_known():
    message = complaint({**GOOD, "zzz": 1})
    assert message == "unknown key 'zzz'; known keys: name, coils, limit."


@pytest.mark.parametrize(
    ("coil", "message"),
    [
        ({"current": 1.0}, "'coils.x.ramp_time' is missing; add it."),
        (
            {"current": 1.0, "ramp_time": 3},
            "coils.x.ramp_time: 3 has no unit; write for example '20 ms'",
        ),
        (
            {"current": -1.0, "ramp_time": "3 s"},
            "coils.x.current: Input should be greater than or equal to 0, found -1.0",
        ),
    ],
)
def test_one_sentence_says_where_and_what(coil, message):
    assert complaint({"name": "m", "coils": {"x": coil}}) == message


def test_further_mistakes_are_counted():
    both = {"name": "m", "coils": {"x": {"current": -1.0, "ramp_time": "3"}}}
    assert complaint(both).endswith("(and 1 more)")


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("3", "limit: '3' has no unit; write for example '10 MHz'"),
        ({"curren": 1.0}, "unknown key 'limit.curren'; did you mean 'current'?"),
        ({"current": 1.0, "ramp_time": 1}, "limit.ramp_time: 1 has no unit"),
    ],
)
def test_where_two_forms_are_allowed_the_one_that_was_meant_is_spoken_of(limit, message):
    assert complaint({**GOOD, "limit": limit}).startswith(message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [1, 2\nb: 3\n", "line 2 is not YAML"),
        ("a: 1\nb: 2\n\tc: 3\n", "line 3 is not YAML"),
        ("a: 1\nb: 2\na: 3\n", "line 3 is not YAML: found duplicate key"),
        ("- a\n- b\n", "it must hold 'key: value' lines"),
        ("", "it must hold 'key: value' lines"),
        (b"\xff\xfe\x00", "cannot be read as a magnet file"),
    ],
)
def test_a_file_that_is_no_yaml_mapping_is_refused_with_its_line(file, content, message):
    path = file(content)
    with pytest.raises(InputError) as caught:
        read_yaml(path, "magnet file")
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_answered_with_the_nearest_one(file, tmp_path):
    file("name: m\n")
    with pytest.raises(
        InputError, match=r"no magnet file at .*magnt\.yaml.*Nearest: .*magnet\.yaml"
    ):
        read_yaml(tmp_path / "magnt.yaml", "magnet file")
    with pytest.raises(InputError, match=r"check the name\.$"):
        read_yaml(tmp_path / "nowhere" / "magnet.yaml", "magnet file")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a magnet file"):
        read_yaml(tmp_path, "magnet file")
