"""``schema``: plain JSON Schema that validators and code generators take."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli.main import main
from conformance.errors import UnknownNameError
from conformance.spec.plain_schemas import DIRECTIONS, plain_schema
from conformance.spec.portable_patterns import portable
from conformance.spec.registry import registry

OPERATIONS = (
    *("chime:ListPhoneNumbers", "connect:SearchAvailablePhoneNumbers", "dynamodb:PutItem"),
    *("s3:PutBucketLifecycleConfiguration", "ec2:StopInstances", "iam:ListUsers"),
    *("lambda:CreateFunction", "identitystore:CreateGroup", "ssm:UpdateMaintenanceWindowTask"),
)
#: The keywords of JSON Schema that are used, and no other word.
STANDARD = frozenset(
    {
        *("$schema", "$id", "title", "$ref", "$defs", "type", "properties", "required", "enum"),
        *("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"),
        *("minProperties", "maxProperties", "items", "additionalProperties", "propertyNames"),
        *("format", "contentEncoding"),
    }
)


def keywords(schema: Any) -> Iterator[str]:
    for key, value in schema.items():
        yield key
        if key in {"properties", "$defs"}:
            for inner in value.values():
                yield from keywords(inner)
        elif isinstance(value, dict):
            yield from keywords(value)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_it_is_json_schema_with_standard_keywords_alone(name: str, direction: str) -> None:
    """It follows the dialect's own schema, and its root is a reference that leads somewhere."""
    schema = plain_schema(registry().find(name), direction)
    Draft202012Validator.check_schema(schema)
    assert set(keywords(schema)) <= STANDARD
    assert schema["$ref"].rpartition("/")[2] in schema["$defs"]


def test_it_judges_as_the_operation_does() -> None:
    """What is required, a bound, and an erratum: the pattern that is meant counts."""
    validator = Draft202012Validator(
        plain_schema(registry().find("connect:SearchAvailablePhoneNumbers"), "request")
    )
    valid = {
        "TargetArn": "arn",
        "PhoneNumberCountryCode": "US",
        "PhoneNumberType": "DID",
        "PhoneNumberPrefix": "+1206",
    }
    assert validator.is_valid(valid)
    for change in (
        {"MaxResults": 11},
        {"MaxResults": "1"},
        {"PhoneNumberType": "XX"},
        {"PhoneNumberPrefix": "abc"},
    ):
        assert not validator.is_valid(valid | change), change
    assert not validator.is_valid({"PhoneNumberType": "DID"})


def test_a_structure_in_itself_ends() -> None:
    """dynamodb's values hold values: the schema is finite, and takes nested ones."""
    schema = plain_schema(registry().find("dynamodb:PutItem"), "request")
    Draft202012Validator(schema).validate(
        {"TableName": "abc", "Item": {"a": {"L": [{"M": {"b": {"S": "c"}}}]}}}
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"[a-f]{8}\-[a-f]{4}", r"[a-f]{8}-[a-f]{4}"),
        (r"[\w-.]+", r"[\w\-.]+"),
        (r"[a\-\_\:]", r"[a\-_:]"),
        (r"\p{L}+\@x", None),
        (r"a{b}", r"a\{b\}"),
        (r"^\S+$", r"^\S+$"),
        (r"\A(a|b)\z", None),
        (r"[\p{Print}]*", None),
        (r"(?s).*", None),
        (r"(", None),
    ],
)
def test_patterns_are_written_for_other_readers(written: str, meant: str | None) -> None:
    """Escapes that Java allows and ECMA-262 does not are none; what it lacks is left out."""
    assert portable(written) == meant


def test_a_pattern_means_the_same() -> None:
    """What Python reads of both matches the same texts."""
    for pattern in (r"[a-f]{8}\-[a-f]{4}", r"[.\w-]+", r"[a\-\_\:]", r"a{b}"):
        other = portable(pattern)
        assert other is not None
        for text in ("abcdefab-abcd", "a.b-c", "_", ":", "a{b}", "", "é"):
            assert bool(re.fullmatch(pattern, text)) == bool(re.fullmatch(other, text))


def test_the_command_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The request's by default; an unknown operation or direction is refused."""
    assert main(["schema", "kms:ListKeys"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "ListKeysRequest"
    assert main(["schema", "kms:ListKeys", "--direction", "response"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "ListKeysResponse"
    assert main(["schema", "kms:Nothing"]) == 2
    with pytest.raises(UnknownNameError):
        plain_schema(registry().find("kms:ListKeys"), "both")


@pytest.mark.skipif(shutil.which("check-jsonschema") is None, reason="it is not installed")
@pytest.mark.parametrize("name", OPERATIONS)
def test_check_jsonschema_takes_it(name: str, tmp_path: Path) -> None:
    """It finds the schema valid, patterns too, and judges a file by it."""
    schema, instance = tmp_path / "schema.json", tmp_path / "instance.json"
    schema.write_text(json.dumps(plain_schema(registry().find(name), "response")))
    instance.write_text("{}")
    meta = subprocess.run(
        ["check-jsonschema", "--check-metaschema", str(schema)], capture_output=True, check=False
    )
    assert meta.returncode == 0, meta.stdout
    instance.write_text("[]")
    words = ["check-jsonschema", "--schemafile", str(schema), str(instance)]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 1


@pytest.mark.skipif(shutil.which("datamodel-codegen") is None, reason="it is not installed")
@pytest.mark.parametrize("name", ["chime:ListPhoneNumbers", "dynamodb:PutItem"])
def test_a_code_generator_takes_it(name: str, tmp_path: Path) -> None:
    """The generated module defines the request by its name."""
    schema, made = tmp_path / "schema.json", tmp_path / "made.py"
    schema.write_text(json.dumps(plain_schema(registry().find(name), "request")))
    words = ["datamodel-codegen", "--input", str(schema), "--input-file-type", "jsonschema"]
    subprocess.run([*words, "--output", str(made)], check=True, capture_output=True)
    text = made.read_text()
    compile(text, str(made), "exec")
    assert f"class {name.partition(':')[2]}Request(" in text
