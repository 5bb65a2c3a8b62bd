// A load that behaves as a careful client does: every record carries a number of its own, every
// request an Idempotency-Key (or, as OpenTelemetry, the id of a span), and a request that was not
// answered with 200, 201 or 202 is sent again under the same key: to the next replica, where there
// are several.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "http/client.hpp"
#include "support/child_process.hpp"

namespace sentinel::testing {

// What was acknowledged, and what else was answered.
class Ledger {
 public:
  void acknowledge(const std::vector<int>& numbers) {
    std::lock_guard lock(mutex_);
    acknowledged_.insert(acknowledged_.end(), numbers.begin(), numbers.end());
    changed_.notify_all();
  }

  void note(const Result<http::ClientResponse>& response) {
    std::lock_guard lock(mutex_);
    if (response && response->status == 503 && response->header("retry-after").empty()) {
      unexpected_.insert("503 without Retry-After");
    }
    if (response && response->status != 503 && !stored(*response)) {
      unexpected_.insert(fmt::format("{} {}", response->status, response->body));
    }
    ++(response ? answers_[response->status] : silent_);
    changed_.notify_all();
  }

  // Whether an answer says that the records are stored: committed, or on the disk until they are.
  static bool stored(const http::ClientResponse& response) {
    return response.status >= 200 && response.status <= 202;
  }

  std::vector<int> acknowledged() {
    std::lock_guard lock(mutex_);
    return acknowledged_;
  }
  std::set<std::string> unexpected() {
    std::lock_guard lock(mutex_);
    return unexpected_;
  }

