#include "services/ingest/spool_frame.hpp"

#include <gtest/gtest.h>

#include "base/secret.hpp"

namespace sentinel::ingest {
namespace {

std::shared_ptr<const Request> request(RequestKind kind, std::string body) {
  auto key = std::make_shared<models::ApiKey>();
  key->key_id = random_uuid();
  key->agents = {"billing", "search"};
  key->may_register = false;
  auto made = std::make_shared<Request>();
  made->kind = kind;
  made->key = std::move(key);
  made->idempotency_key = "retry-1";
  made->arrived = Timestamp{Microseconds{1'764'000'000'123'456}};
  made->body = std::move(body);
  return made;
}

Batch example() {
  Batch batch{.id = {20'000, random_uuid(), 7}, .tried = true, .requests = {}};
  batch.requests = {request(RequestKind::Json, R"({"agent_id":"billing"})"),
                    request(RequestKind::Ndjson, ""), request(RequestKind::Events, "[]")};
  return batch;
}

TEST(SpoolFrame, GivesBackWhatItWasGiven) {
  const auto batch = example();
  auto again = decode_batch(encode_batch(batch));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, batch.id);
  EXPECT_TRUE(again->tried);
  ASSERT_EQ(again->requests.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const auto& was = *batch.requests[i];
    const auto& is = *again->requests[i];
    EXPECT_EQ(is.kind, was.kind);
    EXPECT_EQ(is.key->key_id, was.key->key_id);
    EXPECT_EQ(is.key->agents, was.key->agents);
    EXPECT_FALSE(is.key->may_register);
    EXPECT_EQ(is.idempotency_key, "retry-1");
    EXPECT_EQ(is.arrived, was.arrived);
    EXPECT_EQ(is.body, was.body);
    EXPECT_GE(is.body.capacity(), is.body.size() + 64);
  }
}

TEST(SpoolFrame, RefusesWhatIsCutAtAnyByteOrLonger) {
  const auto frame = encode_batch(example());
  for (size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(decode_batch(std::string_view(frame).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_batch(frame + "x"));
}

TEST(SpoolFrame, RefusesAVersionItDoesNotKnow) {
  auto frame = encode_batch(example());
  frame[0] = 2;
  EXPECT_FALSE(decode_batch(frame));
}

}  // namespace
}  // namespace sentinel::ingest
