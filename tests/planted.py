"""Planted secrets: what is private × where it is × how it is encoded, as exchanges to record.

The encoders, and the decoders that look for a secret in a written file, are written here anew: they
share nothing with the redaction that they try.
"""

import base64
import contextlib
import gzip
import html
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import cbor2
import yaml

from conformance.protocols.http import Exchange, Request, Response

Headers = tuple[tuple[str, str], ...]

# ------------------------------------------------------------ what is planted

MIXED = "wJalrXUtnFEMI7K7MDENG0bPxRfiCYzq8sT1uVw2"
HEX32 = "3f9c1d7b5a2e4860b1c9d8e7f6a5b4c3"
PASSWORD = "hunter2-TOP-secret-value"
JWT = (
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkphbmUifQ"
    ".dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIIEowIBAAKCAQEAx3R7qPwV1b9nU2kYl0sQfZt8mJc5dHgWe4rTn6uLpOaXiBvK\n"
    "Zy7CwD2eF9hGjM1NqRsTtUuVvWwXxYyZz0A1B2C3D4E5F6G7H8I9J0K1L2M3N4O5\n"
    "-----END RSA PRIVATE KEY-----\n"
)
#: A text that holds a secret, and the part of it that must be gone.
FORMS: dict[str, tuple[str, str]] = {
    "an access key": ("key AKIAQWERTYUIOPASDFGH is unknown", "AKIAQWERTYUIOPASDFGH"),
    "an access key glued to letters": ("keyAKIAQWERTYUIOPASDFGHis", "AKIAQWERTYUIOPASDFGH"),
    "a session's key glued to a line": ("x_ASIAQWERTYUIOPASDFGH_y", "ASIAQWERTYUIOPASDFGH"),
    "a secret key": (f"with {MIXED} it", MIXED),
    "a secret key after an equals sign": (f"value={MIXED}", MIXED),
    "a secret key before an equals sign": (f"x {MIXED}=", MIXED),
    "a secret key after a slash": (f"/{MIXED}", MIXED),
    "a secret key between slashes": (f"a/{MIXED}/b", MIXED),
    "a session token": ("tIQoJb3JpZ2luX2Vj" + "AbCdEf0123456789" * 4, "AbCdEf0123456789" * 2),
    "a presigned signature": (f"X-Amz-Signature={HEX32 * 2}", HEX32),
    "an old presigned signature": ("?Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D", "vjbyPxybdZaNm"),
    "a presigned token": ("X-Amz-Security-Token=shortButSecret0001", "shortButSecret0001"),
    "a bearer": ("Authorization: Bearer s3cr3tbearervalue", "s3cr3tbearervalue"),
    "a basic login": ("Basic amFuZTpodW50ZXIyLXRvcA==", "amFuZTpodW50ZXIyLXRvcA"),
    "a password in an address": ("postgres://jane:hunter2pw@db:5432/x", "hunter2pw"),
    "a password after its name": ("password=hunter2pw; x=1", "hunter2pw"),
    "a password after a colon": ("DB_PASSWORD: hunter2pw", "hunter2pw"),
    "an account key": ("AccountName=a;AccountKey=q8sT1uVw2Zz0==;x=1", "q8sT1uVw2Zz0"),
    "a GitHub token": ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F292c6912E7710c"),
    "a fine-grained GitHub token": (
        "github_pat_11ABCDEFG0aBcDeFgHiJkL_xyz",
        "11ABCDEFG0aBcDeFgHiJkL",
    ),
    "a GitLab token": ("glpat-aBcDeFgHiJkLmNoPqRsT", "aBcDeFgHiJkLmNoPqRsT"),
    "a Slack token": ("xoxb-1234567890-abcdefghij", "1234567890-abcdefghij"),
    "a Slack webhook": (
        "https://hooks.slack.com/services/T0ABCDEF1/B0ABCDEF2/aBcDeFgHiJkL",
        "aBcDeFgHiJkL",
    ),
    "a Stripe key": ("sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyjWDarjtT1zdp7dc"),
    "a Google key": ("AIzaSyA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tUvWx", "SyA1bC2dE3fG4hI5jK6"),
    "an npm token": ("npm_aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2", "aB1cD2eF3gH4iJ5kL6"),
    "a PyPI token": ("pypi-AgEIcHlwaS5vcmcCJDU3", "AgEIcHlwaS5vcmcCJDU3"),
    "a SendGrid key": (
        "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYz",
        "ngeVfQFYQlKU0ufo8x5d",
    ),
    "a Hugging Face token": ("hf_aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH", "aBcDeFgHiJkLmNoP"),
    "a Twilio key": (f"SK{HEX32}", HEX32),
    "an OpenAI key": ("sk-proj-aBcDeFgHiJkLmNoPqRsTuVwX", "aBcDeFgHiJkLmNoPqRsTuVwX"),
    "a Vault token": ("hvs.CAESIJlq0V1aBcDeFgHiJkLm", "CAESIJlq0V1aBcDeFgHiJkLm"),
    "a web token": (f"t {JWT}", "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkphbmUifQ"),
    "a private key": (PEM, "MIIEowIBAAKCAQEAx3R7qPwV1b9nU2kYl0sQ"),
    "an ARN": ("of arn:aws:iam::847291035562:user/jane.doe ok", "847291035562"),
    "a name in an ARN": ("of arn:aws:iam::847291035562:user/jane.doe ok", "jane.doe"),
    "an ARN without an account": ("arn:aws:s3:::janes-own-bucket/x", "janes-own-bucket"),
    "an account": ("User 847291035562 may not", "847291035562"),
    "an e-mail address": ("to jane.doe@corp.example.com now", "jane.doe@corp"),
    "an e-mail address with a tag": ("jane+aws@corp.example.co.uk", "jane+aws"),
    "an IPv4 address": ("from 84.17.44.101 (client)", "84.17.44.101"),
    "a private IPv4 address": ("host 10.20.30.40", "10.20.30.40"),
    "an IPv4 address with a port": ("84.17.44.101:8080", "84.17.44.101"),
    "an IPv6 address": ("from 2a02:8109:9a40:1234:a1b2:c3d4:e5f6:789a", "a1b2:c3d4:e5f6"),
    "a short IPv6 address": ("[2a02:8109::beef:1]:443", "2a02:8109::beef:1"),
    "a card": ("card 4539578763621486.", "4539578763621486"),
    "a card in groups": ("card 4539 5787 6362 1486", "5787 6362 1486"),
    "a card of fifteen digits": ("378282246310005", "378282246310005"),
    "a phone number": ("call +12067318842", "7318842"),
    "a spelt phone number": ("call (206) 731-8842", "731-8842"),
    "a spelt British number": ("call +44 20 7946 0958", "7946 0958"),
    "a German number": ("+49 (30) 901820-11", "901820-11"),
    "a British number at home": ("call 020 7946 0958 now", "7946 0958"),
    "a French number at home": ("01 42 68 53 00", "42 68 53 00"),
    "an Indian number": ("+91 98765 43210", "98765 43210"),
}

