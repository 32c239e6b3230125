"""What the SDK's documentation of members states, and what it does not."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from conformance.generation.cases import cases
from conformance.generation.clauses import clauses
from conformance.generation.plans import Expect
from conformance.spec.levels import Level
from conformance.spec.operation import Operation
from conformance.spec.registry import operation_names, registry
from conformance.spec.rules import Constraint
from conformance.spec.sdk_models import prose
from conformance.spec.sdk_models.document import document
from conformance.spec.sdk_models.loader import operation
from conformance.spec.sdk_models.prose import says_idempotent
from conformance.spec.sdk_models.prose_rules import Together, together
from conformance.spec.validity import violated_clauses


def p(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def items(heading: str, *texts: str) -> str:
    return f"<p>{heading}</p> <ul> {''.join(f'<li> <p>{text}</p> </li>' for text in texts)} </ul>"


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "low", "high"),
        [
            (p("How many.", "Constraints: Minimum 20, maximum 100."), 20, 100),
            (p("Constraint: minimum 900, maximum 3600."), 900, 3600),
            (items("Constraints:", "Minimum: 20", "Maximum: 100"), 20, 100),
            (items("Constraints:", "Must be a value from 1 to 35."), 1, 35),
            (p("Days. Must be an integer between 1 and 3,653."), 1, 3653),
            (p("This value can be between 5 and 1000. Ask for the rest with the token."), 5, 1000),
            (p("The value must be between <code>20</code> and <code>100</code>."), 20, 100),
            (p("Specify a value between 10 and 600 seconds."), 10, 600),
            (p("Valid Values: <code>1150-65535</code>"), 1150, 65535),
            (p("Valid range is 1-100. Default is 10."), 1, 100),
            (p("Valid Range: Minimum value of 125. Maximum value of 2000."), 125, 2000),
            (p("Values range: <code>0</code> to <code>43200</code>."), 0, 43200),
            (p("The default value is 25 and the maximum value is 500."), None, 500),
            (p("The minimum value is 1 and the maximum value is 36,500."), 1, 36500),
            (p("This is a positive integer between 1 and 10,000."), 1, 10000),
        ],
    )
    def test_stated_bounds_are_read(self, text: str, low: int | None, high: int) -> None:
        """A whole sentence of a regular form gives the bounds."""
        expected = {"minimum": low, "maximum": high}
        assert prose.of_number(text) == {k: v for k, v in expected.items() if v is not None}

    @pytest.mark.parametrize(
        "text",
        [
            p("If the instance is large, the value must be between 1 and 35."),
            p("For Aurora, must be a value from 1 to 35."),
            items("MySQL", "Must be an integer from 40 to 65536.")
            + items("Oracle", "Must be an integer from 100 to 65536."),
            items(
                "Constraints:",
                "General Purpose storage: Must be an integer from 20 to 65536.",
            ),
            p("Must be a value from 1 to 35.", "Must be a value from 2 to 7."),
            p("The value must be either -1 or an integer between 1 and 3,653."),
            p("Valid values are 1 and 5."),
            p("The valid values for Fargate are 2-120 seconds."),
            p("Maximum: 12 hours."),
            p("Between 1 and 100 of them are usual."),
            p("Must be a value from 35 to 1."),
            p("The maximum number of records."),
            "",
        ],
    )
    def test_what_is_not_plain_states_nothing(self, text: str) -> None:
        """Conditions, exceptions, contradictions and other sentences give no bounds."""
        assert prose.of_number(text) == {}

    def test_a_value_that_turns_something_off_is_no_violation(self) -> None:
        """A lower bound is none where the text takes 0 as well; the upper one stays."""
        text = p("Must be a value from 20 to 100.", "To disable it, set this value to 0.")
        assert prose.of_number(text) == {"maximum": 100}

    def test_a_number_that_is_made_smaller_is_no_violation(self) -> None:
        """An upper bound is none where more is taken as that; the lower one stays."""
        text = p(
            "This value can be between 5 and 1,000.",
            "If it is given a value larger than 1,000, only 1,000 results are returned.",
        )
        assert prose.of_number(text) == {"minimum": 5}


class TestUnused:
    @pytest.mark.parametrize(
        "text",
        [
            p("Reserved for future use."),
            p("Not Implemented. Reserved for future use."),
            p("This parameter is not currently supported."),
            p("This parameter is no longer used.", "Use <code>Other</code> instead."),
            "Not used.",
            p("This field is no longer used and the value is ignored."),
            p("Whether they are mixed.", "Important As of June 17, 2019, this value is ignored."),
            p(
                "Whether streams are mixed.",
                "As of May 1, 2020, this parameter is ignored and the value is assumed to be true.",
            ),
        ],
    )
    def test_what_has_no_effect(self, text: str) -> None:
        """A member that is reserved, not implemented yet, or since some day no longer used."""
        assert prose.is_unused(text)

    @pytest.mark.parametrize(
        "text",
        [
            p("The name. Values with a slash are not supported."),
            p("This parameter is not used for Windows instances."),
            p("This parameter is not currently supported in Regions of China."),
            p("The ids of what is no longer used."),
            p("Whether streams are mixed. This value is ignored."),
            p("As of June 17, 2019, this parameter is no longer supported for streams."),
            p("As of June 17, 2019, this parameter is ignored if the other one is given."),
            items("Valid values:", "As of June 17, 2019, this value is ignored."),
            "",
        ],
    )
    def test_what_has_one(self, text: str) -> None:
        """What is said of some values, or under a condition, is not said of the member."""
        assert not prose.is_unused(text)

    @pytest.mark.parametrize(
        ("text", "is_one"),
        [
            (p("Confirms that the caller knows what it costs."), True),
            (p("Acknowledges that records are lost."), True),
            (p("The mode. Confirms that it is on."), False),
            (p("Confirms the subscription."), False),
            (p("Set this to true to confirm that you know it."), False),
            ("", False),
        ],
    )
    def test_what_is_a_mere_confirmation(self, text: str, is_one: bool) -> None:
        """Its first sentence says what a caller knows by it, and nothing of what it does."""
        assert prose.confirms(text) is is_one

    @pytest.mark.parametrize(
        ("clause", "level"),
        [
            ("kinesis:DescribeStreamSummary/request/StreamId/maxLength", "observe"),
            ("kinesis:DescribeStreamSummary/request/StreamId/type", "observe"),
            ("kinesis:DescribeStreamSummary/request/StreamName/maxLength", "must"),
            ("logs:FilterLogEvents/request/interleaved/type", "observe"),
            ("logs:FilterLogEvents/request/unmask/type", "must"),
            ("neptune:DescribeDBParameters/request/Filters/item/Name/type", "observe"),
            ("neptune:DescribeDBParameters/request/MaxRecords/type", "must"),
        ],
    )
    def test_nobody_is_held_to_its_shape(self, clause: str, level: str) -> None:
        """Its constraints are recorded, those of what is in it too; other members keep theirs."""
        operation = registry().find(clause.partition("/")[0])
        assert clauses(operation)[clause].level == level


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "facts"),
        [
            (items("Constraints:", "Must contain from 1 to 63 letters, numbers, or hyphens."), 63),
            (items("Constraints:", "Must be 1 to 16 letters or numbers."), 16),
            (p("The description. The maximum length is 255 characters."), 255),
            (p("Constraint: Maximum 64 ASCII characters."), 64),
            (p("Constraints: Must contain no more than 255 alphanumeric characters."), 255),
            (items("Constraints:", "Can't be longer than 64 characters."), 64),
            (p("It can be up to 128 letters long."), 128),
        ],
    )
    def test_the_longest_text_is_read(self, text: str, facts: int) -> None:
        """The upper bound of a length is read, and an empty text is not ruled out."""
        assert prose.of_text(text) == {"maxLength": facts}

    def test_a_shortest_text_is_read(self) -> None:
        """A lower bound beyond one character is read."""
        text = items("Constraints:", "Must contain from 8 to 41 characters.")
        assert prose.of_text(text) == {"minLength": 8, "maxLength": 41}

    @pytest.mark.parametrize(
        "text",
        [
            items("Constraints:", "RDS for MySQL - Must contain from 8 to 41 characters."),
            items("MySQL", "Must contain from 8 to 41 characters."),
            p("The policy cannot exceed 20 KB."),
            p("If it is a name, it can be up to 128 characters long."),
        ],
    )
    def test_other_texts_state_nothing(self, text: str) -> None:
        """A bound of one engine, of bytes, or under a condition is none."""
        assert prose.of_text(text) == {}

    def test_lists_have_bounds_as_well(self) -> None:
        """How many items a list may have is read."""
        assert prose.of_list(p("The IDs.", "Array Members: Maximum number of 50 items.")) == {
            "maxItems": 50
        }
        assert prose.of_list(p("The IDs. You can specify up to 20 instances.")) == {"maxItems": 20}
        assert prose.of_list(p("You can specify up to 20 instances for each group.")) == {}


class TestValues:
    @pytest.mark.parametrize(
        "text",
        [
            p("What.", "Valid Values: <code>a</code> | <code>b-2</code>"),
            p("Valid Values: <code>a | b-2</code>", "Default: <code>a</code>"),
            p("Valid values: a | b-2"),
            p("The possible values are <code>a</code> and <code>b-2</code>."),
            p("Valid values are: a, b-2."),
            items("Valid Values:", "<code>a</code>", "<code>b-2</code>"),
            items("Valid values are:", "<code>a</code> - The first.", "<code>b-2</code> - More."),
            items("The valid values are:", "<code>a</code> (default)", "<code>b-2</code>"),
        ],
    )
    def test_listed_values_are_read(self, text: str) -> None:
        """Values between bars, in code, or as items are all there are."""
        assert prose.values(text) == ("a", "b-2")

    @pytest.mark.parametrize(
        "text",
        [
            p("Valid Values: <code>a</code>"),
            p("Valid Values: any name | <code>b</code>"),
            p("Valid values (MySQL): <code>a</code> | <code>b</code>"),
            p("Valid Values for Aurora: <code>a | b</code>"),
            p("Valid Values: <code>a | b</code>", "Valid Values: <code>a | c</code>"),
            p("A comma-separated list. Valid Values: <code>a</code> | <code>b</code>"),
            items("Valid Values:", "<code>a</code>", "The name of a group"),
            items("Valid Values:", "<code>a</code>", "<code>arn:aws:x:<i>region</i>:y</code>"),
            p("See the guide for valid values."),
            p("Values: <code>a</code> | <code>b</code>"),
        ],
    )
    def test_lists_that_are_not_whole_state_nothing(self, text: str) -> None:
        """One value, prose among values, engines, contradictions and patterns list nothing."""
        assert prose.values(text) == ()

    def test_names_of_filters_are_read(self) -> None:
        """The items of the outermost list are names, whatever they say of values."""
        text = (
            "<p>One or more filters.</p> <ul> <li> <p> <code>state</code> - The state "
            "(<code>a</code> | <code>b</code>).</p> <ul> <li> <p> <code>a</code> - One.</p> </li> "
            "</ul> </li> <li> <p> <code>vpc-id</code>: The VPC.</p> </li> </ul>"
        )
        assert prose.filter_names(text) == (("state", "vpc-id"), False)

    @pytest.mark.parametrize(
        "item",
        [
            "<code>tag:&lt;key&gt;</code> - The tag.",
            "<code>tag</code>:&lt;key&gt; - The tag.",
            "<code>tag</code> - The tag; specify <code>tag:Owner</code> for the filter name.",
        ],
    )
    def test_tags_have_any_key(self, item: str) -> None:
        """However it is written, ``tag:`` with a key is a name beside the others."""
        text = items("Filters.", "<code>state</code> - The state.", item)
        assert prose.filter_names(text) == (("state",), True)

    def test_examples_are_not_all(self) -> None:
        """Names that are given as examples list nothing."""
        text = items("For example:", "<code>state</code> - The state.")
        assert prose.filter_names(text) == ((), False)


class TestTogether:
    @pytest.mark.parametrize(
        ("text", "most", "least"),
        [
            ("You can't specify both <code>A</code> and <code>B</code>.", True, False),
            ("You cannot specify both A and B in the same request.", True, False),
            ("You can't specify A and B in the same request.", True, False),
            ("<code>A</code> and <code>B</code> are mutually exclusive.", True, False),
            ("Mutually exclusive with <code>B</code>.", True, False),
            ("Cannot be used with <code>B</code>.", True, False),
            ("You must specify either <code>A</code> or <code>B</code>.", False, True),
            ("Conditional: You must specify either A or B, but not both.", True, True),
            ("Condition: You must specify either this or a B, or both.", False, True),
        ],
    )
    def test_stated_alternatives_are_read(self, text: str, most: bool, least: bool) -> None:
        """Sentences that name two members say whether one, or not both, are given."""
        found = together({"A": p("The first.", text), "B": ""})
        assert found == (Together(("A", "B"), most=most, least=least),)

    @pytest.mark.parametrize(
        "text",
        [
            "If you update a stack, you must specify either A or B.",
            "You must specify either A or B and C.",
            "You must specify either A or the other thing.",
            "If you specify both A and B, B is ignored.",
            "For each tag, you must specify both A and B.",
            "You must specify the A or the B, and you can specify both.",
            "You can't specify both A and Z.",
        ],
    )
    def test_conditions_and_other_names_state_nothing(self, text: str) -> None:
        """What holds under a condition, or names what is no member, is no rule."""
        assert together({"A": p(text), "B": "", "C": ""}) == ()

    def test_three_are_exclusive_in_pairs(self) -> None:
        """Of several members that exclude each other each pair is a rule."""
        text = p("<code>A</code>, <code>B</code> and <code>C</code> are mutually exclusive.")
        found = together({"A": text, "B": text, "C": ""})
        assert [one.members for one in found] == [("A", "B"), ("A", "C"), ("B", "C")]


def facts(found: Operation) -> Mapping[str, Any]:
    """What is known from prose alone, by the clause's path."""
    return {
        f"request/{path}/{keyword}": schema[keyword]
        for path, (_, schema) in found.request_paths.items()
        for keyword in schema.get("prose", ())
    }


