#include "collectors/buffer/segment_queue.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>

namespace sentinel::collectors {

namespace {

namespace fs = std::filesystem;
static_assert(std::endian::native == std::endian::little,
              "frames are written as they lie in memory");

constexpr std::string_view kMagic = "SNTLBUF1";
constexpr uint32_t kItemSizeMax = 1024 * 1024;
constexpr uint64_t kSegmentsInFolder = 8;  // a drop costs this share of the buffer
constexpr std::string_view kSuffix = ".segment";

#pragma pack(push, 1)
struct FrameHead {
  uint32_t size;
  uint32_t checksum;
  char route;
};
#pragma pack(pop)
static_assert(sizeof(FrameHead) == 9);

constexpr auto kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0);
    table[i] = value;
  }
  return table;
}();

uint32_t checksum(char route, std::string_view json) {
  uint32_t crc = ~0u;
  auto feed = [&](char c) { crc = crc >> 8 ^ kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 0xff]; };
  feed(route);
  for (char c : json) feed(c);
  return ~crc;
}

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // Whether the system refused to open or read it, which says nothing of what is in it.
  bool failed() const { return failed_; }

  // The whole frame at `offset`, or nothing when it is cut, damaged or past `end`.
  std::optional<Item> frame(uint64_t offset, uint64_t end) {
    FrameHead head;
    if (offset + sizeof head > end || !read(&head, sizeof head, offset)) return std::nullopt;
    if (head.size > kItemSizeMax || offset + sizeof head + head.size > end) return std::nullopt;
    Item item{.route = static_cast<Route>(head.route), .json = std::string(head.size, '\0')};
    if (!read(item.json.data(), head.size, offset + sizeof head)) return std::nullopt;
    if (checksum(head.route, item.json) != head.checksum) return std::nullopt;
    return item;
  }

 private:
  bool read(void* out, size_t size, uint64_t offset) {
    auto got = pread(descriptor_, out, size, static_cast<off_t>(offset));
    failed_ = failed_ || got < 0;
    return got == static_cast<ssize_t>(size);
  }
  int descriptor_;
  bool failed_ = descriptor_ < 0;
};

std::string why() { return std::strerror(errno); }

std::unexpected<Error> unusable(const std::string& folder, std::string_view reason) {
  return fail(ErrorCode::InvalidArgument, "buffer_unusable",
              fmt::format("cannot keep samples in {}: {}", folder, reason));
}

}  // namespace

Result<SegmentQueue> SegmentQueue::open(const std::string& folder, uint64_t bytes_max) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return unusable(folder, error.message());
  SegmentQueue queue(folder, bytes_max);
  if (auto locked = queue.lock(); !locked) return forward(locked);
  if (auto recovered = queue.recover(); !recovered) return forward(recovered);
  return queue;
}

SegmentQueue::SegmentQueue(SegmentQueue&& other) noexcept
    : folder_(std::move(other.folder_)),
      bytes_max_(other.bytes_max_),
      lock_(std::exchange(other.lock_, -1)),
      active_(std::exchange(other.active_, -1)),
      segments_(std::move(other.segments_)),
      read_offset_(other.read_offset_),
      dropped_(other.dropped_),
      damaged_(other.damaged_) {}

SegmentQueue::~SegmentQueue() {
  if (active_ >= 0) close(active_);
  if (lock_ >= 0) close(lock_);
}

Result<void> SegmentQueue::lock() {
  auto file = folder_ + "/lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return unusable(folder_, why());
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::Conflict, "buffer_in_use",
                fmt::format("another collector uses the buffer folder {}", folder_));
  }
  return {};
}

// Finds the segments of an earlier run, cuts torn tails off and takes up where it had sent to.
Result<void> SegmentQueue::recover() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    auto name = entry.path().filename().string();
    if (!name.ends_with(kSuffix)) continue;
    Segment segment;
    auto digits = std::string_view(name).substr(0, name.size() - kSuffix.size());
    auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), segment.number);
    if (failed == std::errc{} && end == digits.data() + digits.size()) segments_.push_back(segment);
  }
  if (error) return unusable(folder_, error.message());
  std::ranges::sort(segments_, {}, &Segment::number);

  uint64_t sent_number = 0, sent_offset = 0;
  char text[64] = {};
  if (int file = ::open((folder_ + "/position").c_str(), O_RDONLY | O_CLOEXEC); file >= 0) {
    if (read(file, text, sizeof text - 1) > 0) {
      auto* number_end = std::from_chars(text, text + sizeof text, sent_number).ptr;
      std::from_chars(number_end + 1, text + sizeof text, sent_offset);
    }
    close(file);
  }
  read_offset_ = kMagic.size();
  if (!segments_.empty() && segments_.front().number == sent_number) {
    read_offset_ = std::max<uint64_t>(sent_offset, kMagic.size());
  }
  for (auto& segment : segments_) {
    auto scanned = scan(segment, &segment == &segments_.front() ? read_offset_ : 0);
    if (!scanned) return scanned;
  }
  // Never append behind what may be damaged: a new run starts a new segment.
  if (auto started = start_segment(); !started) return started;
  forget_sent_segments();
  return {};
}