#: Names that say that a value is secret, in several spellings.
NAMES = (
    *("Password", "MasterUserPassword", "SecretString", "AuthToken", "PrivateKey", "Credentials"),
    *("AccessKey", "ApiKey", "SecretAccessKey", "SessionToken", "db_password", "client-secret"),
    *("ConnectionString", "passphrase", "x-api-key", "UserPassword", "secretKey", "Token"),
)
#: Names like them that say nothing secret.
HARMLESS = (
    *("KeyId", "SecretId", "SecretName", "TokenType", "PasswordPolicy", "KeyName", "KeyUsage"),
    *("PasswordLastUsed", "AccessKeyStatus", "CredentialType", "SecretVersion", "TokenIssuer"),
    *("Monkey", "Keyboard", "Tokyo", "KeySpec", "MasterUsername", "PublicKeyAlgorithm", "Compass"),
)


# ------------------------------------------------------------ where it is planted


def _exchange(
    *,
    operation: str = "sts:GetCallerIdentity",
    body: bytes = b"",
    headers: Headers = (),
    status: int = 200,
    sent: bytes = b"",
    sent_headers: Headers = (),
    url: str = "http://localhost:4566/",
    params: dict[str, Any] | None = None,
) -> Exchange:
    return Exchange(
        operation=operation,
        params=params or {},
        request=Request(method="POST", url=url, headers=sent_headers, body=sent),
        response=Response(status=status, headers=headers, body=body),
    )


