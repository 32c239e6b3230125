"""Documents of a user's own: from a page to a verdict, above the SDK's model."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from page_writer import page

from conformance.cli.main import main
from conformance.errors import DocumentError, UsageError
from conformance.generation.clauses import clauses
from conformance.importer import import_page, write_document
from conformance.runner.preflight import recipes
from conformance.runner.settings import settings
from conformance.spec.documents import parse
from conformance.spec.files import folder, use_schemas
from conformance.spec.levels import SourceKind
from conformance.spec.operation import Operation
from conformance.spec.registry import matching, origin, problems, registry, select
from conformance.spec.sdk_models.baseline import completed
from conformance.spec.sdk_models.document import document as of_model
from conformance.spec.sdk_models.loader import operation

#: An operation of each protocol.
EACH = (
    *("sqs:ReceiveMessage", "lambda:ListAliases", "s3:PutBucketCors", "iam:ListUsers"),
    *("ec2:StopInstances", "eventbridgev2:ListEventBuses"),
)


def pages(*names: str, form: str = "text") -> Iterator[tuple[str, str]]:
    for name in names:
        yield name, page(*name.split(":"), form)


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Path]:
    """A folder of own documents, read in this test only."""
    found = tmp_path / "mine"
    found.mkdir()
    yield found
    use_schemas(())


def imported(folder: Path, name: str, text: str) -> Path:
    service, operation = name.split(":")
    path = folder / service / f"{operation}.json"
    write_document(import_page(text, service=service), path)
    return path


def above(name: str, text: str) -> Operation:
    return completed(parse(import_page(text, service=name.split(":", maxsplit=1)[0])))


def same_names(one: Any) -> Any:
    """A schema without the sections of pages, and with what is required in one order."""
    if not isinstance(one, dict):
        return one
    found = {key: same_names(value) for key, value in one.items() if key != "section"}
    if isinstance(found.get("required"), list):
        found["required"] = sorted(found["required"])
    return found


class TestLayers:
    @pytest.mark.parametrize("name", EACH)
    def test_a_page_keeps_all_that_the_model_knows(self, name: str) -> None:
        """Protocol, wire, members by the SDK's names, paginator, places: nothing is dropped."""
        both, model = above(name, page(*name.split(":"), "text")), operation(*name.split(":"))
        for part in ("protocol", "wire", "readonly", "resources", "baselines", "rules", "present"):
            assert getattr(both, part) == getattr(model, part), part
        assert same_names(both.request) == same_names(model.request)
        assert same_names(both.response) == same_names(model.response)
        assert both.errors.keys() == model.errors.keys()
        assert both.pagination == model.pagination or model.pagination is None

    @pytest.mark.parametrize("name", EACH)
    def test_a_page_promises_no_more_firmly_than_its_model(self, name: str) -> None:
        """Pages are printed from models: their clauses have the same levels."""
        both, model = above(name, page(*name.split(":"), "text")), operation(*name.split(":"))
        levels = {path: one.level for path, one in clauses(model).items()}
        for path, one in clauses(both).items():
            if path in levels and not path.endswith(("response/status", "/status")):
                assert one.level is levels[path], path
        assert levels.keys() <= clauses(both).keys()

    def test_where_they_differ_a_page_counts(self) -> None:
        """Unless the model has members or values that the page lacks: then the page is older."""
        text = page("kms", "ListKeys", "text")
        newer = above("kms:ListKeys", text.replace("Maximum value of 1000", "Maximum value of 50"))
        assert newer.members["Limit"]["maximum"] == 50
        answered = text[: text.index("Response Elements")], text[text.index("Response Elements") :]
        older = answered[0].replace("Maximum value of 1000", "Maximum value of 50").replace(
            ', "Truncated": boolean', ""
        ) + answered[1].replace("Truncated", "More")
        assert '"Truncated"' not in older
        assert above("kms:ListKeys", older).members["Limit"]["maximum"] == 1000
        assert "Truncated" in above("kms:ListKeys", older).response["properties"]

    def test_errors_may_be_called_by_their_codes(self) -> None:
        """A page prints the code, the model the shape: one error, not two."""
        text = page("cloudwatch", "PutDashboard", "text")
        text = text.replace("DashboardInvalidInputError", "InvalidParameterInput")
        found = above("cloudwatch:PutDashboard", text)
        assert "InvalidParameterInput" not in found.errors
        assert "DashboardInvalidInputError" in found.errors

    def test_what_a_person_wrote_stays_as_it_is(self) -> None:
        """A shipped document takes nothing of the model for what it describes."""
        for name in registry():
            shipped = registry()[name]
            assert SourceKind.MODEL not in shipped.sources, name
            assert not shipped.states_timestamps


