"""Names of operations and members as words: what makes what, and which names mean the same.

It knows names alone, no shapes and no models.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from conformance.spec.sdk_models.discovery import singular

#: What makes a resource, the likeliest first, with the verbs of what takes it away again.
CREATING: dict[str, tuple[str, ...]] = {
    "Create": ("Delete", "Deregister", "Terminate", "Release", "Remove"),
    "Run": ("Terminate",),
    "Allocate": ("Release", "Deallocate", "Delete"),
    "Register": ("Deregister", "Unregister", "Delete"),
    "Request": ("Delete",),
    "Put": ("Delete", "Remove"),
    "Import": ("Delete",),
    "Publish": ("Delete",),
    "Upload": ("Delete",),
    "Define": ("Delete",),
    "Add": ("Remove", "Delete"),
    "Start": ("Delete",),
    "Submit": ("Delete",),
}
LISTING = ("List", "Describe", "Get", "Search")
UPDATING = ("Update", "Modify", "Set", "Change", "Edit", "Put")

#: What names of an operation carry after the noun when it is about a part of the resource's
#: description, not about another resource.
ASPECTS = (
    "Attributes",
    "Configuration",
    "Config",
    "Settings",
    "Description",
    "Details",
    "Detail",
    "Metadata",
    "Properties",
    "Info",
    "Options",
    "Name",
)
#: What names of structures carry after the noun: ``KeyMetadata``, ``StreamDescription``.
WRAPPING = (
    "",
    "detail",
    "details",
    "description",
    "metadata",
    "configuration",
    "config",
    "info",
    "information",
    "data",
    "summary",
    "output",
    "response",
    "properties",
    "definition",
    "input",
    "request",
    "spec",
    "listentry",
    "set",
)
_LISTS = ("", "list", "set", "items", "summary", "summaries", "summarylist", "details", "infos")
_IDENTIFYING = re.compile(r"(identifier|id|name|arn|url|key)$")
_VERSION = re.compile(r"(?<=[a-z])V\d+$")
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
#: Which of a creation's members a suffix may mean, the likeliest first. A name is no id.
SUFFIXES = {
    "id": ("id", "identifier", "arn", "name"),
    "identifier": ("identifier", "id", "arn", "name"),
    "arn": ("arn",),
    "name": ("name",),
    "url": ("url",),
    "key": ("key",),
    "": ("arn", "id", "name", "identifier"),
}
_TAGS = frozenset(
    {"tag", "tags", "taglist", "tagset", "resourcetags", "resourcetagset", "tagging", "tagsmap"}
    | {"tagspecification", "tagspecifications", "tagsmodel"}
)
_PRIVATE = re.compile(
    r"password|passphrase|secret|credential|privatekey|authkey|authtoken|accesstoken|apikeyvalue|pincode"
)
_TOKEN = re.compile(
    r"^(client|request|idempotency|clientrequest|clientidempotency|clientcreation)+token$"
    r"|^clientrequestid$|^idempotencykey$"
)
#: Members that say of which state of the resource a change starts.
_CONDITION = re.compile(
    r"^(revisionid|ifmatch|ifnonematch|etag|locktoken|changetoken|updatetoken)$"
)
#: Members that say of the message itself how long it is, or of a part of it which digest it has.
_DIGEST = re.compile(r"^content(length|md5)$|^checksum(crc|sha|md5|xxhash)|keymd5$")
_FLAG = re.compile(r"^(dryrun|force|skip|validateonly|noreboot|applyimmediately)")


@lru_cache(maxsize=16_384)
def folded(name: str) -> str:
    """A name without its case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=16_384)
def unversioned(name: str) -> str:
    """A name of an operation or noun without the version at its end."""
    return _VERSION.sub("", name)


def version_of(name: str) -> str:
    """The version at the end of a name; empty for the first."""
    return name.removeprefix(unversioned(name))


def tails(noun: str) -> tuple[str, ...]:
    """A noun and what is left of it without its first words: ``MetricAlarm``, ``Alarm``."""
    words = _WORDS.findall(noun)
    return tuple("".join(words[at:]) for at in range(len(words)))


def plurals(noun: str) -> Iterator[str]:
    """The plurals that AWS gives a noun."""
    yield noun + "s"
    if noun.endswith("y"):
        yield noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh")):
        yield noun + "es"


def nouns(noun: str) -> frozenset[str]:
    """The folded names by which members may call a resource: its noun, and that's last words.

    Some nouns are plurals: ``DhcpOptionsId``.
    """
    several = next(plurals(unversioned(noun)))
    return frozenset(folded(one) for one in (noun, several, *tails(unversioned(noun))))


def split(member: str) -> tuple[str, str]:
    """A member's folded name as what it is about, and what kind of identifier it is."""
    name = folded(member)
    found = _IDENTIFYING.search(name)
    return (name[: found.start()], found[0]) if found else (name, "")


def one_of(name: str) -> str:
    """A plural's singular."""
    return singular(name)


def is_identifying(member: str) -> bool:
    """Whether a name ends like that of an identifier."""
    return bool(_IDENTIFYING.search(folded(member)))


def is_named_after(name: str, noun: str) -> bool:
    """Whether a structure or a list is named after a noun: ``KeyMetadata``, ``SecurityGroups``."""
    given, wanted = folded(name), folded(unversioned(noun))
    several = {folded(one) for one in plurals(wanted)}
    return (
        given in {wanted + one for one in WRAPPING}
        or given in {one + end for one in (wanted, *several) for end in _LISTS}
        or one_of(name).lower() == wanted
    )


def is_plainly(name: str, noun: str) -> bool:
    """Whether a name is a noun or its plural, and no more: ``security-group``."""
    return folded(name) in {folded(one) for one in (noun, *plurals(noun))}


def is_token(name: str) -> bool:
    """Whether a name is that of a token that makes repeated requests one."""
    return bool(_TOKEN.search(folded(name)))


def is_arn(name: str) -> bool:
    """Whether a name is that of an ARN: of a thing that is there, whatever one makes of it."""
    return folded(name).endswith("arn")


def is_private(name: str) -> bool:
    """Whether a name is that of a member for a secret."""
    return bool(_PRIVATE.search(folded(name)))


def is_unshown(name: str) -> bool:
    """Whether no answer can be expected to repeat a member: tokens, tags, flags, conditions,
    digests."""
    given = folded(name)
    found = any(one.search(given) for one in (_FLAG, _TOKEN, _CONDITION, _DIGEST))
    return found or is_tags(name)


def is_tags(name: str, noun: str = "") -> bool:
    """Whether a name is that of a member that takes or shows tags: ``Tags``, ``UserPoolTags``."""
    given = folded(name)
    named = noun and given in {one + "tags" for one in nouns(noun)}
    return bool(named) or given in _TAGS