def _json(data: Any) -> bytes:
    return json.dumps(data).encode()


def _xml(text: str) -> str:
    return html.escape(text, quote=False)


#: Where a text with a secret may be.
PLACES: dict[str, Callable[[str], Exchange]] = {
    "an error in JSON": lambda text: _exchange(body=_json({"message": text}), status=400),
    "a member in JSON": lambda text: _exchange(body=_json({"Description": text})),
    "an error in XML": lambda text: _exchange(
        body=f"<E><Error><Message>{_xml(text)}</Message></Error></E>".encode(), status=400
    ),
    "a header of the response": lambda text: _exchange(
        headers=(("X-Note", text.replace("\n", " ")),)
    ),
    "a query": lambda text: _exchange(url=f"http://localhost:4566/?note={quote(text, safe='')}"),
    "a form": lambda text: _exchange(sent=f"Action=X&Note={quote(text, safe='')}".encode()),
    "a call's member": lambda text: _exchange(params={"Note": text}),
    "CBOR": lambda text: _exchange(body=cbor2.dumps({"note": [{"x": text}]})),
}
#: Where a value with a name may be.
NAMED: dict[str, Callable[[str, str], Exchange]] = {
    "JSON of a response": lambda name, value: _exchange(body=_json({"a": {name: value}})),
    "JSON of a request": lambda name, value: _exchange(sent=_json({name: value})),
    "a list in JSON": lambda name, value: _exchange(body=_json({name: ["x", value]})),
    "a map in JSON": lambda name, value: _exchange(body=_json({name: {"a": value}})),
    "XML": lambda name, value: _exchange(
        body=f"<R><A><{name}>{_xml(value)}</{name}></A></R>".encode()
    ),
    "a list in XML": lambda name, value: _exchange(
        body=f"<R><{name}><member>{_xml(value)}</member></{name}></R>".encode()
    ),
    "a form": lambda name, value: _exchange(sent=f"Action=X&A.{name}={quote(value)}".encode()),
    "a list in a form": lambda name, value: _exchange(
        sent=f"Action=X&{name}.member.1={quote(value)}".encode()
    ),
    "CBOR": lambda name, value: _exchange(body=cbor2.dumps({"a": {name: value}})),
    "bytes in CBOR": lambda name, value: _exchange(body=cbor2.dumps({name: value.encode()})),
    "a query": lambda name, value: _exchange(url=f"http://localhost/?{name}={quote(value)}"),
    "a header": lambda name, value: _exchange(headers=((name, value),)),
    "a header of the request": lambda name, value: _exchange(sent_headers=((name, value),)),
    "a call's member": lambda name, value: _exchange(params={"A": {name: value}}),
    "JSON in JSON": lambda name, value: _exchange(
        body=_json({"Document": json.dumps({name: value})})
    ),
}


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


