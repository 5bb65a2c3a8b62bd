// Gives memory back to the system that is free and lies between what is in use. After a rush
// nothing else does: each thread's heap keeps its free blocks, more or fewer by chance.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

namespace sentinel {

class MemoryTrim {
 public:
  // From now on, every five seconds, where it is more than 16 MB. In a thread of its own: a heap is
  // locked for milliseconds.
  MemoryTrim();

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the others, and its end stops it
};

}  // namespace sentinel