class TestModels:
    @pytest.mark.parametrize("name", EACH)
    def test_a_document_of_a_model_is_that_operation(self, name: str) -> None:
        """In every protocol it reads back as what it was made from."""
        made = json.loads(json.dumps(of_model(*name.split(":"))))
        both, model = completed(parse(made)), operation(*name.split(":"))
        for part in ("protocol", "wire", "http", "errors", "pagination", "sources", "baselines"):
            assert getattr(both, part) == getattr(model, part), part
        assert same_names(both.request) == same_names(model.request)
        assert same_names(both.response) == same_names(model.response)

    @pytest.mark.parametrize("service", ["s3", "iam", "route53", "logs", "dynamodb"])
    def test_no_paginator_is_lost(self, service: str) -> None:
        """Each operation that the SDK pages is paged in its document, and in the same way."""
        known = Loader().load_service_model(service, "paginators-1")["pagination"]
        paged = [name for name in known if operation(service, name).pagination]
        assert paged
        for name in paged:
            assert parse(of_model(service, name)).pagination == operation(service, name).pagination


class TestFolders:
    def test_from_a_page_to_a_verdict(
        self, mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """``import`` into a folder; ``operations`` says where it came from, ``explain`` too."""
        saved = tmp_path / "API_ListKeys.html"
        saved.write_text(page("kms", "ListKeys", "html"), encoding="utf-8")
        assert main(["import", str(saved), "-o", f"{mine}/"]) == 0
        path = mine / "kms" / "ListKeys.json"
        assert str(path) in capsys.readouterr().out
        assert main(["operations", "kms:ListKeys", "--schemas", str(mine), "--json"]) == 0
        (row,) = json.loads(capsys.readouterr().out)
        assert (row["from"], row["protocol"]) == (str(path), "json")
        clause = "kms:ListKeys/request/Limit/maximum"
        assert main(["explain", clause, "--schemas", str(mine)]) == 0
        assert "page: maximum 1000; model: maximum 1000" in capsys.readouterr().out
        assert main(["explain", clause]) == 0
        assert "page:" not in capsys.readouterr().out
        assert main(["operations", "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert "kms:ListKeys" not in {one["operation"] for one in rows}

    def test_both_readings_are_shown_where_they_differ(
        self, mine: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The one that counts says so."""
        text = page("kms", "ListKeys", "text")
        changed = text.replace("Maximum value of 1000", "Maximum value of 50")
        imported(mine, "kms:ListKeys", changed)
        clause = "kms:ListKeys/request/Limit/maximum"
        assert main(["explain", clause, "--schemas", str(mine)]) == 0
        assert "page: maximum 50 (counts); model: maximum 1000" in capsys.readouterr().out

    def test_certify_judges_an_own_document(self, mine: Path, tmp_path: Path) -> None:
        """In a process of its own, against the embedded server, from an empty folder."""
        made = of_model("chime", "ListPhoneNumbers")
        write_document(made, mine / "chime" / "ListPhoneNumbers.json")
        words = ["certify", "--schemas", str(mine), "--operations", "chime:ListPhoneNumbers"]
        done = subprocess.run(
            [sys.executable, "-m", "conformance", *words, "--max-examples=0"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "passed" in done.stdout, done.stderr
        assert done.returncode in (0, 1), done.stderr

    def test_one_broken_file_is_named_and_the_others_go_on(
        self, mine: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Only who asks for its operation is refused."""
        imported(mine, "kms:ListKeys", page("kms", "ListKeys", "text"))
        broken = imported(mine, "kms:ListAliases", page("kms", "ListAliases", "text"))
        broken.write_text(broken.read_text().replace('"format"', '"form"'))
        use_schemas([mine])
        assert origin("kms:ListKeys").endswith("ListKeys.json")
        (problem,) = problems()
        assert "ListAliases.json" in problem
        with pytest.raises(DocumentError, match=r"ListAliases\.json"):
            registry().find("kms:ListAliases")
        chosen = {one.id for one in select(("kms:List*",)).operations}
        assert "kms:ListKeys" in chosen
        assert "kms:ListAliases" not in chosen
        assert main(["operations", "kms:List*", "--schemas", str(mine)]) == 0
        assert "ListAliases.json" in capsys.readouterr().err

    def test_own_documents_hide_no_other_operation(self, mine: Path) -> None:
        """``kms:*`` is all of kms still; shipped documents stay what ``chime:*`` means."""
        everything = matching("kms:*")
        imported(mine, "kms:ListKeys", page("kms", "ListKeys", "text"))
        use_schemas([mine])
        assert matching("kms:*") == everything
        assert len(matching("chime:*")) == 3

    def test_the_last_folder_goes_before(self, mine: Path, tmp_path: Path) -> None:
        """Of two documents of an operation the user's own counts, of two own ones the last."""
        other = tmp_path / "other"
        text = page("kms", "ListKeys", "text")
        imported(mine, "kms:ListKeys", text)
        imported(other, "kms:ListKeys", text.replace("value of 1000", "value of 9"))
        for folders, most in (([mine, other], 9), ([other, mine], 1000)):
            use_schemas(folders)
            assert registry().find("kms:ListKeys").members["Limit"]["maximum"] == most

    def test_a_document_may_lie_directly_in_the_folder(self, mine: Path) -> None:
        """JSON of another kind beside it is left alone."""
        path = imported(mine, "kms:ListKeys", page("kms", "ListKeys", "text"))
        shutil.move(path, mine / "keys.json")
        (mine / "notes.json").write_text('{"format": "notes"}')
        (mine / "broken.json").write_text("{")
        use_schemas([mine])
        assert origin("kms:ListKeys") == str(mine / "keys.json")
        assert problems() == ()

    def test_what_is_no_folder_is_refused(self, tmp_path: Path) -> None:
        """In one sentence."""
        with pytest.raises(UsageError, match="is no folder"):
            use_schemas([tmp_path / "nothing"])

    def test_shipped_documents_are_no_users_own(self) -> None:
        """Their origin is said to be a document, the SDK's a model."""
        assert origin("chime:ListPhoneNumbers") == "document"
        assert origin("kms:ListKeys") == "model"
        assert folder("schemas").is_dir()


class TestSeveral:
    def test_one_bad_page_is_named_and_the_others_are_written(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The exit status says that not all was done."""
        words = []
        for name, text in [*pages("kms:ListKeys", "iam:ListUsers"), ("bad:Page", "Once.\n")]:
            saved = tmp_path / f"{name.replace(':', '-')}.txt"
            saved.write_text(text, encoding="utf-8")
            words.append(str(saved))
        made = tmp_path / "made"
        assert main(["import", *words, "-o", f"{made}/"]) == 2
        assert "bad-Page.txt" in capsys.readouterr().err
        assert sorted(path.name for path in made.glob("*/*")) == ["ListKeys.json", "ListUsers.json"]

    def test_several_pages_need_a_folder(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """One file cannot hold them."""
        assert main(["import", "a.txt", "b.txt", "-o", str(tmp_path / "one.json")]) == 2
        assert "give a folder" in capsys.readouterr().err

    def test_what_does_not_read_back_is_not_written(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A hand-written part that does not fit stops it, and the file stays as it was."""
        saved = tmp_path / "API_ListKeys.txt"
        saved.write_text(page("kms", "ListKeys", "text"), encoding="utf-8")
        path = tmp_path / "kms" / "ListKeys.json"
        path.parent.mkdir()
        former = json.dumps({"byHand": {"samples": {"Limit": [1]}, "colour": "green"}})
        path.write_text(former)
        assert main(["import", str(saved), "-o", str(path)]) == 2
        assert "colour" in capsys.readouterr().err
        assert path.read_text() == former

    def test_names_that_the_sdk_has_are_filled_in(self, tmp_path: Path) -> None:
        """Aliases are added to a hand-written part, which else stays as it is."""
        path = tmp_path / "s3control" / "UpdateJobPriority.json"
        path.parent.mkdir()
        path.write_text(json.dumps({"byHand": {"samples": {"JobId": ["a"]}}}))
        write_document(import_page(page("s3control", "UpdateJobPriority", "text")), path)
        by_hand = json.loads(path.read_text())["byHand"]
        assert by_hand["samples"] == {"JobId": ["a"]}
        assert by_hand["aliases"]["id"] == "JobId"


class TestProvisioning:
    RECIPE = """\
format = "aws-conformance-provisioning/1"
service = "{0}"

[[steps]]
name = "one"
call = "Create{1}"
params = {{ {2} = "${{unique}}" }}
undo = {{ call = "Delete{1}", params = {{ {3} = {{ answer = "one", path = "{4}" }} }} }}
"""
    MADE = {  # noqa: RUF012 - a table, never changed
        "chime": ("Account", "Name", "AccountId", "Account.AccountId"),
        "sqs": ("Queue", "QueueName", "QueueUrl", "QueueUrl"),
        "kms": ("CustomKeyStore", "CustomKeyStoreName", "CustomKeyStoreId", "CustomKeyStoreId"),
    }

    def recipes_for(self, path: Path, service: str, **options: Any) -> list[str]:
        path.write_text(self.RECIPE.format(service, *self.MADE[service]))
        chosen = {
            "target": "http://localhost:1",
            "operations": "chime:ListPhoneNumbers,kms:ListKeys",
            "provision": [str(path)],
            **options,
        }
        return [one.service for one in recipes(settings(chosen))]

    def test_a_file_for_a_documented_operation_is_used(self, tmp_path: Path) -> None:
        """Also where its document says where values are listed."""
        found = self.recipes_for(tmp_path / "chime.toml", "chime")
        assert set(found) == {"chime", "kms"}

    def test_a_file_that_nothing_is_made_of_is_refused(self, tmp_path: Path) -> None:
        """For another service, beside --no-provision, and for the embedded server."""
        path = tmp_path / "one.toml"
        with pytest.raises(UsageError, match="of which no operation is chosen"):
            self.recipes_for(path, "sqs")
        with pytest.raises(UsageError, match="--no-provision"):
            self.recipes_for(path, "kms", no_provision=True)
        with pytest.raises(UsageError, match="data of its own"):
            self.recipes_for(path, "kms", target="url")
