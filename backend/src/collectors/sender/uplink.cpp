#include "collectors/sender/uplink.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "base/log.hpp"

namespace sentinel::collectors {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kBatchCountMax =
    1000;  // the limit of the contract for events; well below that for metrics
constexpr size_t kBatchBytesMax = 512 * 1024;
constexpr size_t kFreshMax = 10'000;
constexpr double kIntervalMin = 0.2;
constexpr double kIntervalMax = 3600;
constexpr size_t kSentenceMax = 300;

// Retry-After in seconds; the date form is not used by this server.
Uplink::Clock::duration retry_after(const http::ClientResponse& response) {
  auto text = response.header("retry-after");
  int seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds{std::clamp(seconds, 0, 60)};
}

// The first refused record of a Stored answer, as "field: reason"; empty when none was refused.
std::string first_rejection(const std::string& body, uint64_t& count) {
  simdjson::dom::parser parser;
  simdjson::dom::array rejected;
  if (parser.parse(body)["rejected"].get(rejected) != simdjson::SUCCESS) return {};
  count = rejected.size();
  if (count == 0) return {};
  std::string_view reason;
  if (rejected.at(0)["reason"].get(reason) != simdjson::SUCCESS) return "no reason given";
  return std::string(reason.substr(0, kSentenceMax));
}

}  // namespace

Result<Collection> parse_collection(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  Collection collection;
  double interval = 0;
  if (parser.parse(json).get(document) != simdjson::SUCCESS ||
      document["enabled"].get(collection.enabled) != simdjson::SUCCESS ||
      document["interval_s"].get(interval) != simdjson::SUCCESS) {
    return fail(ErrorCode::InvalidArgument, "collection_invalid",
                "the answer about collection has no enabled and interval_s");
  }
  collection.interval =
      std::chrono::duration<double>(std::clamp(interval, kIntervalMin, kIntervalMax));
  return collection;
}

std::string problem_sentence(const std::string& body) {
  simdjson::dom::parser parser;
  std::string_view detail;
  if (parser.parse(body)["detail"].get(detail) == simdjson::SUCCESS) {
    return std::string(detail.substr(0, kSentenceMax));
  }
  auto line = body.substr(0, std::min(body.find('\n'), kSentenceMax));
  return line.empty() ? "no reason given" : line;
}

Uplink::Uplink(asio::io_context& context, http::Url server, Key key, Backlog backlog,
               std::vector<std::string> agents, UplinkTiming timing)
    : client_(context.get_executor(), std::move(server)),
      key_(std::move(key)),
      backlog_(std::move(backlog)),
      agents_(std::move(agents)),
      collections_(agents_.size()),
      timing_(timing),
      wake_(context),
      ended_(context) {}

void Uplink::add(Item item) {
  if (fresh_.size() < kFreshMax) {
    fresh_.push_back(std::move(item));
  } else {
    // One request at its limit of time leaves room for a thousand items a second.
    refuse(1, "more samples than can be sent");
  }
  wake_.cancel();
}

void Uplink::stop() {
  stopping_ = true;
  wake_.cancel();
}

Task<void> Uplink::ask(Clock::duration bound) { co_await ask_all(Clock::now() + bound); }

Task<void> Uplink::run() {
  running_ = true;
  while (!stopping_) {
    co_await step();
    if (stopping_) break;
    // A pause may be over by now: keeping what waits takes its time.
    const bool waiting = !fresh_.empty() || backlog_.size() > 0;
    if (waiting && Clock::now() >= retry_at_) continue;
    wake_.expires_at(waiting ? retry_at_ : std::max(ask_at_, retry_at_));
    co_await wake_.async_wait(kAwait);
  }
  running_ = false;
  ended_.cancel();
}

// One round: asks if it is time, then sends until nothing is left or the server wants a pause.
Task<void> Uplink::step() {
  auto now = Clock::now();
  if (now < retry_at_) {
    keep_fresh();
    co_return;
  }
  if (now >= ask_at_ && co_await ask_all(now + timing_.request_max) == Outcome::Retry) {
    keep_fresh();
    co_return;
  }
  while (!stopping_ && (!fresh_.empty() || backlog_.size() > 0)) {
    auto deadline = Clock::now() + timing_.request_max;
    if (co_await send_one_batch(deadline) == Outcome::Retry) break;
  }
}

Task<uint64_t> Uplink::finish(Clock::duration bound) {
  auto deadline = Clock::now() + bound;
  stop();
  // A request under way belongs to run(), and its connection with it.
  ended_.expires_at(deadline);
  if (running_) co_await ended_.async_wait(kAwait);
  bool known_server = reached_;
  while (!running_ && (!fresh_.empty() || backlog_.size() > 0) && Clock::now() < deadline) {
    if (co_await send_one_batch(deadline) == Outcome::Done) continue;
    if (!known_server && !reached_) break;
    wake_.expires_at(std::min(deadline, std::min(retry_at_, Clock::now() + timing_.retry_first)));
    co_await wake_.async_wait(kAwait);
  }
  keep_fresh();
  co_return backlog_.durable() ? 0 : backlog_.size();
}

Task<Uplink::Outcome> Uplink::ask_all(Clock::time_point deadline) {
  for (size_t agent = 0; agent < agents_.size(); ++agent) {
    auto outcome = co_await ask_one(agent, deadline - Clock::now());
    if (outcome == Outcome::Retry) co_return outcome;
  }
  ask_at_ = Clock::now() + timing_.poll_every;
  co_return Outcome::Done;
}

