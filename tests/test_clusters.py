"""What configures clusters is held against what reads it, since a slip shows only where there is a cluster."""

import ast
import importlib
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cfnlint
import pytest
import typer
import yaml
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import validate_parameters
from distributed import Client, LocalCluster
from distributed.cli.dask_scheduler import main as dask_scheduler
from distributed.security import Security

from vgkit.batch.cluster.needs import KEYS
from vgkit.cli import app
from vgkit.errors import BatchError, BudgetExceeded, ClusterError, Interrupted, RunBusy

TOP = Path(__file__).resolve().parent.parent
CLUSTERS = TOP / "templates" / "clusters"
PAGE = (TOP / "docs" / "cluster.md").read_text("utf-8")
DASK = {name for each in dask_scheduler.params for name in each.opts}


class Intrinsic(str):
    """What CloudFormation puts in when it makes the stack: a string by then."""


class Stack(yaml.SafeLoader):
    """Reads CloudFormation's own tags."""


Stack.add_multi_constructor("!", lambda loader, tag, node: Intrinsic(f"{tag} {getattr(node, 'value', '')}"))


def stack() -> dict[str, Any]:
    return yaml.load((CLUSTERS / "fargate.yaml").read_text("utf-8"), Stack)


def resources(kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in stack()["Resources"].items() if each["Type"] == kind}


def kubernetes(kind: str) -> dict[str, Any]:
    (found,) = [each for each in yaml.safe_load_all((CLUSTERS / "kubernetes.yaml").open()) if each["kind"] == kind]
    return found


def pods() -> dict[str, dict[str, Any]]:
    """The specification of each pod."""
    cluster = kubernetes("DaskCluster")["spec"]
    return {
        "scheduler": cluster["scheduler"]["spec"],
        "worker": cluster["worker"]["spec"],
        "driver": kubernetes("Job")["spec"]["template"]["spec"],
    }


def containers() -> list[dict[str, Any]]:
    return [container for pod in pods().values() for container in pod["containers"]]


