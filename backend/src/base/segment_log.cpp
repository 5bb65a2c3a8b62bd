#include "base/segment_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "base/log.hpp"

namespace sentinel {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMagicBytes = 8;
constexpr size_t kHeadBytes = SegmentFile::kHeadBytes;
constexpr uint64_t kSegmentsInFolder = 8;  // a drop costs this share of the log
constexpr std::string_view kSuffix = ".segment";
constexpr std::string_view kDamagedSuffix = ".damaged";

std::string why() { return std::strerror(errno); }

// A file that was made or renamed is there after a power cut only when its folder is synced.
bool sync_folder(const std::string& folder) {
  int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  bool synced = fsync(descriptor) == 0;
  close(descriptor);
  return synced;
}

}  // namespace

std::unexpected<Error> SegmentLog::unusable(std::string_view reason) const {
  return fail(ErrorCode::InvalidArgument, "buffer_unusable",
              fmt::format("cannot keep {} in {}: {}", options_.contents, folder_, reason));
}

Result<SegmentLog> SegmentLog::open(const std::string& folder, const SegmentLogOptions& options) {
  SegmentLog log(folder, options);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return log.unusable(error.message());
  if (auto locked = log.lock(); !locked) return forward(locked);
  if (auto recovered = log.recover(); !recovered) return forward(recovered);
  return log;
}

SegmentLog::SegmentLog(SegmentLog&& other) noexcept
    : folder_(std::move(other.folder_)),
      options_(other.options_),
      lock_(std::exchange(other.lock_, -1)),
      active_(std::exchange(other.active_, -1)),
      segments_(std::move(other.segments_)),
      read_offset_(other.read_offset_),
      dropped_(other.dropped_),
      damaged_(other.damaged_),
      segments_damaged_(other.segments_damaged_) {}

SegmentLog::~SegmentLog() {
  if (active_ >= 0) close(active_);
  if (lock_ >= 0) close(lock_);
}

Result<void> SegmentLog::lock() {
  auto file = folder_ + "/lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return unusable(why());
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    return fail(
        ErrorCode::Conflict, "buffer_in_use",
        fmt::format("another process keeps its {} in the folder {}", options_.contents, folder_));
  }
  return {};
}

// Finds the segments of an earlier run, cuts a torn tail off and takes up where it had got to.
Result<void> SegmentLog::recover() {
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
  if (error) return unusable(error.message());
  std::ranges::sort(segments_, {}, &Segment::number);

  uint64_t done_number = 0, done_offset = 0;
  char text[64] = {};
  if (int file = ::open((folder_ + "/position").c_str(), O_RDONLY | O_CLOEXEC); file >= 0) {
    if (read(file, text, sizeof text - 1) > 0) {
      auto* number_end = std::from_chars(text, text + sizeof text, done_number).ptr;
      std::from_chars(number_end + 1, text + sizeof text, done_offset);
    }
    close(file);
  }
  read_offset_ = kMagicBytes;
  if (!segments_.empty() && segments_.front().number == done_number) {
    read_offset_ = std::max<uint64_t>(done_offset, kMagicBytes);
  }
  for (auto& segment : segments_) {
    auto scanned = scan(segment, &segment == &segments_.front() ? read_offset_ : 0);
    if (!scanned) return scanned;
  }
  // Never append behind what may be damaged: a new run starts a new segment.
  if (auto started = start_segment(); !started) return started;
  forget_done_segments();
  return {};
}

