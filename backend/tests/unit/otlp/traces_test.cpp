// Spans -> records.
#include "unit/otlp/otlp_test.hpp"

namespace sentinel {
namespace {

constexpr std::string_view kTrace = "0af71d9c22f14b8e9a4400ff10203040";

class OtlpTraces : public OtlpTest {
 protected:
  struct SpanText {
    std::string id = "00000000000000a1";
    std::string parent = "";
    std::string name = "chat gpt-4o";
    std::string attributes = "{}";
    std::string status = "";
    int64_t start_ms = -1500;
    int64_t end_ms = 0;
  };

  static std::string span(const SpanText& span) {
    return fmt::format(R"({{"traceId":"{}","spanId":"{}","parentSpanId":"{}","name":"{}","kind":3,)"
                       R"("startTimeUnixNano":{},"endTimeUnixNano":{},"attributes":{}{}}})",
                       kTrace, span.id, span.parent, span.name, at(span.start_ms), at(span.end_ms),
                       otlp_attributes(span.attributes),
                       span.status.empty() ? "" : fmt::format(R"(,"status":{})", span.status));
  }
  static std::vector<std::string> lines_of_spans(
      const std::string& spans, std::string_view resource = R"({"service.name":"bot"})",
      std::string_view sole_agent = {}) {
    return lines(Signal::Traces, otlp_export(Signal::Traces, resource, spans), sole_agent);
  }
};

TEST_F(OtlpTraces, MakeARequestOfAnInferenceSpan) {
  EXPECT_THAT(
      lines_of_spans(
          span(
              {.attributes =
                   R"({"gen_ai.operation.name":"chat","gen_ai.provider.name":"openai",)"
                   R"("gen_ai.request.model":"gpt-4o","gen_ai.response.model":"gpt-4o-2024-08-06",)"
                   R"("gen_ai.usage.input_tokens":1000,"gen_ai.usage.output_tokens":200,)"
                   R"("gen_ai.usage.cache_read.input_tokens":300,)"
                   R"("gen_ai.usage.reasoning.output_tokens":50,)"
                   R"("gen_ai.response.time_to_first_chunk":0.25,)"
                   R"("gen_ai.conversation.id":"c-1","gen_ai.response.finish_reasons":["stop"],)"
                   R"("gen_ai.input.messages":"never kept"})"}),
          R"({"service.name":"bot","service.version":"2.1","host.name":"node-1","process.pid":77,)"
          R"("deployment.environment.name":"prod"})"),
      ElementsAre("0 r bot ts=2026-03-01T12:00:00Z error=false latency=1500000 ttft=250000 "
                  "provider=openai model=gpt-4o-2024-08-06 in=1000 out=200 read=300 reasoning=50 "
                  "host=node-1 pid=77 "
                  R"(attributes={"gen_ai.conversation.id":"c-1","gen_ai.operation.name":"chat",)"
                  R"("gen_ai.response.finish_reason":"stop","service.version":"2.1",)"
                  R"("deployment.environment.name":"prod"})"));
}

// Every generation of names comes to the same record.
TEST_F(OtlpTraces, KnowTheNamesOfEveryGeneration) {
  for (
      std::string attributes : {
          R"({"gen_ai.operation.name":"chat","gen_ai.provider.name":"anthropic","gen_ai.response.model":"m","gen_ai.usage.input_tokens":100,"gen_ai.usage.output_tokens":20,"gen_ai.usage.cache_read.input_tokens":30,"gen_ai.usage.cache_write.input_tokens":4,"gen_ai.usage.reasoning.output_tokens":5})",
          R"({"gen_ai.operation.name":"chat","gen_ai.system":"anthropic","gen_ai.request.model":"m","gen_ai.usage.prompt_tokens":100,"gen_ai.usage.completion_tokens":20,"gen_ai.usage.cache_read_input_tokens":30,"gen_ai.usage.cache_creation_input_tokens":4,"gen_ai.usage.reasoning_tokens":5})",
          R"({"openinference.span.kind":"LLM","llm.provider":"anthropic","llm.model_name":"m","llm.token_count.prompt":100,"llm.token_count.completion":20,"llm.token_count.prompt_details.cache_read":30,"llm.token_count.prompt_details.cache_write":4,"llm.token_count.completion_details.reasoning":5})",
          R"({"llm.request.type":"chat","gen_ai.system":"anthropic","gen_ai.response.model":"m","llm.usage.prompt_tokens":100,"llm.usage.completion_tokens":20,"gen_ai.usage.cache_read_tokens":30,"gen_ai.usage.cache_write_tokens":4,"gen_ai.usage.reasoning_tokens":5})",
          R"({"gen_ai.system":"anthropic","gen_ai.request.model":"m","gen_ai.usage.input_tokens":"100","gen_ai.usage.output_tokens":"20","gen_ai.usage.prompt_tokens_details.cached_tokens":30,"gen_ai.usage.cache_creation_tokens":4,"gen_ai.usage.completion_tokens_details.reasoning_tokens":5})",
      }) {
    auto found = lines_of_spans(span({.attributes = attributes}));
    ASSERT_EQ(found.size(), 1u) << attributes;
    auto record = found[0].substr(0, found[0].find(" attributes="));
    EXPECT_EQ(record,
              "0 r bot ts=2026-03-01T12:00:00Z error=false latency=1500000 provider=anthropic "
              "model=m in=100 out=20 read=30 write=4 reasoning=5");
  }
}

// Where a meaning comes twice, the newest name has it.
TEST_F(OtlpTraces, PreferTheNewestName) {
  EXPECT_THAT(
      lines_of_spans(
          span({.attributes = R"({"gen_ai.system":"old","gen_ai.provider.name":"new",)"
                              R"("gen_ai.usage.prompt_tokens":1,)"
                              R"("gen_ai.usage.input_tokens":2,"gen_ai.request.model":"m"})"})),
      ElementsAre("0 r bot ts=2026-03-01T12:00:00Z error=false latency=1500000 provider=new "
                  "model=m in=2"));
}

// Who counts cached tokens beside the input has more of them than input; the model counts them in.
TEST_F(OtlpTraces, CountCachedTokensIntoTheInput) {
  EXPECT_THAT(
      lines_of_spans(
          span({.attributes = R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"m",)"
                              R"("gen_ai.usage.input_tokens":12,)"
                              R"("gen_ai.usage.cache_read_input_tokens":9000,)"
                              R"("gen_ai.usage.cache_creation_input_tokens":500})"})),
      ElementsAre("0 r bot ts=2026-03-01T12:00:00Z error=false latency=1500000 model=m in=9512 "
                  R"(read=9000 write=500 attributes={"gen_ai.operation.name":"chat"})"));
}

TEST_F(OtlpTraces, TakeTheCostThatTheSenderReports) {
  for (std::string attribute : {R"("gen_ai.usage.cost":0.00123)", R"("llm.cost.total":0.00123)",
                                R"("cost_usd":"0.00123")", R"("cost_usd_micros":1230)"}) {
    auto found = lines_of_spans(
        span({.attributes = R"({"gen_ai.request.model":"m","gen_ai.usage.input_tokens":1,)" +
                            attribute + "}"}));
    EXPECT_THAT(found, ElementsAre("0 r bot ts=2026-03-01T12:00:00Z error=false latency=1500000 "
                                   "cost=1230000 model=m in=1"))
        << attribute;
  }
}

// OpenLLMetry calls it an entity of kind tool.
TEST_F(OtlpTraces, KeepTheNameOfATool) {
  for (std::string attributes :
       {R"({"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"look-up"})",
        R"({"openinference.span.kind":"TOOL","tool.name":"look-up"})",
        R"({"traceloop.span.kind":"tool","traceloop.entity.name":"look-up"})"}) {
    auto found = lines_of_spans(span({.attributes = attributes}));
    ASSERT_EQ(found.size(), 1u) << attributes;
    EXPECT_THAT(found[0], ::testing::HasSubstr(R"("gen_ai.tool.name":"look-up")"));
  }
}

