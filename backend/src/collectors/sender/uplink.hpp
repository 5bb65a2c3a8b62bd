// The way to the server: what is to be collected, and what was.
//
// New samples go first, in one request a tick; what an outage left behind follows, oldest first, in
// batches between them. An outage moves everything to the backlog and costs one request per
// back-off.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "collectors/buffer/backlog.hpp"
#include "collectors/sender/key.hpp"
#include "http/client.hpp"

namespace sentinel::collectors {

// How one agent is to be collected.
struct Collection {
  bool enabled = true;
  std::chrono::duration<double> interval{2.0};
  bool operator==(const Collection&) const = default;
};
Result<Collection> parse_collection(const std::string& json);

// The sentence of an RFC 9457 problem, or the beginning of what came in its place.
std::string problem_sentence(const std::string& body);

struct UplinkTiming {
  std::chrono::milliseconds request_max{10'000};
  std::chrono::milliseconds poll_every{30'000};
  std::chrono::milliseconds retry_first{1'000};  // doubles up to retry_max
  std::chrono::milliseconds retry_max{30'000};
  std::chrono::milliseconds key_retry{60'000};  // while the server refuses the key
};

class Uplink {
 public:
  using Clock = std::chrono::steady_clock;

  Uplink(asio::io_context& context, http::Url server, Key key, Backlog backlog,
         std::vector<std::string> agents, UplinkTiming timing = {});

  // Called when the server changed how an agent is to be collected.
  std::function<void(size_t agent, const Collection&)> on_collection;

  // Asks once for every agent, within `bound`.
  Task<void> ask(Clock::duration bound);
  // Sends and asks until stop().
  Task<void> run();
  void stop();
  // For the end: sends what is left within `bound`, keeps the rest on disk where there is one.
  // Gives how many items are lost. A server that was never reached gets one try.
  Task<uint64_t> finish(Clock::duration bound);

  void add(Item item);

  const Collection& collection(size_t agent) const { return collections_[agent]; }
  bool reached() const { return reached_; }
  uint64_t sent() const { return sent_; }
  uint64_t refused() const { return refused_; }
  const Backlog& backlog() const { return backlog_; }

 private:
  enum class Outcome { Done, Retry };

  Task<void> step();
  Task<Outcome> ask_all(Clock::time_point deadline);
  Task<Outcome> ask_one(size_t agent, Clock::duration bound);
  Task<Outcome> send_one_batch(Clock::time_point deadline);
  Task<Outcome> post(const Batch& batch, Clock::duration bound);
  Outcome judge(const http::ClientResponse& response, size_t count);
  Outcome put_off(Clock::duration delay, std::string_view reason);
  void answered();
  void refuse(uint64_t count, std::string_view reason);
  void keep_fresh();
  http::ClientRequest request(http::Method method, std::string target, std::string body) const;

  http::Client client_;
  Key key_;
  Backlog backlog_;
  std::vector<std::string> agents_;
  std::vector<Collection> collections_;
  UplinkTiming timing_;
  asio::steady_timer wake_;
  asio::steady_timer ended_;  // cancelled when run() ends
  std::deque<Item> fresh_;
  Clock::time_point retry_at_{};
  Clock::time_point ask_at_{};
  Clock::duration back_off_{};
  std::string failing_;  // why nothing can be sent, as last logged; empty while all is well
  std::string refused_reason_;
  bool stopping_ = false;
  bool running_ = false;
  bool reached_ = false;
  uint64_t sent_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace sentinel::collectors