#: What a person reads in the documentation of some members.
READ: Mapping[str, Any] = {
    "rds:DescribeDBInstances/request/MaxRecords/minimum": 20,
    "rds:DescribeDBInstances/request/MaxRecords/maximum": 100,
    "redshift:GetClusterCredentials/request/DurationSeconds/minimum": 900,
    "elasticache:ModifyReplicationGroup/request/NotificationTopicStatus/enum": [
        "active",
        "inactive",
    ],
    "docdb:CreateDBCluster/request/DBClusterIdentifier/maxLength": 63,
    "neptune:ResetDBParameterGroup/request/Parameters/maxItems": 20,
}


class TestOperations:
    @pytest.mark.parametrize("clause", READ)
    def test_what_a_person_reads_is_a_should(self, clause: str) -> None:
        """It is a clause of the request, cited to the documentation, and cases violate it."""
        name = clause.partition("/")[0]
        found = registry().find(name)
        assert facts(found)[clause.partition("/")[2]] == READ[clause]
        known = clauses(found)[clause]
        assert known.level is Level.SHOULD
        assert "the SDK's documentation of " in str(known.source)
        tried = [one for one in cases(found) if one.clause == clause]
        assert {Expect.REFUSED} <= {one.expect for one in tried}

    def test_names_of_filters_are_known(self) -> None:
        """EC2's filters have names: another one violates, and a tag with any key does not."""
        found = registry().find("ec2:DescribeVpcs")
        path = "ec2:DescribeVpcs/request/Filters/item/Name/pattern"
        for name, violates in (
            ("vpc-id", False),
            ("tag:Owner", False),
            ("tag-key", False),
            ("no-such-filter", True),
            ("vpc-ids", True),
        ):
            broken = violated_clauses(found, {"Filters": [{"Name": name, "Values": ["a"]}]})
            assert broken == ((path,) if violates else ())

    def test_spellings_are_not_judged(self) -> None:
        """Values of prose in other case are recorded: some services fold it."""
        path = "elasticache:ModifyReplicationGroup/request/NotificationTopicStatus/enum"
        tried = {
            one.id.rpartition("/")[2]: one.expect
            for one in cases(registry().find(path.partition("/")[0]))
            if one.clause == path
        }
        assert tried["foreign"] is Expect.REFUSED
        assert tried["wrong-case"] is tried["blanks"] is Expect.ANYTHING

    @pytest.mark.parametrize(
        ("name", "rules"),
        [
            (
                "cloudformation:CreateStack",
                ["either-TemplateBody-TemplateURL", "not-both-TemplateBody-TemplateURL"],
            ),
            ("ec2:AllocateHosts", ["not-both-InstanceFamily-InstanceType"]),
            ("kms:ListKeys", []),
            # what pages a listing is no alternative, and what is required is none either
            ("redshift:DescribeClusterSecurityGroups", []),
            ("ec2:AcceptVpcEndpointConnections", []),
        ],
    )
    def test_alternatives_are_rules(self, name: str, rules: list[str]) -> None:
        """They are constraints of level should, and no valid request of a case breaks one."""
        found = registry().find(name)
        stated = [one for one in found.rules_of(Constraint) if not one.accepted]
        assert sorted(one.id for one in stated) == rules
        for rule in stated:
            assert rule.level is Level.SHOULD
            assert all(f"{name}/rules/{rule.id}" in violated(found, one) for one in rule.invalid)
            assert not any(violated(found, one) for one in rule.valid)

    def test_a_call_that_needs_one_of_two_has_it(self) -> None:
        """The first valid call to try holds one of the alternatives; the bare one comes last."""
        found = registry().find("cloudformation:CreateStack")
        assert [one.name for one in found.baselines][-1] == "plain"
        assert {"TemplateBody", "TemplateURL"} & found.baselines[0].params.keys()

    def test_a_document_has_none_of_it(self) -> None:
        """A document is a must throughout: what only prose states is not written into it."""
        whole = operation("batch", "ListSchedulingPolicies")
        assert facts(whole)
        made = document("batch", "ListSchedulingPolicies")
        assert "prose" not in str(made["$defs"])
        assert "maximum" not in made["$defs"]["request"]["properties"]["maxResults"]

    def test_page_sizes_stay_unstated(self) -> None:
        """Bounds of prose choose the sizes that are tried, and promise none of them."""
        found = registry().find("rds:DescribeDBInstances")
        assert found.page_sizes == (20, 100)
        assert not found.states_page_sizes

    def test_the_documented_operations_are_as_they_were(self) -> None:
        """No clause of an operation that has its page is known from prose."""
        for found in registry().values():
            assert facts(found) == {}
            assert all(one.accepted for one in found.rules_of(Constraint))

    @pytest.mark.parametrize("service", ["rds", "redshift", "elasticache"])
    def test_facts_agree_with_the_text(self, service: str) -> None:
        """Each number stands in the text of a member, and low bounds are below high ones."""
        count = 0
        for name in operation_names(service):
            found = registry().find(name)
            for _, schema in found.request_paths.values():
                for low, high in (("minimum", "maximum"), ("minLength", "maxLength")):
                    assert schema.get(low, 0) <= schema.get(high, 10**10)
            count += len(facts(found))
        assert count > 20

    @pytest.mark.slow("it loads a service of 830 operations")
    def test_ec2_is_loaded_in_seconds(self) -> None:
        """A large service is described, documentation included, within the time of a coffee sip."""
        start = time.process_time()
        for name in operation_names("ec2"):
            registry().find(name)
        assert time.process_time() - start < 4


def violated(found: Operation, params: Mapping[str, Any]) -> tuple[str, ...]:
    """The rules that a request breaks, with texts in place of values of the target."""
    plain = {
        name: "a" if isinstance(value, Mapping) and "resource" in value else value
        for name, value in params.items()
    }
    return tuple(one for one in violated_clauses(found, plain) if "/rules/" in one)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>Deletes an endpoint. This action is idempotent.</p>", True),
        ("<p>This operation is <i>idempotent</i>; each call succeeds.</p>", True),
        ("<p>Delete requests are idempotent and safe to retry.</p>", True),
        ("<p>An item that is gone is not found, so the operation is not idempotent.</p>", False),
        ("<p>You should ensure that your application is idempotent.</p>", False),
        ("<p>Unless conditions are given, it is an idempotent operation.</p>", False),
    ],
)
def test_an_operation_is_called_idempotent(text: str, said: bool) -> None:
    """The documentation says so of the operation itself, and without any condition."""
    assert says_idempotent(text) is said