TEST_F(OtlpTraces, KeepWhyACallEnded) {
  for (std::string attributes :
       {R"({"gen_ai.operation.name":"chat","gen_ai.response.finish_reasons":["length"]})",
        R"({"openinference.span.kind":"LLM","llm.finish_reason":"length"})"}) {
    auto found = lines_of_spans(span({.attributes = attributes}));
    ASSERT_EQ(found.size(), 1u) << attributes;
    EXPECT_THAT(found[0], ::testing::HasSubstr(R"("gen_ai.response.finish_reason":"length")"));
  }
}

TEST_F(OtlpTraces, SayThatACallFailed) {
  const std::string call = R"("gen_ai.operation.name":"chat","gen_ai.request.model":"m")";
  EXPECT_THAT(lines_of_spans(span({.attributes = "{" + call + R"(,"error.type":"timeout"})"})),
              ElementsAre("0 r bot ts=2026-03-01T12:00:00Z error=true latency=1500000 model=m "
                          R"(attributes={"gen_ai.operation.name":"chat","error.type":"timeout"})"));
  auto found = lines_of_spans(
      span({.attributes = "{" + call + "}", .status = R"({"code":2,"message":"boom"})"}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0], ::testing::HasSubstr(" error=true "));
}

// The agent's span carries the sum of its calls' tokens: only the calls count.
TEST_F(OtlpTraces, CountTokensOnInferenceSpansAlone) {
  auto found = lines_of_spans(
      span(
          {.id = "00000000000000c1",
           .parent = "00000000000000b1",
           .attributes =
               R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"m","gen_ai.usage.input_tokens":10})"}) +
      "," +
      span(
          {.id = "00000000000000c2",
           .parent = "00000000000000b1",
           .name = "execute_tool search",
           .attributes =
               R"({"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"search","error.type":"404"})"}) +
      "," +
      span(
          {.id = "00000000000000b1",
           .parent = "00000000000000a1",
           .attributes =
               R"({"gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"planner","gen_ai.usage.input_tokens":10,"gen_ai.request.model":"m"})"}) +
      "," + span({.id = "00000000000000a1", .name = "POST /ask"}));
  EXPECT_THAT(
      found,
      ElementsAre(
          "0 r bot/planner parent=bot ts=2026-03-01T12:00:00Z error=false latency=1500000 model=m "
          R"(in=10 attributes={"gen_ai.operation.name":"chat"})",
          "1 s bot/planner parent=bot ts=2026-03-01T12:00:00Z "
          R"(custom={"execute_tool.duration_ms":1500,"execute_tool.errors":1} )"
          R"(attributes={"gen_ai.tool.name":"search","gen_ai.operation.name":"execute_tool","error.type":"404"})",
          "2 s bot/planner parent=bot ts=2026-03-01T12:00:00Z "
          R"(custom={"invoke_agent.duration_ms":1500,"invoke_agent.errors":0} )"
          R"(attributes={"gen_ai.operation.name":"invoke_agent"})",
          "1 ignored"));
}