Result<void> SegmentLog::scan(Segment& segment, uint64_t from) {
  auto name = path(segment.number);
  SegmentFile file(name);
  std::error_code error;
  uint64_t end = fs::file_size(name, error);
  if (error) return unusable(error.message());
  const bool newest = &segment == &segments_.back();
  segment.bytes = kMagicBytes;
  if (end >= kMagicBytes ? !file.begins_with(options_.magic) : !newest) {
    if (file.failed()) return unusable(why());
    note_damage(segment, 1, 0);
    return {};
  }
  while (segment.bytes < end) {
    auto frame = file.frame(segment.bytes, end, options_.frame_bytes_max);
    if (!frame) {
      const bool torn = newest && file.torn(segment.bytes, end);
      if (file.failed()) return unusable(why());
      if (!torn) {
        note_damage(segment, 1, segment.bytes);
        break;
      }
      if (truncate(name.c_str(), static_cast<off_t>(segment.bytes)) != 0) return unusable(why());
      log::info("{}: cut off {} bytes that a crash left of a frame", name, end - segment.bytes);
      break;
    }
    if (segment.bytes >= from) ++segment.count;
    segment.bytes += kHeadBytes + frame->payload.size();
  }
  return {};
}

void SegmentLog::note_damage(Segment& segment, uint64_t frames, uint64_t offset) {
  damaged_ += frames;
  if (std::exchange(segment.damaged, true)) return;
  ++segments_damaged_;
  log::error("{} is damaged at byte {}: what comes before will be used, then it is set aside as {}",
             path(segment.number), offset, kDamagedSuffix);
}

