// Log records -> records.
#include "unit/otlp/otlp_test.hpp"

namespace sentinel {
namespace {

class OtlpLogs : public OtlpTest {
 protected:
  static std::string log(std::string_view attributes, std::string_view body = "",
                         std::string_view more = "") {
    return fmt::format(R"({{"timeUnixNano":{},"body":{{"stringValue":"{}"}},"attributes":{}{}}})",
                       at(-250), body, otlp_attributes(attributes), more);
  }
  static std::vector<std::string> lines_of_logs(const std::string& logs, std::string_view service,
                                                std::string_view scope = "test") {
    return lines(
        Signal::Logs,
        otlp_export(Signal::Logs, fmt::format(R"({{"service.name":"{}"}})", service), logs, scope));
  }
};

// Attributes as the wire has them: numbers and flags as texts, the input without what was cached.
TEST_F(OtlpLogs, MakeARequestOfWhatClaudeCodeSaysOfACall) {
  const auto event = log(
      R"({"event.name":"api_request","session.id":"s-1","model":"claude-sonnet-4-5","input_tokens":"12",)"
      R"("output_tokens":"340","cache_read_tokens":"20000","cache_creation_tokens":"1500",)"
      R"("cost_usd":"0.0180","duration_ms":"4210","request_id":"req_1","query_source":"main",)"
      R"("user.email":"never@kept.example"})",
      "claude_code.api_request");
  EXPECT_THAT(
      lines_of_logs(event, "claude-code", "com.anthropic.claude_code.events"),
      ElementsAre("0 r claude-code ts=2026-03-01T11:59:59.750000Z error=false latency=4210000 "
                  "cost=18000000 model=claude-sonnet-4-5 in=21512 out=340 read=20000 write=1500 "
                  R"(attributes={"gen_ai.conversation.id":"s-1","query_source":"main"})"));
}

TEST_F(OtlpLogs, CountWhatClaudeCodeSaysOfItsOwnWork) {
  EXPECT_THAT(
      lines_of_logs(
          log(R"({"event.name":"api_error","model":"m","error":"overloaded","status_code":"529","duration_ms":"90"})") +
              "," +
              log(R"({"event.name":"tool_result","tool_name":"Bash","success":"false","duration_ms":"1200"})") +
              "," + log(R"({"event.name":"user_prompt","prompt":"never kept"})"),
          "claude-code"),
      ElementsAre("0 r claude-code ts=2026-03-01T11:59:59.750000Z error=true latency=90000 model=m "
                  R"(attributes={"error.type":"overloaded","http.response.status_code":"529"})",
                  "1 s claude-code ts=2026-03-01T11:59:59.750000Z "
                  R"(custom={"execute_tool.duration_ms":1200,"execute_tool.errors":1} )"
                  R"(attributes={"gen_ai.tool.name":"Bash"})",
                  "2 s claude-code ts=2026-03-01T11:59:59.750000Z "
                  R"(custom={"claude_code.user_prompt":1})"));
}

// Its tokens come with the end of the stream, how long the call took with the request.
TEST_F(OtlpLogs, PutTogetherACallOfCodex) {
  EXPECT_THAT(
      lines_of_logs(
          log(R"({"event.name":"codex.api_request","duration_ms":"900","http.response.status_code":200,"model":"gpt-5-codex"})") +
              "," +
              log(R"({"event.name":"codex.sse_event","event.kind":"response.output_text.delta"})") +
              "," +
              log(R"({"event.name":"codex.sse_event","event.kind":"response.completed","model":"gpt-5-codex","conversation.id":"c-9","input_token_count":5000,"output_token_count":700,"cached_token_count":4096,"reasoning_token_count":512,"tool_token_count":5700})") +
              "," +
              log(R"({"event.name":"codex.turn_ttft","duration_ms":321,"model":"gpt-5-codex"})") +
              "," +
              log(R"({"event.name":"codex.api_request","duration_ms":30,"http.response.status_code":503,"model":"gpt-5-codex"})"),
          "codex_cli_rs"),
      ElementsAre(
          "0 r codex_cli_rs ts=2026-03-01T11:59:59.750000Z error=false requests=0 latency=900000 "
          R"(model=gpt-5-codex attributes={"http.response.status_code":200})",
          "2 r codex_cli_rs ts=2026-03-01T11:59:59.750000Z error=false model=gpt-5-codex in=5000 "
          R"(out=700 read=4096 reasoning=512 attributes={"gen_ai.conversation.id":"c-9"})",
          "3 r codex_cli_rs ts=2026-03-01T11:59:59.750000Z requests=0 ttft=321000 "
          "model=gpt-5-codex",
          "4 r codex_cli_rs ts=2026-03-01T11:59:59.750000Z error=true requests=1 latency=30000 "
          R"(model=gpt-5-codex attributes={"http.response.status_code":503})",
          "1 ignored"));
}

// Thoughts are counted beside the output, and tools beside the prompt; the total tells.
TEST_F(OtlpLogs, MakeARequestOfWhatGeminiCliSaysOfACall) {
  EXPECT_THAT(
      lines_of_logs(
          log(R"({"event.name":"gemini_cli.api_response","model":"gemini-2.5-pro","duration_ms":2500,"input_token_count":1000,"output_token_count":100,"cached_content_token_count":600,"thoughts_token_count":400,"tool_token_count":50,"total_token_count":1550,"status_code":200})") +
              "," +
              log(R"({"event.name":"gen_ai.client.inference.operation.details","gen_ai.request.model":"gemini-2.5-pro","gen_ai.usage.input_tokens":1000})"),
          "gemini-cli"),
      ElementsAre("0 r gemini-cli ts=2026-03-01T11:59:59.750000Z error=false latency=2500000 "
                  "model=gemini-2.5-pro in=1050 out=500 read=600 reasoning=400 "
                  R"(attributes={"http.response.status_code":200})",
                  "1 ignored"));
}

TEST_F(OtlpLogs, CountAnInferenceEventOnlyWithoutASpan) {
  const std::string details =
      R"({"gen_ai.operation.name":"chat","gen_ai.request.model":"m","gen_ai.usage.input_tokens":7})";
  const std::string name = R"(,"eventName":"gen_ai.client.inference.operation.details")";
  EXPECT_THAT(lines_of_logs(log(details, "", name), "bot"),
              ElementsAre("0 r bot ts=2026-03-01T11:59:59.750000Z error=false model=m in=7 "
                          R"(attributes={"gen_ai.operation.name":"chat"})"));
  EXPECT_THAT(lines_of_logs(log(details, "",
                                name + R"(,"traceId":"0af71d9c22f14b8e9a4400ff10203040",)"
                                       R"("spanId":"00000000000000a1")"),
                            "bot"),
              ElementsAre("1 ignored"));
}

TEST_F(OtlpLogs, AreNotALogStore) {
  EXPECT_THAT(lines_of_logs(
                  log("{}", "GET /health 200") + "," + log(R"({"event.name":"checkout"})"), "shop"),
              ElementsAre("2 ignored"));
}

TEST_F(OtlpLogs, KnowACallAgainInSpanAndEvent) {
  auto event = padded(to_protobuf(
      Signal::Logs,
      otlp_export(Signal::Logs, R"({"service.name":"claude-code"})",
                  log(R"({"event.name":"api_request","request_id":"req_1","model":"m"})"))));
  auto span = padded(to_protobuf(
      Signal::Traces,
      otlp_export(Signal::Traces, R"({"service.name":"claude-code"})",
                  fmt::format(R"({{"spanId":"00000000000000a1","name":"claude_code.llm_request",)"
                              R"("endTimeUnixNano":{},"attributes":{}}})",
                              at(0), otlp_attributes(R"({"request_id":"req_1","model":"m"})")))));
  auto of_event = decode(Signal::Logs, Encoding::Protobuf, event);
  auto of_span = decode(Signal::Traces, Encoding::Protobuf, span);
  ASSERT_TRUE(of_event->records.at(0).key);
  EXPECT_EQ(of_event->records.at(0).key, of_span->records.at(0).key);
}

// Two events that differ in anything are two; the same one sent again is one.
TEST_F(OtlpLogs, TellARetryFromAnotherEvent) {
  auto keys = [](std::string_view first, std::string_view second) {
    auto body = padded(
        to_protobuf(Signal::Logs, otlp_export(Signal::Logs, R"({"service.name":"claude-code"})",
                                              log(first) + "," + log(second))));
    auto decoded = decode(Signal::Logs, Encoding::Protobuf, body);
    return std::pair{decoded->records.at(0).key, decoded->records.at(1).key};
  };
  auto same = keys(R"({"event.name":"user_prompt","event.sequence":1})",
                   R"({"event.name":"user_prompt","event.sequence":1})");
  EXPECT_EQ(same.first, same.second);
  auto different = keys(R"({"event.name":"user_prompt","event.sequence":1})",
                        R"({"event.name":"user_prompt","event.sequence":2})");
  EXPECT_NE(different.first, different.second);
}

}  // namespace
}  // namespace sentinel
