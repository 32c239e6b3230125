"""What a name says of the value beside it: whether the value is secret.

Names are those of members, headers, query parameters, form keys, XML elements and CBOR keys, in
any spelling: ``MasterUserPassword``, ``master-user-password`` and ``MASTER_USER_PASSWORD`` are one
name. This module knows names alone, no protocol and no value.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

#: A name with one of these words holds a secret, unless its last word is in :data:`_DESCRIBES`.
_SECRET_WORDS = frozenset(
    {
        *("apikey", "authorization", "authtoken", "cookie", "credential", "credentials"),
        *("otp", "passcode", "passphrase", "passwd", "password", "passwords", "privatekey", "pwd"),
        *("secret", "secretkey", "secrets", "secretstring", "secretbinary", "token", "tokens"),
        *("userpassword", "masterpassword", "masteruserpassword", "accesskey", "secretaccesskey"),
        *("sessiontoken", "securitytoken", "clientsecret", "connectionstring", "userdata"),
        *("accesstoken", "refreshtoken", "idtoken", "bearertoken", "apitoken", "authkey"),
        *("signingkey", "encryptionkey", "sharedkey", "accountkey", "jwt", "webhook"),
    }
)
#: Two neighbouring words that say the same as one of them.
_SECRET_PAIRS = frozenset(
    {
        *(("access", "key"), ("account", "key"), ("api", "key"), ("auth", "code")),
        *(("auth", "key"), ("customer", "key"), ("connection", "string"), ("host", "key")),
        *(("license", "key"), ("master", "key"), ("private", "key"), ("secret", "key")),
        *(("session", "key"), ("shared", "key"), ("signing", "key"), ("storage", "key")),
        *(("pass", "phrase"), ("pass", "word"), ("recovery", "code"), ("user", "data")),
        *(("verification", "code"), ("mfa", "code"), ("activation", "code")),
    }
)
#: A last word that makes the value say something *of* a secret: which one, of what kind, how old.
_DESCRIBES = frozenset(
    {
        *(
            "action",
            "address",
            "age",
            "algorithm",
            "alias",
            "behavior",
            "allowed",
            "arn",
            "arns",
            "attribute",
            "certificate",
            "chain",
            "character",
        ),
        *("characters", "class", "count", "created", "date", "deletion", "disabled", "enabled"),
        *(
            "encoding",
            "endpoint",
            "enforced",
            "expiration",
            "expires",
            "expiry",
            "expression",
            "field",
            "fingerprint",
            "format",
            "hint",
            "id",
        ),
        *("identifier", "identifiers", "ids", "index", "issuer", "kms", "last", "length"),
        *(
            "lifetime",
            "limit",
            "list",
            "location",
            "method",
            "max",
            "min",
            "minimum",
            "mode",
            "modified",
            "name",
        ),
        *("names", "needed", "number", "option", "options", "path", "period", "policies"),
        *(
            "policy",
            "present",
            "prevention",
            "provider",
            "prefix",
            "region",
            "required",
            "role",
            "scheme",
            "reset",
        ),
        *(
            "retention",
            "reuse",
            "rotation",
            "size",
            "source",
            "spec",
            "stage",
            "stages",
            "standard",
            "state",
            "strategy",
        ),
        *("status", "store", "time", "timeout", "ttl", "type", "types", "units", "updated", "uri"),
        *(
            "uid",
            "url",
            "usage",
            "use",
            "used",
            "validity",
            "vendor",
            "version",
            "versions",
            "days",
            "scope",
        ),
    }
)
#: Below one of these names every text is private: environment variables, tags, user metadata.
_CONTAINERS = frozenset(
    {
        *("environment", "environmentvariables", "runtimeenvironmentvariables", "variables"),
        *("tags", "tagset", "resourcetags", "tagging", "metadata", "usermetadata"),
        *("messageattributes", "messagesystemattributes", "sensitive", "customheaders"),
        *("parametervalue", "outputvalue", "plaintext", "defaultvalue"),
    }
)
#: What says which variable or tag it is stays, beside the value.
_LABELS = frozenset(
    {
        *("key", "keys", "name", "names", "type", "tagkey", "propagateatlaunch", "resourceid"),
        *("resourcetype", "datatype", "errorcode", "errortype"),
    }
)
#: Members that hold what users store or send, by service: bodies of messages, items, parameters.
_CONTENT: Mapping[str, frozenset[str]] = {
    "autoscaling": frozenset({"userdata"}),
    "cloudformation": frozenset({"parametervalue", "outputvalue", "templatebody"}),
    "cognito-idp": frozenset({"authparameters", "challengeresponses", "clientmetadata"}),
    "comprehend": frozenset({"text"}),
    "connectparticipant": frozenset({"content"}),
    "dynamodb": frozenset({"s", "ss", "b", "bs"}),
    "dynamodbstreams": frozenset({"s", "ss", "b", "bs"}),
    "ec2": frozenset({"userdata"}),
    "ecs": frozenset({"environment"}),
    "events": frozenset({"detail", "input", "inputtemplate", "event"}),
    "firehose": frozenset({"data"}),
    "iot-data": frozenset({"payload"}),
    "kinesis": frozenset({"data"}),
    "lambda": frozenset({"payload", "zipfile", "xamzclientcontext", "xamzlogresult", "logresult"}),
    "logs": frozenset({"message"}),
    "pinpoint": frozenset({"body", "rawcontent", "title"}),
    "polly": frozenset({"text"}),
    "scheduler": frozenset({"input"}),
    "secretsmanager": frozenset({"secretstring", "secretbinary"}),
    "ses": frozenset({"data", "templatedata", "html", "text"}),
    "sesv2": frozenset({"data", "templatedata", "html", "text", "templatecontent"}),
    "sns": frozenset({"message", "subject", "stringvalue", "binaryvalue"}),
    "sqs": frozenset({"messagebody", "body", "stringvalue", "binaryvalue"}),
    "ssm": frozenset({"commands", "standardoutputcontent", "standarderrorcontent"}),
    "stepfunctions": frozenset({"input", "output", "cause"}),
    "translate": frozenset({"text", "translatedtext"}),
}
#: Headers that begin so hold what users named and wrote themselves.
USER_HEADERS = ("x-amz-meta-", "x-amz-tagging")


@lru_cache(maxsize=8192)
def folded(name: str) -> str:
    """A name without its spelling: letters and digits in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=8192)
