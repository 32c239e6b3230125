"""The protocol vectors that are not met: what is tried of one, its name, and the reason."""

from collections.abc import Mapping

#: The version of botocore whose vectors these are; another one's may have other names.
VERSION = "1.44.8"

GZIP = "compression is what the SDK adds, and the vector does not give the body"
CHECKSUM = "a checksum is what the SDK adds"
SLASH = "the SDK leaves out the slash behind the path of an endpoint"
EMPTY_UNION = "the SDK sends an empty object for a payload that is absent"
EMPTY_PAYLOAD = "an empty object is sent where the payload is absent: the two look the same"
EMPTY_FORM = "a form has nothing for an empty list or map: it is as absent"
EMPTY_BLOB = "a body of no bytes is a blob of none, where the vector has no blob"
MEDIA_TYPE = "the SDK takes any value and writes it as JSON; the vector gives JSON as text"
XML_NAME = "the SDK and its models keep the element's name of the member, not of its structure"
XML_ROOT = "no model leaves the root of a request to be named as its structure"
FLATTENED = "in a model, a flattened list whose items have a name is sent under that name"
HOST_LABEL = "the SDK writes a member of the host's name under a name of its own"
PRECEDENCE = "what a parameter of its own replaced is not in the request"
ALL_PARAMETERS = "parameters that are members themselves are not repeated in the map of the others"
CONTENT_TYPE = "the header is the SDK's default for the member"
EVENTS = "event streams are not spoken"
UNKNOWN_UNION = "the SDK puts its own member in place of one that is unknown"
NOT_JSON = "a body that is no JSON is refused, though the SDK ignores it where no member is in it"
NOT_EMPTY = "a body where no member is in one: clients ignore it, and it warns"
NO_MAP = "the model calls text what it describes as a map"
NO_UNION = "the SDK raises on a union without a member"
NO_HEADER = "the vector lacks the header of the protocol"
NO_BODY = "the SDK raises on a body that is empty; the vector gives none"
SDK_QUOTES = "the SDK splits a header at a comma in quotes"
SDK_DATES = "the SDK splits a header at the comma in a date"
SDK_NULL = "the SDK raises on a null in a map of lists"

