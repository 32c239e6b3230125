"""The importer on pages of every form and protocol: what it reads is what the SDK's model says."""

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from page_comparison import differences
from page_writer import FORMS, operations, page

from conformance.errors import PageError
from conformance.importer import import_page
from conformance.spec.operation import Operation
from conformance.spec.sdk_models.loader import operation
from conformance.spec.sdk_models.shapes import without_prose

PAGES = Path(__file__).parent / "pages"
SHARED = Path(__file__).parents[2] / "shared" / "pages" / "others"

#: Services of each protocol, whose operations are written as pages.
SERVICES = {
    "json": ("kms", "sqs", "logs", "dynamodb", "secretsmanager", "stepfunctions"),
    "rest-json": ("lambda", "accessanalyzer", "location", "appmesh", "scheduler", "wickr"),
    "rest-xml": ("s3", "s3control", "route53", "cloudfront"),
    "query": ("iam", "rds", "sns", "cloudformation"),
    "ec2": ("ec2",),
    "smithy-rpc-v2-cbor": ("eventbridgev2", "partnercentral-marketing"),
}
#: 210 pages: for each protocol and form five operations.
EACH = 5


def drawn(protocol: str, form: str) -> list[tuple[str, str]]:
    rng = random.Random(f"{protocol} {form}")
    pairs = [(rng.choice(SERVICES[protocol]), rng.random()) for _ in range(EACH)]
    found = []
    for service, at in sorted(pairs):
        names = operations(service)
        found.append((service, names[int(at * len(names))]))
    return found


def shaped(service: str, name: str) -> Operation:
    """An operation as the shapes of its model say, without what their documentation adds.

    No form of a page has that in a place of its own.
    """
    known = operation(service, name)
    return replace(known, request=without_prose(known.request))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("protocol", SERVICES)
def test_what_is_read_is_what_the_model_says(protocol: str, form: str) -> None:
    """No member, type, place, constraint, requirement or error is read otherwise."""
    for service, name in drawn(protocol, form):
        document = import_page(page(service, name, form))
        assert (document["service"], document["operation"]) == (service, name)
        assert list(differences(document, shaped(service, name))) == [], (service, name)


def test_the_comparison_notices() -> None:
    """A page that says one thing otherwise has exactly that difference."""
    text = page("kms", "ListKeys", "crawled")
    changed = text.replace("Maximum value of 1000", "Maximum value of 999", 1)
    found = list(differences(import_page(changed), operation("kms", "ListKeys")))
    assert found == ["request/Limit/maximum is 999 for 1000"]


# ------------------------------------------------------------------ kinds of notation and prose


@pytest.mark.parametrize("braces", ["{{%s}}", "{%s}"])
def test_placeholders_in_braces_are_placeholders(braces: str) -> None:
    """No member is lost, in values, keys of maps, queries and paths."""
    text = page("lambda", "ListAliases", "github")
    marked = re.sub(r'"string"|(?<=: )(?:number|boolean)', lambda m: _marked(m[0], braces), text)
    marked = re.sub(r"=(\w+)(?=[& ])", lambda m: "=" + braces % m[1], marked)
    assert marked != text
    assert import_page(marked) == import_page(text)


def _marked(word: str, braces: str) -> str:
    return f'"{braces % "string"}"' if word.startswith('"') else braces % word


def test_a_documented_member_that_the_syntax_lacks_is_a_member() -> None:
    """A line of a listing may be missing; its name, type and requirement are documented."""
    text = page("sqs", "ListQueues", "served")
    lost = re.sub(r'\n\s+"MaxResults": [^\n]*', "", text)
    assert lost != text
    members = import_page(lost)["$defs"]["request"]["properties"]
    assert members["MaxResults"]["type"] == "integer"


def test_errors_that_are_links_are_errors() -> None:
    """A line that is a link has the error's name; members of errors are none."""
    text = page("wickr", "UpdateUser", "github")
    linked = re.sub(r" \*\* (\w+Error) \*\*", r" [\1](API_\1.md)", text)
    assert linked != text
    errors = import_page(linked)["errors"]
    assert errors == import_page(text)["errors"]
    assert all(name.endswith("Error") for name in errors)


def test_lists_of_a_query_have_their_own_names() -> None:
    """``Filters.Filter.N`` is the list ``Filters``."""
    members = import_page(page("rds", "DescribeDBClusters", "text"))["$defs"]["request"]
    filters = members["properties"]["Filters"]
    assert (filters["wireName"], filters["type"]) == ("Filters.Filter.N", "array")


def test_a_type_that_is_not_printed_is_the_models_or_unknown() -> None:
    """Nothing is called a string because nothing is said of it."""
    known = import_page(page("lambda", "ListAliases", "text"))["$defs"]["request"]["properties"]
    assert known["MaxItems"]["type"] == "integer"
    text = (PAGES / "ListBeds.clean.txt").read_text(encoding="utf-8")
    members = import_page(text, service="greenhouse")["$defs"]["request"]["properties"]
    assert "type" not in members["NextToken"]


def test_the_root_of_an_xml_body_is_kept() -> None:
    """It is the member that the body is, with its namespace; a wrapper is none."""
    asked = import_page(page("s3", "PutBucketCors", "text"))["$defs"]["request"]
    cors = asked["properties"]["CORSConfiguration"]
    assert cors["location"] == "payload"
    assert cors["xmlNamespace"] == "http://s3.amazonaws.com/doc/2006-03-01/"
    assert cors["properties"]["CORSRule"]["type"] == "array"
    assert cors["required"] == ["CORSRule"]
    answered = import_page(page("s3control", "UpdateJobPriority", "text"))["$defs"]["response"]
    assert list(answered["properties"]) == ["JobId", "Priority"]