Result<void> SegmentLog::start_segment() {
  uint64_t number = segments_.empty() ? 1 : segments_.back().number + 1;
  int file =
      ::open(path(number).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return unusable(why());
  if (write(file, options_.magic.data(), kMagicBytes) != static_cast<ssize_t>(kMagicBytes) ||
      (options_.synced && !sync_folder(folder_))) {
    auto failed = unusable(why());
    close(file);
    unlink(path(number).c_str());
    return failed;
  }
  if (active_ >= 0) close(active_);
  active_ = file;
  if (segments_.empty()) read_offset_ = kMagicBytes;
  segments_.push_back({.number = number, .bytes = kMagicBytes});
  return {};
}

Result<void> SegmentLog::has_room(uint64_t frame_bytes) const {
  if (options_.when_full == SegmentLogOptions::WhenFull::Refuse &&
      bytes() + frame_bytes > options_.bytes_max) {
    return fail(
        ErrorCode::Unavailable, "buffer_full",
        fmt::format("{} holds {} MB of {}, its limit is {} MB", folder_, bytes() / 1'000'000,
                    options_.contents, options_.bytes_max / 1'000'000));
  }
  if (options_.disk_free_min == 0) return {};
  std::error_code error;
  auto space = fs::space(folder_, error);
  if (error || space.available >= options_.disk_free_min + frame_bytes) return {};
  return fail(ErrorCode::Unavailable, "disk_full",
              fmt::format("the disk of {} has {} MB left; {} MB stay free for others", folder_,
                          space.available / 1'000'000, options_.disk_free_min / 1'000'000));
}

Result<void> SegmentLog::push(char kind, std::string_view payload) {
  if (payload.size() > options_.frame_bytes_max) {
    return fail(ErrorCode::TooLarge, "frame_too_large",
                fmt::format("{} bytes of {} are over the limit of {}", payload.size(),
                            options_.contents, options_.frame_bytes_max));
  }
  const auto frame = encode_frame(kind, payload);
  if (auto room = has_room(frame.size()); !room) return room;
  if (segments_.back().bytes + frame.size() > options_.bytes_max / kSegmentsInFolder &&
      segments_.back().bytes > kMagicBytes) {
    if (auto started = start_segment(); !started) return started;
  }
  if (auto appended = append(frame); !appended) return appended;
  segments_.back().bytes += frame.size();
  ++segments_.back().count;
  while (bytes() > options_.bytes_max && segments_.size() > 1) drop_oldest();
  return {};
}

Result<void> SegmentLog::append(std::string_view frame) {
  auto written = write(active_, frame.data(), frame.size());
  const bool whole = written == static_cast<ssize_t>(frame.size());
  if (whole && (!options_.synced || fdatasync(active_) == 0)) return {};
  auto reason = whole || written < 0 ? why() : std::string("the disk is full");
  // What was written of it must not stand before the next frame. After a failed sync nobody knows
  // what the disk has of this file: the next frame goes to another.
  if (ftruncate(active_, static_cast<off_t>(segments_.back().bytes)) != 0 || whole) {
    if (auto started = start_segment(); !started) reason += "; and " + started.error().message;
  }
  return fail(ErrorCode::Unavailable, "buffer_write_failed",
              fmt::format("cannot write {} to {}: {}", options_.contents, folder_, reason));
}

void SegmentLog::peek(const std::function<bool(Frame&&)>& take) {
  while (!segments_.empty()) {
    auto& segment = segments_.front();
    SegmentFile file(path(segment.number));
    uint64_t offset = read_offset_, shown = 0;
    while (offset < segment.bytes) {
      auto frame = file.frame(offset, segment.bytes, options_.frame_bytes_max);
      if (!frame && file.failed()) return;
      if (!frame) {
        // Damaged since it was written: what follows cannot be found any more.
        note_damage(segment, segment.count - shown, offset);
        segment.count = shown;
        segment.bytes = offset;
        // Nothing may be appended behind it.
        if (segments_.size() == 1 && !start_segment()) return;
        break;
      }
      const auto bytes = kHeadBytes + frame->payload.size();
      if (!take(std::move(*frame))) return;
      ++shown;
      offset += bytes;
    }
    if (shown > 0 || segments_.size() == 1) break;
    forget_done_segments();
  }
}

void SegmentLog::pop(size_t count) {
  auto& segment = segments_.front();
  SegmentFile file(path(segment.number));
  for (; count > 0 && read_offset_ < segment.bytes; --count) {
    auto frame = file.frame(read_offset_, segment.bytes, options_.frame_bytes_max);
    if (!frame) break;
    read_offset_ += kHeadBytes + frame->payload.size();
    --segment.count;
  }
  forget_done_segments();
  save_position();
}

// Segments that were used up. Never emptied and used again: a saved position that a power cut took
// back would then point behind frames that still wait.
void SegmentLog::forget_done_segments() {
  if (segments_.back().bytes > kMagicBytes && segments_.size() == 1 &&
      read_offset_ >= segments_.front().bytes && !start_segment()) {
    return;
  }
  while (segments_.size() > 1 && read_offset_ >= segments_.front().bytes) {
    auto name = path(segments_.front().number);
    if (!segments_.front().damaged) {
      unlink(name.c_str());
    } else {
      auto aside = name.substr(0, name.size() - kSuffix.size()) + std::string(kDamagedSuffix);
      if (rename(name.c_str(), aside.c_str()) != 0) {
        log::error("cannot set {} aside: {}", name, why());
      }
    }
    segments_.pop_front();
    read_offset_ = kMagicBytes;
  }
}

void SegmentLog::drop_oldest() {
  dropped_ += segments_.front().count;
  unlink(path(segments_.front().number).c_str());
  segments_.pop_front();
  read_offset_ = kMagicBytes;
  save_position();
}

void SegmentLog::save_position() const {
  auto text = fmt::format("{} {}\n", segments_.front().number, read_offset_);
  int file =
      ::open((folder_ + "/position").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  // Lost, it costs giving some frames out twice, and what they hold says who they are.
  if (write(file, text.data(), text.size()) < 0) unlink((folder_ + "/position").c_str());
  close(file);
}

uint64_t SegmentLog::size() const {
  uint64_t count = 0;
  for (const auto& segment : segments_) count += segment.count;
  return count;
}

uint64_t SegmentLog::bytes() const {
  uint64_t total = 0;
  for (const auto& segment : segments_) total += segment.bytes;
  return total;
}

std::string SegmentLog::path(uint64_t number) const {
  return fmt::format("{}/{:08}{}", folder_, number, kSuffix);
}

}  // namespace sentinel
