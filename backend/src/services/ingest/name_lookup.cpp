#include "services/ingest/name_lookup.hpp"

namespace sentinel::ingest {

std::optional<std::string> agent_refusal(const models::ApiKey& key, std::string_view agent) {
  if (key.may_write(agent)) return std::nullopt;
  return fmt::format("agent_id '{}' is not among the agents of this key", agent);
}

}  // namespace sentinel::ingest
