// Agents as the contract shows them.
#pragma once

#include <string>
#include <vector>

#include "base/json_writer.hpp"
#include "models/agent.hpp"

namespace sentinel::db_api {

void write_agent(JsonWriter& json, const models::AgentSummary& agent);
void write_totals(JsonWriter& json, const std::vector<models::AgentSummary>& agents);

}  // namespace sentinel::db_api
