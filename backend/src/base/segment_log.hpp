// A queue of frames on disk, oldest first, in files of one folder. What the collector buffers and
// what metrics-api spools are both kept in it.
//
//   00000007.segment   the log's magic (8 bytes), then frames: size u32, CRC-32 of the payload
//                      u32, kind u8, CRC-32 of these three u32, payload of `size` bytes; all
//                      little endian
//   00000007.damaged   a segment with a frame that cannot be read: set aside for a person
//   position           number of the oldest segment, offset of its first frame that still waits
//   lock               held while a process uses the folder
//
// Frames are only appended. A last frame that a crash tore, so that it was never answered for, is
// cut off when the folder is opened; its head tells it from a damaged one. A frame that is damaged
// ends its segment: those before it are given out, then the file is set aside and counted.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "base/segment_file.hpp"

namespace sentinel {

struct SegmentLogOptions {
  std::string_view magic;     // 8 bytes: whose log it is, and its version
  std::string_view contents;  // what is in it, for sentences: "samples"
  uint64_t bytes_max = 0;
  enum class WhenFull { DropOldest, Refuse } when_full = WhenFull::DropOldest;
  // Whether push() returns only when the disk has it. Else frames outlive the process, and a power
  // cut may take the last seconds.
  bool synced = false;
  // push() refuses rather than leave less than this free for others on the same disk.
  uint64_t disk_free_min = 0;
  uint32_t frame_bytes_max = 1024 * 1024;
};

class SegmentLog {
 public:
  // Makes the folder if missing. Errors: Conflict (another process uses it), InvalidArgument (not
  // usable).
  static Result<SegmentLog> open(const std::string& folder, const SegmentLogOptions& options);
  SegmentLog(SegmentLog&& other) noexcept;
  SegmentLog& operator=(SegmentLog&&) = delete;
  ~SegmentLog();

  // Errors: Unavailable (full, or the disk refused; it will not be given out), TooLarge.
  Result<void> push(char kind, std::string_view payload);
  // Shows the frames that wait to `take`, oldest first and of one segment, until it returns false.
  void peek(const std::function<bool(Frame&&)>& take);
  // Done with the `count` oldest.
  void pop(size_t count);

  // Whether push() would take so many bytes. Errors: Unavailable.
  Result<void> has_room(uint64_t bytes) const;
  uint64_t size() const;
  uint64_t bytes() const;
  // Frames lost to the limit.
  uint64_t dropped() const { return dropped_; }
  // Damaged frames, as far as they can be counted: at opening, one hides how many came after it.
  uint64_t damaged() const { return damaged_; }
  // Segments of which a part could not be read, since the start.
  uint64_t segments_damaged() const { return segments_damaged_; }
  const std::string& folder() const { return folder_; }

 private:
  struct Segment {
    uint64_t number = 0;
    uint64_t bytes = 0;  // of valid frames and the header
    uint64_t count = 0;  // frames that wait
    bool damaged = false;
  };

  SegmentLog(std::string folder, const SegmentLogOptions& options)
      : folder_(std::move(folder)), options_(options) {}
  Result<void> lock();
  Result<void> recover();
  Result<void> scan(Segment& segment, uint64_t from);
  Result<void> start_segment();
  Result<void> append(std::string_view frame);
  void note_damage(Segment& segment, uint64_t frames, uint64_t offset);
  void drop_oldest();
  void forget_done_segments();
  void save_position() const;
  std::string path(uint64_t number) const;
  std::unexpected<Error> unusable(std::string_view reason) const;

  std::string folder_;
  SegmentLogOptions options_;
  int lock_ = -1;
  int active_ = -1;  // the newest segment, open for appending
  std::deque<Segment> segments_;
  uint64_t read_offset_ = 0;  // in the oldest segment
  uint64_t dropped_ = 0;
  uint64_t damaged_ = 0;
  uint64_t segments_damaged_ = 0;
};

}  // namespace sentinel
