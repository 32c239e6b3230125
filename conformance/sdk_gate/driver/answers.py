"""Answers as a server sends them: data under the SDK's names, written in a version's own protocol.

A server knows one set of names, so a member that a model lacks is written by its plain name.
Sources: https://smithy.io/2.0/aws/protocols/ and, for what is empty, the answers that AWS gives:
a list that is flattened in XML is absent when it is empty, one in JSON is not.
"""

import base64
import datetime
import json
import struct
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_CHECKSUM = "x-amz-checksum-"
_ID = "11111111-2222-3333-4444-555555555555"


def _name(shape: Any, name: Any) -> Any:
    return shape.serialization.get("name", name)


def _stamp(shape: Any, value: Any, default: Any) -> Any:
    form = (shape.serialization.get("timestampFormat") if shape is not None else None) or default
    if form == "unixtimestamp":
        return value.timestamp()
    if form == "rfc822":
        return format_datetime(value.astimezone(datetime.timezone.utc), usegmt=True)
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def _format(shape: Any, default: Any) -> Any:
    form = (shape.serialization.get("timestampFormat") if shape is not None else None) or default
    return form.lower()


def _member(shape: Any, name: Any) -> Any:
    return getattr(shape, "members", {}).get(name) if shape is not None else None


# ---------------------------------------------------------------- JSON, and CBOR beside it


def _jsonable(shape: Any, value: Any) -> Any:
    if isinstance(value, dict):
        if shape is not None and shape.type_name == "map":
            return {name: _jsonable(shape.value, one) for name, one in value.items()}
        found = {}
        for name, one in value.items():
            member = _member(shape, name)
            key = _name(member, name) if member is not None else name
            found[key] = _jsonable(member, one)
        return found
    if isinstance(value, list):
        inner = shape.member if shape is not None and shape.type_name == "list" else None
        return [_jsonable(inner, one) for one in value]
    if isinstance(value, datetime.datetime):
        return _stamp(shape, value, "unixtimestamp") if _format(shape, "unixtimestamp") else 0
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def _head(kind: Any, length: Any) -> Any:
    if length < 24:
        return bytes([kind << 5 | length])
    for code, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if length < 1 << (8 * struct.calcsize(form)):
            return bytes([kind << 5 | code]) + struct.pack(form, length)
    raise ValueError("too long for CBOR")


