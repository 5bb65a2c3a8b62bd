#include "base/segment_file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <bit>
#include <cerrno>
#include <cstddef>

namespace sentinel {

namespace {

static_assert(std::endian::native == std::endian::little,
              "frames are written as they lie in memory");

#pragma pack(push, 1)
struct FrameHead {
  uint32_t size;
  uint32_t payload_checksum;
  char kind;
  uint32_t checksum;  // of the above
};
#pragma pack(pop)
static_assert(sizeof(FrameHead) == SegmentFile::kHeadBytes);

uint32_t crc32_of(const void* bytes, size_t size) {
  return static_cast<uint32_t>(crc32_z(0, static_cast<const Bytef*>(bytes), size));
}

bool whole(const FrameHead& head) {
  return head.checksum == crc32_of(&head, offsetof(FrameHead, checksum));
}

}  // namespace

std::string encode_frame(char kind, std::string_view payload) {
  FrameHead head{.size = static_cast<uint32_t>(payload.size()),
                 .payload_checksum = crc32_of(payload.data(), payload.size()),
                 .kind = kind,
                 .checksum = 0};
  head.checksum = crc32_of(&head, offsetof(FrameHead, checksum));
  std::string frame;
  frame.reserve(sizeof head + payload.size());
  frame.append(reinterpret_cast<const char*>(&head), sizeof head);
  frame += payload;
  return frame;
}

SegmentFile::SegmentFile(const std::string& path)
    : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)), failed_(descriptor_ < 0) {}

SegmentFile::~SegmentFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::optional<Frame> SegmentFile::frame(uint64_t offset, uint64_t end, uint32_t size_max) {
  FrameHead head;
  if (offset + sizeof head > end || !read(&head, sizeof head, offset)) return std::nullopt;
  if (!whole(head) || head.size > size_max || offset + sizeof head + head.size > end) {
    return std::nullopt;
  }
  Frame frame{.kind = head.kind, .payload = std::string(head.size, '\0')};
  if (!read(frame.payload.data(), head.size, offset + sizeof head)) return std::nullopt;
  if (crc32_of(frame.payload.data(), head.size) != head.payload_checksum) return std::nullopt;
  return frame;
}

bool SegmentFile::begins_with(std::string_view magic) {
  std::string begin(magic.size(), '\0');
  return read(begin.data(), begin.size(), 0) && begin == magic;
}

bool SegmentFile::torn(uint64_t offset, uint64_t end) {
  FrameHead head;
  if (offset + sizeof head > end) return true;
  if (!read(&head, sizeof head, offset)) return false;
  if (whole(head)) return offset + sizeof head + head.size > end;
  // Some file systems leave the length of what was never written, as zeros.
  std::string rest(end - offset, '\0');
  return read(rest.data(), rest.size(), offset) &&
         rest.find_first_not_of('\0') == std::string::npos;
}

bool SegmentFile::read(void* out, size_t size, uint64_t offset) {
  auto* to = static_cast<char*>(out);
  while (size > 0) {
    auto got = pread(descriptor_, to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    failed_ = failed_ || got < 0;
    if (got <= 0) return false;
    to += got;
    size -= static_cast<size_t>(got);
    offset += static_cast<uint64_t>(got);
  }
  return true;
}

}  // namespace sentinel