// A framework and the client below it, both instrumented, tell of one call.
TEST_F(OtlpTraces, CountTheInnerOfTwoInferenceSpans) {
  auto found = lines_of_spans(
      span(
          {.id = "00000000000000c1",
           .parent = "00000000000000b1",
           .attributes =
               R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"m","gen_ai.usage.input_tokens":10,"gen_ai.response.id":"r-1"})"}) +
      "," +
      span(
          {.id = "00000000000000b1",
           .attributes =
               R"({"openinference.span.kind":"LLM","llm.model_name":"m","llm.token_count.prompt":10,"gen_ai.response.id":"r-1"})"}));
  EXPECT_THAT(found,
              ElementsAre("0 r bot ts=2026-03-01T12:00:00Z error=false latency=1500000 model=m "
                          R"(in=10 attributes={"gen_ai.operation.name":"chat"})",
                          "1 s bot ts=2026-03-01T12:00:00Z "
                          R"(custom={"inference.duration_ms":1500,"inference.errors":0})"));
}

TEST_F(OtlpTraces, KnowAgentsByTheirResource) {
  const auto call =
      span({.attributes = R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"m"})"});
  auto agent = [&](std::string_view resource, std::string_view sole_agent = {}) {
    auto found = lines_of_spans(call, resource, sole_agent);
    return found.size() == 1 ? found[0].substr(4, found[0].find(" ts=") - 4) : "not one record";
  };
  EXPECT_EQ(agent("{}"), "unknown_service");
  EXPECT_EQ(agent(R"({"service.name":"a"})"), "a");
  EXPECT_EQ(agent(R"({"service.name":"a","service.namespace":"shop"})"), "shop/a");
  EXPECT_EQ(agent(R"({"service.name":"a","sentinel.agent":"mine"})"), "mine");
  EXPECT_EQ(agent(R"({"service.name":"a"})", "only"), "only");
}

TEST_F(OtlpTraces, KnowACallAgainHoweverItIsToldOf) {
  auto key = [](std::string attributes, std::string id) {
    auto body = padded(to_protobuf(
        Signal::Traces,
        otlp_export(
            Signal::Traces, R"({"service.name":"bot"})",
            span({.id = id,
                  .attributes = R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"m")" +
                                attributes + "}"}))));
    return decode(Signal::Traces, Encoding::Protobuf, body)->records.at(0).key;
  };
  EXPECT_EQ(key("", "00000000000000a1"), key("", "00000000000000a1"));
  EXPECT_NE(key("", "00000000000000a1"), key("", "00000000000000a2"));
  const std::string id = R"(,"gen_ai.response.id":"chatcmpl-1")";
  EXPECT_EQ(key(id, "00000000000000a1"), key(id, "00000000000000a2"));
  EXPECT_NE(key(id, "00000000000000a1"), key("", "00000000000000a1"));
}

