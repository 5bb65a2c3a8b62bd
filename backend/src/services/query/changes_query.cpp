#include "services/query/changes_query.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "services/query/metrics_query.hpp"

namespace sentinel::query {

namespace {

// What an agent is watched by; of money and traffic the rate, of the rest the level.
constexpr std::string_view kWatched[] = {
    "latency_ms:p95",         "ttft_ms:avg",         "requests:sum",
    "error_rate_percent:avg", "cost_usd:sum",        "cost_usd:avg",
    "input_tokens:sum",       "output_tokens:sum",   "cpu_usage_percent:avg",
    "gpu_usage_percent:avg",  "memory_usage_mb:avg", "gpu_memory_usage_mb:avg"};

constexpr double kLeastDeviation = 0.05;  // of the mean
constexpr int64_t kWindowBuckets = 15;
constexpr int64_t kChangesBucketsMax = 2'000'000;

struct Mean {
  double mean = 0;
  double deviation = 0;
  int64_t count = 0;
};

// `blank`: what a bucket without a value stands for; nothing where it is left out.
Mean mean_of(std::span<const std::optional<double>> values, std::optional<double> blank) {
  Mean result;
  double sum = 0, squares = 0;
  for (const auto& value : values) {
    const auto known = value ? value : blank;
    if (!known) continue;
    ++result.count;
    sum += *known;
  }
  if (result.count == 0) return result;
  const auto count = static_cast<double>(result.count);
  result.mean = sum / count;
  for (const auto& value : values) {
    const auto known = value ? value : blank;
    if (known) squares += (*known - result.mean) * (*known - result.mean);
  }
  result.deviation = std::sqrt(squares / count);
  return result;
}

Timestamp floor_to(Timestamp time, Microseconds step) {
  return Timestamp{time.time_since_epoch() - time.time_since_epoch() % step};
}

}  // namespace

std::vector<Change> rank_changes(const Buckets& buckets, Timestamp window_start, int limit) {
  const auto split_ms = window_start.time_since_epoch() / std::chrono::milliseconds{1};
  const auto split = static_cast<size_t>(std::ranges::lower_bound(buckets.times_ms, split_ms) -
                                         buckets.times_ms.begin());
  std::vector<Change> found;
  for (const auto& series : buckets.series) {
    if (!series.agent) continue;
    // Where nothing came there is no latency, but there were no requests.
    const auto blank = series.metric.ends_with(":sum") ? std::optional(0.0) : std::nullopt;
    const std::span values(series.values);
    const auto before = mean_of(values.first(split), blank);
    const auto during = mean_of(values.subspan(split), blank);
    const double moved = during.mean - before.mean;
    if (before.count == 0 || during.count == 0 || moved == 0) continue;
    const double usual = std::max(
        before.deviation, kLeastDeviation * std::max(std::abs(before.mean), std::abs(during.mean)));
    found.push_back({.agent = *series.agent,
                     .metric = series.metric,
                     .unit = series.unit,
                     .before = before.mean,
                     .during = during.mean,
                     .score = moved / usual});
  }
  std::ranges::sort(found, [](const Change& a, const Change& b) {
    if (std::abs(a.score) != std::abs(b.score)) return std::abs(a.score) > std::abs(b.score);
    return std::tie(a.agent.name, a.metric) < std::tie(b.agent.name, b.metric);
  });
  if (found.size() > static_cast<size_t>(limit)) {
    found.erase(found.begin() + limit, found.end());
  }
  return found;
}

Task<Result<Changes>> changes(BucketsQuery& buckets, std::vector<AgentName> agents,
                              TimeRange window, int limit) {
  if (auto checked = check_range(window.start, window.end); !checked) co_return forward(checked);
  // Whole steps of whole minutes: sums tell them, no bucket is on both sides, and none is cut
  // short, which would look like a fall.
  const std::chrono::minutes minute{1};
  auto step = std::max<Microseconds>(minute, (window.end - window.start) / kWindowBuckets);
  step -= step % minute;
  Changes answer{.baseline = {}, .window = {}, .step = step, .changes = {}};
  answer.window = {floor_to(window.start, step), floor_to(window.end, step)};
  if (answer.window.empty()) answer.window.end = answer.window.start + step;
  const auto length = answer.window.end - answer.window.start;
  answer.baseline = {answer.window.start - kBaselineWindows * length, answer.window.start};
  BucketRequest request{.agents = std::move(agents), .metrics = {}, .start = {}, .end = {}};
  for (auto metric : kWatched) {
    auto wanted = parse_wanted_metric(metric);
    if (!wanted) co_return forward(wanted);
    request.metrics.push_back(std::move(*wanted));
  }
  request.start = answer.baseline.start;
  request.end = answer.window.end;
  request.step = step;
  request.buckets_max = kChangesBucketsMax;
  auto read = co_await buckets.read(std::move(request));
  if (!read) co_return forward(read);
  answer.changes = rank_changes(*read, answer.window.start, limit);
  co_return answer;
}

}  // namespace sentinel::query
