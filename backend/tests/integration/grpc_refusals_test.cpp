// What a real client of gRPC is told by the real thing when it has to wait: over the limit of its
// key, without a database, with a full spool, and where bodies have no room left.
#include <gmock/gmock.h>

#include "base/uuid.hpp"
#include "otlp/response.hpp"
#include "support/grpc_client.hpp"
#include "support/otlp.hpp"
#include "support/switched_database.hpp"
#include "support/test_stack.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kResourceExhausted = 8, kUnavailable = 14;

class GrpcRefusals : public ::testing::Test {
 protected:
  GrpcRefusals() {
    options_.metrics_api = database_.endpoint();
    options_.writer.spool_after = std::chrono::milliseconds{100};
  }
  void TearDown() override { database_.bring_back(); }

  void start() {
    stack_ = std::make_unique<TestStack>(std::move(options_));
    key_ = stack_->make_key(models::KeyScope::Ingest);
  }
  void keep_in_a_spool_of(uint64_t bytes) {
    options_.spool =
        ingest::Spool::open(folder_.path() / "spool", {.bytes_max = bytes, .disk_free_min = 0})
            .value();
  }

  // So many spans of model calls.
  std::string spans(int count) const {
    const auto now_ns =
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
    const auto trace = random_uuid();
    const auto trace_id = to_hex({reinterpret_cast<const char*>(trace.bytes.data()), 16});
    std::string items;
    for (int i = 0; i < count; ++i) {
      items += fmt::format(
          R"({}{{"traceId":"{}","spanId":"{:016x}","endTimeUnixNano":"{}","attributes":{}}})",
          i ? "," : "", trace_id, i + 1, now_ns,
          otlp_attributes(R"({"gen_ai.operation.name":"chat","gen_ai.usage.input_tokens":1})"));
    }
    return to_protobuf(otlp::Signal::Traces,
                       otlp_export(otlp::Signal::Traces,
                                   fmt::format(R"({{"service.name":"{}"}})", agent_), items));
  }
  Json call(const std::string& members) const {
    auto client = grpc_client(
        stack_->grpc_port(),
        {fmt::format(
            R"({{"id":1,"signal":"traces","metadata":{{"authorization":"Bearer {}"}},{}}})", key_,
            members)});
    auto outcomes = grpc_outcomes(client);
    if (outcomes.size() != 1) throw std::runtime_error("a call did not end");
    return outcomes[0];
  }
  Json export_spans(int count) const {
    return call(fmt::format(R"("hex":"{}")", to_hex(spans(count))));
  }
  // The google.rpc.Status that says to wait so long, as the client has it.
  static void expect_retry(const Json& outcome, int seconds) {
    EXPECT_EQ(outcome["retry"].text(),
              to_hex(otlp::status_with_retry(static_cast<int>(outcome["code"].integer()),
                                             outcome["message"].text(), seconds)));
  }
  int64_t rows() const {
    return TestDatabase::shared()
        .execute(fmt::format("SELECT count(*) FROM sentinel.record JOIN sentinel.agent USING "
                             "(agent_id) WHERE name = '{}'",
                             agent_))
        .integer(0, 0);
  }

  SwitchedDatabase database_;
  TemporaryFolder folder_;
  apps::StackOptions options_;
  std::unique_ptr<TestStack> stack_;
  std::string key_;
  const std::string agent_ = unique_name("grpc-refused");
};

TEST_F(GrpcRefusals, OverTheRateOfItsKeyIsResourceExhausted) {
  options_.guards.rates.records_per_second = 1;
  start();
  EXPECT_EQ(export_spans(1000)["code"].integer(), 0) << "a full bucket";
  auto refused = export_spans(10);
  EXPECT_EQ(refused["code"].integer(), kResourceExhausted);
  const std::string message(refused["message"].text());
  EXPECT_THAT(message, StartsWith("this key may send 1 records a second to this node"));
  const auto said = message.rfind(" in ");
  ASSERT_NE(said, message.npos);
  const int seconds = std::stoi(message.substr(said + 4));
  EXPECT_GT(seconds, 5);
  expect_retry(refused, seconds);
  EXPECT_EQ(rows(), 1000);
}

TEST_F(GrpcRefusals, WithoutDatabaseAndSpoolIsUnavailable) {
  start();
  EXPECT_EQ(export_spans(1)["code"].integer(), 0);
  database_.take_away();
  auto refused = export_spans(2);
  EXPECT_EQ(refused["code"].integer(), kUnavailable);
  expect_retry(refused, 1);
  database_.bring_back();
  EXPECT_TRUE(holds_soon([&] { return export_spans(4)["code"].integer() == 0; }));
  EXPECT_GE(rows(), 5);
}

TEST_F(GrpcRefusals, WithAFullSpoolIsUnavailable) {
  keep_in_a_spool_of(3000);
  start();
  EXPECT_EQ(export_spans(1)["code"].integer(), 0);
  database_.take_away();
  EXPECT_EQ(export_spans(1)["code"].integer(), 0) << "it is on the disk";
  auto refused = export_spans(100);
  EXPECT_EQ(refused["code"].integer(), kUnavailable);
  EXPECT_THAT(std::string(refused["message"].text()), HasSubstr("its limit is"));
  expect_retry(refused, 1);
  database_.bring_back();
  EXPECT_TRUE(holds_soon([&] { return rows() == 2; }));
}

TEST_F(GrpcRefusals, WithoutRoomForItsBodyIsUnavailable) {
  options_.http.bodies_bytes_max = 50'000;
  start();
  auto refused = call(R"("bytes":60000)");
  EXPECT_EQ(refused["code"].integer(), kUnavailable);
  EXPECT_EQ(refused["message"].text(),
            "the bodies of the requests under way may take 50000 bytes on this node, and there is "
            "not so much left; send it again in a moment");
  expect_retry(refused, 1);
  EXPECT_EQ(export_spans(1)["code"].integer(), 0);
}

}  // namespace
}  // namespace sentinel