#: What the model, or the service, says is private, as exchanges that hold a text.
MODELLED: dict[str, Callable[[str], Exchange]] = {
    "S3 GetObject": lambda text: _exchange(operation="s3:GetObject", body=text.encode()),
    "S3 PutObject": lambda text: _exchange(operation="s3:PutObject", sent=text.encode()),
    "S3 user metadata": lambda text: _exchange(
        operation="s3:HeadObject", headers=(("x-amz-meta-owner", text),)
    ),
    "S3 tagging header": lambda text: _exchange(
        operation="s3:PutObject", sent_headers=(("x-amz-tagging", f"owner={quote(text)}"),)
    ),
    "S3 customer key": lambda text: _exchange(
        operation="s3:GetObject",
        sent_headers=(("x-amz-server-side-encryption-customer-key", _b64(text)),),
    ),
    "S3 tags": lambda text: _exchange(
        operation="s3:GetObjectTagging",
        body=f"<Tagging><TagSet><Tag><Key>k</Key><Value>{text}</Value></Tag></TagSet></Tagging>".encode(),
    ),
    "SQS body sent": lambda text: _exchange(
        operation="sqs:SendMessage", sent=_json({"MessageBody": text})
    ),
    "SQS body in a form": lambda text: _exchange(
        operation="sqs:SendMessage", sent=f"Action=SendMessage&MessageBody={quote(text)}".encode()
    ),
    "SQS body received": lambda text: _exchange(
        operation="sqs:ReceiveMessage", body=_json({"Messages": [{"Body": text}]})
    ),
    "SQS attribute": lambda text: _exchange(
        operation="sqs:SendMessage",
        sent=_json({"MessageAttributes": {"a": {"DataType": "String", "StringValue": text}}}),
    ),
    "SNS message": lambda text: _exchange(
        operation="sns:Publish", sent=f"Action=Publish&Message={quote(text)}".encode()
    ),
    "Kinesis record": lambda text: _exchange(
        operation="kinesis:PutRecord", sent=_json({"Data": _b64(text)})
    ),
    "Kinesis records": lambda text: _exchange(
        operation="kinesis:GetRecords", body=_json({"Records": [{"Data": _b64(text)}]})
    ),
    "Lambda payload": lambda text: _exchange(operation="lambda:Invoke", sent=_json({"x": text})),
    "Lambda answer": lambda text: _exchange(operation="lambda:Invoke", body=_json({"x": text})),
    "Lambda environment": lambda text: _exchange(
        operation="lambda:GetFunctionConfiguration",
        body=_json({"Environment": {"Variables": {"DB": text}}}),
    ),
    "Lambda log": lambda text: _exchange(
        operation="lambda:Invoke", headers=(("X-Amz-Log-Result", _b64(text)),)
    ),
    "EventBridge detail": lambda text: _exchange(
        operation="events:PutEvents", sent=_json({"Entries": [{"Detail": json.dumps({"a": text})}]})
    ),
    "SSM parameter": lambda text: _exchange(
        operation="ssm:GetParameter", body=_json({"Parameter": {"Name": "n", "Value": text}})
    ),
    "DynamoDB item": lambda text: _exchange(
        operation="dynamodb:GetItem", body=_json({"Item": {"a": {"S": text}}})
    ),
    "DynamoDB set": lambda text: _exchange(
        operation="dynamodb:PutItem", sent=_json({"Item": {"a": {"SS": [text]}}})
    ),
    "DynamoDB bytes": lambda text: _exchange(
        operation="dynamodb:PutItem", sent=_json({"Item": {"a": {"B": _b64(text)}}})
    ),
    "ECS environment": lambda text: _exchange(
        operation="ecs:DescribeTaskDefinition",
        body=_json({"x": {"environment": [{"name": "DB", "value": text}]}}),
    ),
    "CodeBuild environment": lambda text: _exchange(
        operation="codebuild:BatchGetProjects",
        body=_json({"environment": {"environmentVariables": [{"name": "A", "value": text}]}}),
    ),
    "Secrets Manager string": lambda text: _exchange(
        operation="secretsmanager:GetSecretValue",
        body=_json({"SecretString": json.dumps({"user": "jane", "pass": text})}),
    ),
    "Secrets Manager bytes": lambda text: _exchange(
        operation="secretsmanager:GetSecretValue", body=_json({"SecretBinary": _b64(text)})
    ),
    "KMS plaintext": lambda text: _exchange(
        operation="kms:Decrypt", body=_json({"Plaintext": _b64(text)})
    ),
    "a sensitive member of IAM": lambda text: _exchange(
        operation="iam:CreateLoginProfile",
        sent=f"Action=CreateLoginProfile&UserName=u&Password={quote(text)}".encode(),
    ),
    "a sensitive member of Cognito": lambda text: _exchange(
        operation="cognito-idp:AdminCreateUser", sent=_json({"Username": text})
    ),
    "a sensitive map of Cognito": lambda text: _exchange(
        operation="cognito-idp:InitiateAuth", sent=_json({"AuthParameters": {"USERNAME": text}})
    ),
    "CloudWatch log": lambda text: _exchange(
        operation="logs:GetLogEvents", body=_json({"events": [{"message": text}]})
    ),
    "a Step Functions input": lambda text: _exchange(
        operation="stepfunctions:StartExecution", sent=_json({"input": json.dumps({"a": text})})
    ),
    "EC2 user data": lambda text: _exchange(
        operation="ec2:RunInstances",
        sent=f"Action=RunInstances&UserData={quote(_b64(text))}".encode(),
    ),
    "a CloudFormation parameter": lambda text: _exchange(
        operation="cloudformation:CreateStack",
        sent=f"Action=CreateStack&Parameters.member.1.ParameterValue={quote(text)}".encode(),
    ),
    "tags as a map": lambda text: _exchange(
        operation="lambda:ListTags", body=_json({"Tags": {"owner": text}})
    ),
    "a secret met again in a message": lambda text: _exchange(
        operation="iam:CreateLoginProfile",
        sent=f"Action=CreateLoginProfile&Password={quote(text)}".encode(),
        body=f"<E><Error><Message>{text} is weak</Message></Error></E>".encode(),
        status=400,
    ),
    "a secret met in an earlier message": lambda text: _exchange(
        operation="secretsmanager:GetSecretValue",
        sent=_json({"Note": f"the {text} of"}),
        body=_json({"SecretString": text}),
    ),
}

