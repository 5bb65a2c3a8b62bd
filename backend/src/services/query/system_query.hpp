// How Sentinel itself is doing, as its database tells.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"

namespace sentinel::query {

inline constexpr auto kLately = std::chrono::minutes{5};
inline constexpr int kRejectionCodesMax = 20;

struct SystemStatus {
  std::string server_version;
  int64_t schema = 0;  // number of the newest migration
  int64_t bytes = 0;
  // Over the last seven days; nothing before it was measured for a day.
  std::optional<double> bytes_per_day;
  std::optional<Timestamp> measured_since;
  int64_t sessions = 0;

  double records_per_minute = 0;
  std::optional<Timestamp> newest_commit;
  std::optional<Timestamp> minutes_at, hours_at, days_at;  // when sums were last added to
  int64_t unsummed_batches = 0;
  std::optional<Timestamp> unsummed_since;

  struct Sealed {
    int64_t generation = 0;
    int64_t records = 0;
    Timestamp at;
  };
  std::optional<Sealed> sealed;  // the newest
  int64_t open_generations = 0;
  int64_t unsealed_generations = 0;  // over, and waiting
  std::optional<Timestamp> unsealed_since;

  struct Refused {
    std::string code;
    int64_t count = 0;
  };
  std::vector<Refused> refused;  // in the last 24 hours, the most frequent first
};

// Errors: those of Database::query.
Task<Result<SystemStatus>> system_status(postgres::Database& database);

}  // namespace sentinel::query