Result<void> SegmentQueue::scan(Segment& segment, uint64_t from) {
  OpenFile file(path(segment.number));
  std::error_code error;
  uint64_t end = fs::file_size(path(segment.number), error);
  if (error) end = 0;
  segment.bytes = kMagic.size();
  while (segment.bytes < end) {
    auto item = file.frame(segment.bytes, end);
    if (!item && file.failed()) return unusable(folder_, why());
    if (!item) {
      ++damaged_;
      break;
    }
    if (segment.bytes >= from) ++segment.count;
    segment.bytes += sizeof(FrameHead) + item->json.size();
  }
  return {};
}

Result<void> SegmentQueue::start_segment() {
  uint64_t number = segments_.empty() ? 1 : segments_.back().number + 1;
  int file =
      ::open(path(number).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return unusable(folder_, why());
  if (write(file, kMagic.data(), kMagic.size()) != static_cast<ssize_t>(kMagic.size())) {
    auto failed = unusable(folder_, why());
    close(file);
    unlink(path(number).c_str());
    return failed;
  }
  if (active_ >= 0) close(active_);
  active_ = file;
  if (segments_.empty()) read_offset_ = kMagic.size();
  segments_.push_back({.number = number, .bytes = kMagic.size(), .count = 0});
  return {};
}

Result<void> SegmentQueue::push(const Item& item) {
  auto route = static_cast<char>(item.route);
  FrameHead head{.size = static_cast<uint32_t>(item.json.size()),
                 .checksum = checksum(route, item.json),
                 .route = route};
  if (item.json.size() > kItemSizeMax) {
    return fail(ErrorCode::TooLarge, "item_too_large", "a record is over 1 MiB");
  }
  std::string frame(reinterpret_cast<const char*>(&head), sizeof head);
  frame += item.json;
  if (segments_.back().bytes + frame.size() > bytes_max_ / kSegmentsInFolder &&
      segments_.back().bytes > kMagic.size()) {
    if (auto started = start_segment(); !started) return started;
  }
  auto& segment = segments_.back();
  auto written = write(active_, frame.data(), frame.size());
  if (written != static_cast<ssize_t>(frame.size())) {
    auto reason = written < 0 ? why() : std::string("the disk is full");
    // What was written of it must not stand before the next frame.
    if (ftruncate(active_, static_cast<off_t>(segment.bytes)) != 0) reason += ", and cannot be cut";
    return fail(ErrorCode::Unavailable, "buffer_write_failed",
                fmt::format("cannot write to {}: {}", folder_, reason));
  }
  segment.bytes += frame.size();
  ++segment.count;
  while (bytes() > bytes_max_ && segments_.size() > 1) drop_oldest();
  return {};
}

Batch SegmentQueue::peek(size_t count_max, size_t bytes_max) {
  Batch batch;
  while (!segments_.empty()) {
    auto& segment = segments_.front();
    OpenFile file(path(segment.number));
    uint64_t offset = read_offset_;
    while (offset < segment.bytes) {
      auto item = file.frame(offset, segment.bytes);
      if (!item && file.failed()) return batch;
      if (!item) {
        // Damaged since it was written: what follows cannot be found any more.
        damaged_ += segment.count - batch.count;
        segment.count = batch.count;
        segment.bytes = offset;
        // Nothing may be appended behind it.
        if (segments_.size() == 1 && !start_segment()) return batch;
        break;
      }
      if (!batch.add(*item, count_max, bytes_max)) return batch;
      offset += sizeof(FrameHead) + item->json.size();
    }
    if (batch.count > 0 || segments_.size() == 1) break;
    forget_sent_segments();
  }
  return batch;
}

void SegmentQueue::pop(size_t count) {
  auto& segment = segments_.front();
  OpenFile file(path(segment.number));
  for (; count > 0 && read_offset_ < segment.bytes; --count) {
    auto item = file.frame(read_offset_, segment.bytes);
    if (!item) break;
    read_offset_ += sizeof(FrameHead) + item->json.size();
    --segment.count;
  }
  forget_sent_segments();
  save_position();
}

// Segments of which all was sent. The newest stays, and is emptied instead when it is of some size.
void SegmentQueue::forget_sent_segments() {
  while (segments_.size() > 1 && read_offset_ >= segments_.front().bytes) {
    unlink(path(segments_.front().number).c_str());
    segments_.pop_front();
    read_offset_ = kMagic.size();
  }
  auto& last = segments_.front();
  if (segments_.size() == 1 && last.bytes > kMagic.size() && read_offset_ >= last.bytes &&
      ftruncate(active_, kMagic.size()) == 0) {
    last.bytes = read_offset_ = kMagic.size();
    last.count = 0;
  }
}

void SegmentQueue::drop_oldest() {
  dropped_ += segments_.front().count;
  unlink(path(segments_.front().number).c_str());
  segments_.pop_front();
  read_offset_ = kMagic.size();
  save_position();
}

void SegmentQueue::save_position() const {
  auto text = fmt::format("{} {}\n", segments_.front().number, read_offset_);
  int file =
      ::open((folder_ + "/position").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  // Lost, it costs sending some records twice, and their ids make that exact.
  if (write(file, text.data(), text.size()) < 0) unlink((folder_ + "/position").c_str());
  close(file);
}

uint64_t SegmentQueue::size() const {
  uint64_t count = 0;
  for (const auto& segment : segments_) count += segment.count;
  return count;
}

uint64_t SegmentQueue::bytes() const {
  uint64_t total = 0;
  for (const auto& segment : segments_) total += segment.bytes;
  return total;
}

std::string SegmentQueue::path(uint64_t number) const {
  return fmt::format("{}/{:08}{}", folder_, number, kSuffix);
}

}  // namespace sentinel::collectors
