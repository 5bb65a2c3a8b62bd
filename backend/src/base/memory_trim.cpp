#include "base/memory_trim.hpp"

#include <malloc.h>

#include <chrono>

namespace sentinel {

namespace {

constexpr auto kEvery = std::chrono::seconds{5};
constexpr size_t kFreeMax = 16 * 1024 * 1024;

void trim() {
#ifdef __GLIBC__
  if (mallinfo2().fordblks > kFreeMax) malloc_trim(0);
#endif
}

}  // namespace

MemoryTrim::MemoryTrim()
    : thread_([this](const std::stop_token& stopping) {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, stopping, kEvery, [&] { return stopping.stop_requested(); }))
          trim();
      }) {}

}  // namespace sentinel
