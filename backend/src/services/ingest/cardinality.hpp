// Limits on names that senders make up: custom metrics of an agent, series of its counters, and
// agents themselves. A record or point over one is refused alone, by name. A node learns in memory
// what it let in: with several nodes, and after a restart, as many names again may come in, and
// while the database is away all come in, since new ones cannot be told from known ones. The limits
// keep a sender from flooding the tables; they are no exact count.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "models/user.hpp"

namespace sentinel::ingest {

// 0 is any number.
struct CardinalitySettings {
  int custom_metric_names = 200;  // of one agent
  // Of one agent. By the hour, since sessions and process ids among the attributes make new series
  // for as long as an agent works.
  int counter_series_per_hour = 10'000;
  int new_agents_per_hour = 1000;  // of one key
};

class CardinalityLimits {
 public:
  explicit CardinalityLimits(CardinalitySettings settings) : settings_(settings) {}

  // Errors: InvalidArgument new_agents_limit: this key has brought too many new agents within an
  // hour. The hour begins with the first of them.
  Result<void> admit_agent(const models::ApiKey& key, std::string_view name, Timestamp now);

  // What a record brings in `custom`, a JSON object of numbers as the decoder gives it, or empty.
  struct Refused {
    std::string field;
    std::string reason;
  };
  std::optional<Refused> admit_custom(const Uuid& agent, std::string_view custom);

  // A reading of the counter `name` with these attributes, a JSON object or empty: together they
  // are a series. The hour begins with the first of them.
  std::optional<Refused> admit_series(const Uuid& agent, std::string_view name,
                                      std::string_view attributes, Timestamp now);

 private:
  // Names by their hash: 8 bytes each, however long they are.
  struct AgentNames {
    uint64_t newest_set = 0;  // most records of an agent bring the same names as the one before
    std::vector<uint64_t> sorted;
  };
  struct Hour {
    Timestamp begin;
    boost::unordered_flat_set<uint64_t> names;
  };
  using Hours = boost::unordered_flat_map<Uuid, Hour, std::hash<Uuid>>;
  struct Shard {
    std::mutex mutex;
    size_t names = 0;
    boost::unordered_flat_map<Uuid, AgentNames, std::hash<Uuid>> agents;
    size_t series = 0;
    Hours series_of;  // by agent
  };

  Shard& shard_of(const Uuid& agent) { return shards_[agent.bytes[0] % shards_.size()]; }
  std::optional<Refused> admit_new(Shard& shard, AgentNames& known, std::string_view custom);

  const CardinalitySettings settings_;
  std::array<Shard, 16> shards_;
  std::mutex hours_mutex_;
  Hours hours_;  // by key
};

}  // namespace sentinel::ingest
