// What could not be sent yet: on disk when there is a folder for it, else in memory. The disk's
// part is older.
#pragma once

#include <cstdint>
#include <optional>

#include "collectors/buffer/memory_ring.hpp"
#include "collectors/buffer/segment_queue.hpp"

namespace sentinel::collectors {

class Backlog {
 public:
  explicit Backlog(size_t memory_bytes_max, std::optional<SegmentQueue> disk = std::nullopt)
      : memory_(memory_bytes_max), disk_(std::move(disk)) {}

  // A disk that refuses is named in the log once, and memory takes its place.
  void push(Item item);
  Batch peek(size_t count_max, size_t bytes_max);
  // What the last peek gave.
  void pop(size_t count);

  uint64_t size() const { return memory_.size() + (disk_ ? disk_->size() : 0); }
  // Whether what is in it now is still there after a restart.
  bool durable() const { return disk_.has_value() && memory_.size() == 0; }
  // Lost since the start, to the limits and to damage.
  uint64_t lost() const;

 private:
  MemoryRing memory_;
  std::optional<SegmentQueue> disk_;
  bool peeked_disk_ = false;
  bool disk_refused_ = false;
  bool loss_logged_ = false;
};

}  // namespace sentinel::collectors
