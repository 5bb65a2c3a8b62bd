// Reads and writes the versions of the configuration. Nothing is changed in place: a change is a
// new version.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "models/configuration.hpp"
#include "postgres/pool.hpp"

namespace sentinel::settings {

// What the body of a change named; the rest stays as it is.
struct ConfigurationChange {
  std::optional<std::string> agent = {};  // name or id; nullopt: the fleet
  std::optional<bool> enabled = {};
  std::optional<double> interval_s = {};
  std::optional<int> retention_days = {};
  // Each named metric gets these limits, the others keep theirs; two nulls take a metric's limits
  // away.
  std::optional<std::map<std::string, models::Threshold>> thresholds = {};
};

// Grows the body's spare capacity, as the parser needs it. Errors: InvalidArgument, with the field
// and its limit.
Result<ConfigurationChange> parse_change(std::string& json_body);

class ConfigurationService {
 public:
  static constexpr int kVersionsMax = 1000;  // versions of one answer

  explicit ConfigurationService(postgres::Database& database) : database_(database) {}

  // The configuration in force of the fleet, then of each agent that has its own, by name.
  Task<Result<std::vector<models::Configuration>>> newest();
  // All versions, the newest first: of one agent, or of the fleet and every agent. Errors:
  // NotFound.
  Task<Result<std::vector<models::Configuration>>> history(std::optional<std::string> agent);
  // What is in force for an agent: its own newest, else the fleet's. Errors: NotFound.
  Task<Result<models::Configuration>> effective(std::string agent_name_or_id);
  // The same for a collector, which may ask before its agent is known: then it is the fleet's.
  Task<Result<models::Configuration>> collection(std::string agent);
  // Writes the version that follows the one in force for the target. Changes go one after the
  // other, so none is lost. Errors: NotFound.
  Task<Result<models::Configuration>> change(ConfigurationChange change, std::string created_by);

 private:
  // The agent's id; nullopt stays the fleet.
  Task<Result<std::optional<Uuid>>> find_target(std::optional<std::string> agent);

  postgres::Database& database_;
};

}  // namespace sentinel::settings
