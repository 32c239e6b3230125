"""The pipelines of docs/sdk-upgrades.md: their own commands, run in a repository as they would be.

What installs this project is left out, and what posts a comment is a stub that keeps it.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sdk_recordings as recorded
import yaml
from tests_support import ROOT

from conformance.errors import UsageError
from conformance.sdk_gate import environments

PAGE = (ROOT / "docs" / "sdk-upgrades.md").read_text("utf-8")
OLD, NEW = "1.28.80", "1.36.0"
#: What keeps the comment that a pipeline posts, in place of the programs that would post it.
_STUBS = {
    "gh": 'for last; do :; done; cp "$last" posted',
    "curl": "cp comment.json posted",
    "aws-conformance": f'exec {sys.executable} -m conformance "$@"',
    "python": f'exec {sys.executable} "$@"',
}


def pipeline(name: str) -> Any:
    """The pipeline that the page prints below its mark."""
    found = re.search(rf"<!-- ci: {name} -->\s+```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return yaml.safe_load(found[1])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose branch updates the pinned boto3, with a cassette of the old one's."""
    for version in (OLD, NEW):
        try:
            environments.interpreter(version, print)
        except UsageError as error:
            pytest.skip(f"needs the package index: {error}")
    work = tmp_path / "work"
    (work / "tests" / "cassettes").mkdir(parents=True)
    asked = recorded.of_query(
        "Action=ListQueues&Version=2012-11-05",
        answer="<ListQueuesResponse><ListQueuesResult/></ListQueuesResponse>",
    )
    recorded.write(work / "tests" / "cassettes" / "sqs.yaml", [asked])
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name, text in _STUBS.items():
        path = binaries / name
        path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        path.chmod(0o755)
    run(work, "git init -q -b main; git config user.email a@b.example; git config user.name a", {})
    for version, branch in ((OLD, "main"), (NEW, "update")):
        pins = work / "requirements.txt"
        pins.write_text(f"requests\nboto3=={version} ; python_version > '3'\n", "utf-8")
        run(work, f"git checkout -q -B {branch}; git add .; git commit -qm pin", {})
    run(work, "git remote add origin .; git fetch -q origin", {})
    return work


def run(work: Path, script: str, variables: Mapping[str, str]) -> int:
    """Run a script as a pipeline does: it ends at the first command that fails."""
    path = f"{work.parent / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=work,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


def require_comment(text: str) -> None:
    """A comment shows what breaks, for which calls, and both versions."""
    for said in (
        f"### recorded → boto3 {NEW}: **breaking**",
        f"### boto3 {OLD} → boto3 {NEW}: **changed**",
        "sqs speaks json now instead of query",
        "sqs:ListQueues",
        "would vcrpy still play it?",
    ):
        assert said in text


def test_github(repository: Path) -> None:
    """Each step in a shell of its own; the last one always runs."""
    work = repository
    steps = pipeline("github")["jobs"]["sdk-upgrade"]["steps"]
    summary, kept = work / "summary.md", work / "env"
    statuses = {}
    for step in steps:
        if "run" not in step or step["name"] == "install":
            continue
        lines = kept.read_text("utf-8").splitlines() if kept.exists() else []
        variables = {
            "GITHUB_BASE_REF": "main",
            "GITHUB_ENV": str(kept),
            "GITHUB_STEP_SUMMARY": str(summary),
            "PULL_REQUEST": "7",
            **dict(line.split("=", 1) for line in lines),
        }
        if step.get("if") == "always()" or not any(statuses.values()):
            statuses[step["name"]] = run(work, step["run"], variables)
    assert statuses == {
        "both versions": 0,
        "what changes on the wire": 0,
        "your recordings": 1,
        "comment": 0,
    }
    require_comment((work / "posted").read_text("utf-8"))
    assert summary.read_text("utf-8") == (work / "posted").read_text("utf-8")


def test_gitlab(repository: Path) -> None:
    """All of a script in one shell, what comes after it in another one."""
    job = pipeline("gitlab")["sdk-upgrade"]
    variables = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    installs = ("python -m venv", ".conformance/bin/pip", "export PATH")
    script = [line for line in job["script"] if not line.startswith(installs)]
    assert len(script) == len(job["script"]) - len(installs)
    assert run(repository, "\n".join(script), variables) == 1
    assert run(repository, "\n".join(job["after_script"]), variables) == 0
    posted = yaml.safe_load((repository / "posted").read_text("utf-8"))
    require_comment(posted["body"])