def is_secret(name: str) -> bool:
    """Whether a name says that the value is a secret, not something said of one."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or (words[-1] in _DESCRIBES and folded(name) not in _SECRET_WORDS):
        return False
    if words[-1].isdigit():
        words.pop()
    return (
        not _SECRET_WORDS.isdisjoint(words)
        or folded(name) in _SECRET_WORDS
        or not _SECRET_PAIRS.isdisjoint(pairwise(words))
    )


@lru_cache(maxsize=8192)
def is_code(name: str) -> bool:
    """Whether a number of this name is a secret: a password or a code, not a count of tokens."""
    return is_secret(name) and folded(name) not in {"tokens", "maxtokens", "secrets"}


@lru_cache(maxsize=8192)
def describes(name: str) -> bool:
    """Whether a name says that the value is an id, a kind, a time or a state."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return bool(words) and (words[-1] in _DESCRIBES or folded(name) in _LABELS)


@lru_cache(maxsize=256)
def content(service: str) -> frozenset[str]:
    """The folded names of a service's members that hold what its users store or send."""
    return _CONTENT.get(service, frozenset())


def is_private(
    path: Sequence[str], private: frozenset[str], words: frozenset[str] = frozenset()
) -> bool:
    """Whether a value is private by the names on the way to it, the outermost first.

    ``private`` are further folded names that are private in the message at hand, ``words`` those
    of members whose values are listed, which are not. What a
    container holds is private but for labels, ids and times.
    """
    if not path:
        return False
    last = path[-1]
    if folded(last) in private:
        return True
    if folded(last) in words:
        return False
    if is_secret(last):
        return True
    if describes(last):
        return False
    return any(
        folded(name) in private or folded(name) in _CONTAINERS or is_secret(name) for name in path
    )
