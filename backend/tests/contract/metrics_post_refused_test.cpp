// POST /api/v1/metrics: everything that is refused, with the sentence that says why.
#include <fstream>

#include "contract/contract_test.hpp"
#include "http/compression.hpp"
#include "support/zstd.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;
using sentinel::testing::zstd;

class MetricsRefused : public ContractTest {
 protected:
  std::string agent_ = unique_name("metrics-refused");

  void TearDown() override { EXPECT_EQ(rows_of(agent_), 0) << "something was stored"; }

  // The sentence of the only record, which must be refused by field and reason.
  std::string refused(const std::string& members) {
    auto answer = post_metrics(fmt::format(R"({{"agent_id":"{}",{}}})", agent_, members));
    if (answer.status != 400) return fmt::format("{} {}", answer.status, answer.body);
    auto body = Json::parse(answer.body);
    EXPECT_EQ(body["code"].text(), "all_rejected") << answer.body;
    EXPECT_EQ(body["rejected"].size(), 1u);
    EXPECT_EQ(body["detail"].text(), "nothing was stored: " + body["rejected"][0]["reason"].text());
    return body["rejected"][0]["field"].text() + ": " + body["rejected"][0]["reason"].text();
  }

  std::string record() const { return fmt::format(R"({{"agent_id":"{}"}})", agent_); }
};

TEST_F(MetricsRefused, NumbersThatAreNoneOrOutOfLimits) {
  EXPECT_EQ(refused(R"("latency_ms":"12")"), "latency_ms: latency_ms must be a finite number");
  EXPECT_EQ(refused(R"("latency_ms":NaN)"), "latency_ms: latency_ms must be a finite number");
  EXPECT_EQ(refused(R"("latency_ms":1e999)"), "latency_ms: latency_ms must be a finite number");
  EXPECT_EQ(refused(R"("latency_ms":-0.5)"), "latency_ms: latency_ms -0.5 is negative");
  EXPECT_EQ(refused(R"("cpu_usage_percent":130)"),
            "cpu_usage_percent: cpu_usage_percent 130 is over 100");
  EXPECT_EQ(refused(R"("input_tokens":1.5)"), "input_tokens: input_tokens must be an integer");
}

TEST_F(MetricsRefused, TimesFarFromNow) {
  auto ahead = format_rfc3339(now() + 2min), old = format_rfc3339(now() - 91 * 24h);
  EXPECT_EQ(refused(R"("timestamp":")" + ahead + '"'),
            "timestamp: timestamp " + ahead + " is more than 60 s ahead of the server");
  EXPECT_EQ(refused(R"("timestamp":")" + old + '"'),
            "timestamp: timestamp " + old + " is more than 90 days old");
  EXPECT_EQ(refused(R"("timestamp":"yesterday")"),
            "timestamp: timestamp: 'yesterday' is not a time: write 2026-11-22T20:45:00Z");
}

TEST_F(MetricsRefused, WordsThatItDoesNotKnow) {
  EXPECT_EQ(refused(R"("status":"failed")"),
            "status: status 'failed' is unknown; it is success or error");
  EXPECT_EQ(refused(R"("kind":"correction")"),
            "kind: kind 'correction' is unknown; it is request or sample");
  EXPECT_EQ(refused(R"("latency":1)"), "latency: there is no field 'latency'");
}

TEST_F(MetricsRefused, TextsOutOfLimits) {
  EXPECT_EQ(refused(R"("host":")" + std::string(201, 'h') + '"'),
            "host: host has 201 characters, the limit is 200");
  EXPECT_EQ(refused(R"("model":"a\u0007b")"), "model: model holds a control character");
  auto answer = post_metrics(R"({"agent_id":")" + std::string(201, 'a') + R"("})");
  EXPECT_THAT(rejections_of(answer),
              ::testing::ElementsAre("0 agent_id: agent_id has 201 characters, the limit is 200"));
  answer = post_metrics(R"({"agent_id":"line\nbreak"})");
  EXPECT_THAT(rejections_of(answer),
              ::testing::ElementsAre("0 agent_id: agent_id holds a control character"));
}

