#include "apps/demo_feed.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sentinel::apps {

namespace {

// Well below the contract's limits for one request.
constexpr int64_t kRecordsMax = 5000;
constexpr size_t kNewNamesMax = 50;
// An agent brings itself and its process, some of them a host or a model.
constexpr size_t kNewAgentsMax = 40;
constexpr Microseconds kHistoryInterval = std::chrono::minutes{1};
constexpr Microseconds kLongGap = std::chrono::minutes{2};
constexpr auto kDeadline = std::chrono::seconds{60};

}  // namespace

DemoFeed::DemoFeed(const demo::Fleet& fleet, http::Url address, std::string key, Timestamp position)
    : fleet_(fleet),
      client_(context_.get_executor(), std::move(address)),
      authorization_("Bearer " + std::move(key)),
      position_(position) {}

Result<void> DemoFeed::announce() {
  std::string events = "[";
  for (const auto& agent : fleet_.agents()) {
    demo::append_json(events, demo::Event{&agent, position_, "started", "the demo begins here"});
    if ((agent.number + 1) % kNewNamesMax != 0 && agent.number + 1 != fleet_.agents().size())
      continue;
    if (auto sent = post("/api/v1/events", events + "]"); !sent) return sent;
    events = "[";
  }
  return {};
}

Result<void> DemoFeed::send_next(Timestamp end, Microseconds interval) {
  if (end - position_ > kLongGap) interval = kHistoryInterval;
  const auto agents = static_cast<int64_t>(fleet_.agents().size());
  // Short where several requests make it up: what breaks off between them is lost.
  const auto records = known_ ? std::max<int64_t>(kRecordsMax / agents - 1, 1) : 1;
  const auto until = std::min(end, position_ + interval * records);
  // Events first: what was sent before a crash is known by its id, what was not would be missing.
  std::string events = "[";
  for (const auto& event : fleet_.events(position_, until)) demo::append_json(events, event);
  if (events != "[") {
    if (auto sent = post("/api/v1/events", events + "]"); !sent) return sent;
  }
  const size_t all = fleet_.agents().size(), together = known_ ? all : kNewAgentsMax;
  for (size_t first = 0; first < all; first += together) {
    auto sent = send_records(first, std::min(first + together, all), until, interval);
    if (!sent) return sent;
  }
  known_ = true;
  position_ = until;
  return {};
}

Result<void> DemoFeed::send_records(size_t first, size_t last, Timestamp until,
                                    Microseconds interval) {
  window_.clear();
  for (size_t agent = first; agent < last; ++agent) {
    fleet_.append_records(agent, position_, until, interval, window_);
  }
  if (window_.empty()) return {};
  std::string body = "[";
  // An id costs as much again as the record. The first history needs none: after an error the
  // next start asks the database.
  const auto id = position_ < fleet_.options().anchor ? demo::Id::No : demo::Id::Yes;
  for (const auto& record : window_) demo::append_json(body, record, id);
  if (auto sent = post("/api/v1/metrics", std::move(body) + "]"); !sent) return sent;
  records_ += window_.size();
  return {};
}

Result<void> DemoFeed::post(std::string target, std::string body) {
  http::ClientRequest request;
  request.method = http::Method::Post;
  request.target = std::move(target);
  request.headers = {{"Authorization", authorization_}, {"Content-Type", "application/json"}};
  request.body = std::move(body);
  auto answer = run_now(context_, client_.send(std::move(request), kDeadline));
  if (!answer) return forward(answer);
  if (answer->status == 201 && answer->body.find(R"("rejected":[])") != std::string::npos)
    return {};
  return fail(
      answer->status == 503 ? ErrorCode::Unavailable : ErrorCode::Internal, "demo_refused",
      fmt::format("metrics-api answers {}: {}", answer->status, answer->body.substr(0, 300)));
}

}  // namespace sentinel::apps