def cbor(value: Any) -> Any:
    """A value in CBOR (RFC 8949), without what answers never hold."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, datetime.datetime):
        return b"\xc1" + cbor(int(value.timestamp()))
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        raw = value.encode("utf-8")
        return _head(3, len(raw)) + raw
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(cbor, value))
    pairs = (cbor(name) + cbor(one) for name, one in value.items())
    return _head(5, len(value)) + b"".join(pairs)


# ---------------------------------------------------------------- XML


def _xml_text(shape: Any, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return str(_stamp(shape, value, "iso8601"))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return escape(str(value))


def _element(tag: Any, content: Any, attributes: Any = "") -> Any:
    return "<{0}{2}>{1}</{0}>".format(tag, content, attributes)


def _xml_member(shape: Any, name: Any, value: Any) -> Any:
    """The elements of one member of a structure."""
    if shape is not None and shape.type_name == "list" and isinstance(value, list):
        inner = shape.member
        if shape.serialization.get("flattened"):
            tag = _name(inner, _name(shape, name))
            return "".join(_xml_value(inner, tag, one) for one in value)
        tag = _name(inner, "member")
        return _element(_name(shape, name), "".join(_xml_value(inner, tag, one) for one in value))
    if shape is not None and shape.type_name == "map" and isinstance(value, dict):
        key, item = _name(shape.key, "key"), _name(shape.value, "value")
        entries = [
            _element(key, escape(str(one))) + _xml_value(shape.value, item, inner)
            for one, inner in value.items()
        ]
        tag = _name(shape, name)
        if shape.serialization.get("flattened"):
            return "".join(_element(tag, entry) for entry in entries)
        return _element(tag, "".join(_element("entry", entry) for entry in entries))
    return _xml_value(shape, _name(shape, name) if shape is not None else name, value)


def _xml_value(shape: Any, tag: Any, value: Any) -> Any:
    if isinstance(value, dict) and (shape is None or shape.type_name != "map"):
        return _element(tag, _xml_members(shape, value), _attributes(shape, value))
    if isinstance(value, (dict, list)):
        return _element(tag, _xml_member(shape, tag, value))
    return _element(tag, _xml_text(shape, value))


def _xml_members(shape: Any, value: Any) -> Any:
    found = []
    for name, one in value.items():
        member = _member(shape, name)
        if member is None or not member.serialization.get("xmlAttribute"):
            found.append(_xml_member(member, name, one))
    return "".join(found)


def _attributes(shape: Any, value: Any) -> Any:
    found = []
    for name, one in value.items():
        member = _member(shape, name)
        if member is not None and member.serialization.get("xmlAttribute"):
            label = _name(member, name)
            prefix = label.partition(":")[0] if ":" in label else ""
            space = " xmlns:%s=%s" % (prefix, quoteattr("http://example.com/xsi")) if prefix else ""
            found.append("%s %s=%s" % (space, label, quoteattr(str(one))))
    return "".join(found)


# ---------------------------------------------------------------- whole answers


def _bound(shape: Any, data: Any, headers: Any) -> Any:
    """Put members into headers; return the status and the members that are in the body."""
    status, body = 200, {}
    for name, value in data.items():
        member = _member(shape, name)
        place = member.serialization.get("location") if member is not None else None
        if place == "header":
            wire = _name(member, name)
            if not wire.lower().startswith(_CHECKSUM):  # it would have to fit the body
                headers[wire] = _header_text(member, value)
        elif place == "headers" and isinstance(value, dict):
            prefix = member.serialization.get("name", "")
            headers.update({prefix + str(key): str(one) for key, one in value.items()})
        elif place == "statusCode":
            status = 200
        elif place is None:
            body[name] = value
    return status, body


def _header_text(shape: Any, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return str(_stamp(shape, value, "rfc822"))
    if isinstance(value, list):
        return ",".join(_header_text(shape.member, one) for one in value)
    if shape.serialization.get("jsonvalue"):
        return base64.b64encode(json.dumps(value).encode()).decode("ascii")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return str(value)


def _rest(operation: Any, data: Any, headers: Any, write: Any, root: Any) -> Any:
    """An answer of a protocol that binds members to parts of HTTP messages."""
    shape = operation.output_shape
    status, body = _bound(shape, data, headers)
    content = _content(shape, body, write, root)
    for name in headers:
        if name.lower() == "content-length":
            headers[name] = str(len(content))
    return status, content


def _content(shape: Any, body: Any, write: Any, root: Any) -> Any:
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is None:
        return write(shape, root, body)
    value = body.get(payload)
    member = _member(shape, payload)
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8")
    return write(member, _name(member, payload), value)


def _write_json(shape: Any, _: Any, value: Any) -> Any:
    return json.dumps(_jsonable(shape, value)).encode("utf-8")


def _write_xml(shape: Any, root: Any, value: Any) -> Any:
    content = _xml_members(shape, value)
    return _element(root, content, _attributes(shape, value)).encode("utf-8")


def success(operation: Any, protocol: Any, data: Any) -> Any:
    """An answer with that data: status, headers, body."""
    shape = operation.output_shape
    headers = {"x-amzn-RequestId": _ID}
    status = 200
    if protocol in {"query", "ec2"}:
        inner = _xml_members(shape, data)
        if protocol == "ec2":
            inner += _element("requestId", _ID)
        else:
            wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
            inner = _element(wrapper, inner) if wrapper else inner
            inner += _element("ResponseMetadata", _element("RequestId", _ID))
        headers["Content-Type"] = "text/xml"
        return status, headers, _element(operation.name + "Response", inner).encode("utf-8")
    if protocol == "smithy-rpc-v2-cbor":
        headers["Content-Type"] = "application/cbor"
        headers["smithy-protocol"] = "rpc-v2-cbor"
        return status, headers, cbor(_cborable(shape, data))
    if protocol == "rest-xml":
        headers["Content-Type"] = "application/xml"
        root = _name(shape, shape.name) if shape is not None else operation.name
        status, body = _rest(operation, data, headers, _write_xml, root)
        return status, headers, body
    if protocol == "rest-json":
        headers["Content-Type"] = "application/json"
        status, body = _rest(operation, data, headers, _write_json, "")
        return status, headers, body
    headers["Content-Type"] = "application/x-amz-json-1.1"
    return status, headers, _write_json(shape, "", data)


def _cborable(shape: Any, value: Any) -> Any:
    """Data under the names of the wire; CBOR has bytes and timestamps of its own."""
    if isinstance(value, dict):
        if shape is not None and shape.type_name == "map":
            return {name: _cborable(shape.value, one) for name, one in value.items()}
        found = {}
        for name, one in value.items():
            member = _member(shape, name)
            found[_name(member, name) if member is not None else name] = _cborable(member, one)
        return found
    if isinstance(value, list):
        inner = shape.member if shape is not None and shape.type_name == "list" else None
        return [_cborable(inner, one) for one in value]
    return value


def error(model: Any, operation: Any, protocol: Any, said: Any) -> Any:
    """An error answer. ``said`` has ``name``, ``code`` (of query), ``status`` and ``message``."""
    headers = {"x-amzn-RequestId": _ID}
    code, message = said["code"], said["message"]
    if protocol in {"query", "rest-xml", "ec2"}:
        headers["Content-Type"] = "text/xml"
        inner = _element("Code", code) + _element("Message", message)
        if protocol == "ec2":
            errors = _element("Errors", _element("Error", inner))
            text = _element("Response", errors + _element("RequestID", _ID))
        elif model.metadata.get("serviceId") == "S3":
            text = _element("Error", inner)
        else:
            inner = _element("Error", _element("Type", "Sender") + inner)
            text = _element("ErrorResponse", inner + _element("RequestId", _ID))
        return said["status"], headers, text.encode("utf-8")
    member = _message_member(model, said["name"])
    if "awsQueryCompatible" in model.metadata:
        headers["x-amzn-query-error"] = code + ";Sender"
    if protocol == "smithy-rpc-v2-cbor":
        headers["Content-Type"] = "application/cbor"
        headers["smithy-protocol"] = "rpc-v2-cbor"
        return said["status"], headers, cbor({"__type": said["name"], member: message})
    headers["Content-Type"] = "application/x-amz-json-1.1"
    if protocol == "rest-json":
        headers["x-amzn-ErrorType"] = said["name"]
    text = json.dumps({"__type": said["name"], member: message})
    return said["status"], headers, text.encode("utf-8")


def _message_member(model: Any, name: Any) -> Any:
    """What the message of an error is called on the wire."""
    shape: Any = next((one for one in model.error_shapes if one.name == name), None)
    for member in getattr(shape, "members", {}):
        if member.lower() == "message":
            return _name(shape.members[member], member)
    return "message"
