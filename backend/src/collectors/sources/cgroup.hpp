// Control groups, version 2: what a group may use of the processors, what it used, and which
// processes are in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sentinel::collectors {

class Cgroups {
 public:
  // `root` is where version 2 is mounted; empty when it is not, and then every answer is "nothing".
  explicit Cgroups(std::string root) : root_(std::move(root)) {}
  // Looks the mount up in the text of /proc/self/mounts.
  static Cgroups mounted(std::string_view mounts);

  // The path of a process's group below the root, from the text of /proc/PID/cgroup; empty when it
  // has none.
  static std::string path_of(std::string_view process_cgroup);

  // How many processors a group may use: the smallest cpu.max of it and of the groups above it.
  std::optional<double> processors_max(std::string_view path) const;

  // Seconds of processor time of a group and the groups below it, processes that ended included.
  std::optional<double> cpu_seconds(std::string_view path) const;

  // Processes of a group and of the groups below it.
  std::vector<pid_t> processes(std::string_view path) const;

  const std::string& root() const { return root_; }

 private:
  std::string file(std::string_view path, std::string_view name) const;

  std::string root_;
};

}  // namespace sentinel::collectors