# ------------------------------------------------------------ how it is encoded

HELD = "mail jane.doe@corp.example.com key AKIAQWERTYUIOPASDFGH"
HELD_PARTS = ("jane.doe@corp", "AKIAQWERTYUIOPASDFGH")


def _member(value: str) -> Exchange:
    return _exchange(body=_json({"Note": value}))


def _in_pieces(text: str) -> bytes:
    """A text in CBOR in pieces of seven characters."""
    made = io.BytesIO()
    made.write(b"\xa1\x64note\x7f")
    for at in range(0, len(text), 7):
        made.write(cbor2.dumps(text[at : at + 7]))
    made.write(b"\xff")
    return made.getvalue()


ENCODED: dict[str, Callable[[str], Exchange]] = {
    "percent": lambda text: _member(quote(text, safe="")),
    "percent, small letters": lambda text: _member("".join(f"%{ord(char):02x}" for char in text)),
    "percent twice": lambda text: _member(quote(quote(text, safe=""), safe="")),
    "base64": lambda text: _member(_b64(text)),
    "base64 without padding": lambda text: _member(_b64(text + "!").rstrip("=")),
    "base64url": lambda text: _member(
        base64.urlsafe_b64encode(("\u00ff\u00fe" + text).encode()).decode()
    ),
    "base64 twice": lambda text: _member(_b64(_b64(text))),
    "base64 in lines": lambda text: _member(base64.encodebytes((text * 3).encode()).decode()),
    "base64 in a sentence": lambda text: _member(f"got '{_b64(text)}' instead"),
    "base64 of bytes": lambda text: _member(
        base64.b64encode(b"\xff\x00\xfe" + text.encode()).decode()
    ),
    "hex": lambda text: _member(text.encode().hex()),
    "large hex": lambda text: _member(text.encode().hex().upper()),
    "gzip": lambda text: _exchange(
        body=gzip.compress(_json({"Note": text})), headers=(("Content-Encoding", "gzip"),)
    ),
    "deflate": lambda text: _exchange(body=zlib.compress(_json({"Note": text}))),
    "gzip in base64": lambda text: _member(base64.b64encode(gzip.compress(text.encode())).decode()),
    "UTF-16": lambda text: _exchange(body=text.encode("utf-16")),
    "UTF-16 without a mark": lambda text: _exchange(body=text.encode("utf-16-le")),
    "UTF-16 in base64": lambda text: _member(base64.b64encode(text.encode("utf-16-be")).decode()),
    "bytes in CBOR": lambda text: _exchange(body=cbor2.dumps({"note": text.encode()})),
    "gzip in bytes in CBOR": lambda text: _exchange(
        body=cbor2.dumps({"note": gzip.compress(text.encode())})
    ),
    "pieces in CBOR": lambda text: _exchange(body=_in_pieces(text)),
    "numeric references": lambda text: _exchange(
        body=("<A><B>" + "".join(f"&#{ord(char)};" for char in text) + "</B></A>").encode()
    ),
    "hexadecimal references": lambda text: _exchange(
        body=("<A><B>" + "".join(f"&#x{ord(char):x};" for char in text) + "</B></A>").encode()
    ),
    "references in JSON": lambda text: _member("".join(f"&#{ord(char)};" for char in text)),
    "CDATA": lambda text: _exchange(body=f"<A><B><![CDATA[{text}]]></B></A>".encode()),
    "an attribute": lambda text: _exchange(body=f'<A><B note="{text}"/></A>'.encode()),
    "a comment": lambda text: _exchange(body=f"<A><!-- {text} --><B>x</B></A>".encode()),
    "escapes in JSON": lambda text: _exchange(
        body=('{"Note":"' + "".join(f"\\u{ord(char):04x}" for char in text) + '"}').encode()
    ),
    "JSON in JSON": lambda text: _member(json.dumps({"a": json.dumps({"b": text})})),
    "JSON in base64": lambda text: _member(_b64(json.dumps({"a": text}))),
    "JSON in percent": lambda text: _member(quote(json.dumps({"a": text}))),
    "letters within bytes": lambda text: _exchange(body=b"\x00\xff\xfe\x01" + text.encode()),
    "a name of a member": lambda text: _exchange(body=_json({text: 1})),
}


