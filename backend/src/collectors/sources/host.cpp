#include "collectors/sources/host.hpp"

#include <unistd.h>

#include <array>

namespace sentinel::collectors {

Host::Host(const std::string& proc_root)
    : stat_(proc_root + "/stat"), memory_(proc_root + "/meminfo") {}

std::optional<HostCpu> Host::cpu() const {
  std::array<char, 512> buffer;  // the first line is all that is wanted
  return parse_host_cpu(stat_.read(buffer));
}

std::optional<uint64_t> Host::memory_used_bytes() const {
  std::array<char, 512> buffer;  // MemTotal and MemAvailable are lines one and three
  return parse_memory_used(memory_.read(buffer));
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "unknown";
  return name.data();
}

}  // namespace sentinel::collectors