TEST_F(MetricsRefused, BodiesThatAreNoJson) {
  EXPECT_EQ(problem_of(post_metrics("not json")).substr(0, 57),
            "400 json_invalid: the body is not valid JSON: an object o");
  EXPECT_EQ(
      problem_of(post_metrics("\"text\"")),
      "400 json_invalid: the body is not valid JSON: an object or an array of objects is wanted");
  EXPECT_EQ(problem_of(post_metrics(record() + "}")),
            "400 json_invalid: the body is not valid JSON: text after the end");
  EXPECT_EQ(problem_of(post_metrics("{\"agent_id\":\"\xc3\x28\"}")),
            "400 json_invalid: the body is not valid JSON: The input is not valid UTF-8");
  EXPECT_EQ(problem_of(post_metrics("")).substr(0, 45),
            "400 json_invalid: the body is not valid JSON:");
}

TEST_F(MetricsRefused, BodiesThatBreakAfterARefusedRecord) {
  auto answer = post_metrics(std::string(R"([{"agent_id":"a","latency_ms":-1},)") + record() +
                             ",{\"agent_id\":");
  EXPECT_EQ(problem_of(answer).substr(0, 45), "400 json_invalid: the body is not valid JSON:")
      << answer.body;
}

TEST_F(MetricsRefused, MoreRecordsThanARequestMayHold) {
  std::string body = "[";
  for (int i = 0; i < 10'001; ++i) body += (i ? "," : "") + record();
  EXPECT_EQ(problem_of(post_metrics(body + "]")),
            "413 too_many_records: a request may hold at most 10000 records");
}

TEST_F(MetricsRefused, BodiesOverTheLimit) {
  EXPECT_EQ(problem_of(post_metrics(std::string(8 * 1024 * 1024 + 1, ' '))),
            "413 body_too_large: the body is over the limit of 8388608 bytes");
}

TEST_F(MetricsRefused, ABombOfGzipWithoutUnpackingItAll) {
  std::string bomb;
  auto member = http::gzip(std::string(16 << 20, ' '), 9);
  for (int i = 0; i < 128; ++i) bomb += member;  // 2 GiB
  ASSERT_LT(bomb.size(), 8u << 20);
  auto peak = [] {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      if (word == "VmHWM:")
        status >> word;
      else
        continue;
      return std::stol(word) / 1024;
    }
    return -1L;
  };
  auto before = peak();
  ASSERT_GT(before, 0);
  auto headers = json_with(ingest_key());
  headers["Content-Encoding"] = "gzip";
  EXPECT_EQ(problem_of(post_metrics(bomb, headers)),
            "413 body_too_large: the body unpacks to more than 67108864 bytes");
  EXPECT_LT(peak() - before, 512) << "MiB more than before";
}

TEST_F(MetricsRefused, BodiesOfStrangersUnread) {
  Headers headers = json_with("sk_nobody");
  headers["Content-Encoding"] = "gzip";
  // Unpacked, it would be refused as broken.
  auto answer = post_metrics("no gzip", headers);
  EXPECT_EQ(answer.status, 401) << answer.body;
}

TEST_F(MetricsRefused, MoreNewNamesThanARequestMayBring) {
  std::string body = "[";
  for (int i = 0; i < 150; ++i)
    body += fmt::format(R"({{"agent_id":"{}-{}"}},)", unique_name("many"), i);
  body.back() = ']';
  auto answer = post_metrics(body);
  ASSERT_EQ(answer.status, 201) << answer.body;
  auto said = Json::parse(answer.body);
  EXPECT_EQ(said["accepted"].integer(), 101);
  ASSERT_EQ(said["rejected"].size(), 49u);
  EXPECT_EQ(said["rejected"][0]["index"].integer(), 101);
  EXPECT_EQ(said["rejected"][0]["field"].text(), "agent_id");
}

TEST_F(MetricsRefused, NumbersThatTheDatabaseCannotHoldAlone) {
  for (const auto& number :
       std::vector<std::string>{"1e-20000", "1e-401", "0e999999", "0." + std::string(500, '1')}) {
    auto answer = post_metrics(fmt::format(
        R"([{{"agent_id":"tiny"}},{{"agent_id":"tiny","custom_metrics":{{"x":{}}}}}])", number));
    ASSERT_EQ(answer.status, 201) << number << answer.body;
    EXPECT_EQ(rejections_of(answer).at(0),
              "1 custom_metrics: custom_metrics.x must be a finite number")
        << number;
  }
}