# ------------------------------------------------------------ what a file says


def texts_of(path: Path) -> Iterator[str]:
    """Everything that a written file says, however it is encoded."""
    data = yaml.safe_load(path.read_text("utf-8"))
    seen: set[str] = set()
    due: list[Any] = [data]
    while due:
        one = due.pop()
        if isinstance(one, dict):
            due += [*one.keys(), *one.values()]
            if set(one) == {"base64_string"}:
                due.append(base64.b64decode(one["base64_string"]))
        elif isinstance(one, list):
            due += one
        elif isinstance(one, bytes):
            due += _from_bytes(one)
        elif isinstance(one, str) and one not in seen:
            seen.add(one)
            yield one
            due += _from_text(one)


def _from_bytes(raw: bytes) -> Iterator[Any]:
    yield raw.decode("latin-1")
    for attempt in (gzip.decompress, zlib.decompress, cbor2.loads):
        with contextlib.suppress(Exception):
            yield attempt(raw)
    for form in ("utf-8", "utf-16-le", "utf-16-be"):
        with contextlib.suppress(UnicodeDecodeError):
            yield raw.decode(form)


def _from_text(text: str) -> Iterator[Any]:
    yield unquote(text)
    yield html.unescape(text)
    with contextlib.suppress(ValueError):
        yield json.loads(text)
    for run in re.findall(r"[A-Za-z0-9+/_\n-]{12,}", text):
        plain = run.replace("\n", "").translate(str.maketrans("-_", "+/"))
        if len(plain) % 4 != 1:
            yield base64.b64decode(plain + "=" * (-len(plain) % 4))
        if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", plain):
            yield bytes.fromhex(plain)
