"""Dialects of accepting requests: each answers differently where the answer is unspecified."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from calibration import unspecified
from calibration.mutations import ALL, CONNECT, LISTINGS, Dialect, Edit, everywhere, table
from conformance.reference import chime, validation
from conformance.reference.contract import Kind, Member, Operation, Params, Rule, World
from conformance.reference.inventory import FOREIGN
from conformance.reference.pipeline import Handler
from conformance.reference.wire import Request

_SEARCH = frozenset({"chime:SearchAvailablePhoneNumbers"})
_LIST = frozenset({"chime:ListPhoneNumbers"})
_GET = frozenset({"chime:GetPhoneNumber"})
_LIST_V2 = frozenset({"connect:ListPhoneNumbersV2"})

Objection = Callable[[Operation, Request], bool]


def objecting(objection: Objection, operations: frozenset[str], kind: Kind = "invalid") -> Edit:
    """Refuse whatever an objection is true of."""

    def edit(handler: Handler) -> Handler:
        def read(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
            if objection(operation, request):
                raise operation.failure(kind, "That is not taken here.")
            return handler.read(operation, request, labels)

        return replace(handler, read=read)

    return everywhere(edit, operations)


def reread(change: Callable[[Operation, Params], Params], operations: frozenset[str]) -> Edit:
    """Change the parameters that were read."""

    def edit(handler: Handler) -> Handler:
        def read(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
            return change(operation, handler.read(operation, request, labels))

        return replace(handler, read=read)

    return everywhere(edit, operations)


def _empty_value(operation: Operation, request: Request) -> bool:
    values = [value for _, value in request.pairs()]
    return "" in values or any(value == "" for value in request.document().values())


def _empty_body(operation: Operation, request: Request) -> bool:
    return not request.body


def _other_media_type(operation: Operation, request: Request) -> bool:
    return "json" not in (request.header("content-type") or "").lower()


def _empty_list(operation: Operation, request: Request) -> bool:
    return any(value == [] for value in request.document().values())


def _fraction(operation: Operation, request: Request) -> bool:
    return isinstance(request.document().get("MaxResults"), float)


def _raw_plus(operation: Operation, request: Request) -> bool:
    return "+" in request.path


def _last_wins(handler: Handler) -> Handler:
    def read(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
        query = "&".join(reversed(request.query.split("&")))
        target = f"{request.path}?{query}" if query else request.path
        return handler.read(operation, replace(request, target=target), labels)

    return replace(handler, read=read)


def _without_empty(operation: Operation, params: Params) -> Params:
    return {
        name: value
        for name, value in params.items()
        if value != "" or operation.members[name].min_length is not None
    }


def _without_lonely_filter(operation: Operation, params: Params) -> Params:
    pair = ("FilterName", "FilterValue")
    if all(name in params for name in pair):
        return params
    return {name: value for name, value in params.items() if name not in pair}


def _unanchored(member: Member) -> Member:
    if member.pattern is None:
        return member
    return replace(member, pattern=f"(?s:.*)(?:{member.pattern})(?s:.*)")


def _unanchored_table(operation: Operation) -> Operation:
    members = {
        name: member if name == "TollFreePrefix" else _unanchored(member)
        for name, member in operation.members.items()
    }
    return replace(operation, members=members)


def _with_rules(*rules: Rule) -> Callable[[Operation], Operation]:
    return lambda operation: replace(operation, rules=(*operation.rules, *rules))


def _rule(name: str, broken: Callable[[Params, World], bool], kind: Kind = "invalid") -> Rule:
    return Rule(name=name, broken=broken, message="Not served here.", kind=kind, promised=False)


def _type_suffices(operation: Operation) -> Operation:
    def broken(params: Params, world: World) -> bool:
        return "PhoneNumberType" not in params and operation.rules[0].broken(params, world)

    relaxed = replace(operation.rules[0], broken=broken)
    return replace(operation, rules=(relaxed, *operation.rules[1:]))


def _strict_places(operation: Operation) -> Operation:
    """US-only filters are applied to other countries too, where nothing has such a place."""
    strict = {
        name: lambda item, params, name=name: str(item[name]).casefold() == params[name].casefold()
        for name in chime.US_FILTERS
    }
    return replace(operation, filters={**operation.filters, **strict})


def _foreign_places(params: Params, _: World) -> bool:
    return params.get("Country") != "US" and any(name in params for name in chime.US_FILTERS)


def _odd_area_code(params: Params, _: World) -> bool:
    return re.fullmatch("[2-9][0-9]{2}", params.get("AreaCode", "206")) is None


def _unserved(name: str) -> Callable[[Params, World], bool]:
    return lambda params, _: params.get(name, "US") not in ("US", *FOREIGN)


def _seven_types(handler: Handler) -> Handler:
    def validate(operation: Operation, params: Params) -> Params:
        types = params.get("PhoneNumberTypes")
        distinct = types
        if isinstance(types, list) and all(isinstance(kind, str) for kind in types):
            distinct = sorted(set(types)) if len(set(types)) == len(types) == 7 else types
        member = operation.members["PhoneNumberTypes"]
        roomy = replace(member, max_items=7) if distinct is not types else member
        members = {**operation.members, "PhoneNumberTypes": roomy}
        return validation.validate(replace(operation, members=members), params)

    return replace(handler, validate=validate)


def _not_found_unless(test: Callable[[str], bool]) -> Edit:
    def edit(operation: Operation) -> Operation:
        rule = _rule("id-spelling", lambda p, _: not test(p["PhoneNumberId"]), "unknown-resource")
        return replace(operation, rules=(rule,))

    return everywhere(table(edit), _GET)


def _dialect(name: str, description: str, operations: frozenset[str], edit: Edit) -> Dialect:
    return Dialect(name=name, description=description, operations=operations, edit=edit)


def _tabled(
    name: str,
    description: str,
    operations: frozenset[str],
    edit: Callable[[Operation], Operation],
    warns: bool = False,
) -> Dialect:
    return Dialect(
        name=name,
        description=description,
        operations=operations,
        edit=everywhere(table(edit), operations),
        warns=warns,
    )


_OBJECTIONS: dict[str, tuple[Objection, frozenset[str], str]] = {
    "unknown-members-refused": (
        unspecified.unknown_member,
        ALL,
        "Undocumented members are refused.",
    ),
    "nulls-refused": (unspecified.null, CONNECT, "An explicit null is refused."),
    "repeated-parameters-refused": (
        unspecified.repeated,
        ALL,
        "A repeated query parameter is refused.",
    ),
    "empty-strings-refused": (_empty_value, ALL, "Every empty string is refused."),
    "empty-body-refused": (_empty_body, CONNECT, "A POST without a body is refused."),
    "other-media-types-refused": (_other_media_type, CONNECT, "Only a JSON Content-Type is taken."),
    "empty-lists-refused": (_empty_list, _LIST_V2, "An empty list is refused."),
    "fractions-refused": (_fraction, CONNECT, "5.0 is no integer."),
}

DIALECTS = (
    *(
        _dialect(name, text, operations, objecting(objection, operations))
        for name, (objection, operations, text) in _OBJECTIONS.items()
    ),
    _dialect(
        "empty-strings-accepted",
        "An empty string counts as absent, unless a minimum length is documented.",
        ALL,
        reread(_without_empty, LISTINGS),
    ),
    _dialect(
        "repeated-parameters-last-wins",
        "Of a repeated query parameter the last one counts.",
        ALL,
        everywhere(_last_wins),
    ),
    _dialect(
        "lonely-filter-ignored",
        "FilterName without FilterValue filters nothing.",
        _LIST,
        reread(_without_lonely_filter, _LIST),
    ),
    _tabled(
        "patterns-unanchored",
        "A pattern without anchors may match anywhere in the value.",
        CONNECT | _SEARCH,
        _unanchored_table,
    ),
    _tabled("us-type-suffices", "For the US, a type alone is enough.", _SEARCH, _type_suffices),
    _tabled(
        "foreign-places-refused",
        "US-only filters with another country are refused.",
        _SEARCH,
        _with_rules(_rule("foreign-places", _foreign_places)),
    ),
    _tabled(
        "foreign-places-applied",
        "US-only filters with another country leave nothing.",
        _SEARCH,
        _strict_places,
    ),
    _tabled(
        "odd-area-codes-refused",
        "An area code that cannot exist is refused.",
        _SEARCH,
        _with_rules(_rule("area-code-format", _odd_area_code)),
    ),
    _tabled(
        "unserved-countries-refused",
        "The search refuses countries where no numbers are sold.",
        _SEARCH,
        _with_rules(_rule("served-country", _unserved("Country"))),
    ),
    _tabled(
        "connect-unserved-countries-refused",
        "Connect's search refuses countries where no numbers are sold.",
        frozenset({"connect:SearchAvailablePhoneNumbers"}),
        _with_rules(_rule("served-country", _unserved("PhoneNumberCountryCode"))),
        warns=True,
    ),
    _dialect(
        "seven-types-accepted",
        "Seven distinct phone number types are taken, all there are.",
        _LIST_V2,
        everywhere(_seven_types, _LIST_V2),
    ),
    _dialect(
        "double-encoded-ids-unknown",
        "A path that was percent-encoded twice finds no number.",
        _GET,
        _not_found_unless(lambda identifier: "%25" not in identifier and "%2B" not in identifier),
    ),
    _dialect(
        "raw-plus-ids-unknown",
        "A plus sign that is not percent-encoded finds no number.",
        _GET,
        objecting(_raw_plus, _GET, "unknown-resource"),
    ),
)
