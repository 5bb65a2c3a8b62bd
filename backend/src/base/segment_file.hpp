// One segment of a log on disk, read: the frames that segment_log.hpp describes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sentinel {

struct Frame {
  char kind = 0;
  std::string payload;
};

// As it stands in the file, head and all.
std::string encode_frame(char kind, std::string_view payload);

class SegmentFile {
 public:
  static constexpr uint64_t kHeadBytes = 13;

  explicit SegmentFile(const std::string& path);
  ~SegmentFile();
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;

  // Whether the system refused to open or read it, which says nothing of what is in it.
  bool failed() const { return failed_; }

  // The whole frame at `offset`, or nothing when it is cut, damaged or past `end`.
  std::optional<Frame> frame(uint64_t offset, uint64_t end, uint32_t size_max);

  bool begins_with(std::string_view magic);

  // Whether what begins at `offset` and could not be read is one frame that a crash tore: nothing
  // stands behind it.
  bool torn(uint64_t offset, uint64_t end);

 private:
  bool read(void* out, size_t size, uint64_t offset);

  int descriptor_;
  bool failed_;
};

}  // namespace sentinel
