#include "collectors/sources/sampler.hpp"

#include <unistd.h>

#include <algorithm>

namespace sentinel::collectors {

namespace {

constexpr auto kProcessorsEvery = std::chrono::seconds{30};

double ticks_per_second() {
  static const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return ticks;
}

double percent(double part, double whole) {
  return whole > 0 ? std::clamp(part / whole * 100, 0.0, 100.0) : 0.0;
}

}  // namespace

Sampler::Sampler(const std::vector<AgentSpec>& agents, Gpus gpus, Cgroups cgroups,
                 const std::string& proc_root)
    : gpus_(std::move(gpus)), cgroups_(std::move(cgroups)), table_(proc_root), host_(proc_root) {
  for (const auto& spec : agents) {
    Agent agent;
    agent.spec = spec;
    if (spec.match) agent.tree.emplace(*spec.match);
    has_trees_ |= spec.match.has_value();
    agents_.push_back(std::move(agent));
  }
}

void Sampler::pass(SteadyTime now) {
  now_ = now;
  if (has_trees_) table_.refresh();
  for (auto& agent : agents_) {
    if (agent.tree) agent.tree->update(table_, cgroups_);
  }
  if (gpus_.present()) gpus_.refresh();
}

std::optional<Sample> Sampler::sample(size_t index, Timestamp time) {
  auto& agent = agents_[index];
  if (agent.tree && !agent.tree->running()) {
    agent.last.reset();
    return std::nullopt;
  }
  Sample sample{.agent = agent.spec.name,
                .time = time,
                .process = {},
                .cpu_percent = {},
                .memory_bytes = {},
                .gpu = {}};
  if (agent.tree) {
    sample_processes(agent, sample);
  } else {
    sample_host(agent, sample);
  }
  return sample;
}

const ProcessTree* Sampler::tree(size_t agent) const {
  return agents_[agent].tree ? &*agents_[agent].tree : nullptr;
}

void Sampler::sample_host(Agent& agent, Sample& sample) {
  sample.memory_bytes = host_.memory_used_bytes();
  sample.gpu = gpus_.host();
  auto cpu = host_.cpu();
  if (!cpu) return;
  Reading now{
      .at = now_, .used = static_cast<double>(cpu->busy), .total = static_cast<double>(cpu->total)};
  if (agent.last && now.total > agent.last->total) {
    sample.cpu_percent = percent(now.used - agent.last->used, now.total - agent.last->total);
  }
  agent.last = now;
}

void Sampler::sample_processes(Agent& agent, Sample& sample) {
  sample.process = agent.tree->root();
  sample.memory_bytes = agent.tree->memory_bytes(table_, now_);
  sample.gpu = gpus_.processes([&](pid_t pid) { return agent.tree->contains(pid); });
  Reading now{.at = now_,
              .used = static_cast<double>(agent.tree->cpu_ticks()) / ticks_per_second()};
  if (const auto* by = std::get_if<ByCgroup>(&*agent.spec.match)) {
    // The group's own account is finer than ticks and holds processes that nobody saw.
    if (auto seconds = cgroups_.cpu_seconds(by->path)) {
      now.used = *seconds;
      now.from_cgroup = true;
    }
  }
  auto processors = processors_of(agent, *sample.process);
  if (agent.last && agent.last->from_cgroup == now.from_cgroup && now.at > agent.last->at) {
    std::chrono::duration<double> elapsed = now.at - agent.last->at;
    sample.cpu_percent = percent(now.used - agent.last->used, elapsed.count() * processors);
  }
  agent.last = now;
}

double Sampler::processors_of(Agent& agent, pid_t root) {
  if (now_ < agent.processors_next) return agent.processors;
  agent.processors_next = now_ + kProcessorsEvery;
  agent.processors = static_cast<double>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  auto path = cgroup_of(agent, root);
  if (auto limit = cgroups_.processors_max(path); limit && *limit > 0) {
    agent.processors = std::min(agent.processors, *limit);
  }
  return agent.processors;
}

std::string Sampler::cgroup_of(const Agent& agent, pid_t root) const {
  if (const auto* by = std::get_if<ByCgroup>(&*agent.spec.match)) return by->path;
  return Cgroups::path_of(read_small_file(table_.root() + "/" + std::to_string(root) + "/cgroup"));
}

}  // namespace sentinel::collectors
