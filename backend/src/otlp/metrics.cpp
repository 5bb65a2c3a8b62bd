// Data points -> samples and counter points. What the model of a record knows (CPU, memory, GPU of
// a process or a host) goes into its columns; every other gauge becomes a custom metric of a
// sample, every counter a counter point. Token and cost counters stay beside the records, which
// tell the same calls one by one: both would count twice.
#include <fmt/format.h>
#include <simdjson.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cmath>
#include <iterator>
#include <set>

#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "otlp/mapper.hpp"

namespace sentinel::otlp {

namespace {

enum class Meaning : uint8_t {
  Custom,
  ProcessCpu,         // fraction of the CPUs that it may use, by mode
  ProcessCpuPercent,  // the same in percent, in one number
  ProcessMemory,      // bytes
  ProcessGpu,         // fraction, by GPU
  ProcessGpuMemory,   // bytes, by GPU
  HostCpu,
  HostMemory,
  HostGpu,
  HostGpuMemory,
};

Meaning meaning_of(std::string_view name) {
  static constexpr std::pair<std::string_view, Meaning> kKnown[] = {
      {"process.cpu.utilization", Meaning::ProcessCpu},
      {"gemini_cli.cpu.usage", Meaning::ProcessCpuPercent},
      {"process.memory.usage", Meaning::ProcessMemory},
      {"process.memory.physical_usage", Meaning::ProcessMemory},
      {"gemini_cli.memory.usage", Meaning::ProcessMemory},
      {"process.gpu.utilization", Meaning::ProcessGpu},
      {"process.gpu.memory.usage", Meaning::ProcessGpuMemory},
      {"system.cpu.utilization", Meaning::HostCpu},
      {"system.memory.usage", Meaning::HostMemory},
      {"hw.gpu.utilization", Meaning::HostGpu},
      {"hw.gpu.memory.usage", Meaning::HostGpuMemory},
  };
  for (const auto& [known, meaning] : kKnown) {
    if (known == name) return meaning;
  }
  return Meaning::Custom;
}

bool is_host(Meaning meaning) {
  return meaning == Meaning::HostCpu || meaning == Meaning::HostMemory ||
         meaning == Meaning::HostGpu || meaning == Meaning::HostGpuMemory;
}

// One sample in the making: what was measured at one time of one process or host.
struct Sample {
  models::MetricRecord record;
  size_t index = 0;  // of its first point
  // Fractions, by CPU where they come so.
  double cpu = 0;
  bool has_cpu = false;
  std::set<int64_t> cpus = {};
  double gpu = 0;
  std::set<std::string_view> gpus = {};
  std::string custom = {};  // JSON, open at its end
  size_t customs = 0;
};

int64_t centipercent(double fraction) {
  return std::clamp<int64_t>(std::llrint(fraction * 1e4), 0, 10'000);
}

class MetricMapper final : public Mapper {
 public:
  using Mapper::Mapper;

  void point(const Metric& metric, const Point& point) override {
    auto index = next_item();
    if (!index) return;
    if (!point.has_value) {
      ++out().ignored;
      return;
    }
    if (auto refused = refusal(metric, point)) {
      reject(*index, metric.name.empty() ? "name" : metric.name.substr(0, 200),
             std::move(*refused));
      return;
    }
    facts_.clear();
    facts_.add(point.attributes);
    const auto meaning = meaning_of(metric.name);
    if (auto value = level_of(metric, point)) {
      if (meaning == Meaning::Custom || !measure(meaning, *index, point, *value)) {
        take_custom(*index, metric, point, *value);
      }
      return;
    }
    if (metric.kind == MetricKind::Sum) {
      take_counter(*index, metric, point, metric.name, *point.value);
      return;
    }
    take_counter(*index, metric, point, keep(fmt::format("{}.count", metric.name)),
                 static_cast<double>(point.count));
    if (point.sum) {
      take_counter(*index, metric, point, keep(fmt::format("{}.sum", metric.name)), *point.sum);
    }
  }

  void finish() override {
    for (auto& sample : samples_) close(sample);
  }

 private:
  // Errors name the limit that the point is over, or what it lacks.
  std::optional<std::string> refusal(const Metric& metric, const Point& point) {
    if (auto refused = models::name_refusal("name", metric.name, models::kNameLengthMax)) {
      return refused;
    }
    if (!simdjson::validate_utf8(metric.name.data(), metric.name.size())) {
      return "name is not UTF-8";
    }
    if (metric.kind == MetricKind::None) return "the metric has no data that is known here";
    const bool simple = metric.kind == MetricKind::Gauge || metric.kind == MetricKind::Sum;
    if (simple && (!point.value || !std::isfinite(*point.value))) {
      return fmt::format("{} must be a finite number", metric.name);
    }
    if (point.sum && !std::isfinite(*point.sum)) {
      return fmt::format("the sum of {} must be a finite number", metric.name);
    }
    if (metric.kind != MetricKind::Gauge && temporality_of(metric) == Temporality::Unspecified) {
      return fmt::format("{} says neither delta nor cumulative as its temporality", metric.name);
    }
    if (point.attributes.size() > models::kAttributesMax) {
      return fmt::format("{} has {} attributes, the limit is {}", metric.name,
                         point.attributes.size(), models::kAttributesMax);
    }
    return models::time_refusal(time_of_point(point), now());
  }

  // Claude Code once left it out, and means deltas.
  Temporality temporality_of(const Metric& metric) const {
    if (metric.temporality == Temporality::Unspecified && dialect() == Dialect::ClaudeCode) {
      return Temporality::Delta;
    }
    return metric.temporality;
  }

  Timestamp time_of_point(const Point& point) const {
    return point.time_ns == 0 ? now() : time_of(point.time_ns);
  }

  // What stands at this moment, as a gauge does, and a sum that may fall. Of a histogram of what
  // the model knows, one delta is a few readings of such a level.
  std::optional<double> level_of(const Metric& metric, const Point& point) const {
    if (metric.kind == MetricKind::Gauge) return point.value;
    if (metric.kind == MetricKind::Sum && !metric.monotonic &&
        temporality_of(metric) == Temporality::Cumulative) {
      return point.value;
    }
    if (metric.kind == MetricKind::Histogram && meaning_of(metric.name) != Meaning::Custom &&
        temporality_of(metric) == Temporality::Delta && point.count > 0 && point.sum) {
      return *point.sum / static_cast<double>(point.count);
    }
    return std::nullopt;
  }

  // False when the point says something else than its name promises, and so is a custom metric.
  bool measure(Meaning meaning, size_t index, const Point& point, double value) {
    if (value < 0 || value > models::kMemoryMbMax * 1e6) return false;
    if (is_host(meaning) && resource_facts().text(Fact::HostName).empty()) return false;
    switch (meaning) {
      case Meaning::ProcessCpu:
      case Meaning::HostCpu:
        return measure_cpu(sample_of(meaning, index, point), value);
      case Meaning::ProcessCpuPercent:
        return measure_cpu(sample_of(meaning, index, point), value / 100);
      case Meaning::ProcessMemory: {
        auto type = facts_.text(Fact::MemoryType);
        if (!type.empty() && type != "rss") return false;
        sample_of(meaning, index, point).record.memory_bytes = std::llrint(value);
        return true;
      }
      case Meaning::HostMemory:
        if (memory_state() != "used") return false;
        sample_of(meaning, index, point).record.memory_bytes = std::llrint(value);
        return true;
      case Meaning::ProcessGpu:
      case Meaning::HostGpu: {
        // Of its engines, the general one is what people mean.
        auto task = facts_.text(Fact::GpuTask);
        if (!task.empty() && task != "general") return false;
        auto& sample = sample_of(meaning, index, point);
        sample.gpu += value;
        sample.gpus.insert(facts_.text(Fact::GpuId));
        return true;
      }
      case Meaning::ProcessGpuMemory:
      case Meaning::HostGpuMemory: {
        auto& bytes = sample_of(meaning, index, point).record.gpu_memory_bytes;
        bytes = bytes.value_or(0) + std::llrint(value);
        return true;
      }
      case Meaning::Custom:
        break;
    }
    return false;
  }

  // "state" is what older collectors call it.
  std::string_view memory_state() const {
    auto state = facts_.text(Fact::MemoryState);
    return state.empty() ? facts_.text(Fact::CpuMode) : state;
  }

  bool measure_cpu(Sample& sample, double fraction) {
    if (auto cpu = facts_.integer(Fact::CpuNumber)) {
      sample.cpus.insert(*cpu);
    } else if (auto name = facts_.text(Fact::CpuNumber); !name.empty()) {
      sample.cpus.insert(static_cast<int64_t>(std::hash<std::string_view>{}(name)));
    }
    sample.has_cpu = true;
    auto mode = facts_.text(Fact::CpuMode);
    if (mode != "idle" && mode != "iowait" && mode != "steal" && mode != "wait") {
      sample.cpu += fraction;
    }
    return true;
  }

  // Whose the point is: its own process where it names one, else that of the resource.
  models::MetricRecord owner_of(const Point& point, bool host) {
    auto record = blank({});
    record.kind = models::RecordKind::Sample;
    record.ts = time_of_point(point);
    if (host) {
      record.agent = host_agent();
      record.process_id.reset();
      return record;
    }
    auto pid = facts_.integer(Fact::ProcessId);
    if (pid && *pid > 0 && *pid <= models::kProcessIdMax) {
      record.process_id = pid;
      record.agent_of_process = true;
    } else if (record.process_id && resource_facts().text(Fact::ServiceName).empty()) {
      record.agent_of_process = true;
    }
    return record;
  }

  std::string_view host_agent() {
    auto host = resource_facts().text(Fact::HostName);
    if (host != host_) {
      host_ = host;
      host_agent_ = keep(fmt::format("host:{}", host));
    }
    return host_agent_;
  }

  // The sample of this owner and time that is in the making.
  Sample& sample_of(Meaning meaning, size_t index, const Point& point) {
    return find_sample(owner_of(point, is_host(meaning)), "", index);
  }

  Sample& find_sample(models::MetricRecord owner, std::string_view attributes, size_t index) {
    scratch_.clear();
    fmt::format_to(std::back_inserter(scratch_), "{}\n{}\n{}\n{}\n{}", owner.agent, owner.host,
                   owner.process_id.value_or(0), owner.ts->time_since_epoch().count(), attributes);
    auto found = by_owner_.find(scratch_);
    if (found != by_owner_.end() && samples_[found->second].customs < models::kAttributesMax) {
      return samples_[found->second];
    }
    owner.attributes = attributes;
    by_owner_[scratch_] = samples_.size();
    return samples_.emplace_back(Sample{.record = owner, .index = index});
  }

  // The attributes of a point as JSON. Texts are cut where they are long. Counters of two processes
  // that are alike in all else are told apart by `instance`.
  std::string_view attributes_of(const Point& point, std::string_view instance = {}) {
    constexpr size_t kLengthMax = 256;
    if (point.attributes.empty() && instance.empty()) return {};
    JsonWriter json;
    json.begin_object();
    for (const auto& [key, value] : point.attributes) {
      if (key.empty() || key.size() > kLengthMax || key.find('\0') != key.npos) continue;
      switch (value.type) {
        case AnyValue::Type::Text: {
          if (value.text.find('\0') != value.text.npos) break;
          auto text = value.text.substr(0, kLengthMax);
          while (!text.empty() && text.size() == kLengthMax &&
                 !simdjson::validate_utf8(text.data(), text.size())) {
            text.remove_suffix(1);
          }
          json.field(key, text);
          break;
        }
        case AnyValue::Type::Flag:
          json.field(key, value.integer != 0);
          break;
        case AnyValue::Type::Integer:
          json.field(key, value.integer);
          break;
        case AnyValue::Type::Number:
          if (std::isfinite(value.number)) json.field(key, value.number);
          break;
        default:
          break;
      }
    }
    if (!instance.empty() && instance.size() <= kLengthMax) {
      json.field("service.instance.id", instance);
    }
    json.end_object();
    if (json.size() == 2) return {};
    return keep(json.take());
  }

  void take_custom(size_t index, const Metric& metric, const Point& point, double value) {
    auto& sample = find_sample(owner_of(point, false), attributes_of(point), index);
    sample.custom += sample.custom.empty() ? '{' : ',';
    append_json_string(sample.custom, metric.name);
    fmt::format_to(std::back_inserter(sample.custom), ":{}", value);
    ++sample.customs;
  }

  void take_counter(size_t index, const Metric& metric, const Point& point, std::string_view name,
                    double value) {
    auto owner = owner_of(point, false);
    // Its own sign of life: an agent may send nothing but counters.
    find_sample(owner, "", index);
    models::CounterPoint counter;
    counter.agent = owner.agent;
    counter.parent = owner.parent;
    counter.agent_of_process = owner.agent_of_process;
    counter.name = name;
    counter.attributes = attributes_of(point, resource_facts().text(Fact::ServiceInstance));
    counter.host = owner.host;
    counter.process_id = owner.process_id;
    if (point.start_ns != 0) counter.start = time_of(point.start_ns);
    counter.ts = *owner.ts;
    counter.cumulative = temporality_of(metric) == Temporality::Cumulative;
    counter.value = value;
    out().points.push_back(counter);
    out().point_indexes.push_back(index);
  }

  void close(Sample& sample) {
    auto& record = sample.record;
    if (sample.has_cpu) {
      const auto cpus = std::max<size_t>(sample.cpus.size(), 1);
      record.cpu_centipercent = centipercent(sample.cpu / static_cast<double>(cpus));
    }
    if (!sample.gpus.empty()) {
      record.gpu_count = static_cast<int64_t>(sample.gpus.size());
      record.gpu_centipercent = centipercent(sample.gpu / static_cast<double>(sample.gpus.size()));
    }
    if (!sample.custom.empty()) {
      sample.custom += '}';
      record.custom = keep(std::move(sample.custom));
    }
    scratch_.clear();
    fmt::format_to(std::back_inserter(scratch_), "{}\n{}\n{}\n{}\n", record.host,
                   record.process_id.value_or(0), record.ts->time_since_epoch().count(),
                   record.attributes);
    // A retry brings the same values; another export of the same moment brings others.
    fmt::format_to(std::back_inserter(scratch_), "{}\n{}\n{}\n{}\n{}", record.custom,
                   record.cpu_centipercent.value_or(-1), record.memory_bytes.value_or(-1),
                   record.gpu_centipercent.value_or(-1), record.gpu_memory_bytes.value_or(-1));
    record.key = hash_fields({"sample", record.agent, scratch_});
    take(sample.index, record);
  }

  Facts facts_;
  std::vector<Sample> samples_;
  boost::unordered_flat_map<std::string, size_t> by_owner_;
  std::string scratch_;
  std::string_view host_;
  std::string_view host_agent_;
};

}  // namespace

std::unique_ptr<Mapper> make_metric_mapper(const DecodeOptions& options) {
  return std::make_unique<MetricMapper>(options);
}

}  // namespace sentinel::otlp
