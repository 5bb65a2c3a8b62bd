// What waits for the server on disk, oldest first. When the folder is full, its oldest part goes.
#pragma once

#include <cstdint>
#include <string>

#include "base/segment_log.hpp"
#include "collectors/buffer/item.hpp"

namespace sentinel::collectors {

class SegmentQueue {
 public:
  // Errors: as of SegmentLog::open.
  static Result<SegmentQueue> open(const std::string& folder, uint64_t bytes_max);

  // Errors: Unavailable (the disk refused; nothing was stored), TooLarge.
  Result<void> push(const Item& item) {
    return log_.push(static_cast<char>(item.route), item.json);
  }
  Batch peek(size_t count_max, size_t bytes_max);
  // What the last peek gave, when it was sent.
  void pop(size_t count) { log_.pop(count); }

  uint64_t size() const { return log_.size(); }
  uint64_t bytes() const { return log_.bytes(); }
  uint64_t dropped() const { return log_.dropped(); }
  uint64_t damaged() const { return log_.damaged(); }

 private:
  explicit SegmentQueue(SegmentLog log) : log_(std::move(log)) {}

  SegmentLog log_;
};

}  // namespace sentinel::collectors
