#include "demo/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <tuple>

#include "demo/dice.hpp"
#include "demo/incidents.hpp"

namespace sentinel::demo {

namespace {

using models::MetricRecord;
using models::RecordKind;

// One moment of an agent, while its record is made.
struct Moment {
  const Agent& agent;
  Timestamp ts;
  Effects effects;
  double load;  // 1 on a usual working hour
  Dice dice;
};

constexpr double kSpread = 0.42;      // of the logarithm of latencies
constexpr double kSlowShare = 0.012;  // requests of the heavy tail
constexpr double kTracedShare = 0.4;
constexpr double kTimeoutMs = 60'000;
constexpr Microseconds kUnrest = minutes{25};

int64_t rounded(double value) { return std::llround(value); }

// The load of the hour and the day of the week (UTC), and some unrest.
double load_of(const Agent& agent, Timestamp ts) {
  const auto day = std::chrono::floor<days>(ts);
  const double hour = to_seconds(ts - day) / 3600;
  const bool weekend = std::chrono::weekday{day}.iso_encoding() >= 6;
  auto bell = [hour](double peak) {
    return 0.5 + 0.5 * std::cos((hour - peak) * std::numbers::pi / 12);
  };
  double load = 0;
  switch (agent.rhythm) {
    case Rhythm::Office:
      load = (0.06 + 1.2 * bell(13.5) * bell(13.5)) * (weekend ? 0.2 : 1);
      break;
    case Rhythm::AroundTheClock:
      load = (0.5 + 0.8 * bell(15)) * (weekend ? 0.85 : 1);
      break;
    case Rhythm::Night:
      load = 0.15 + 1.4 * std::pow(bell(3), 4);
      break;
  }
  return load * (0.85 + 0.3 * wave(agent.key, ts, kUnrest));
}

// Deployments: a grid of its own for each agent, every five to twelve days.
Microseconds deploy_period(const Agent& agent) { return hours{120 + agent.key % 168}; }
Microseconds deploy_phase(const Agent& agent) {
  return Microseconds{static_cast<int64_t>(mix(agent.key, 17) %
                                           static_cast<uint64_t>(deploy_period(agent).count()))};
}
// Which deployment is running; the first after the phase of the year 1970 is 0.
int64_t deployment(const Agent& agent, Timestamp ts) {
  return (ts.time_since_epoch() - deploy_phase(agent)) / deploy_period(agent);
}

void measure_process(Moment& moment, MetricRecord& record) {
  const auto& agent = moment.agent;
  record.host = agent.host;
  record.process_id =
      1000 + static_cast<int64_t>(
                 mix(agent.key, static_cast<uint64_t>(deployment(agent, moment.ts))) % 30'000);
  const double busy = std::min(moment.load * moment.effects.requests, 6.0);
  const double cpu = agent.cpu_percent * (0.25 + 0.75 * busy) * (0.8 + 0.4 * moment.dice.unit()) +
                     0.4 * moment.dice.unit();
  record.cpu_centipercent = rounded(100 * std::min(cpu, 100.0));
  const double held = agent.memory_mb * (0.9 + 0.2 * wave(agent.key + 1, moment.ts, hours{3}) +
                                         0.02 * moment.dice.unit());
  record.memory_bytes = rounded(1e6 * (held + moment.effects.leak_mb));
  if (agent.gpus == 0) return;
  record.gpu_count = agent.gpus;
  const double gpu = 10 + 55 * std::min(busy, 1.4) * (0.85 + 0.3 * moment.dice.unit());
  record.gpu_centipercent = rounded(100 * std::clamp(gpu, 0.0, 100.0));
  record.gpu_memory_bytes =
      rounded(1e6 * agent.gpus * (15'200 + 1800 * wave(agent.key + 2, moment.ts, hours{1})));
}

void use_tokens(Moment& moment, int64_t count, double like_output, double like_input,
                MetricRecord& record) {
  const auto& agent = moment.agent;
  const auto& model = *moment.effects.model;
  const auto n = static_cast<double>(count);
  const double input = agent.input_tokens * std::exp(0.6 * like_input);
  record.input_tokens = std::max<int64_t>(count, rounded(n * input));
  if (agent.cached_share > 0) {
    const double cached = std::min(agent.cached_share * (0.7 + 0.6 * moment.dice.unit()), 0.95);
    record.cache_read_tokens = rounded(n * input * cached);
    if (model.writes_cache)
      record.cache_write_tokens = rounded(n * input * (1 - cached) * 0.3 * moment.dice.unit());
  }
  if (agent.output_tokens > 0) {
    record.output_tokens =
        std::max<int64_t>(count, rounded(n * agent.output_tokens * std::exp(0.7 * like_output)));
    if (model.reasoning_share > 0) {
      record.reasoning_tokens = rounded(static_cast<double>(*record.output_tokens) *
                                        model.reasoning_share * (0.5 + moment.dice.unit()));
    }
  }
  if (agent.reports_cost) {
    record.cost_nanos = (*record.input_tokens * model.input_pico_usd +
                         record.output_tokens.value_or(0) * model.output_pico_usd) /
                        1000;
  }
}

void answer_requests(Moment& moment, int64_t count, MetricRecord& record) {
  const auto& agent = moment.agent;
  const auto& effects = moment.effects;
  auto& dice = moment.dice;
  record.kind = RecordKind::Request;
  record.request_count = count;
  record.provider = effects.model->provider;
  record.model = effects.model->name;
  double like_output, own, like_input, first;
  dice.normals(like_output, own);
  dice.normals(like_input, first);
  // A long answer takes long.
  const double normal = 0.6 * like_output + 0.8 * own;
  double latency =
      agent.latency_ms * effects.latency * std::exp((kSpread + effects.spread) * normal);
  latency *= 0.9 + 0.1 * std::min(moment.load, 3.0);
  if (dice.hits(kSlowShare)) latency *= 1.5 / std::pow(1 - dice.unit(), 0.6);
  record.error = dice.hits(agent.error_share + effects.error_share);
  if (*record.error) {
    // It fails at once or by a limit of time.
    latency = dice.hits(0.6) ? 0.2 * latency : std::max(latency, kTimeoutMs);
  } else {
    use_tokens(moment, count, like_output, like_input, record);
    if (const double ttft = effects.model->ttft_ms; ttft > 0) {
      record.ttft_us =
          rounded(1e3 * std::min(ttft * effects.latency * std::exp(0.35 * first), 0.9 * latency));
    }
  }
  record.latency_us = rounded(1e3 * std::min(latency, 30 * kTimeoutMs));
  if (count == 1 && dice.hits(kTracedShare)) {
    Uuid trace;
    const uint64_t halves[] = {dice.bits(), dice.bits()};
    std::memcpy(trace.bytes.data(), halves, sizeof halves);
    record.trace_id = trace;
    record.span_id = static_cast<int64_t>(dice.bits() | 1);
  }
}

}  // namespace

Fleet::Fleet(FleetOptions options)
    : options_(options), agents_(make_agents(options.seed, options.agents)) {}

void Fleet::append_records(size_t number, Timestamp start, Timestamp end, Microseconds interval,
                           std::vector<MetricRecord>& out) const {
  const auto& agent = agents_[number];
  const double interval_min = to_seconds(interval) / 60;
  // Agents do not all report at the same moment, and none reports like a clock.
  const double phase = 0.85 * to_unit(mix(agent.key, 3));
  const auto first = start.time_since_epoch() / interval - 1;
  for (auto slot = first; Timestamp{slot * interval} < end; ++slot) {
    const uint64_t key = mix(
        agent.key, static_cast<uint64_t>(slot) * 8191 + static_cast<uint64_t>(interval.count()));
    const double place = phase + 0.1 * to_unit(key);
    const Timestamp ts{slot * interval + Microseconds{static_cast<int64_t>(
                                             place * static_cast<double>(interval.count()))}};
    if (ts < start || ts >= end) continue;
    Moment moment{agent, ts, effects_on(agent, ts, options_.anchor), load_of(agent, ts), Dice(key)};
    if (moment.effects.gone) break;
    const double wanted =
        agent.requests_per_min * moment.load * moment.effects.requests * interval_min;
    const auto count = static_cast<int64_t>(wanted + moment.dice.unit());
    // Every fourth record of a process samples it alone, and so does one of a time without
    // requests.
    const bool turn = (slot + static_cast<int64_t>(number)) % 4 == 0;
    const bool samples = agent.has_process() && (turn || count == 0);
    if (!samples && count == 0) continue;
    MetricRecord record;
    record.agent = agent.name;
    record.ts = ts;
    if (samples) {
      record.kind = RecordKind::Sample;
    } else {
      answer_requests(moment, count, record);
    }
    if (agent.has_process()) measure_process(moment, record);
    out.push_back(record);
  }
  if (agent.fate == Fate::IsLate) append_late_samples(agent, start, end, out);
}

// After it became late, an agent is heard of once in a long while.
void Fleet::append_late_samples(const Agent& agent, Timestamp start, Timestamp end,
                                std::vector<MetricRecord>& out) const {
  const auto late = options_.anchor - kLateSince;
  const auto first = std::max<int64_t>((start - late) / kLatePause, 1);
  for (auto ts = late + first * kLatePause; ts < end; ts += kLatePause) {
    if (ts < start) continue;
    Moment moment{agent, ts, effects_on(agent, ts, options_.anchor), load_of(agent, ts),
                  Dice(mix(agent.key, static_cast<uint64_t>(ts.time_since_epoch().count())))};
    MetricRecord record;
    record.agent = agent.name;
    record.ts = ts;
    record.kind = RecordKind::Sample;
    measure_process(moment, record);
    out.push_back(record);
  }
}

void Fleet::append_deployments(const Agent& agent, Timestamp start, Timestamp end,
                               std::vector<Event>& out) const {
  constexpr Microseconds kStarting = seconds{12};
  for (auto index = deployment(agent, start - kStarting);; ++index) {
    const Timestamp ts{deploy_phase(agent) + index * deploy_period(agent)};
    if (ts >= end) break;
    if (effects_on(agent, ts, options_.anchor).gone) break;
    out.push_back({&agent, ts, "deployed", fmt::format("version 3.{}", index % 1000)});
    out.push_back({&agent, ts + kStarting, "started", "after a deployment"});
  }
}

void Fleet::append_incidents(const Agent& agent, std::vector<Event>& out) const {
  const auto anchor = options_.anchor;
  const auto outage = anchor - kOutageBegin;
  if (effects_on(agent, outage, anchor).model->name == kOutageModel.name) {
    out.push_back({&agent, outage + seconds{40}, "error", "anthropic answers 529 overloaded"});
    out.push_back({&agent, outage + kOutageLength, "annotation", "anthropic answers again"});
  }
  switch (agent.fate) {
    case Fate::LeaksMemory:
      out.push_back({&agent, anchor - kLeakEnd, "error", "killed: out of memory"});
      out.push_back(
          {&agent, anchor - kLeakEnd + seconds{9}, "started", "restarted after it was killed"});
      break;
    case Fate::DeploysSlowness:
      out.push_back(
          {&agent, anchor - kSlowDeploy, "deployed", "version 4.0: reads twice as many documents"});
      break;
    case Fate::ChangesModel:
      out.push_back({&agent, anchor - kModelChange, "deployed",
                     fmt::format("model {} instead of {}", kHalfPriceModel.name, kDearModel.name)});
      break;
    case Fate::RunsAway:
      out.push_back({&agent, runaway_begin(anchor) + kRunawayLength, "annotation",
                     "a loop of retries was ended by hand"});
      break;
    case Fate::Stops:
      out.push_back({&agent, anchor - kStop, "stopped", "the migration is done"});
      break;
    case Fate::None:
    case Fate::FallsSilent:
    case Fate::IsLate:
      break;
  }
}

std::vector<Event> Fleet::events(Timestamp start, Timestamp end) const {
  std::vector<Event> events;
  for (const auto& agent : agents_) {
    append_deployments(agent, start, end, events);
    append_incidents(agent, events);
  }
  std::erase_if(events, [&](const Event& event) { return event.ts < start || event.ts >= end; });
  std::ranges::sort(events, {}, [](const Event& event) {
    return std::tuple(event.ts, event.agent->number, event.type);
  });
  return events;
}

}  // namespace sentinel::demo
