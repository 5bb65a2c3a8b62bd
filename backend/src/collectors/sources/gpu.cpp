#include "collectors/sources/gpu.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sentinel::collectors {

namespace {

// Of NVML's stable binary interface, only what is used here.
using Status = int;
constexpr Status kOk = 0;
constexpr Status kNotFound = 6;
constexpr Status kTooSmall = 7;
constexpr unsigned long long kUnknown = ~0ULL;
constexpr unsigned kDevicesMax = 64;
constexpr size_t kProcessesMax = 1024;

struct Utilization {
  unsigned gpu;
  unsigned memory;
};
struct Memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};
struct ProcessInfo {  // of the functions _v2 and _v3
  unsigned pid;
  unsigned long long memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};
struct ProcessLoad {
  unsigned pid;
  unsigned long long time;
  unsigned gpu;
  unsigned memory;
  unsigned encoder;
  unsigned decoder;
};

template <class Function>
void load(void* library, Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(library, name));
}

}  // namespace

// Structures are passed as void*: the types of the library's own header are not these.
struct Gpus::Library {
  void* handle = nullptr;
  Status (*init)() = nullptr;
  Status (*shutdown)() = nullptr;
  const char* (*describe)(Status) = nullptr;
  Status (*count)(unsigned*) = nullptr;
  Status (*device)(unsigned, void**) = nullptr;
  Status (*utilization)(void*, void*) = nullptr;
  Status (*memory)(void*, void*) = nullptr;
  Status (*processes)(void*, unsigned*, void*) = nullptr;
  Status (*load_samples)(void*, void*, unsigned*, unsigned long long) = nullptr;
  bool started = false;

  explicit Library(void* opened) : handle(opened) {
    load(handle, init, "nvmlInit_v2");
    load(handle, shutdown, "nvmlShutdown");
    load(handle, describe, "nvmlErrorString");
    load(handle, count, "nvmlDeviceGetCount_v2");
    load(handle, device, "nvmlDeviceGetHandleByIndex_v2");
    load(handle, utilization, "nvmlDeviceGetUtilizationRates");
    load(handle, memory, "nvmlDeviceGetMemoryInfo");
    load(handle, processes, "nvmlDeviceGetComputeRunningProcesses_v3");
    // Drivers before 510.
    if (!processes) load(handle, processes, "nvmlDeviceGetComputeRunningProcesses_v2");
    load(handle, load_samples, "nvmlDeviceGetProcessUtilization");
  }
  ~Library() {
    if (started && shutdown) shutdown();
    dlclose(handle);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  bool usable() const { return init && count && device && utilization && memory; }
  std::string reason(Status status) const {
    return describe ? describe(status) : fmt::format("NVML status {}", status);
  }
};

Gpus::Gpus(const std::string& library) { open(library.empty() ? "libnvidia-ml.so.1" : library); }

Gpus::~Gpus() = default;
Gpus::Gpus(Gpus&&) noexcept = default;

void Gpus::open(const std::string& name) {
  void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    state_ = fmt::format("none ({} is not installed)", name);
    return;
  }
  auto library = std::make_unique<Library>(handle);
  if (!library->usable()) {
    state_ = fmt::format("none ({} is not NVML)", name);
    return;
  }
  if (auto status = library->init(); status != kOk) {
    state_ = fmt::format("none ({})", library->reason(status));
    return;
  }
  library->started = true;
  unsigned count = 0;
  library->count(&count);
  for (unsigned i = 0; i < std::min(count, kDevicesMax); ++i) {
    Device device;
    if (library->device(i, &device.handle) == kOk) devices_.push_back(std::move(device));
  }
  if (devices_.empty()) {
    state_ = "none (the driver lists no device)";
    return;
  }
  state_ = fmt::format("{} GPU{}", devices_.size(), devices_.size() == 1 ? "" : "s");
  library_ = std::move(library);
}

void Gpus::refresh() {
  for (auto& device : devices_) {
    Utilization load{};
    device.percent.reset();
    if (library_->utilization(device.handle, &load) == kOk) device.percent = load.gpu;
    Memory memory{};
    device.memory_bytes.reset();
    if (library_->memory(device.handle, &memory) == kOk) device.memory_bytes = memory.used;
    read_processes(device);
    if (!device.processes.empty()) read_load(device);
  }
}

void Gpus::read_processes(Device& device) {
  device.processes.clear();
  if (!library_->processes) return;
  std::array<ProcessInfo, 32> few;
  std::vector<ProcessInfo> many;
  ProcessInfo* list = few.data();
  auto count = static_cast<unsigned>(few.size());
  auto status = library_->processes(device.handle, &count, list);
  if (status == kTooSmall) {
    // Room for some that start between the two calls.
    many.resize(std::min<size_t>(count + 16, kProcessesMax));
    list = many.data();
    count = static_cast<unsigned>(many.size());
    status = library_->processes(device.handle, &count, list);
  }
  if (status != kOk) return;
  for (unsigned i = 0; i < count; ++i) {
    ProcessUse use{.pid = static_cast<pid_t>(list[i].pid), .percent = {}, .memory_bytes = {}};
    if (list[i].memory != kUnknown) use.memory_bytes = list[i].memory;
    device.processes.push_back(use);
  }
}

// The driver samples the load of each process several times a second; here it is the mean since the
// last call.
void Gpus::read_load(Device& device) {
  if (!library_->load_samples) return;
  unsigned count = 0;
  auto since = device.samples_seen;
  auto status = library_->load_samples(device.handle, nullptr, &count, since);
  std::vector<ProcessLoad> samples(std::min<size_t>(count, kProcessesMax));
  if (status == kTooSmall && !samples.empty()) {
    count = static_cast<unsigned>(samples.size());
    status = library_->load_samples(device.handle, samples.data(), &count, since);
    samples.resize(status == kOk ? count : 0);
  }
  // "Not found" says that nothing ran since; any other failure, that the device does not tell (as
  // under MIG).
  if (status != kOk && status != kNotFound) return;
  for (auto& process : device.processes) {
    double sum = 0;
    int measured = 0;
    for (const auto& sample : samples) {
      device.samples_seen = std::max<uint64_t>(device.samples_seen, sample.time);
      if (static_cast<pid_t>(sample.pid) != process.pid) continue;
      sum += sample.gpu;
      ++measured;
    }
    process.percent = measured > 0 ? std::min(sum / measured, 100.0) : 0.0;
  }
}

std::optional<GpuUse> Gpus::host() const {
  if (!present()) return std::nullopt;
  GpuUse use;
  use.count = static_cast<unsigned>(devices_.size());
  double percent = 0;
  unsigned measured = 0;
  for (const auto& device : devices_) {
    if (device.percent) {
      percent += *device.percent;
      ++measured;
    }
    if (device.memory_bytes) use.memory_bytes = use.memory_bytes.value_or(0) + *device.memory_bytes;
  }
  if (measured > 0) use.percent = percent / measured;
  return use;
}

void Gpus::Total::add(const ProcessUse& process) {
  if (!on_this_device) ++devices;
  on_this_device = true;
  if (process.percent) {
    percent += *process.percent;
  } else {
    percent_known = false;
  }
  if (process.memory_bytes) memory_bytes = memory_bytes.value_or(0) + *process.memory_bytes;
}

GpuUse Gpus::Total::use() const {
  GpuUse use;
  use.count = devices;
  if (devices == 0) return use;
  if (percent_known) use.percent = std::min(percent / devices, 100.0);
  use.memory_bytes = memory_bytes;
  return use;
}

}  // namespace sentinel::collectors
