// What waits for the server on disk, oldest first, in files of one folder.
//
//   00000007.segment   "SNTLBUF1", then frames: size u32, CRC-32 u32, route u8, JSON of `size`
//   bytes (little endian;
//                      the checksum covers route and JSON)
//   position           number of the oldest segment and the offset of its first frame that was not
//   sent lock               held while a collector uses the folder
//
// Frames are only appended. A tail that a crash tore is cut off when the folder is opened; a frame
// whose checksum is wrong ends its segment. When the folder is full, its oldest segment goes.
// Writes reach the kernel, not by force the disk: they outlive the collector, and a power cut may
// take the last seconds.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "base/result.hpp"
#include "collectors/buffer/item.hpp"

namespace sentinel::collectors {

class SegmentQueue {
 public:
  // Makes the folder if missing. Errors: Conflict (another collector uses it), InvalidArgument (not
  // usable).
  static Result<SegmentQueue> open(const std::string& folder, uint64_t bytes_max);
  SegmentQueue(SegmentQueue&& other) noexcept;
  SegmentQueue& operator=(SegmentQueue&&) = delete;
  ~SegmentQueue();

  // Errors: Unavailable (the disk refused; nothing was stored).
  Result<void> push(const Item& item);
  Batch peek(size_t count_max, size_t bytes_max);
  // What the last peek gave, when it was sent.
  void pop(size_t count);

  uint64_t size() const;
  uint64_t bytes() const;
  // Items lost to the limit, and to damage (a damaged frame hides how many came after it: it counts
  // as one).
  uint64_t dropped() const { return dropped_; }
  uint64_t damaged() const { return damaged_; }

 private:
  struct Segment {
    uint64_t number = 0;
    uint64_t bytes = 0;  // of valid frames and the header
    uint64_t count = 0;  // frames not sent yet
  };

  SegmentQueue(std::string folder, uint64_t bytes_max)
      : folder_(std::move(folder)), bytes_max_(bytes_max) {}
  Result<void> lock();
  Result<void> recover();
  Result<void> scan(Segment& segment, uint64_t from);
  Result<void> start_segment();
  void drop_oldest();
  void forget_sent_segments();
  void save_position() const;
  std::string path(uint64_t number) const;

  std::string folder_;
  uint64_t bytes_max_;
  int lock_ = -1;
  int active_ = -1;  // the newest segment, open for appending
  std::deque<Segment> segments_;
  uint64_t read_offset_ = 0;  // in the oldest segment
  uint64_t dropped_ = 0;
  uint64_t damaged_ = 0;
};

}  // namespace sentinel::collectors
