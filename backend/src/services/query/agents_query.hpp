// Agents with status and newest values, and what happened to them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/agent.hpp"
#include "postgres/pool.hpp"
#include "services/query/sums_reader.hpp"

namespace sentinel::query {

struct AgentName {
  Uuid agent_id;
  std::string name;
};

struct AgentEventRow {
  int64_t event_id = 0;
  std::string type;
  Timestamp ts;
  std::string message;
  std::string attributes;  // JSON
};

class AgentsQuery {
 public:
  explicit AgentsQuery(postgres::Database& database) : database_(database), sums_(database) {}

  // Ids and names of the wanted agents (names or ids); all agents when none is wanted. Errors:
  // NotFound, naming the first that does not exist.
  Task<Result<std::vector<AgentName>>> resolve(std::vector<std::string> wanted);

  // The agents that work for this one; of nothing, those that work for none.
  Task<Result<std::vector<Uuid>>> children(std::optional<Uuid> parent);

  // By name, without the sums of today. `only` empty is all; `after` is the name to go on behind.
  Task<Result<std::vector<models::AgentSummary>>> list(std::vector<Uuid> only,
                                                       std::optional<std::string> after, int limit);

  // Fills in the sums of today. They are read anew, once for all who ask, when they are older than
  // kTodayAgeMax and than ten times what reading them took; meanwhile the older ones serve.
  static constexpr auto kTodayAgeMax = std::chrono::seconds{5};
  Task<Result<void>> add_today(std::vector<models::AgentSummary>& agents);
  // The same without ever waiting: false while there are none yet, and they are being read.
  Task<bool> add_known_today(std::vector<models::AgentSummary>& agents);

  // Newest first; with `before`, only those behind that one.
  struct Position {
    Timestamp ts;
    int64_t event_id;
  };
  Task<Result<std::vector<AgentEventRow>>> events(Uuid agent, Timestamp start, Timestamp end,
                                                  std::optional<Position> before, int limit);

 private:
  struct TodayTable {
    Timestamp read_at;
    Timestamp good_until;
    std::unordered_map<Uuid, models::AgentToday> by_agent;
  };

  static void fill(const TodayTable& table, std::vector<models::AgentSummary>& agents);
  std::shared_ptr<const TodayTable> known_today(Timestamp time) const;
  Task<Result<void>> read_today();
  Task<Result<postgres::Rows>> select_today(Timestamp time);

  // Agents by their names, which stay. Ids are looked for: what is an id may become the name of
  // another.
  std::optional<std::vector<AgentName>> known(const std::vector<std::string>& wanted) const;
  void remember(const AgentName& agent);

  postgres::Database& database_;
  SumsReader sums_;
  mutable std::mutex names_mutex_;
  std::unordered_map<std::string, AgentName> names_;
  std::atomic<std::shared_ptr<const TodayTable>> today_;
  std::atomic<bool> reading_today_ = false;
};

std::vector<std::string> format_ids(const std::vector<Uuid>& ids);

}  // namespace sentinel::query
