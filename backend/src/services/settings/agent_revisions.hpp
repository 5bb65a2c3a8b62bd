// What people say of an agent: a description and labels. Nothing is changed in place: a change is a
// new revision.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "postgres/pool.hpp"

namespace sentinel::settings {

inline constexpr size_t kDescriptionLengthMax = 2000;
inline constexpr size_t kLabelsMax = 64;  // of an agent
inline constexpr size_t kLabelNameLengthMax = 100;
inline constexpr size_t kLabelLengthMax = 200;

// What is left out stays as it is.
struct AgentChange {
  std::optional<std::string> description = {};
  // Each named label gets this text, the others keep theirs; nothing takes a label away.
  std::map<std::string, std::optional<std::string>, std::less<>> labels = {};
};

struct AgentRevision {
  int64_t revision = 0;
  Uuid agent_id;
  std::string agent;
  std::string description;
  std::string labels;  // JSON
  Timestamp created_at;
  std::string created_by;
};

// Changes of agents go one after the other, so none is lost. Errors: InvalidArgument, with the
// field and its limit.
Task<Result<AgentRevision>> revise_agent(postgres::Database& database, Uuid agent_id,
                                         AgentChange change, std::string created_by);

}  // namespace sentinel::settings
