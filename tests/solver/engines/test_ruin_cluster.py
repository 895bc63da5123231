"""The search on a cluster's executor: workers of dask on loopback carry it, and the plan is the same as in threads."""

from collections.abc import Iterator
from concurrent.futures import Executor

import pytest

from solver.engines import ruin
from tests.solver.engines.test_ruin import reported

distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def cluster() -> Iterator[Executor]:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as here,
        distributed.Client(here) as client,
    ):
        yield client.get_executor(pure=False)


def test_a_cluster_carries_the_lanes(cluster: Executor) -> None:
    assert reported(2, cluster) == reported(2)


def test_a_cluster_carries_the_parts_of_a_large_day(cluster: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruin, "LEAST_JOBS", 0)
    assert reported(2, cluster) == reported(2)