Task<Uplink::Outcome> Uplink::ask_one(size_t agent, Clock::duration bound) {
  auto target = "/api/v1/collection?agent=" + http::percent_encode(agents_[agent]);
  auto question = request(http::Method::Get, std::move(target), {});
  auto response = co_await client_.send(std::move(question), bound);
  if (!response) co_return put_off({}, response.error().message);
  if (response->status != 200) co_return judge(*response, 0);
  answered();
  auto collection = parse_collection(response->body);
  if (!collection) {
    log::warning("{}: {}", agents_[agent], collection.error().message);
  } else if (*collection != collections_[agent]) {
    collections_[agent] = *collection;
    if (on_collection) on_collection(agent, *collection);
  }
  co_return Outcome::Done;
}

// New items if there are any, else the oldest that wait.
Task<Uplink::Outcome> Uplink::send_one_batch(Clock::time_point deadline) {
  Batch batch;
  bool fresh = !fresh_.empty();
  if (fresh) {
    for (const auto& item : fresh_) {
      if (!batch.add(item, kBatchCountMax, kBatchBytesMax)) break;
    }
  } else {
    batch = backlog_.peek(kBatchCountMax, kBatchBytesMax);
    if (batch.count == 0 && backlog_.size() > 0) {
      co_return put_off({}, "the buffer's files cannot be read at this moment");
    }
    if (batch.count == 0) co_return Outcome::Done;
  }
  auto outcome = co_await post(batch, deadline - Clock::now());
  if (outcome == Outcome::Retry) {
    keep_fresh();
  } else if (fresh) {
    // What was added meanwhile came behind.
    auto sent = std::min(batch.count, fresh_.size());
    fresh_.erase(fresh_.begin(), fresh_.begin() + static_cast<std::ptrdiff_t>(sent));
  } else {
    backlog_.pop(batch.count);
  }
  co_return outcome;
}

Task<Uplink::Outcome> Uplink::post(const Batch& batch, Clock::duration bound) {
  auto target = batch.route == Route::Events ? "/api/v1/events" : "/api/v1/metrics";
  auto message = request(http::Method::Post, target, batch.json);
  auto response = co_await client_.send(std::move(message), bound);
  if (!response) co_return put_off({}, response.error().message);
  co_return judge(*response, batch.count);
}

// What an answer means for `count` items that were sent with it.
Uplink::Outcome Uplink::judge(const http::ClientResponse& response, size_t count) {
  int status = response.status;
  if (status >= 200 && status < 300) {
    answered();
    uint64_t rejected = 0;
    auto reason = first_rejection(response.body, rejected);
    sent_ += count - std::min<uint64_t>(rejected, count);
    if (rejected > 0) refuse(rejected, reason);
    return Outcome::Done;
  }
  auto sentence = problem_sentence(response.body);
  if (status == 401 || status == 403) {
    key_.read_again();
    auto hint = key_.known() ? "make one with `sentinel keys create --scope ingest`"
                             : "set SENTINEL_KEY or SENTINEL_COLLECTOR_KEY_FILE";
    return put_off(timing_.key_retry,
                   fmt::format("the server refuses the key ({}: {}); {}", status, sentence, hint));
  }
  // Only Sentinel itself may say that records are wrong. Another status, or the same from a proxy
  // or a stranger on that port, says nothing of them. A request without records, for the settings,
  // is settled by whatever Sentinel says.
  const bool ours = response.header("content-type").starts_with("application/problem+json");
  const bool busy = status == 408 || status == 429 || status >= 500;
  const bool judged =
      ours && !busy && (count == 0 || status == 400 || status == 413 || status == 415);
  if (!judged) {
    return put_off(retry_after(response),
                   fmt::format("the server answers {}: {}", status, sentence));
  }
  answered();
  if (count > 0) refuse(count, fmt::format("{}: {}", status, sentence));
  return Outcome::Done;
}

// Waits at least `delay` before the next request, longer each time.
Uplink::Outcome Uplink::put_off(Clock::duration delay, std::string_view reason) {
  back_off_ = std::clamp<Clock::duration>(back_off_ * 2, timing_.retry_first, timing_.retry_max);
  retry_at_ = Clock::now() + std::max(delay, back_off_);
  if (failing_ != reason) {
    failing_ = reason;
    log::warning("{}; samples are kept until it is back", reason);
  }
  return Outcome::Retry;
}

void Uplink::answered() {
  reached_ = true;
  back_off_ = {};
  retry_at_ = {};
  if (failing_.empty()) return;
  failing_.clear();
  log::info("the server answers again; {} samples that were kept follow", backlog_.size());
}

void Uplink::refuse(uint64_t count, std::string_view reason) {
  refused_ += count;
  if (refused_reason_ == reason) return;  // said already
  refused_reason_ = reason;
  log::warning("the server refused {} records, which are dropped: {}", count, reason);
}

void Uplink::keep_fresh() {
  for (auto& item : fresh_) backlog_.push(std::move(item));
  fresh_.clear();
}

http::ClientRequest Uplink::request(http::Method method, std::string target,
                                    std::string body) const {
  http::ClientRequest message{
      .method = method, .target = std::move(target), .body = std::move(body), .headers = {}};
  if (method == http::Method::Post)
    message.headers.emplace_back("Content-Type", "application/json");
  if (key_.known()) message.headers.emplace_back("Authorization", "Bearer " + key_.text());
  return message;
}

}  // namespace sentinel::collectors
