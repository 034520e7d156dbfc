"""What ``vgkit worker`` asks of Dask."""

from vgkit.batch.cluster.serving import command


def asked(*, dashboard: str = "", name: str = "") -> str:
    offer = {"host:local": 4.0, "host:replicate": 8.0}
    return " ".join(command("tcp://10.0.0.5:8786", films=8, resources=offer, dashboard=dashboard, name=name))


def test_one_process_makes_all_films_of_a_machine_so_that_they_take_turns_on_its_cores() -> None:
    assert "--nworkers 1 --nthreads 8 --resources host:local=4 host:replicate=8" in asked()


def test_a_worker_without_a_page_tells_its_measurements_to_its_own_machine_alone() -> None:
    assert asked().endswith("--dashboard-address 127.0.0.1:0 --no-dashboard")
    assert asked(dashboard=":8788").endswith("--dashboard-address :8788")


def test_a_worker_is_known_by_the_name_that_it_is_given() -> None:
    assert asked(name="films-2").endswith("--name films-2")
    assert "--name" not in asked()
