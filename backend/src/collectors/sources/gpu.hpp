// NVIDIA GPUs through NVML, which is loaded when it is there. A machine without it has no GPU: that
// is a state, and its samples leave the GPU fields out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sentinel::collectors {

struct GpuUse {
  std::optional<double> percent;  // mean over `count` GPUs
  std::optional<uint64_t> memory_bytes;
  unsigned count = 0;
};

class Gpus {
 public:
  // `library` is a file name or path; empty takes libnvidia-ml.so.1.
  explicit Gpus(const std::string& library);
  ~Gpus();
  Gpus(Gpus&&) noexcept;
  Gpus& operator=(Gpus&&) = delete;

  // "2 GPUs", or "none (…)" with the reason.
  const std::string& state() const { return state_; }
  bool present() const { return library_ != nullptr; }

  // Asks the driver; the answers below are from the last call.
  void refresh();

  // All GPUs of the machine. Nothing when there is none.
  std::optional<GpuUse> host() const;
  // What processes use: mean load of the GPUs on which they are, and the sum of their memory.
  // Nothing when the machine has no GPU; a count of 0 and no values when none of them is on one.
  template <class Contains>
  std::optional<GpuUse> processes(Contains contains) const {
    if (!present()) return std::nullopt;
    Total total;
    for (const auto& device : devices_) {
      total.next_device();
      for (const auto& use : device.processes) {
        if (contains(use.pid)) total.add(use);
      }
    }
    return total.use();
  }

 private:
  struct Library;
  struct ProcessUse {
    pid_t pid = 0;
    std::optional<double> percent;
    std::optional<uint64_t> memory_bytes;
  };
  struct Device {
    void* handle = nullptr;
    std::optional<double> percent;
    std::optional<uint64_t> memory_bytes;
    uint64_t samples_seen = 0;  // time stamp of the newest load sample
    std::vector<ProcessUse> processes;
  };
  struct Total {
    void next_device() { on_this_device = false; }
    void add(const ProcessUse& process);
    GpuUse use() const;

    bool on_this_device = false;
    unsigned devices = 0;
    bool percent_known = true;
    double percent = 0;
    std::optional<uint64_t> memory_bytes;
  };

  void open(const std::string& name);
  void read_processes(Device& device);
  void read_load(Device& device);

  std::unique_ptr<Library> library_;
  std::string state_;
  std::vector<Device> devices_;
};

}  // namespace sentinel::collectors
