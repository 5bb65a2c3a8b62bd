// A stand-in for NVIDIA's NVML, for machines without a GPU: the same functions, answering what the
// environment says.
//
//   NVML_STAND_IN   statements with ; between them
//     devices 2               how many GPUs (default 1)
//     gpu 0 40 1000000000     load in percent and memory in bytes of a device
//     process 0 4711 30 5000  pid, load in percent (- for no sample) and memory in bytes (- for
//     unknown) on a device fail init               nvmlInit_v2 answers that the driver is not
//     loaded fail load               the load of single processes is not supported, as under MIG
#include <cstdlib>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int kOk = 0;
constexpr int kInvalid = 2;
constexpr int kUnsupported = 3;
constexpr int kNotFound = 6;
constexpr int kTooSmall = 7;
constexpr int kDriverNotLoaded = 9;

struct Process {
  unsigned device = 0;
  unsigned pid = 0;
  std::optional<unsigned> load;
  std::optional<unsigned long long> memory;
};
struct Device {
  unsigned load = 0;
  unsigned long long memory = 0;
};
struct Script {
  std::vector<Device> devices{1};
  std::vector<Process> processes;
  bool fail_init = false;
  bool fail_load = false;
};

template <class T>
std::optional<T> maybe(std::istream& words) {
  std::string text;
  words >> text;
  if (text == "-") return std::nullopt;
  return static_cast<T>(std::stoull(text));
}

Script script() {
  Script out;
  const char* text = std::getenv("NVML_STAND_IN");
  std::istringstream statements(text ? text : "");
  for (std::string statement; std::getline(statements, statement, ';');) {
    std::istringstream words(statement);
    std::string verb, what;
    unsigned device = 0;
    words >> verb;
    if (verb == "fail") {
      words >> what;
      (what == "init" ? out.fail_init : out.fail_load) = true;
    } else if (verb == "devices") {
      words >> device;
      out.devices.resize(device);
    } else if (verb == "gpu") {
      words >> device;
      words >> out.devices.at(device).load >> out.devices.at(device).memory;
    } else if (verb == "process") {
      Process process;
      words >> process.device >> process.pid;
      process.load = maybe<unsigned>(words);
      process.memory = maybe<unsigned long long>(words);
      out.processes.push_back(process);
    }
  }
  return out;
}

// Handles are the index and one, since a null handle means none.
unsigned index_of(void* handle) {
  return static_cast<unsigned>(reinterpret_cast<size_t>(handle)) - 1;
}

struct Utilization {
  unsigned gpu, memory;
};
struct Memory {
  unsigned long long total, free, used;
};
struct ProcessInfo {
  unsigned pid;
  unsigned long long memory;
  unsigned gpu_instance, compute_instance;
};
struct ProcessLoad {
  unsigned pid;
  unsigned long long time;
  unsigned gpu, memory, encoder, decoder;
};

}  // namespace

extern "C" {

int nvmlInit_v2() { return script().fail_init ? kDriverNotLoaded : kOk; }
int nvmlShutdown() { return kOk; }
const char* nvmlErrorString(int status) {
  return status == kDriverNotLoaded ? "Driver Not Loaded" : "Unknown Error";
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(script().devices.size());
  return kOk;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle) {
  if (index >= script().devices.size()) return kInvalid;
  *handle = reinterpret_cast<void*>(static_cast<size_t>(index) + 1);
  return kOk;
}

int nvmlDeviceGetUtilizationRates(void* handle, void* result) {
  auto* out = static_cast<Utilization*>(result);
  out->gpu = script().devices.at(index_of(handle)).load;
  out->memory = 0;
  return kOk;
}

int nvmlDeviceGetMemoryInfo(void* handle, void* result) {
  auto* out = static_cast<Memory*>(result);
  out->total = 80'000'000'000;
  out->used = script().devices.at(index_of(handle)).memory;
  out->free = out->total - out->used;
  return kOk;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void* handle, unsigned* count, void* result) {
  auto* out = static_cast<ProcessInfo*>(result);
  auto now = script();
  unsigned room = *count;
  *count = 0;
  for (const auto& process : now.processes) {
    if (process.device != index_of(handle)) continue;
    if (*count < room) {
      std::memset(&out[*count], 0, sizeof out[*count]);
      out[*count].pid = process.pid;
      out[*count].memory = process.memory.value_or(~0ULL);
    }
    ++*count;
  }
  return *count > room ? kTooSmall : kOk;
}

int nvmlDeviceGetProcessUtilization(void* handle, void* result, unsigned* count,
                                    unsigned long long) {
  auto* out = static_cast<ProcessLoad*>(result);
  auto now = script();
  if (now.fail_load) return kUnsupported;
  unsigned room = out ? *count : 0;
  *count = 0;
  for (const auto& process : now.processes) {
    if (process.device != index_of(handle) || !process.load) continue;
    if (*count < room) {
      std::memset(&out[*count], 0, sizeof out[*count]);
      out[*count].pid = process.pid;
      out[*count].time = 1'000'000;
      out[*count].gpu = *process.load;
    }
    ++*count;
  }
  if (*count == 0) return kNotFound;
  return *count > room ? kTooSmall : kOk;
}
}
