"""What is given away: sdist, wheel and their metadata, the action, the image, the hook, make."""

import email
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli.main import parser
from conformance.runner.options import OPTIONS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
#: What only the tests need.
OF_DEVELOPERS = {"moto", "mypy", "playwright", "ruff", "twine", "mkdocs-material"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist and the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return folder


@pytest.fixture(scope="module")
def metadata(built: Path) -> Any:
    """The metadata of the wheel."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        name = next(one for one in wheel.namelist() if one.endswith("/METADATA"))
        return email.message_from_bytes(wheel.read(name))


class TestDistributions:
    @pytest.mark.parametrize(
        ("module", "words", "kinds"),
        [
            ("twine", ("check", "--strict"), "*"),
            ("check_wheel_contents", (), "*.whl"),
        ],
    )
    def test_checkers_of_indexes_object_to_nothing(
        self, module: str, words: tuple[str, ...], kinds: str, built: Path
    ) -> None:
        """``twine check`` and ``check-wheel-contents`` pass."""
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
        command = [sys.executable, "-m", module, *words, *map(str, built.glob(kinds))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_the_page_of_an_index_links_to_nothing_that_is_not_there(self, metadata: Any) -> None:
        """An index shows the README alone: its links are addresses, and its text is whole."""
        text = metadata.get_payload(decode=True).decode("utf-8")
        links = re.findall(r"\]\(([^)\s]+)\)", text)
        assert links
        assert all(link.startswith("https://") for link in links)
        readme = (ROOT / "README.md").read_text("utf-8")
        plain = [re.sub(r"\[([^\]]+)\]\([^)\s]+\)", r"\1", one) for one in (readme, text)]
        assert plain[0].split() == plain[1].split()

    def test_users_install_what_they_need(self, metadata: Any) -> None:
        """No browser, mock or type checker is among the dependencies."""
        every = {re.split(r"[^\w-]", one)[0]: one for one in metadata.get_all("Requires-Dist")}
        required = {name for name, one in every.items() if "extra ==" not in one}
        assert "boto3" in required
        assert not required & OF_DEVELOPERS
        assert every.keys() >= OF_DEVELOPERS

    def test_the_supported_interpreters_are_said(self, metadata: Any) -> None:
        """The least version that is required is the first that is named."""
        named = re.findall(r":: Python :: (3\.\d+)", "\n".join(metadata.get_all("Classifier")))
        assert metadata["Requires-Python"] == f">={named[0]}"
        assert named == sorted(named, key=lambda one: int(one[2:]))

    def test_a_source_distribution_makes_the_same_wheel(self, built: Path, tmp_path: Path) -> None:
        """What is built from the sdist holds the files of the wheel."""
        with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
            # releases of Python before 3.11.4 have no filters, and do not look for one
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(tmp_path)
        (source,) = tmp_path.iterdir()
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
        subprocess.run(command, cwd=source, capture_output=True, check=True)
        wheels = [next(built.glob("*.whl")), next(tmp_path.glob("*.whl"))]
        names = [set(zipfile.ZipFile(one).namelist()) for one in wheels]
        assert names[0] == names[1]


class TestMake:
    @pytest.mark.parametrize("target", ["certify", "test"])
    def test_it_installs_what_the_target_needs(self, target: str, tmp_path: Path) -> None:
        """``make certify`` installs no development tools, and says what it installs."""
        command = ["make", "--dry-run", target, f"VENV={tmp_path / 'venv'}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert "Installing aws-conformance and what it needs" in done.stdout
        assert ("[dev]" in done.stdout) == (target == "test")

    def test_uv_is_used_where_it_is(self, tmp_path: Path) -> None:
        """Where ``uv`` is found it makes the environment."""
        (tmp_path / "uv").write_text("#!/bin/sh\n")
        (tmp_path / "uv").chmod(0o755)
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["make", "--dry-run", "certify", f"VENV={tmp_path / 'venv'}"],
            cwd=ROOT,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"{tmp_path / 'uv'} venv" in done.stdout
        assert " -m pip " not in done.stdout


class TestElsewhere:
    def test_the_action_runs_the_command(self, tmp_path: Path) -> None:
        """Every input is used, every option exists, and its steps are valid shell."""
        action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        assert action["runs"]["using"] == "composite"
        text = (ROOT / "action.yml").read_text("utf-8")
        for name in action["inputs"]:
            assert f"inputs.{name} " in text, name
        scripts = [step["run"] for step in action["runs"]["steps"] if "run" in step]
        assert len(scripts) == 2
        for script in scripts:
            assert "${{" not in script, "an input in a script would be run as code"
            subprocess.run(["bash", "-n", "-c", script], check=True)
        used = set(re.findall(r"(--[a-z-]+) \"", scripts[1]))
        assert {"--wait-for", "--report", "--operations"} == used
        assert used <= {option.name for option in OPTIONS}

    @pytest.mark.slow("a run of the suite, by the script of the action")
    def test_the_action_reports_its_verdict(self, reference: Any, tmp_path: Path) -> None:
        """The script keeps the exit status and hands on the verdict."""
        action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        script = next(step for step in action["runs"]["steps"] if step.get("id") == "certify")
        binaries = tmp_path / "aws-conformance" / "bin"
        binaries.mkdir(parents=True)
        (binaries / "python").symlink_to(sys.executable)
        (binaries / "aws-conformance").write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -m conformance "$@"\n'
        )
        (binaries / "aws-conformance").chmod(0o755)
        environment = {
            **os.environ,
            "TARGET": reference.url,
            "OPERATIONS": "chime:GetPhoneNumber",
            "ARGS": "--max-examples 0 -k auth",
            "REPORT": "report",
            "WAIT_FOR": "1",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        command = ["bash", "-e", "-o", "pipefail", "-c", script["run"]]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
        assert (tmp_path / "output").read_text() == "verdict=inconclusive\n"

    def test_the_image_is_sound(self) -> None:
        """The image has fixed bases, another user than root, and the command as its entry."""
        docker = shutil.which("docker")
        info = [docker, "info"] if docker else ["false"]
        if not subprocess.run(info, capture_output=True, check=False).returncode:
            build = ["docker", "build", "-t", "aws-conformance-test", str(ROOT)]
            subprocess.run(build, check=True)
        text = re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text("utf-8"))
        lines = [line.split(None, 1) for line in text.splitlines() if not line.startswith("#")]
        steps = [(word, rest) for word, rest in filter(None, lines)]
        known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD"}
        assert {word for word, _ in steps} == known
        bases = [rest.split()[0] for word, rest in steps if word == "FROM"]
        assert all(re.search(r":\d+\.\d+", base) for base in bases)
        words = [word for word, _ in steps]
        assert words.index("USER") < words.index("ENTRYPOINT")
        assert "/bin/aws-conformance" in dict(steps)["ENTRYPOINT"]
        for word, rest in steps:
            if word == "RUN":
                subprocess.run(["sh", "-n", "-c", rest], check=True)

    def test_the_hook_is_a_command(self) -> None:
        """pre-commit calls a command that exists, with its options."""
        (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
        program, *words = [*hook["entry"].split(), *hook["args"]]
        assert program in PROJECT["scripts"]
        assert not hook["pass_filenames"]
        arguments = parser(words[0]).parse_args(words)
        assert arguments.cassettes == Path("cassettes")
