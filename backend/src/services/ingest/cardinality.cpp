#include "services/ingest/cardinality.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sentinel::ingest {

namespace {

// A shard that would remember more forgets its other agents, which are learned anew: 8 MB in all
// for names, and about twice that for series.
constexpr size_t kNamesMax = 65'536;
constexpr size_t kShownMax = 60;

uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

// Calls `use` with each name of a JSON object of numbers: its quotes are around names alone.
void each_name(std::string_view custom, auto use) {
  for (size_t open = custom.find('"'); open != custom.npos; open = custom.find('"', open)) {
    size_t end = open + 1;
    while (end < custom.size() && custom[end] != '"') end += custom[end] == '\\' ? 2 : 1;
    if (end >= custom.size()) return;
    use(custom.substr(open + 1, end - open - 1));
    open = end + 1;
  }
}

}  // namespace

Result<void> CardinalityLimits::admit_agent(const models::ApiKey& key, std::string_view name,
                                            Timestamp now) {
  const auto limit = static_cast<size_t>(settings_.new_agents_per_hour);
  if (limit == 0) return {};
  std::lock_guard lock(hours_mutex_);
  auto& hour = hours_[key.key_id];
  if (now >= hour.begin + std::chrono::hours{1}) hour = {.begin = now, .names = {}};
  const auto hash = hash_of(name);
  if (hour.names.contains(hash)) return {};
  if (hour.names.size() >= limit) {
    return fail(ErrorCode::InvalidArgument, "new_agents_limit",
                fmt::format("agent_id '{}' is new, and a key may bring {} new agents an hour", name,
                            limit));
  }
  hour.names.insert(hash);
  return {};
}

std::optional<CardinalityLimits::Refused> CardinalityLimits::admit_custom(const Uuid& agent,
                                                                          std::string_view custom) {
  if (custom.empty() || settings_.custom_metric_names == 0) return std::nullopt;
  uint64_t set = 0;
  each_name(custom, [&](std::string_view name) { set += hash_of(name); });
  auto& shard = shard_of(agent);
  std::lock_guard lock(shard.mutex);
  auto& known = shard.agents[agent];
  if (known.newest_set == set) return std::nullopt;
  if (auto refused = admit_new(shard, known, custom)) return refused;
  known.newest_set = set;
  if (shard.names > kNamesMax) {
    auto kept = std::move(known);
    shard.names = kept.sorted.size();
    shard.agents.clear();
    shard.agents.emplace(agent, std::move(kept));
  }
  return std::nullopt;
}

std::optional<CardinalityLimits::Refused> CardinalityLimits::admit_series(
    const Uuid& agent, std::string_view name, std::string_view attributes, Timestamp now) {
  const auto limit = static_cast<size_t>(settings_.counter_series_per_hour);
  if (limit == 0) return std::nullopt;
  const auto hash = hash_of(name) * 31 + hash_of(attributes);
  auto& shard = shard_of(agent);
  std::lock_guard lock(shard.mutex);
  auto& hour = shard.series_of[agent];
  if (now >= hour.begin + std::chrono::hours{1}) {
    shard.series -= hour.names.size();
    hour = {.begin = now, .names = {}};
  }
  if (hour.names.contains(hash)) return std::nullopt;
  if (hour.names.size() >= limit) {
    return Refused{std::string(name),
                   fmt::format("{} has attributes that make a new series of it, and an agent may "
                               "bring {} series of counters an hour",
                               name, limit)};
  }
  hour.names.insert(hash);
  if (++shard.series > kNamesMax) {
    auto kept = std::move(hour);
    shard.series = kept.names.size();
    shard.series_of.clear();
    shard.series_of.emplace(agent, std::move(kept));
  }
  return std::nullopt;
}

// All of its names, or none.
std::optional<CardinalityLimits::Refused> CardinalityLimits::admit_new(Shard& shard,
                                                                       AgentNames& known,
                                                                       std::string_view custom) {
  const auto limit = static_cast<size_t>(settings_.custom_metric_names);
  std::vector<uint64_t> fresh;
  std::optional<Refused> refused;
  each_name(custom, [&](std::string_view name) {
    const auto hash = hash_of(name);
    if (refused || std::ranges::binary_search(known.sorted, hash) ||
        std::ranges::find(fresh, hash) != fresh.end()) {
      return;
    }
    if (known.sorted.size() + fresh.size() >= limit) {
      refused = {fmt::format("custom_metrics.{}", name.substr(0, kShownMax)),
                 fmt::format("custom_metrics.{} is a new name, and an agent may have {} names of "
                             "custom metrics",
                             name.substr(0, kShownMax), limit)};
      return;
    }
    fresh.push_back(hash);
  });
  if (refused) return refused;
  shard.names += fresh.size();
  known.sorted.insert(known.sorted.end(), fresh.begin(), fresh.end());
  std::ranges::sort(known.sorted);
  return std::nullopt;
}

}  // namespace sentinel::ingest