@pytest.mark.parametrize(
    "prose",
    [
        'Although it is listed as "Required: No", it is needed.',
        "Required: Conditional. Either this or another is needed.",
        "Valid Values:\n\n- `oak`\n\n- `ash`",
        "Holds its details in JSON format.",
        "What it is. Type: see below. Pattern: a tree.",
    ],
)
def test_prose_is_no_marker(prose: str) -> None:
    """Words of a marker within a sentence, or above a list of bullets, state nothing."""
    text = page("kms", "ListKeys", "crawled")
    with_prose = text.replace("What it is for is said here.", prose)
    assert with_prose != text
    assert import_page(with_prose) == import_page(text)


def test_what_says_json_in_prose_is_no_json_protocol() -> None:
    """A query page needs no syntax, whatever format a text has."""
    text = page("cloudwatch", "PutDashboard", "text").replace("JSON format.", "XML format.")
    only = re.sub(r"Re(?:quest|sponse) Syntax\n\n[^\n]*\n\n", "", text)
    only = only.replace("What it is for is said here.", "It is in JSON format.")
    assert "DashboardBody" in import_page(only)["$defs"]["request"]["properties"]


def test_members_that_a_listing_elides_are_unknown() -> None:
    """``{ ... }`` is an object, a union for one."""
    text = page("accessanalyzer", "GetAnalyzer", "crawled")
    assert "{ ... }" in text
    answered = import_page(text)["$defs"]["response"]["properties"]["analyzer"]["properties"]
    assert answered["configuration"] == {"type": "object"}


def test_a_word_of_the_path_may_be_the_name_of_a_parameter() -> None:
    """The model's path says which segments are labels; aliases are the SDK's names."""
    document = import_page(page("s3control", "UpdateJobPriority", "text"))
    assert document["http"]["path"] == "/v20180820/jobs/{id}/priority"
    assert document["byHand"]["aliases"]["id"] == "JobId"


def test_a_sample_with_tags_makes_no_html() -> None:
    """``<Body>`` and ``<html>`` in a sample of a page in Markdown or text are the sample's."""
    for form in ("text", "crawled"):
        assert "<Body>" in page("sqs", "ReceiveMessage", form)
        assert import_page(page("sqs", "ReceiveMessage", form))["service"] == "sqs"


def test_front_matter_names_the_address() -> None:
    """The address of a page stands above it."""
    address = "https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html"
    document = import_page(page("kms", "ListKeys", "served"))
    assert document["page"] == address


def test_links_in_lower_case_name_the_service() -> None:
    """rds, docdb and neptune have the same operations; a crawler writes names in lower case."""
    for service in ("rds", "docdb", "neptune"):
        found = import_page(page(service, "DescribeOrderableDBInstanceOptions", "crawled"))
        assert found["service"] == service


def test_the_only_possible_service_is_taken() -> None:
    """Without a hint, where one service has such an operation and the request is the same."""
    text = (
        "CreateVocabularyFilter\n\nDoes it.\n\nRequest Parameters\n\nResponse Elements\n\n"
        "If the action is successful, the service sends back an HTTP 200 response with an empty "
        "HTTP body.\n\nErrors\n\nNone.\n\nSee Also\n\nMore.\n"
    ).replace("CreateVocabularyFilter", "AssociateKmsKey")
    assert import_page(text)["service"] == "logs"


@pytest.mark.parametrize("form", FORMS)
def test_two_pages_in_one_file_are_refused(form: str) -> None:
    """Neither is taken for the whole."""
    both = page("kms", "ListKeys", form) + "\n\n" + page("kms", "ListAliases", form)
    with pytest.raises(PageError, match="several pages"):
        import_page(both)


def test_blanks_that_saving_loses_are_the_models() -> None:
    """A pattern with a no-break space is the model's, if they differ in blanks alone."""
    known = operation("identitystore", "CreateGroup").members["Description"]["pattern"]
    assert "\u00a0" in known
    document = import_page(page("identitystore", "CreateGroup", "torn"))
    assert document["$defs"]["request"]["properties"]["Description"]["pattern"] == known


# ------------------------------------------------------------------ saved pages

#: Page → service, and what it says otherwise than today's model: an older page, or a shorter one.
SAVED: dict[str, tuple[str, int]] = {
    "API_DescribeOrderableDBInstanceOptions.md": ("rds", 0),
    "api-control-updatejobpriority.md": ("s3control", 0),
    "api-describedbclusters.md": ("rds", 0),
    "api-describestackresources.md": ("cloudformation", 0),
    "api-receivemessage.md": ("sqs", 0),
    "connect_API_ListQueues.md": ("connect", 0),
    "kendra_API_DeleteFaq_braces.md": ("kendra", 0),
    "rm.md": ("sqs", 0),
    "sqs_API_ListQueues.md": ("sqs", 0),
    "sqs_strings.md": ("sqs", 0),
    "ssm_UpdateMaintenanceWindowTask.txt": ("ssm", 0),
    "API_DeleteFunction.md": ("lambda", 4),
    "api-getanalyzer.md": ("accessanalyzer", 2),
    "api-putbucketcors.md": ("s3", 1),
    "api-putdashboard.md": ("cloudwatch", 5),
    "wickr_API_UpdateUser.md": ("wickr", 12),
    "wickr_nobrace.md": ("wickr", 12),
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the saved pages lie beside a checkout only")
@pytest.mark.parametrize("name", SAVED)
def test_a_saved_page(name: str) -> None:
    """AWS's own pages differ from the model where they are older, and nowhere else."""
    service, otherwise = SAVED[name]
    document = import_page((SHARED / name).read_text(encoding="utf-8"), name=name)
    assert document["service"] == service
    found = list(differences(document, shaped(service, document["operation"])))
    assert len(found) <= otherwise, found
