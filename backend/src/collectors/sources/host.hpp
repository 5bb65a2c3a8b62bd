// The machine as a whole.
#pragma once

#include <optional>
#include <string>

#include "collectors/sources/kept_file.hpp"
#include "collectors/sources/proc_text.hpp"

namespace sentinel::collectors {

class Host {
 public:
  explicit Host(const std::string& proc_root = "/proc");

  // Time in use since boot, in ticks of all processors.
  std::optional<HostCpu> cpu() const;
  std::optional<uint64_t> memory_used_bytes() const;

 private:
  KeptFile stat_;
  KeptFile memory_;
};

// The machine's name as it goes into records.
std::string host_name();

}  // namespace sentinel::collectors