TEST_F(MetricsRefused, GzipThatIsBroken) {
  auto headers = json_with(ingest_key());
  headers["Content-Encoding"] = "gzip";
  auto packed = http::gzip(record(), 6);
  EXPECT_EQ(problem_of(post_metrics(packed.substr(0, packed.size() - 4), headers)),
            "400 gzip_invalid: the body is not complete gzip");
  EXPECT_EQ(problem_of(post_metrics(record(), headers)),
            "400 gzip_invalid: the body is not complete gzip");
}

TEST_F(MetricsRefused, ZstdThatIsBrokenOrOverALimit) {
  auto headers = json_with(ingest_key());
  headers["Content-Encoding"] = "zstd";
  auto packed = zstd(record());
  EXPECT_EQ(problem_of(post_metrics(packed.substr(0, packed.size() - 4), headers)),
            "400 zstd_invalid: the body is not complete zstd");
  EXPECT_EQ(problem_of(post_metrics(zstd(std::string(64 * 1024 * 1024 + 1, ' ')), headers)),
            "413 body_too_large: the body unpacks to more than 67108864 bytes");
  EXPECT_EQ(problem_of(post_metrics(zstd(record(), 24), headers)),
            "413 zstd_window_too_large: the body was packed with a window over the limit of "
            "8388608 bytes");
}

TEST_F(MetricsRefused, EncodingsAndTypesThatItDoesNotSpeak) {
  auto headers = json_with(ingest_key());
  headers["Content-Encoding"] = "br";
  EXPECT_EQ(
      problem_of(post_metrics(record(), headers)),
      "415 encoding_unsupported: Content-Encoding br is not understood; send gzip, zstd or none");
  headers = bearer(ingest_key());
  headers["Content-Type"] = "text/xml";
  EXPECT_EQ(problem_of(post_metrics(record(), headers)),
            "415 content_type_unsupported: Content-Type text/xml is not understood; send "
            "application/json or "
            "application/x-ndjson");
}

TEST_F(MetricsRefused, RequestsWithoutTheRightKey) {
  auto answer = post_metrics(record(), {});
  EXPECT_EQ(problem_of(answer),
            "401 key_missing: send a key of scope ingest as Authorization: Bearer …; "
            "`sentinel keys create` makes one");
  EXPECT_EQ(answer.header("www-authenticate"), "Bearer");
  EXPECT_EQ(problem_of(post_metrics(record(), json_with("sk_wrong"))),
            "401 key_unknown: this key is not known: it may be mistyped, revoked or expired");
  EXPECT_EQ(problem_of(post_metrics(record(), json_with(read_key()))),
            "403 scope_refused: this key has scope read, this needs ingest");
}

TEST_F(MetricsRefused, PeopleWhoSignedIn) {
  auto person = stack().sign_in_as(models::Role::Admin);
  EXPECT_EQ(post_metrics(record(), person.headers()).status, 401);
}

TEST_F(MetricsRefused, AgentsThatAreNotOfTheKey) {
  auto own = unique_name("own");
  auto key = stack().make_key(models::KeyScope::Ingest, {own, "other"});
  auto answer =
      post_metrics(fmt::format(R"([{{"agent_id":"{}"}},{}])", own, record()), json_with(key));
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(rejections_of(answer),
              ::testing::ElementsAre("1 agent_id: agent_id '" + agent_ +
                                     "' is not among the agents of this key"));
  EXPECT_EQ(problem_of(post_metrics(record(), json_with(key))),
            "400 all_rejected: nothing was stored: agent_id '" + agent_ +
                "' is not among the agents of this key");
}

TEST_F(MetricsRefused, AKeyOfARequestThatIsTooLong) {
  auto headers = json_with(ingest_key());
  headers["Idempotency-Key"] = std::string(201, 'k');
  EXPECT_EQ(problem_of(post_metrics(record(), headers)),
            "400 idempotency_key_too_long: Idempotency-Key has 201 characters, the limit is 200");
}

TEST_F(MetricsRefused, LongTextsAreQuotedWithoutBreakingACharacter) {
  std::string name = "x";
  for (int i = 0; i < 60; ++i) name += "\xc3\xbc";
  auto answer = post_metrics(fmt::format(R"({{"agent_id":"{}","{}":1}})", agent_, name));
  ASSERT_EQ(answer.status, 400);
  auto reason =
      Json::parse(answer.body)["rejected"][0]["reason"].text();  // parsing refuses broken UTF-8
  EXPECT_TRUE(reason.starts_with("there is no field 'x\xc3\xbc")) << reason;
}

}  // namespace
}  // namespace sentinel