def commands() -> Iterator[list[str]]:
    """What the configurations start, and what the page says to."""
    yield from (container["args"] for container in containers())
    for task in resources("AWS::ECS::TaskDefinition").values():
        yield from ([str(word) for word in each["Command"]] for each in task["ContainerDefinitions"])
    (command,) = re.findall(r"^CMD (.*)", (CLUSTERS / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    yield json.loads(command)
    lines = (CLUSTERS / "slurm.sh").read_text("utf-8").splitlines()
    lines += [
        line
        for block in re.findall(r"^```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
    ]
    for line in lines:
        if found := re.search(r"^(?:srun \S+ )?((?:vgkit|dask) [^&]*)", line):
            yield shlex.split(found[1])


def test_the_commands_that_clusters_start_are_ones_that_vgkit_and_dask_know() -> None:
    heard = list(commands())
    assert {command[0] for command in heard} == {"vgkit", "dask"}
    for program, *words in heard:
        known: Any = typer.main.get_command(app)
        while program == "vgkit" and words[0] in getattr(known, "commands", {}):
            known = known.commands[words.pop(0)]
        options = DASK if program == "dask" else {"--help"} | {name for each in known.params for name in each.opts}
        assert [word for word in words if word.startswith("--") and word not in options] == []


@pytest.mark.parametrize("script", sorted(CLUSTERS.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_one_that_bash_reads(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)
    assert script.stat().st_mode & 0o111


def test_a_job_without_a_batch_says_what_it_needs() -> None:
    done = subprocess.run([CLUSTERS / "slurm.sh"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "say which batch: sbatch templates/clusters/slurm.sh FILE\n")


def test_the_dask_cluster_has_the_fields_of_its_kind() -> None:
    cluster = kubernetes("DaskCluster")
    assert cluster["apiVersion"] == "kubernetes.dask.org/v1"
    assert set(cluster["spec"]) == {"scheduler", "worker"}
    assert set(cluster["spec"]["scheduler"]) == {"spec", "service"}
    assert set(cluster["spec"]["worker"]) == {"replicas", "spec"}
    service = cluster["spec"]["scheduler"]["service"]
    name = cluster["metadata"]["name"]
    assert service["selector"] == {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    ports = {port["name"]: port["containerPort"] for port in pods()["scheduler"]["containers"][0]["ports"]}
    assert {port["targetPort"]: port["port"] for port in service["ports"]} == ports
    # The operator calls the service so, and what it makes of the workers.
    assert f"tcp://{name}-scheduler:8786" in pods()["driver"]["containers"][0]["args"]
    assert f"service/{name}-scheduler" in PAGE
    assert f"daskworkergroup {name}-default" in PAGE


def test_all_pods_have_one_image_and_those_that_make_films_one_volume() -> None:
    assert len({container["image"] for container in containers()}) == 1
    claim = kubernetes("PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    for name in ("worker", "driver"):
        claims = [v["persistentVolumeClaim"]["claimName"] for v in pods()[name]["volumes"] if v["name"] == "runs"]
        (container,) = pods()[name]["containers"]
        (runs,) = [variable["value"] for variable in container["env"] if variable["name"] == "VGKIT_RUNS"]
        assert claims == [claim["metadata"]["name"]]
        assert {"name": "runs", "mountPath": runs} in container["volumeMounts"]


def test_keys_come_from_secrets_into_what_makes_films_and_into_nothing_else() -> None:
    for name, pod in pods().items():
        env = {variable["name"]: variable for variable in pod["containers"][0].get("env", [])}
        assert ({*env} & {*KEYS.values()}) == (set() if name == "scheduler" else {*KEYS.values()})
        for key in {*env} & {*KEYS.values()}:
            reference = env[key]["valueFrom"]["secretKeyRef"]
            assert f"create secret generic {reference['name']} " in PAGE
            assert f"--from-file={reference['key']}=" in PAGE
    for name, task in resources("AWS::ECS::TaskDefinition").items():
        (container,) = task["ContainerDefinitions"]
        secrets = {each["Name"]: each["ValueFrom"] for each in container.get("Secrets", [])}
        assert set(secrets) == ({*KEYS.values()} if name == "WorkerTask" else set())
        assert all(isinstance(value, Intrinsic) for value in secrets.values())
        assert not {each["Name"] for each in container.get("Environment", [])} & {*KEYS.values()}


def test_only_the_clusters_own_pods_and_the_operator_reach_its_scheduler() -> None:
    policy = kubernetes("NetworkPolicy")["spec"]
    ours = {"dask.org/cluster-name": kubernetes("DaskCluster")["metadata"]["name"]}
    assert policy["podSelector"]["matchLabels"] == ours
    assert ours.items() <= kubernetes("Job")["spec"]["template"]["metadata"]["labels"].items()
    assert [next(iter(each)) for rule in policy["ingress"] for each in rule["from"]] == [
        "podSelector",
        "namespaceSelector",
    ]
    (group,) = resources("AWS::EC2::SecurityGroup").values()
    assert [each["SourceSecurityGroupId"] for each in group["SecurityGroupIngress"]] == ["Ref DriverGroup"]


def test_a_killed_driver_is_started_again_and_a_finished_one_is_not() -> None:
    ignored, final = kubernetes("Job")["spec"]["podFailurePolicy"]["rules"]
    assert ignored == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}
    assert final["action"] == "FailJob"
    codes = set(final["onExitCodes"]["values"])
    assert {1, BatchError.exit_code, BudgetExceeded.exit_code} == codes
    assert not {RunBusy.exit_code, ClusterError.exit_code, Interrupted.exit_code} & codes


def small(value: Any) -> Any:
    """CloudFormation's names as ECS itself has them."""
    if isinstance(value, dict):
        kept = {name: each if name == "Options" else small(each) for name, each in value.items()}
        return {name[0].lower() + name[1:]: each for name, each in kept.items()}
    return [small(each) for each in value] if isinstance(value, list) else value


def test_the_task_definitions_are_such_as_ecs_accepts() -> None:
    ecs = ServiceModel(Loader().load_service_model("ecs", "service-2"))
    tasks = resources("AWS::ECS::TaskDefinition")
    assert set(tasks) == {"SchedulerTask", "WorkerTask"}
    for task in tasks.values():
        validate_parameters(small(task), ecs.operation_model("RegisterTaskDefinition").input_shape)


def test_the_stack_is_one_that_cloudformation_accepts() -> None:
    found = cfnlint.api.lint_file(CLUSTERS / "fargate.yaml")
    assert [f"{each.linenumber}: {each.message}" for each in found] == []
    (deploy,) = re.findall(r"--parameter-overrides (.*)", PAGE)
    parameters = stack()["Parameters"]
    assert (
        {name for name, each in parameters.items() if "Default" not in each}
        <= {word.partition("=")[0] for word in deploy.split()}
        <= {*parameters}
    )


def test_an_image_holds_what_vgkit_needs_and_no_keys_or_runs() -> None:
    copied = (CLUSTERS / "Dockerfile").read_text("utf-8")
    assert "pip install --no-cache-dir --require-hashes -r requirements.txt" in copied
    left_out = (CLUSTERS / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert {".env", "**/.env", "runs", ".venv"} <= {*left_out}
    assert not {"vgkit", "notebooks", "templates", "pyproject.toml", "README.md", "requirements.txt"} & {*left_out}


def test_the_python_for_other_clusters_is_python_and_uses_what_there_is() -> None:
    blocks = re.findall(r"^```py(?:thon)?\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert "dask_jobqueue" in "".join(blocks)
    ours = [
        (node.module, alias.name)
        for block in blocks
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vgkit")
        for alias in node.names
    ]
    assert ours
    assert [each for each in ours if not hasattr(importlib.import_module(str(each[0])), each[1])] == []


def certificates(folder: Path) -> Path:
    subprocess.run([CLUSTERS / "certificates.sh", folder, "2"], check=True, capture_output=True)
    return folder


def security(folder: Path) -> Security:
    """What Dask makes of the variables that tls.sh sets."""
    shown = subprocess.run(
        ["bash", "-c", f". {shlex.quote(str(folder))}/tls.sh; env -0"], check=True, capture_output=True, text=True
    )
    said = dict(line.partition("=")[::2] for line in shown.stdout.split("\0") if line.startswith("DASK_DISTRIBUTED__"))
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    return Security(
        require_encryption=said["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] == "true",
        tls_ca_file=said[f"{tls}CA_FILE"],
        **{
            f"tls_{each}_{what}": said[f"{tls}{each}__{what}".upper()]
            for each in ("client", "scheduler", "worker")
            for what in ("cert", "key")
        },
    )


def test_only_who_holds_the_clusters_certificates_reaches_its_scheduler(tmp_path: Path) -> None:
    ours, others = security(certificates(tmp_path / "ours")), security(certificates(tmp_path / "others"))
    with LocalCluster(
        n_workers=1, processes=False, protocol="tls", security=ours, dashboard_address="127.0.0.1:0"
    ) as cluster:
        with Client(cluster.scheduler_address, security=ours) as client:
            assert client.submit(sum, (3, 4)).result(timeout=60) == 7
        with pytest.raises(OSError, match="certificate|handshake|closed"):
            Client(cluster.scheduler_address, security=others, timeout=5)


def test_certificates_are_made_once_and_are_nobody_elses_to_read(tmp_path: Path) -> None:
    folder = certificates(tmp_path / "tls")
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    again = subprocess.run([CLUSTERS / "certificates.sh", folder], capture_output=True, text=True)
    assert again.returncode == 1
    assert "has certificates already; nothing was changed" in again.stderr