// Claude Code tells of each call by an event, and by a span that counts only under the same id.
TEST_F(OtlpTraces, LeaveTheCallsOfCodingAgentsToTheirEvents) {
  auto found = [](std::string service, std::string attributes) {
    return lines_of_spans(span({.name = "claude_code.llm_request", .attributes = attributes}),
                          fmt::format(R"({{"service.name":"{}"}})", service));
  };
  const std::string tokens = R"("model":"claude-opus-4-1[1m]","input_tokens":3,)"
                             R"("cache_read_tokens":100,"output_tokens":5,"ttft_ms":420)";
  EXPECT_THAT(found("claude-code", "{" + tokens + "}"), ElementsAre("1 ignored"));
  EXPECT_THAT(found("claude-code", "{" + tokens + R"(,"request_id":"req_1"})"),
              ElementsAre("0 r claude-code ts=2026-03-01T12:00:00Z error=false latency=1500000 "
                          "ttft=420000 model=claude-opus-4-1 in=103 out=5 read=100"));
  EXPECT_THAT(found("codex_cli_rs", R"({"gen_ai.operation.name":"chat","model":"m"})"),
              ElementsAre("1 ignored"));
}

TEST_F(OtlpTraces, RefuseWhatCannotBe) {
  const std::string call = R"("gen_ai.operation.name":"chat","gen_ai.request.model":"m")";
  auto refusal = [&](std::string attributes, int64_t start_ms = -1, int64_t end_ms = 0) {
    auto found = lines_of_spans(span(
        {.attributes = "{" + call + attributes + "}", .start_ms = start_ms, .end_ms = end_ms}));
    return found.size() == 1 ? found[0] : "not one line";
  };
  EXPECT_EQ(refusal("", 1000, 0), "0 refused end_time_unix_nano: duration_ms -1000 is negative");
  EXPECT_EQ(refusal("", -86'400'001, 0),
            "0 refused end_time_unix_nano: duration_ms 86400001 is over 86400000");
  EXPECT_EQ(
      refusal("", 60'000, 61'000),
      "0 refused timestamp: timestamp 2026-03-01T12:01:01Z is more than 60 s ahead of the server");
  EXPECT_EQ(refusal(R"(,"gen_ai.usage.input_tokens":-1)"),
            "0 refused gen_ai.usage.input_tokens: gen_ai.usage.input_tokens -1 is negative");
  EXPECT_EQ(refusal(R"(,"gen_ai.usage.output_tokens":250000001)"),
            "0 refused gen_ai.usage.output_tokens: gen_ai.usage.output_tokens 250000001 is over "
            "250000000");
  EXPECT_EQ(refusal(R"(,"gen_ai.usage.cost":-0.5)"), "0 refused cost: cost -0.5 is negative");
  EXPECT_EQ(refusal(R"(,"gen_ai.provider.name":")" + std::string(201, 'x') + "\""),
            "0 refused gen_ai.provider.name: gen_ai.provider.name has 201 characters, the limit is "
            "200");
  EXPECT_EQ(refusal(R"(,"ttft_ms":-1)"),
            "0 refused time_to_first_chunk: time_to_first_chunk -1 is negative");
}

TEST_F(OtlpTraces, RefuseAllOfAResourceWithoutAName) {
  auto call = span({.attributes = R"({"gen_ai.operation.name":"chat"})"});
  EXPECT_THAT(
      lines_of_spans(call + "," + call, R"({"service.name":")" + std::string(201, 'x') + R"("})"),
      ElementsAre("0 refused resource: service.name has 201 characters, the limit is 200",
                  "1 refused resource: service.name has 201 characters, the limit is 200"));
}

// A name of 100 kB or with a line break is left out, and the call is the agent's own.
TEST_F(OtlpTraces, DoWithoutASubAgentThatHasNoProperName) {
  auto found = lines_of_spans(span(
      {.attributes = R"({"gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"a\nb"})"}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0], ::testing::StartsWith("0 s bot ts="));
}

TEST_F(OtlpTraces, AreMadeOfNothing) {
  EXPECT_THAT(lines(Signal::Traces, "{}"), IsEmpty());
  EXPECT_THAT(lines(Signal::Traces, R"({"resourceSpans":[]})"), IsEmpty());
  EXPECT_THAT(lines(Signal::Traces, R"({"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]})"),
              IsEmpty());
}

}  // namespace
}  // namespace sentinel