  // Waits for so many more acknowledged records; false when they do not come.
  bool wait_for_more(size_t records) {
    std::unique_lock lock(mutex_);
    const size_t wanted = acknowledged_.size() + records;
    return changed_.wait_for(lock, kHangGuard, [&] { return acknowledged_.size() >= wanted; });
  }
  // Waits for so many more requests that got this status, or no answer at all (0).
  bool wait_for_answers(int status, int more) {
    std::unique_lock lock(mutex_);
    auto& counted = status == 0 ? silent_ : answers_[status];
    const int wanted = counted + more;
    return changed_.wait_for(lock, kHangGuard, [&] { return counted >= wanted; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> acknowledged_;
  std::map<int, int> answers_;
  int silent_ = 0;
  std::set<std::string> unexpected_;
};

class Load {
 public:
  Load(SentinelUp& sentinel, Ledger& ledger, int clients,
       std::chrono::seconds patience = std::chrono::seconds{5})
      : Load({sentinel.url()}, sentinel.key(), ledger, clients, patience) {}
  // Spread over several addresses of one database.
  Load(std::vector<std::string> urls, std::string key, Ledger& ledger, int clients,
       std::chrono::seconds patience)
      : urls_(std::move(urls)), key_(std::move(key)), ledger_(ledger), patience_(patience) {
    for (int client = 0; client < clients; ++client)
      threads_.emplace_back([this, client] { send_all(client); });
  }
  ~Load() {
    give_up_ = true;
    finish();
  }

  // Lets every request under way be answered for, then ends. Gives false when that takes too
  // long.
  bool finish() {
    ending_ = true;
    bool in_time = holds_soon([this] { return ended_ == threads_.size(); });
    if (!in_time) give_up_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
    return in_time;
  }

 private:
  // The connections of one client, one to each address, and which one it uses.
  struct Connections {
    std::deque<http::Client> all;
    size_t at = 0;
    http::Client& current() { return all[at]; }
    void take_next() { at = (at + 1) % all.size(); }
  };

  static std::string record(int number) {
    return fmt::format(R"({{"agent_id":"fault-{}","latency_ms":12.5,"input_tokens":{}}})",
                       number % 3, number);
  }

  // A span of a model call, with its number as its id.
  std::string span(int number) const {
    auto now_ns =
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
    return fmt::format(
        R"({{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"fault-{}"}}}}]}},)"
        R"("scopeSpans":[{{"spans":[{{"traceId":"{}","spanId":"{:016x}","endTimeUnixNano":"{}","attributes":[)"
        R"({{"key":"gen_ai.operation.name","value":{{"stringValue":"chat"}}}},)"
        R"({{"key":"gen_ai.usage.input_tokens","value":{{"intValue":"{}"}}}}]}}]}}]}}]}})",
        number % 3, trace_id_, number, now_ns, number);
  }

  // Singles, small batches and spans in turn.
  void send_all(int client) {
    asio::io_context context{1};
    {
      Connections connections{.all = {}, .at = static_cast<size_t>(client) % urls_.size()};
      for (const auto& url : urls_)
        connections.all.emplace_back(context.get_executor(), *http::parse_url(url));
      for (int request = 0; !ending_ && !give_up_; ++request) {
        std::vector<int> numbers;
        for (int i = request % 5 == 3 ? 5 : 1; i > 0; --i) numbers.push_back(next_++);
        if (request % 5 == 4) {
          send_until_stored(context, connections, numbers, "/v1/traces", span(numbers.front()), "");
          continue;
        }
        std::string body = record(numbers.front());
        for (size_t i = 1; i < numbers.size(); ++i) body += "," + record(numbers[i]);
        if (numbers.size() > 1) body = "[" + body + "]";
        send_until_stored(context, connections, numbers, "/api/v1/metrics", body,
                          fmt::format("{} client {} request {}", name_, client, request));
      }
    }
    ++ended_;
  }

  void send_until_stored(asio::io_context& context, Connections& connections,
                         const std::vector<int>& numbers, const std::string& target,
                         const std::string& body, const std::string& idempotency_key) {
    while (!give_up_) {
      http::ClientRequest request;
      request.method = http::Method::Post;
      request.target = target;
      request.body = body;
      request.headers = {{"Authorization", "Bearer " + key_}, {"Content-Type", "application/json"}};
      if (!idempotency_key.empty()) {
        request.headers.emplace_back("Idempotency-Key", idempotency_key);
      }
      auto response = run(context, connections.current().send(request, patience_));
      ledger_.note(response);
      if (response && Ledger::stored(*response)) {
        ledger_.acknowledge(numbers);
        return;
      }
      if (!response) connections.current().close();
      connections.take_next();
      // The pause of a client that was told to come back, not a wait for anything.
      std::this_thread::sleep_for(std::chrono::milliseconds{25});
    }
  }

  const std::vector<std::string> urls_;
  const std::string key_;
  Ledger& ledger_;
  std::chrono::seconds patience_;
  static inline std::atomic<int> next_ = 1;  // of all loads, since they may share a database
  const Uuid id_ = random_uuid();
  const std::string name_ = format_uuid(id_);
  const std::string trace_id_ =
      to_hex({reinterpret_cast<const char*>(id_.bytes.data()), id_.bytes.size()});
  std::atomic<bool> ending_ = false, give_up_ = false;
  std::atomic<size_t> ended_ = 0;
  std::vector<std::thread> threads_;
};

// One data folder, which takes long to make, for all tests that need no fresh one. Running when it
// is given.
inline SentinelUp& shared_sentinel() {
  static SentinelUp sentinel;
  if (!sentinel.running()) sentinel.start();
  return sentinel;
}

// One of the figures at /metrics; nothing when there is no answer.
inline std::optional<double> own_metric(const std::string& url, std::string_view name) {
  http::Client client(test_context().get_executor(), *http::parse_url(url));
  http::ClientRequest request;
  request.target = "/metrics";
  auto response = run(client.send(request, kHangGuard / 2));
  if (!response) return std::nullopt;
  auto line = response->body.find(fmt::format("\n{} ", name));
  if (line == std::string::npos) return std::nullopt;
  return std::stod(response->body.substr(line + name.size() + 2));
}

// Every acknowledged number is stored exactly once, no number twice, and nothing was answered that
// should not be. `replicas` are further addresses, whose spools must be empty too.
inline void expect_exactly_once(const SentinelUp& sentinel, Ledger& ledger,
                                std::vector<std::string> replicas = {}) {
  replicas.push_back(sentinel.url());
  for (const auto& url : replicas) {
    EXPECT_TRUE(holds_soon([&] { return own_metric(url, "sentinel_spool_batches") == 0; })) << url;
  }
  auto rows = sentinel.query(
      "SELECT input_tokens, count(*) FROM record WHERE input_tokens IS NOT NULL GROUP BY 1");
  std::map<int64_t, int64_t> stored;
  for (int row = 0; row < rows.size(); ++row) stored[rows.integer(row, 0)] = rows.integer(row, 1);
  std::vector<int> missing;
  for (int number : ledger.acknowledged()) {
    if (!stored.contains(number)) missing.push_back(number);
  }
  std::vector<int64_t> doubled;
  for (const auto& [number, count] : stored) {
    if (count != 1) doubled.push_back(number);
  }
  EXPECT_TRUE(missing.empty()) << missing.size() << " acknowledged records are not stored, "
                               << missing.front();
  EXPECT_TRUE(doubled.empty()) << doubled.size() << " records are stored more than once, "
                               << doubled.front();
  EXPECT_TRUE(ledger.unexpected().empty()) << *ledger.unexpected().begin();
  EXPECT_FALSE(stored.empty());
}

}  // namespace sentinel::testing
