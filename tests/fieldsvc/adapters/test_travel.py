"""Travel times: estimates, a table of known places, and both together."""

from pathlib import Path

import numpy as np
import pytest

from fieldsvc.adapters.travel import DETOUR, EARTH_RADIUS_M, EstimatedTravel, TableTravel, read_travel, write_travel

HOME, NEAR, FAR = (-30.03, -51.20), (-30.04, -51.21), (-30.20, -51.00)


def table() -> TableTravel:
    seconds = np.array([[0, 100], [200, 0]], dtype=np.int32)
    metres = np.array([[0, 1000], [-1, 0]], dtype=np.int32)
    return TableTravel([HOME, NEAR], seconds, metres, EstimatedTravel())


def test_an_estimate_is_the_great_circle_with_a_detour() -> None:
    seconds, metres = EstimatedTravel(speed_m_per_s=10).matrix([(0.0, 10.0), (1.0, 10.0)], "car")
    one_degree = EARTH_RADIUS_M * np.pi / 180 * DETOUR
    assert metres[0, 1] == metres[1, 0] == round(one_degree)
    assert seconds[0, 1] == np.ceil(one_degree / 10)
    assert metres.dtype == seconds.dtype == np.int32
    assert not metres.diagonal().any()


def test_the_same_place_is_nowhere_to_drive_and_another_is_never() -> None:
    seconds, metres = EstimatedTravel().matrix([HOME, HOME, (HOME[0] + 1e-7, HOME[1])], "car")
    assert seconds[0, 1] == metres[0, 1] == 0
    assert seconds[0, 2] == 1
    assert metres[0, 2] >= 1


@pytest.mark.parametrize("points", [[], [HOME]])
def test_few_places_are_no_fault(points: list[tuple[float, float]]) -> None:
    for travel in (EstimatedTravel(), table()):
        seconds, metres = travel.matrix(points, "car")
        assert seconds.shape == metres.shape == (len(points), len(points))


def test_there_is_no_road_to_another_continent() -> None:
    seconds, metres = EstimatedTravel().matrix([HOME, (30.03, 51.20), FAR], "car")
    assert seconds[0].tolist()[1] == metres[0].tolist()[1] == -1
    assert seconds[1].tolist()[2] == metres[2].tolist()[1] == -1
    assert 0 < seconds[0, 2] < 7 * 86_400


def test_a_table_knows_its_pairs_in_both_directions_and_no_road() -> None:
    seconds, metres = table().matrix([NEAR, HOME], "car")
    assert seconds.tolist() == [[0, 200], [100, 0]]
    assert metres.tolist() == [[0, -1], [1000, 0]]


def test_places_closer_than_a_metre_are_the_same() -> None:
    seconds, _ = table().matrix([(HOME[0] + 1e-6, HOME[1]), NEAR], "car")
    assert seconds[0, 1] == 100


def test_pairs_that_the_table_lacks_are_estimated() -> None:
    seconds, metres = table().matrix([HOME, FAR, NEAR], "car")
    estimated, estimated_m = EstimatedTravel().matrix([HOME, FAR, NEAR], "car")
    assert seconds[0, 2] == 100
    assert metres[2, 0] == -1
    for row, column in ((0, 1), (1, 0), (1, 2), (2, 1)):
        assert (seconds[row, column], metres[row, column]) == (estimated[row, column], estimated_m[row, column])


def test_a_table_is_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "travel.npz"
    seconds = np.array([[0, 7], [9, 0]], dtype=np.int32)
    write_travel(path, [HOME, NEAR], seconds, seconds * 10)
    found, metres = read_travel(str(path)).matrix([HOME, NEAR], "car")
    assert found.tolist() == [[0, 7], [9, 0]]
    assert metres.tolist() == [[0, 70], [90, 0]]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["travel.npz"]
    assert isinstance(read_travel(""), EstimatedTravel)
