#include "services/query/bucket_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace sentinel::query {

void add_series(const BucketRequest& request, const Series& like, Buckets& answer) {
  for (const auto& metric : request.metrics) {
    auto& series = answer.series.emplace_back(like);
    series.metric = metric.text;
    series.unit = unit_of(metric);
    series.values.resize(answer.times_ms.size());
    if (request.previous) series.previous.resize(answer.times_ms.size());
  }
}

GroupSql group_of(const BucketRequest& request) {
  switch (request.group_by) {
    case GroupBy::Agent:
      return {"s.agent_id::text", ""};
    case GroupBy::None:
      return {"''", ""};
    case GroupBy::Model:
      return {"coalesce(m.name, '')", " LEFT JOIN model m ON m.model_id = s.model_id"};
    case GroupBy::Provider:
      return {"coalesce(m.provider, '')", " LEFT JOIN model m ON m.model_id = s.model_id"};
    case GroupBy::Host:
      return {"coalesce(h.name, '')", " LEFT JOIN host h ON h.host_id = s.host_id"};
    case GroupBy::Label:
      break;
  }
  return {"coalesce(l.value, '')",
          fmt::format(" LEFT JOIN (SELECT DISTINCT ON (agent_id) agent_id, labels ->> {} AS value "
                      "FROM agent_revision ORDER BY agent_id, revision_id DESC) l ON l.agent_id = "
                      "s.agent_id",
                      postgres::to_literal(request.label))};
}

Series series_of(const BucketRequest& request, const std::string& text) {
  Series series;
  if (request.group_by == GroupBy::Agent) {
    series.agent =
        *std::ranges::find(request.agents, parse_uuid(text).value_or(Uuid{}), &AgentName::agent_id);
  } else if (!text.empty()) {
    series.group = text;
  }
  return series;
}

Error too_many_buckets(int64_t buckets, int64_t series, int64_t limit) {
  return Error{
      ErrorCode::InvalidArgument, "too_many_buckets",
      fmt::format("{} buckets of {} series are over the limit of {}; take a larger step, a "
                  "shorter range or fewer agents or groups",
                  buckets, series, limit)};
}

Result<void> add_values(const BucketRequest& request, const BucketGrid& grid, bool previous,
                        Buckets& answer) {
  const auto group_of = [](const Series& series) {
    if (series.other) return BucketGrid::Key{};
    return BucketGrid::Key{series.agent ? format_uuid(series.agent->agent_id)
                                        : series.group.value_or("")};
  };
  std::map<BucketGrid::Key, size_t> known;  // the first series of a group
  for (size_t i = 0; i < answer.series.size(); i += request.metrics.size()) {
    known.emplace(group_of(answer.series[i]), i);
  }
  for (const auto& [key, group] : grid.groups()) {
    const auto [found, fresh] = known.emplace(key, answer.series.size());
    if (fresh) {
      add_series(request, key.text ? series_of(request, *key.text) : Series{.other = true}, answer);
      const auto series = static_cast<int64_t>(answer.series.size());
      const auto buckets = static_cast<int64_t>(answer.times_ms.size());
      if (series * buckets > request.buckets_max) {
        return std::unexpected(too_many_buckets(buckets, series, request.buckets_max));
      }
    }
    for (size_t metric = 0; metric < request.metrics.size(); ++metric) {
      auto& series = answer.series[found->second + metric];
      auto& values = previous ? series.previous : series.values;
      for (size_t bucket = 0; bucket < grid.buckets(); ++bucket) {
        if (group.known[bucket]) values[bucket] = grid.get(group, metric, bucket);
      }
    }
  }
  return {};
}

}  // namespace sentinel::query
