// What the two readers take and refuse, beyond what the mappers make of it.
#include <protozero/pbf_writer.hpp>

#include "otlp/response.hpp"
#include "support/json.hpp"
#include "unit/otlp/otlp_test.hpp"

namespace sentinel {
namespace {

class OtlpReaders : public OtlpTest {
 protected:
  static std::string failure(Signal signal, Encoding encoding, std::string body) {
    auto padded_body = padded(std::move(body));
    auto decoded = decode(signal, encoding, padded_body);
    return decoded ? "taken" : decoded.error().reason + ": " + decoded.error().message;
  }
};

constexpr std::string_view kCall =
    R"({"traceId":"0AF71D9C22F14B8E9A4400FF10203040","spanId":"00000000000000A1",)"
    R"("endTimeUnixNano":1772366400000000000,"unknown":{"deep":[1,{"x":null}]},)"
    R"("attributes":[{"key":"gen_ai.request.model","value":{"stringValue":"m\u00fc\n"}},)"
    R"({"key":"gen_ai.usage.input_tokens","value":{"intValue":7}},)"
    R"({"key":"some.list","value":{"arrayValue":{"values":[{"intValue":1}]}}},)"
    R"({"key":"some.map","value":{"kvlistValue":{"values":[]}}},)"
    R"({"key":"nothing","value":null},{"key":"none"}]})";

TEST_F(OtlpReaders, TakeJsonInAnyOrderWithUnknownMembers) {
  auto body = padded(fmt::format(
      R"({{"x":1,"resourceSpans":[{{"schemaUrl":"u","scopeSpans":[{{"spans":[{}],"scope":{{"name":"s"}}}}],)"
      R"("resource":{{"droppedAttributesCount":0,"attributes":[{{"key":"service.name","value":{{"stringValue":"late"}}}}]}}}}]}})",
      std::string(kCall).replace(kCall.find("\\n"), 2, "")));
  auto decoded = decode(Signal::Traces, Encoding::Json, body);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_THAT(lines_of(*decoded),
              ElementsAre("0 r late ts=2026-03-01T12:00:00Z error=false model=mü in=7"));
  EXPECT_EQ(format_uuid(*decoded->records[0].trace_id), "0af71d9c-22f1-4b8e-9a44-00ff10203040");
}

TEST_F(OtlpReaders, RefuseNamesWithControlCharacters) {
  auto body =
      padded(fmt::format(R"({{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}})", kCall));
  auto decoded = decode(Signal::Traces, Encoding::Json, body);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_THAT(lines_of(*decoded),
              ElementsAre("0 refused gen_ai.response.model: gen_ai.response.model holds a control "
                          "character"));
}

TEST_F(OtlpReaders, RefuseBrokenJson) {
  for (std::string body :
       {"", "{", "[]", "7", "{} {}", R"({"resourceSpans":{}})", R"({"resourceSpans":[1]})",
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[)", "{\"resourceSpans\":[\"\xff\"]}"}) {
    EXPECT_THAT(failure(Signal::Traces, Encoding::Json, body),
                ::testing::StartsWith("json_invalid: the body is not valid JSON of OTLP: "))
        << body;
  }
  EXPECT_EQ(
      failure(Signal::Traces, Encoding::Json,
              R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]})"),
      "json_invalid: the body is not valid JSON of OTLP: traceId has a value of the wrong type");
  EXPECT_EQ(
      failure(Signal::Metrics, Encoding::Json,
              R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"x","gauge":)"
              R"({"dataPoints":[{"asInt":"1x"}]}}]}]}]})"),
      "json_invalid: the body is not valid JSON of OTLP: asInt has a value of the wrong type");
}

TEST_F(OtlpReaders, RefuseBrokenProtobuf) {
  for (std::string body : {std::string("\x0a\x05\x01", 3), std::string("\xff\xff\xff\xff\xff"),
                           std::string("{\"resourceSpans\":[]}")}) {
    for (auto signal : {Signal::Traces, Signal::Metrics, Signal::Logs}) {
      EXPECT_THAT(
          failure(signal, Encoding::Protobuf, body),
          ::testing::StartsWith("protobuf_invalid: the body is not valid protobuf of OTLP"));
    }
  }
}

