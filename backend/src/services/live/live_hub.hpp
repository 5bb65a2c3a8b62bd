// Tells open dashboards what was committed. One coroutine follows ingest_batch by its transaction
// ids while anybody listens; each listener has one pending summary that later commits are merged
// into, so a slow one costs no memory.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "postgres/pool.hpp"
#include "services/query/agents_query.hpp"

namespace sentinel::live {

struct Committed {
  std::set<Uuid> agents;
  Timestamp start = Timestamp::max();
  Timestamp end = Timestamp::min();
  int64_t records = 0;

  void merge(const Committed& other);
  bool empty() const { return agents.empty(); }
};

// What one listener has not been told yet.
struct Update {
  std::string position;  // in the order of commits, for Last-Event-ID
  Committed committed;
  std::vector<models::AgentSummary> agents;  // whose status or newest values changed
};

class LiveHub;

class Subscription {
 public:
  // Waits at most `wait`; an update without content means that nothing came.
  Task<Update> next(Microseconds wait);

 private:
  friend class LiveHub;
  Subscription(std::set<Uuid> agents, asio::any_io_executor executor)
      : only_(std::move(agents)), executor_(executor), wake_(executor) {}

  std::set<Uuid> only_;  // empty: all
  asio::any_io_executor executor_;
  asio::steady_timer wake_;  // used on executor_ alone
  // Lists of the agents that began before this one are older than what the listener has.
  uint64_t lists_from_ = std::numeric_limits<uint64_t>::max();
  std::mutex mutex_;
  Update pending_;
};

class LiveHub {
 public:
  LiveHub(postgres::Database& database, query::AgentsQuery& agents)
      : database_(database), agents_(agents) {}

  // `agents` empty is all. `last_position` resumes behind it (what is older than ten minutes is not
  // told again). Who lists the agents after this is told only what is newer than that list.
  Task<Result<std::shared_ptr<Subscription>>> subscribe(std::set<Uuid> agents,
                                                        std::string last_position);

  // Runs until its context ends.
  Task<void> follow();

  size_t listeners() const;
  // Since the database was read last. Seconds mean that nobody can be told what is going on there.
  std::chrono::steady_clock::duration behind() const {
    return std::chrono::steady_clock::now() - read_at_.load();
  }

 private:
  friend class Subscription;
  struct Step {
    std::string position;
    Committed committed;
  };
  Task<Result<Step>> read_since(std::string position);
  Task<void> tell_agents();
  // `list`: the number of the list that `agents` are from.
  void publish(const std::string& position, const Committed& committed,
               const std::vector<models::AgentSummary>& agents, uint64_t list);

  postgres::Database& database_;
  query::AgentsQuery& agents_;
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<Subscription>> subscriptions_;
  uint64_t lists_ = 0;  // of the agents, begun so far; under mutex_, as lists_from_
  std::atomic<std::chrono::steady_clock::time_point> read_at_ = std::chrono::steady_clock::now();
  std::string position_;              // follow() alone
  std::map<Uuid, std::string> told_;  // fingerprint of what was told of each agent
};

}  // namespace sentinel::live
