// Turns what the sources tell into samples: one per agent and tick, with what was measured and
// nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "collectors/sources/cgroup.hpp"
#include "collectors/sources/gpu.hpp"
#include "collectors/sources/host.hpp"
#include "collectors/sources/process_table.hpp"
#include "collectors/sources/process_tree.hpp"

namespace sentinel::collectors {

struct AgentSpec {
  std::string name;
  std::optional<Match> match;  // nothing: the host itself
};

struct Sample {
  std::string agent;
  Timestamp time;
  std::optional<pid_t> process;
  std::optional<double> cpu_percent;  // 0 to 100 of what the agent may use
  std::optional<uint64_t> memory_bytes;
  std::optional<GpuUse> gpu;
};

class Sampler {
 public:
  Sampler(const std::vector<AgentSpec>& agents, Gpus gpus, Cgroups cgroups,
          const std::string& proc_root = "/proc");

  // Reads the processes once; every tree follows them. To be called before the samples of a tick.
  void pass(SteadyTime now);

  // Nothing when none of the agent's processes runs. The first sample, and the first after a pause,
  // has no CPU.
  std::optional<Sample> sample(size_t agent, Timestamp time);

  // Of the agent's tree at this pass, to tell whether it runs at all.
  const ProcessTree* tree(size_t agent) const;

 private:
  struct Reading {
    SteadyTime at;
    double used = 0;  // seconds of processor time; for the host, ticks
    double total = 0;
    bool from_cgroup = false;
  };
  struct Agent {
    AgentSpec spec;
    std::optional<ProcessTree> tree;
    std::optional<Reading> last;
    double processors = 0;
    SteadyTime processors_next{};
  };

  void sample_host(Agent& agent, Sample& sample);
  void sample_processes(Agent& agent, Sample& sample);
  double processors_of(Agent& agent, pid_t root);
  std::string cgroup_of(const Agent& agent, pid_t root) const;

  std::vector<Agent> agents_;
  Gpus gpus_;
  Cgroups cgroups_;
  ProcessTable table_;
  Host host_;
  SteadyTime now_{};
  bool has_trees_ = false;
};

}  // namespace sentinel::collectors
