"""What the manifests promise: nobody is root, all is started again, and nothing is open that need not be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from aecore.jobs.cluster import INNOCENT

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PARTS = ("app", "scheduler", "worker")
ROLES = ("CLIENT", "SCHEDULER", "WORKER")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
MANIFESTS = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
LANGUAGES = {"en": "README.md", "pt_BR": "README.pt-BR.md"}


def pods() -> dict[str, dict]:
    found = {one["metadata"]["name"]: one["spec"] for one in MANIFESTS if one["kind"] in ("Deployment", "StatefulSet")}
    return {name: spec["template"]["spec"] for name, spec in found.items()}


def only(pod: dict) -> dict:
    (container,) = pod["containers"]
    return container


def settings() -> dict[str, str]:
    return next(one["data"] for one in MANIFESTS if one["kind"] == "ConfigMap")


def commands() -> list[list[str]]:
    """Every command that a manifest starts, in either form."""
    composed = [service["command"] for service in COMPOSE["services"].values() if "command" in service]
    return composed + [only(pod)["command"] for pod in pods().values() if "command" in only(pod)]


def test_both_start_the_same_parts():
    assert set(COMPOSE["services"]) == set(pods()) == set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_no_part_is_root_nor_may_become_it(part):
    service, pod = COMPOSE["services"][part], pods()[part]
    assert service["user"] == "10001:10001"
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["read_only"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert only(pod)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_started_again_even_if_it_ended_well(part):
    assert COMPOSE["services"][part]["restart"] == "always"
    assert pods()[part]["restartPolicy"] == "Always"


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_no_dashboard_listens_on_every_interface(command):
    assert re.fullmatch(r"127\.0\.0\.1:\d+", command[command.index("--dashboard-address") + 1])


def test_compose_opens_the_app_to_this_machine_alone_and_nothing_else():
    assert {name: one["ports"] for name, one in COMPOSE["services"].items() if "ports" in one} == {
        "app": ["127.0.0.1:8501:8501"]
    }


@pytest.mark.parametrize("part", PARTS)
def test_tls_is_set_for_every_role(part):
    service = COMPOSE["services"][part]
    where = {"/run/secrets/": (service["environment"], service["secrets"])}
    mounts = {mount["name"]: mount["mountPath"] for mount in only(pods()[part])["volumeMounts"]}
    where[f"{mounts['certificates']}/"] = settings(), ["ca.pem", "cert.pem", "key.pem"]
    for folder, (said, files) in where.items():
        assert said["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] == "true"
        assert said["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] == f"{folder}{files[0]}"
        for role in ROLES:
            assert said[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] == f"{folder}{files[1]}"
            assert said[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] == f"{folder}{files[2]}"


def test_addresses_are_encrypted_and_the_app_is_told_of_them():
    assert COMPOSE["services"]["app"]["environment"]["GARGALO_CLUSTER"] == settings()["GARGALO_CLUSTER"]
    assert settings()["GARGALO_CLUSTER"] == "tls://scheduler:8786"
    for command in commands():
        assert command[:2] in (["dask", "scheduler"], ["dask", "worker"])
        assert not any(word.startswith("tcp:") for word in command)
        assert "--protocol" not in command or command[command.index("--protocol") + 1] == "tls"


def test_a_death_counts_against_the_run_that_caused_it_alone():
    for said in (settings(), COMPOSE["services"]["scheduler"]["environment"]):
        assert int(said["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"]) == INNOCENT
        assert said["DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL"] == "30s"


def test_workers_and_app_see_one_store_and_what_visitors_bring():
    assert settings()["GARGALO_STORE"].startswith("s3://")
    place = COMPOSE["services"]["app"]["environment"]["GARGALO_STORE"].removeprefix("file://")
    for part in ("app", "worker"):
        volumes = COMPOSE["services"][part]["volumes"]
        assert f"store:{place}" in volumes
        assert "uploads:/var/lib/gargalo/uploads" in volumes
        mounts = {mount["name"]: mount["mountPath"] for mount in only(pods()[part])["volumeMounts"]}
        assert mounts["uploads"] == "/var/lib/gargalo/uploads"
    assert "GARGALO_UPLOADS=/var/lib/gargalo/uploads" in CONTAINERFILE


def test_only_the_three_may_reach_scheduler_and_workers():
    (policy,) = (one["spec"] for one in MANIFESTS if one["kind"] == "NetworkPolicy")
    guarded = policy["podSelector"]["matchExpressions"][0]["values"]
    allowed = [source["podSelector"]["matchExpressions"][0]["values"] for source in policy["ingress"][0]["from"]]
    assert guarded == ["scheduler", "worker"]
    assert allowed == [["app", "scheduler", "worker"]]


def test_the_image_starts_as_nobody_special_with_the_pinned_packages():
    lines = CONTAINERFILE.splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
    assert lines.index(users[0]) < next(number for number, line in enumerate(lines) if line.startswith("CMD"))
    installed = re.findall(r"-r (\S+)", CONTAINERFILE)
    assert installed == ["requirements-cluster.txt"]
    packages = (ROOT / "requirements-cluster.txt").read_text().splitlines()
    assert packages[0] == "-r requirements.txt"
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in packages[1:])
    copied = {name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]}
    assert all((ROOT / name).exists() for name in copied)
    assert {"app.py", "aecore", "pages", "assets", ".streamlit"} <= copied


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readme_says_what_every_setting_is(language):
    said = (DEPLOY / LANGUAGES[language]).read_text("utf-8")
    ours = {name for name in {**settings(), **COMPOSE["services"]["app"]["environment"]} if name.startswith("GARGALO")}
    names = {*ours, "GARGALO_RUNS_MB", "ALLOWED_FAILURES", "WORKER_TTL", "replicas", "GPU=1", "certificates.sh"}
    assert {name for name in names if name not in said} == set()
    assert "1,000" in said or "1.000" in said