_ROWS = (
    ("written", "input/json/AwsJson11HostWithPath", SLASH),
    ("written", "input/json/SDKAppliedContentEncoding_awsJson1_1", GZIP),
    ("written", "input/json/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1", GZIP),
    ("written", "input/json_1_0/AwsJson10HostWithPath", SLASH),
    ("written", "input/json_1_0/SDKAppliedContentEncoding_awsJson1_0", GZIP),
    ("written", "input/json_1_0/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0", GZIP),
    ("written", "input/rest-json/RestJsonHttpChecksumRequired", CHECKSUM),
    ("written", "input/rest-json/RestJsonHttpPayloadWithUnsetUnion", EMPTY_UNION),
    ("written", "input/rest-json/MediaTypeHeaderInputBase64", MEDIA_TYPE),
    ("written", "input/rest-json/SDKAppliedContentEncoding_restJson1", GZIP),
    ("written", "input/rest-json/SDKAppendedGzipAfterProvidedEncoding_restJson1", GZIP),
    ("written", "input/rest-xml/BodyWithXmlName", XML_NAME),
    ("written", "input/rest-xml/RestXmlHttpPayloadWithUnion", XML_NAME),
    ("written", "input/rest-xml/HttpPayloadWithXmlName", XML_NAME),
    ("written", "input/rest-xml/HttpPayloadWithXmlNamespace", XML_NAME),
    ("written", "input/rest-xml/HttpPayloadWithXmlNamespaceAndPrefix", XML_NAME),
    ("written", "input/rest-xml/SDKAppliedContentEncoding_restXml", GZIP),
    ("written", "input/rest-xml/SDKAppendedGzipAfterProvidedEncoding_restXml", GZIP),
    ("written", "input/rest-xml/XmlAttributesOnPayload", XML_NAME),
    ("written", "input/rest-xml/XmlLists", FLATTENED),
    ("written", "legacy/input/rest-xml/23.0", XML_ROOT),
    ("written", "legacy/input/rest-xml/23.1", XML_ROOT),
    ("written", "input/query/QueryHostWithPath", SLASH),
    ("written", "input/query/SDKAppliedContentEncoding_awsQuery", GZIP),
    ("written", "input/query/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery", GZIP),
    ("written", "input/query/QueryFlattenedListArgWithXmlName", FLATTENED),
    ("written", "input/ec2/Ec2QueryEndpointTraitWithHostLabel", HOST_LABEL),
    ("written", "input/ec2/Ec2QueryHostWithPath", SLASH),
    ("written", "input/ec2/SDKAppliedContentEncoding_ec2Query", GZIP),
    ("written", "input/ec2/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query", GZIP),
    ("read", "input/json/SDKAppliedContentEncoding_awsJson1_1", GZIP),
    ("read", "input/json/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1", GZIP),
    ("read", "input/json_1_0/SDKAppliedContentEncoding_awsJson1_0", GZIP),
    ("read", "input/json_1_0/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0", GZIP),
    ("read", "input/rest-json/RestJsonAllQueryStringTypes", ALL_PARAMETERS),
    ("read", "input/rest-json/RestJsonQueryStringEscaping", ALL_PARAMETERS),
    ("read", "input/rest-json/RestJsonSupportsNaNFloatQueryValues", ALL_PARAMETERS),
    ("read", "input/rest-json/RestJsonSupportsInfinityFloatQueryValues", ALL_PARAMETERS),
    ("read", "input/rest-json/RestJsonSupportsNegativeInfinityFloatQueryValues", ALL_PARAMETERS),
    ("read", "input/rest-json/RestJsonZeroAndFalseQueryValues", ALL_PARAMETERS),
    ("read", "input/rest-json/MediaTypeHeaderInputBase64", MEDIA_TYPE),
    ("read", "input/rest-json/SDKAppliedContentEncoding_restJson1", GZIP),
    ("read", "input/rest-json/SDKAppendedGzipAfterProvidedEncoding_restJson1", GZIP),
    ("read", "input/rest-json/RestJsonQueryPrecedence", PRECEDENCE),
    ("read", "input/rest-json/RestJsonHttpWithEmptyStructurePayload", EMPTY_PAYLOAD),
    ("read", "input/rest-json/RestJsonHttpWithHeadersButNoPayload", EMPTY_PAYLOAD),
    ("read", "legacy/input/rest-json/13.1", EMPTY_PAYLOAD),
    ("read", "legacy/input/rest-json/25.2", EMPTY_PAYLOAD),
    ("read", "legacy/input/rest-json/25.4", EMPTY_PAYLOAD),
    ("read", "legacy/input/rest-json/25.7", CONTENT_TYPE),
    ("read", "input/rest-xml/BodyWithXmlName", XML_NAME),
    ("read", "input/rest-xml/SDKAppliedContentEncoding_restXml", GZIP),
    ("read", "input/rest-xml/SDKAppendedGzipAfterProvidedEncoding_restXml", GZIP),
    ("read", "input/rest-xml/RestXmlQueryPrecedence", PRECEDENCE),
    ("read", "input/rest-xml/XmlLists", FLATTENED),
    ("read", "input/query/SDKAppliedContentEncoding_awsQuery", GZIP),
    ("read", "input/query/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery", GZIP),
    ("read", "input/query/QueryFlattenedListArgWithXmlName", FLATTENED),
    ("read", "input/query/QueryEmptyQueryMaps", EMPTY_FORM),
    ("read", "input/ec2/SDKAppliedContentEncoding_ec2Query", GZIP),
    ("read", "input/ec2/SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query", GZIP),
    ("read", "input/ec2/Ec2EmptyQueryLists", EMPTY_FORM),
    ("output", "legacy/output/json/6.0", EVENTS),
    ("output", "legacy/output/rest-json/8.0", NOT_JSON),
    ("output", "legacy/output/rest-json/17.2", UNKNOWN_UNION),
    ("output", "output/rest-json/RestJsonHttpPayloadTraitsWithNoBlobBody", EMPTY_BLOB),
    ("output", "output/rest-json/MediaTypeHeaderOutputBase64", MEDIA_TYPE),
    ("output", "legacy/output/rest-xml/14.0", EVENTS),
    ("output", "legacy/output/rest-xml/14.1", EVENTS),
    ("output", "legacy/output/rest-xml/14.2", EVENTS),
    ("output", "legacy/output/rest-xml/16.2", UNKNOWN_UNION),
    ("output", "output/rest-xml/BodyWithXmlName", XML_NAME),
    ("output", "output/rest-xml/HttpPayloadTraitsWithNoBlobBody", EMPTY_BLOB),
    ("output", "output/rest-xml/XmlLists", FLATTENED),
    ("output", "output/query/QueryXmlLists", FLATTENED),
    ("output", "output/ec2/Ec2XmlLists", FLATTENED),
    ("judged", "output/smithy-rpc-v2-cbor/RpcV2CborPayloadWithUnsetUnion", NO_HEADER),
    ("judged", "legacy/output/json/3.1", NO_MAP),
    ("judged", "legacy/output/json/6.0", EVENTS),
    ("judged", "legacy/output/rest-json/8.0", NOT_EMPTY),
    ("judged", "output/rest-json/RestJsonHttpPayloadWithUnsetUnion", NO_UNION),
    ("judged", "output/rest-json/RestJsonInputAndOutputWithQuotedStringHeaders", SDK_QUOTES),
    ("judged", "output/rest-json/RestJsonInputAndOutputWithTimestampHeaders", SDK_DATES),
    ("judged", "output/rest-json/RestJsonDeserializesDenseSetMapAndSkipsNull", SDK_NULL),
    ("judged", "output/rest-xml/BodyWithXmlName", XML_NAME),
    ("judged", "output/rest-xml/RestXmlHttpPayloadWithUnsetUnion", NO_UNION),
    ("judged", "output/rest-xml/InputAndOutputWithTimestampHeaders", SDK_DATES),
    ("judged", "output/rest-xml/XmlLists", FLATTENED),
    ("judged", "output/query/QueryEmptyInputAndEmptyOutput", NO_BODY),
    ("judged", "output/query/QueryNoInputAndNoOutput", NO_BODY),
    ("judged", "output/query/QueryNoInputAndOutput", NO_BODY),
    ("judged", "output/query/QueryXmlLists", FLATTENED),
    ("judged", "output/ec2/Ec2XmlLists", FLATTENED),
)

#: What is tried of a vector → the vector → why it is not met.
EXCEPTIONS: Mapping[str, Mapping[str, str]] = {
    what: {name: why for tried, name, why in _ROWS if tried == what}
    for what in dict.fromkeys(tried for tried, _, _ in _ROWS)
}