// Unknown fields, the resource behind its spans, and a known number with another wire type.
TEST_F(OtlpReaders, TakeProtobufInAnyOrderWithUnknownFields) {
  std::string span;
  protozero::pbf_writer span_writer(span);
  span_writer.add_uint64(99, 5);
  span_writer.add_uint64(5, 5);  // the name, as a number
  span_writer.add_fixed64(8, static_cast<uint64_t>(kNow_s) * 1'000'000'000);
  for (auto [key, text] :
       {std::pair{"gen_ai.request.model", "m"}, {"gen_ai.operation.name", "chat"}}) {
    protozero::pbf_writer attribute(span_writer, 9);
    attribute.add_string(1, key);
    protozero::pbf_writer value(attribute, 2);
    value.add_string(1, text);
  }
  std::string scope_group;
  protozero::pbf_writer(scope_group).add_message(2, span);
  std::string resource;
  {
    protozero::pbf_writer writer(resource);
    protozero::pbf_writer attribute(writer, 1);
    attribute.add_string(1, "service.name");
    protozero::pbf_writer(attribute, 2).add_string(1, "late");
  }
  std::string group;
  protozero::pbf_writer group_writer(group);
  group_writer.add_message(2, scope_group);
  group_writer.add_string(3, "schema");
  group_writer.add_message(1, resource);
  std::string body;
  protozero::pbf_writer body_writer(body);
  body_writer.add_string(7, "unknown");
  body_writer.add_message(1, group);
  auto kept = padded(body);
  auto decoded = decode(Signal::Traces, Encoding::Protobuf, kept);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_THAT(lines_of(*decoded),
              ElementsAre("0 r late ts=2026-03-01T12:00:00Z error=false model=m "
                          R"(attributes={"gen_ai.operation.name":"chat"})"));
}

// PostgreSQL takes no text that is not UTF-8: protobuf may hold any bytes.
TEST_F(OtlpReaders, RefuseNamesThatAreNotUtf8) {
  auto json = otlp_export(
      Signal::Traces, R"({"service.name":"bot"})",
      fmt::format(
          R"({{"endTimeUnixNano":{},"attributes":{}}})", at(0),
          otlp_attributes(R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"mXX"})")));
  auto bytes = to_protobuf(Signal::Traces, json);
  bytes.replace(bytes.find("mXX"), 3, "m\xff\xfe");
  auto body = padded(bytes);
  auto decoded = decode(Signal::Traces, Encoding::Protobuf, body);
  ASSERT_TRUE(decoded);
  EXPECT_THAT(lines_of(*decoded),
              ElementsAre("0 refused gen_ai.response.model: gen_ai.response.model is not UTF-8"));
}

TEST_F(OtlpReaders, RefuseMoreItemsThanTheLimit) {
  std::string scope;
  protozero::pbf_writer writer(scope);
  for (size_t i = 0; i <= 100'000; ++i) writer.add_message(2, std::string());
  std::string group, body;
  protozero::pbf_writer(group).add_message(2, scope);
  protozero::pbf_writer(body).add_message(1, group);
  EXPECT_EQ(
      failure(Signal::Traces, Encoding::Protobuf, body),
      "too_many_records: an export may hold at most 100000 spans, log records or data points");
}

TEST_F(OtlpReaders, AreAnsweredInTheirEncoding) {
  EXPECT_EQ(otlp::export_response(Signal::Traces, Encoding::Json, 0, ""), "{}");
  EXPECT_EQ(otlp::export_response(Signal::Traces, Encoding::Protobuf, 0, ""), "");
  EXPECT_EQ(otlp::export_response(Signal::Metrics, Encoding::Json, 2, "0: x is bad"),
            R"({"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"0: x is bad"}})");
  EXPECT_EQ(to_hex(otlp::export_response(Signal::Logs, Encoding::Protobuf, 3, "no")),
            "0a06080312026e6f");
  EXPECT_EQ(otlp::status_response(Encoding::Json, 3, "bad"), R"({"code":3,"message":"bad"})");
  EXPECT_EQ(to_hex(otlp::status_response(Encoding::Protobuf, 14, "no")), "080e12026e6f");
}

}  // namespace
}  // namespace sentinel
