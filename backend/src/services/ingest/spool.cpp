#include "services/ingest/spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "services/ingest/spool_frame.hpp"

namespace sentinel::ingest {

namespace {

constexpr char kBatchKind = 'b';
// A batch is of several bodies, or of a single one that is as large as a body may be.
constexpr uint64_t kRoomMin = 64 * 1024;  // less is as good as none
constexpr uint32_t kBatchBytesMax = 256 * 1024 * 1024;

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const std::string& folder, SpoolLimits limits) {
  auto log = SegmentLog::open(folder, {.magic = "SNTLSPL1",
                                       .contents = "batches",
                                       .bytes_max = limits.bytes_max,
                                       .when_full = SegmentLogOptions::WhenFull::Refuse,
                                       .synced = true,
                                       .disk_free_min = limits.disk_free_min,
                                       .frame_bytes_max = kBatchBytesMax});
  if (!log) return forward(log);
  if (log->size() > 0) log::info("{} batches wait in the spool {}", log->size(), folder);
  return std::unique_ptr<Spool>(new Spool(folder, limits, std::move(*log)));
}

Result<void> Spool::add(const Batch& batch) {
  auto frame = encode_batch(batch);
  {
    std::lock_guard lock(mutex_);
    if (auto pushed = log_.push(kBatchKind, frame); !pushed) {
      ++statistics_.refused;
      return pushed;
    }
  }
  changed_.notify_all();
  ++statistics_.batches;
  statistics_.requests += batch.requests.size();
  return {};
}

std::optional<Batch> Spool::oldest() {
  for (;;) {
    std::optional<Frame> frame;
    std::optional<Batch> batch;
    {
      std::lock_guard lock(mutex_);
      log_.peek([&](Frame&& found) {
        if (!frame) frame = std::move(found);
        return false;
      });
    }
    if (!frame) return std::nullopt;
    if (frame->kind == kBatchKind) batch = decode_batch(frame->payload);
    if (batch) return batch;
    // Whole, but not of this version: nothing of it may get lost.
    if (!set_aside("a batch of another version of Sentinel", to_hex(frame->payload))) {
      return std::nullopt;
    }
    done();
  }
}

void Spool::done() {
  std::lock_guard lock(mutex_);
  log_.pop(1);
  ++statistics_.drained;
}

Result<void> Spool::set_aside(std::string_view reason, std::string_view text) {
  JsonWriter json;
  json.begin_object()
      .field("time", format_rfc3339(now()))
      .field("reason", reason)
      .field("text", text)
      .end_object();
  auto line = json.take() + "\n";
  auto name = folder_ + "/refused.ndjson";
  std::lock_guard lock(mutex_);
  int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  bool kept = file >= 0 &&
              write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
              fsync(file) == 0;
  auto failed = fail(ErrorCode::Unavailable, "spool_unusable",
                     fmt::format("cannot write {}: {}", name, std::strerror(errno)));
  if (file >= 0) close(file);
  if (!kept) return failed;
  ++statistics_.set_aside;
  log::error("set aside in {}: {}", name, reason);
  return {};
}

void Spool::set_away(bool away) {
  {
    std::lock_guard lock(mutex_);
    if (away_.exchange(away) == away) return;
  }
  changed_.notify_all();
  if (away) {
    log::warning("the database is away: what comes is kept in {} and answered with 202", folder_);
  } else {
    log::info("the database is back");
  }
}

bool Spool::wait_for_work(std::stop_token stop) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] { return away_ || log_.size() > 0; });
  return !stop.stop_requested();
}

bool Spool::wait_at_least(std::stop_token stop, std::chrono::milliseconds pause) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, pause, [] { return false; });
  return !stop.stop_requested();
}

bool Spool::has_room() const {
  std::lock_guard lock(mutex_);
  return log_.has_room(kRoomMin).has_value();
}

uint64_t Spool::waiting() const {
  std::lock_guard lock(mutex_);
  return log_.size();
}

uint64_t Spool::bytes() const {
  std::lock_guard lock(mutex_);
  return log_.bytes();
}

uint64_t Spool::segments_damaged() const {
  std::lock_guard lock(mutex_);
  return log_.segments_damaged();
}

}  // namespace sentinel::ingest
