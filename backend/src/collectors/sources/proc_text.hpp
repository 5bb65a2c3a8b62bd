// Reads the texts of /proc by hand: no streams, no allocation. What is not as the kernel writes it
// gives nothing.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace sentinel::collectors {

// One line of /proc/PID/stat. Ticks are of sysconf(_SC_CLK_TCK).
struct ProcessStat {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  char state = '?';
  uint64_t cpu_ticks = 0;     // user and system, of all its threads
  uint64_t waited_ticks = 0;  // the same of children that ended and were waited for, and of theirs
  uint64_t start_ticks = 0;   // since boot; with the pid it names a process for good
  uint64_t resident_pages = 0;
  std::string_view name;  // points into the line
};
std::optional<ProcessStat> parse_process_stat(std::string_view line);

// The first line of /proc/stat. Time stolen by the hypervisor is in `total` and not in `busy`:
// nothing ran here.
struct HostCpu {
  uint64_t busy = 0;
  uint64_t total = 0;
};
std::optional<HostCpu> parse_host_cpu(std::string_view text);

// Bytes in use: MemTotal without MemAvailable of /proc/meminfo.
std::optional<uint64_t> parse_memory_used(std::string_view text);

// The kB behind `name:` in texts such as meminfo and smaps_rollup, as bytes.
std::optional<uint64_t> parse_kilobytes(std::string_view text, std::string_view name);

}  // namespace sentinel::collectors
