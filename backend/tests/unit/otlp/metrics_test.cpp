// Data points -> samples and counter points.
#include "unit/otlp/otlp_test.hpp"

namespace sentinel {
namespace {

class OtlpMetrics : public OtlpTest {
 protected:
  static std::string point(std::string_view value, std::string_view attributes = "{}",
                           int64_t start_ms = -60'000, int64_t time_ms = 0) {
    return fmt::format(R"({{"startTimeUnixNano":{},"timeUnixNano":{},{},"attributes":{}}})",
                       at(start_ms), at(time_ms), value, otlp_attributes(attributes));
  }
  static std::string gauge(std::string_view name, std::string_view points) {
    return fmt::format(R"({{"name":"{}","gauge":{{"dataPoints":[{}]}}}})", name, points);
  }
  static std::string sum(std::string_view name, std::string_view points, int temporality,
                         bool monotonic = true) {
    return fmt::format(
        R"({{"name":"{}","sum":{{"dataPoints":[{}],"aggregationTemporality":{},"isMonotonic":{}}}}})",
        name, points, temporality, monotonic);
  }
  static std::string histogram(std::string_view name, std::string_view points, int temporality,
                               std::string_view form = "histogram") {
    return fmt::format(R"({{"name":"{}","{}":{{"dataPoints":[{}],"aggregationTemporality":{}}}}})",
                       name, form, points, temporality);
  }
  static std::vector<std::string> lines_of_metrics(
      const std::string& metrics,
      std::string_view resource = R"({"service.name":"bot","host.name":"node-1","process.pid":77})",
      std::string_view scope = "test") {
    return lines(Signal::Metrics, otlp_export(Signal::Metrics, resource, metrics, scope));
  }
};

constexpr std::string_view kWho = "s bot ts=2026-03-01T12:00:00Z";

TEST_F(OtlpMetrics, MakeASampleOfAProcess) {
  EXPECT_THAT(
      lines_of_metrics(
          gauge("process.cpu.utilization",
                point(R"("asDouble":0.25)", R"({"cpu.mode":"user"})") + "," +
                    point(R"("asDouble":0.05)", R"({"cpu.mode":"system"})")) +
          "," + sum("process.memory.usage", point(R"("asInt":"512000000")"), 2, false) + "," +
          gauge("process.gpu.utilization", point(R"("asDouble":0.5)", R"({"hw.id":"0"})") + "," +
                                               point(R"("asDouble":0.9)", R"({"hw.id":"1"})")) +
          "," +
          gauge("process.gpu.memory.usage", point(R"("asInt":1000)", R"({"hw.id":"0"})") + "," +
                                                point(R"("asInt":2000)", R"({"hw.id":"1"})"))),
      ElementsAre(fmt::format("0 {} cpu=3000 memory=512000000 gpu=7000 gpus=2 gpu_memory=3000 "
                              "host=node-1 pid=77",
                              kWho)));
}

// What is of the machine goes to the machine, whoever sends it.
TEST_F(OtlpMetrics, MakeASampleOfTheHost) {
  EXPECT_THAT(
      lines_of_metrics(
          gauge("system.cpu.utilization",
                point(R"("asDouble":0.5)", R"({"cpu.mode":"user","cpu.logical_number":0})") + "," +
                    point(R"("asDouble":0.5)", R"({"cpu.mode":"idle","cpu.logical_number":0})") +
                    "," +
                    point(R"("asDouble":0.1)", R"({"cpu.mode":"user","cpu.logical_number":1})") +
                    "," +
                    point(R"("asDouble":0.9)", R"({"cpu.mode":"idle","cpu.logical_number":1})")) +
          "," +
          sum("system.memory.usage", point(R"("asInt":8000)", R"({"system.memory.state":"used"})"),
              2, false) +
          "," + gauge("hw.gpu.utilization", point(R"("asDouble":0.4)", R"({"hw.id":"0"})"))),
      ElementsAre("0 s host:node-1 ts=2026-03-01T12:00:00Z cpu=3000 memory=8000 gpu=4000 gpus=1 "
                  "host=node-1"));
}

// A collector knows the process, not the agent.
TEST_F(OtlpMetrics, AskWhoseAProcessIs) {
  EXPECT_THAT(
      lines_of_metrics(gauge("process.gpu.memory.usage",
                             point(R"("asInt":1000)", R"({"process.pid":"4242","hw.id":"0"})")),
                       R"({"service.name":"gpu-collector","host.name":"node-1"})"),
      ElementsAre("0 s gpu-collector of_process ts=2026-03-01T12:00:00Z gpu_memory=1000 "
                  "host=node-1 pid=4242"));
}

TEST_F(OtlpMetrics, KeepOtherGaugesAsCustomMetrics) {
  EXPECT_THAT(
      lines_of_metrics(gauge("queue.depth", point(R"("asInt":3)")) + "," +
                       gauge("queue.age", point(R"("asDouble":1.5)")) + "," +
                       gauge("queue.depth", point(R"("asInt":9)", R"({"queue":"slow"})"))),
      ElementsAre(
          fmt::format(R"(0 {} host=node-1 pid=77 custom={{"queue.depth":3,"queue.age":1.5}})",
                      kWho),
          fmt::format(
              R"(2 {} host=node-1 pid=77 custom={{"queue.depth":9}} attributes={{"queue":"slow"}})",
              kWho)));
}

// Counters stay what they are; a sample beside them says that the agent is there.
TEST_F(OtlpMetrics, KeepCountersAsTheyCome) {
  EXPECT_THAT(
      lines_of_metrics(sum("jobs", point(R"("asInt":5)", R"({"kind":"a"})"), 1) + "," +
                           sum("jobs", point(R"("asInt":105)", R"({"kind":"a"})"), 2),
                       R"({"service.name":"bot","service.instance.id":"i-1"})"),
      ElementsAre(
          "0 s bot ts=2026-03-01T12:00:00Z",
          R"(0 delta bot jobs=5 start=2026-03-01T11:59:00Z ts=2026-03-01T12:00:00Z attributes={"kind":"a","service.instance.id":"i-1"})",
          R"(1 cumulative bot jobs=105 start=2026-03-01T11:59:00Z ts=2026-03-01T12:00:00Z attributes={"kind":"a","service.instance.id":"i-1"})"));
}

TEST_F(OtlpMetrics, KeepHistogramsAsCountAndSum) {
  for (std::string form : {"histogram", "exponentialHistogram"}) {
    EXPECT_THAT(lines_of_metrics(histogram("gen_ai.client.operation.duration",
                                           point(R"("count":"4","sum":2.5)"), 2, form),
                                 R"({"service.name":"bot"})"),
                ElementsAre("0 s bot ts=2026-03-01T12:00:00Z",
                            "0 cumulative bot gen_ai.client.operation.duration.count=4 "
                            "start=2026-03-01T11:59:00Z ts=2026-03-01T12:00:00Z",
                            "0 cumulative bot gen_ai.client.operation.duration.sum=2.5 "
                            "start=2026-03-01T11:59:00Z ts=2026-03-01T12:00:00Z"));
  }
  EXPECT_THAT(lines_of_metrics(R"({"name":"old","summary":{"dataPoints":[)" +
                                   point(R"("count":"2","sum":3)") + "]}}",
                               R"({"service.name":"bot"})"),
              ElementsAre("0 s bot ts=2026-03-01T12:00:00Z",
                          "0 cumulative bot old.count=2 start=2026-03-01T11:59:00Z "
                          "ts=2026-03-01T12:00:00Z",
                          "0 cumulative bot old.sum=3 start=2026-03-01T11:59:00Z "
                          "ts=2026-03-01T12:00:00Z"));
}

// Its own CPU in percent and its memory by type, as histograms.
TEST_F(OtlpMetrics, KnowWhatGeminiCliSaysOfItself) {
  auto found = lines_of_metrics(
      histogram("gemini_cli.cpu.usage", point(R"("count":"2","sum":50)"), 1) + "," +
          histogram("gemini_cli.memory.usage",
                    point(R"("count":"1","sum":300000000)", R"({"memory_type":"rss"})"), 1),
      R"({"service.name":"gemini-cli"})");
  EXPECT_THAT(found,
              ElementsAre("0 s gemini-cli ts=2026-03-01T12:00:00Z cpu=2500 memory=300000000"));
}

TEST_F(OtlpMetrics, TakeAnUnknownTemporalityOfClaudeCodeAlone) {
  EXPECT_THAT(lines_of_metrics(sum("claude_code.token.usage", point(R"("asInt":5)"), 0),
                               R"({"service.name":"claude-code"})"),
              ElementsAre("0 s claude-code ts=2026-03-01T12:00:00Z",
                          "0 delta claude-code claude_code.token.usage=5 "
                          "start=2026-03-01T11:59:00Z ts=2026-03-01T12:00:00Z"));
  EXPECT_THAT(lines_of_metrics(sum("jobs", point(R"("asInt":5)"), 0)),
              ElementsAre("0 refused jobs: jobs says neither delta nor cumulative as its "
                          "temporality"));
}

TEST_F(OtlpMetrics, RefuseWhatCannotBe) {
  EXPECT_THAT(lines_of_metrics(gauge("x", point(R"("asDouble":"NaN")"))),
              ElementsAre("0 refused x: x must be a finite number"));
  EXPECT_THAT(lines_of_metrics(gauge("x", point(R"("asInt":1)", "{}", 0, 120'000))),
              ElementsAre("0 refused x: timestamp 2026-03-01T12:02:00Z is more than 60 s ahead of "
                          "the server"));
  EXPECT_THAT(lines_of_metrics(gauge("", point(R"("asInt":1)"))),
              ElementsAre("0 refused name: name is empty"));
  EXPECT_THAT(lines_of_metrics(gauge(std::string(201, 'x'), point(R"("asInt":1)"))),
              ElementsAre(fmt::format("0 refused {}: name has 201 characters, the limit is 200",
                                      std::string(200, 'x'))));
}

TEST_F(OtlpMetrics, PassOverPointsWithoutAValue) {
  EXPECT_THAT(lines_of_metrics(gauge("x", point(R"("flags":1)"))), ElementsAre("1 ignored"));
}

// A sample holds 64 custom metrics; what is more goes into another one.
TEST_F(OtlpMetrics, SplitASampleThatIsFull) {
  std::string metrics;
  for (int i = 0; i < 70; ++i) {
    metrics += (i ? "," : "") + gauge(fmt::format("g{}", i), point(R"("asInt":1)"));
  }
  auto found = lines_of_metrics(metrics);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0], ::testing::HasSubstr(R"("g63":1})"));
  EXPECT_THAT(found[1], ::testing::HasSubstr(R"(custom={"g64":1)"));
}

}  // namespace
}  // namespace sentinel
