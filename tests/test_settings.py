"""The options of a run: every valid value accepted, every invalid one refused in one sentence."""

import socket
import sys
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from conformance.errors import ConformanceError, TargetError, UsageError
from conformance.runner.addresses import checked_url, require_reachable
from conformance.runner.options import OPTIONS, by_heading
from conformance.runner.settings import DEFAULT_OPERATIONS, settings
from conformance.transport.endpoint_config import Endpoint, is_aws


def refused(**options: Any) -> str:
    with pytest.raises(UsageError) as caught:
        settings(options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.endswith((".", "?"))
    return message


class TestTargets:
    @pytest.mark.parametrize(
        ("target", "endpoint_url", "environment", "kind", "url"),
        [
            (None, None, None, "replay", None),
            ("replay", None, "http://env:1", "replay", None),
            ("url", None, None, "url", None),
            ("url", None, "http://env:1", "url", "http://env:1"),
            ("url", None, "", "url", None),
            ("url", "http://given:2/", "http://env:1", "url", "http://given:2"),
            ("http://given:2", None, "http://env:1", "url", "http://given:2"),
            ("https://given", None, None, "url", "https://given"),
            ("http://[::1]:5000/", None, None, "url", "http://[::1]:5000"),
            ("http://host/base/", None, None, "url", "http://host/base"),
            ("aws", None, "http://env:1", "aws", None),
            ("https://connect.us-east-1.amazonaws.com/", None, None, "aws", None),
            ("https://connect.us-east-1.api.aws", None, None, "aws", None),
            ("https://CONNECT.us-east-1.AMAZONAWS.com.", None, None, "aws", None),
            ("https://connect.cn-north-1.amazonaws.com.cn", None, None, "aws", None),
            ("https://amazonaws.com.evil.example", None, None, "url", "…"),
        ],
    )
    def test_a_target_is_a_word_or_a_url(
        self,
        target: str | None,
        endpoint_url: str | None,
        environment: str | None,
        kind: str,
        url: str | None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A URL of AWS itself is aws; aws and replay ignore configured endpoints."""
        if environment is not None:
            monkeypatch.setenv("AWS_ENDPOINT_URL", environment)
        chosen = settings({"target": target, "endpoint_url": endpoint_url})
        assert chosen.kind == kind
        assert chosen.endpoint.url == (target if url == "…" else url)
        assert chosen.embedded is (kind == "url" and url is None)

    @pytest.mark.parametrize("service", ["chime", "connect"])
    def test_the_sdks_endpoints_are_aws(self, service: str) -> None:
        """The SDK's own endpoint of a service is AWS."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        session = botocore.session.Session()
        client = session.create_client(service, region_name="us-east-1", **keys)
        assert is_aws(client.meta.endpoint_url)

    @pytest.mark.parametrize(
        "host",
        [
            "service.chime.aws.amazon.com",
            "connect.eusc-de-east-1.api.amazonwebservices.eu",
            "connect.cn-north-1.api.amazonwebservices.com.cn",
            "connect.us-iso-east-1.c2s.ic.gov",
            "connect.us-isob-east-1.sc2s.sgov.gov",
        ],
    )
    def test_every_suffix_of_aws_is_aws(self, host: str) -> None:
        """Chime's endpoint of old and every partition's names are AWS too."""
        assert is_aws(f"https://{host}")

    @pytest.mark.parametrize(
        "target",
        [
            "htp://localhost",
            "localhost:5000",
            "ftp://localhost",
            "URL",
            "http://",
            "http://:5000",
            "http:///path",
            "http://localhost:99999",
            "http://localhost:0",
            "http://localhost:abc",
            "http://localhost:-1",
            "http://user:secret@localhost",
            "http://local host",
            "http://localhost?x=1",
            "http://localhost#x",
            "http://[::1",
            "http://-a.example",
            "http://a..b",
            "http://exämple",
            "http://%zz",
            "http://under_score",
            "http://localhost/a b",
            "https:localhost",
        ],
    )
    def test_an_invalid_target_is_refused(self, target: str) -> None:
        """A malformed URL is refused in one sentence, most with a good example."""
        message = refused(target=target)
        assert "http://localhost:5000" in message or "is not a URL" in message

    @pytest.mark.parametrize(
        "target",
        [
            "http://user:hunter22@localhost",
            "http://:hunter22@localhost:1",
            "http://hunter22@localhost:abc",
            "https:user:hunter22@localhost",
            "ftp://user:hunter22@localhost",
        ],
    )
    def test_a_password_in_an_address_is_refused_and_not_repeated(
        self, target: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It would be in every report and cassette; the message does not hold it either."""
        assert "hunter22" not in refused(target=target)
        monkeypatch.setenv("AWS_ENDPOINT_URL", target)
        assert "hunter22" not in refused(target="url")

    @pytest.mark.parametrize("url", ["http://localhost:5000\n", "http://local\thost:5000"])
    def test_control_characters_are_refused(self, url: str) -> None:
        """A line feed in a URL, as a careless script leaves it, does not reach the wire."""
        with pytest.raises(UsageError):
            checked_url(url)

    @pytest.mark.parametrize(
        ("target", "endpoint_url"),
        [("http://a", "http://b"), ("aws", "http://b"), ("replay", "http://b")],
    )
    def test_an_unused_url_is_refused(self, target: str, endpoint_url: str) -> None:
        """A URL is given once, and only with a target of kind url."""
        refused(target=target, endpoint_url=endpoint_url)


class TestValues:
    def test_defaults(self) -> None:
        """Without options a run replays the five operations, deterministically."""
        chosen = settings({})
        assert [one.id for one in chosen.operations] == list(DEFAULT_OPERATIONS)
        assert (chosen.seed, chosen.rate, chosen.wait_for) == (None, None, 0.0)
        assert chosen.endpoint == Endpoint(url=None, region="us-east-1", timeout=10.0)
        assert not chosen.fail_on_warn
        assert not chosen.plan

    @pytest.mark.parametrize(
        ("target", "examples", "rate"), [("url", 50, None), ("http://h", 50, None), ("aws", 0, 1.0)]
    )
    def test_aws_is_treated_gently(self, target: str, examples: int, rate: float | None) -> None:
        """By default nothing is explored on AWS, and one request is sent each second."""
        chosen = settings({"target": target})
        assert (chosen.max_examples, chosen.rate) == (examples, rate)
        given = settings({"target": target, "max_examples": "7", "rate": "2.5"})
        assert (given.max_examples, given.rate) == (7, 2.5)

    @pytest.mark.parametrize(
        ("option", "values"),
        [
            ("max_examples", ["-1", "1.5", "many", "", "1e3", "99999999999999999"]),
            ("seed", ["-1", "x", "", "1.0"]),
            ("rate", ["0", "-1", "fast", "nan", "inf", ""]),
            ("request_timeout", ["0", "-1", "nan", "inf", "soon", "0.01"]),
            ("wait_for", ["-1", "nan", "inf", "x"]),
            ("resource", [["InstanceId"], ["=x"], ["InstanceId="], [" =x"], [""]]),
            ("stale_after", ["-1", "x", "d", "1.5d"]),
            ("subject", [["name"], ["=x"], ["name="]]),
            ("operations", ["", ",", " , "]),
        ],
    )
    def test_invalid_values_are_refused(self, option: str, values: list[Any]) -> None:
        """An invalid value is refused with the option's name."""
        for value in values:
            assert f"--{option.replace('_', '-')}" in refused(**{option: value}), value

    @pytest.mark.parametrize(
        ("texts", "pairs"),
        [
            (["InstanceId=abc"], {"InstanceId": "abc"}),
            (["connect:InstanceId=a=b"], {"connect:InstanceId": "a=b"}),
            (["A=1", "B=2", "A=3"], {"A": "3", "B": "2"}),
            ([" A =x y"], {"A": "x y"}),
        ],
    )
    def test_pairs_are_cut_at_the_first_sign(self, texts: list[str], pairs: dict[str, str]) -> None:
        """A value may hold equals signs and blanks."""
        assert settings({"subject": texts}).subject == pairs

    @pytest.mark.parametrize(
        ("operations", "texts", "pairs"),
        [
            (None, ["InstanceId=a=b c"], {"InstanceId": "a=b c"}),
            (None, ["connect:InstanceId=a"], {"connect:InstanceId": "a"}),
            (None, ["FilterValue.UserId=a"], {"FilterValue.UserId": "a"}),
            ("kms:ListKeys,connect:ListUsers", ["InstanceId=a"], {"InstanceId": "a"}),
            ("connect:ListUsers", ["TargetArn=a"], {"TargetArn": "a"}),
        ],
        ids=["plain", "of a service", "nested", "of one of two", "of the listing it takes from"],
    )
    def test_a_resource_that_is_required(
        self, operations: str | None, texts: list[str], pairs: dict[str, str]
    ) -> None:
        """A resource is accepted where a chosen operation, or a listing that it needs, takes it."""
        assert settings({"operations": operations, "resource": texts}).resources == pairs

    @pytest.mark.parametrize(
        ("operations", "text", "says"),
        [
            (None, "InstanceID=a", "did you mean InstanceId?"),
            (None, "connect:InstanceID=a", "did you mean connect:InstanceId?"),
            (None, "kms:InstanceId=a", "did you mean connect:InstanceId?"),
            ("kms:DescribeKey", "nope=5", "KeyId"),
            ("kms:DescribeKey", "InstanceId=a", "KeyId"),
            (
                "kms:ListKeys",
                "KeyId=a",
                "No chosen operation takes 'KeyId' as a resource.",
            ),
        ],
    )
    def test_a_resource_that_no_operation_takes(
        self, operations: str | None, text: str, says: str
    ) -> None:
        """A misspelt name would silently change nothing, so it is refused."""
        assert says in refused(operations=operations, resource=[text])

    @pytest.mark.parametrize("name", ["foo bar", "us_east_1", "-x", "us-east-1/"])
    def test_a_region_is_the_name_of_one(self, name: str) -> None:
        """A Region that the SDK would refuse in each case is refused once."""
        assert "is not a Region" in refused(region=name)
        assert settings({"region": "mars-north-7"}).endpoint.region == "mars-north-7"

    @pytest.mark.parametrize(
        ("option", "value", "says"),
        [
            ("operations", "kms", "did you mean kms:*?"),
            ("operations", "chime", "did you mean chime:*?"),
            ("operations", "nothing", "an example is chime"),
            ("protocol", "nope", "give one of ec2, json, query"),
            ("provenance", "nope", "give one of aws, documentation"),
            ("case", ["nope"], "an example is chime:GetPhoneNumber/auth/"),
        ],
    )
    def test_a_name_far_from_all_shows_what_there_is(
        self, option: str, value: Any, says: str
    ) -> None:
        """Where no name is near, the message shows which there are."""
        assert says in refused(**{option: value})

    def test_patterns_may_have_blanks_around(self) -> None:
        """Operations are parted by commas."""
        chosen = settings({"operations": " chime:G* , connect:ListP*,"})
        names = [one.id for one in chosen.operations]
        assert names == ["chime:GetPhoneNumber", "connect:ListPhoneNumbersV2"]

    def test_a_case_of_an_operation_left_out_is_refused(self) -> None:
        """``--case`` is looked for among the operations chosen."""
        message = refused(
            operations="chime:GetPhoneNumber", case=["chime:ListPhoneNumbers/auth/missing/sent"]
        )
        assert message.startswith("There is no case")

    def test_every_option_has_its_help(self) -> None:
        """Each option is in the table once, with its help."""
        names = [option.name for option in OPTIONS]
        assert len(names) == len(set(names))
        for option in OPTIONS:
            assert option.help
            assert "%" not in option.help
            assert option.name == "--" + option.dest.replace("_", "-")


class TestReportFolder:
    def test_a_folder_is_made(self, tmp_path: Path) -> None:
        """A report folder that is not there yet is made, with its parents."""
        folder = tmp_path / "a" / "b"
        assert settings({"report": str(folder)}).report == folder
        assert list(folder.iterdir()) == []

    def test_below_a_file_there_is_no_folder(self, tmp_path: Path) -> None:
        """A path below a regular file is refused with its name."""
        (tmp_path / "file").write_text("")
        assert "cannot be written" in refused(report=str(tmp_path / "file" / "report"))
        assert "cannot be written" in refused(report=str(tmp_path / "file"))


class TestReachable:
    def test_a_listening_target_is_reachable(self) -> None:
        """A target that accepts a connection is reachable."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            require_reachable(Endpoint(url=url), 0)
        require_reachable(Endpoint(url=None), 0)

    def test_a_closed_port_is_refused(self) -> None:
        """A closed port is refused with the address and what to do."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(TargetError, match=rf"Nothing answers at {url} .*--wait-for"):
            require_reachable(Endpoint(url=url, timeout=1.0), 0)

    def test_an_unknown_host_is_refused(self) -> None:
        """So is a host that does not exist."""
        with pytest.raises(TargetError, match="Nothing answers at"):
            require_reachable(Endpoint(url="http://nobody.invalid:1", timeout=1.0), 0)

    def test_wait_for_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """``--wait-for`` tries again until the target listens."""
        asked: list[str] = []

        def why_not(url: str, timeout: float) -> str | None:
            asked.append(url)
            return None if len(asked) == 3 else "not yet"

        module = sys.modules["conformance.runner.addresses"]
        monkeypatch.setattr(module, "_why_not", why_not)
        monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
        require_reachable(Endpoint(url="http://h"), 60)
        assert len(asked) == 3


def test_every_refusal_is_ours() -> None:
    """A usage error is the suite's own exception, never a bare ValueError."""
    assert issubclass(UsageError, ConformanceError)


def test_every_option_has_one_heading() -> None:
    """The help lists each option once, and no heading is empty."""
    listed = [option for options in by_heading().values() for option in options]
    assert sorted(one.name for one in listed) == sorted(one.name for one in OPTIONS)
    assert all(by_heading().values())
