#include "collectors/sources/process_table.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sentinel::collectors {

namespace {

constexpr size_t kKeptFilesMax = 512;  // further watched processes are opened in every pass
constexpr uint32_t kExamineEvery = 16;
constexpr uint32_t kYoungPasses = 4;  // a fork becomes another program soon or never
constexpr pid_t kKernelThreads = 2;
constexpr uint64_t kSharedFrom = 8 * 1024 * 1024;  // smaller processes are not worth the walk
constexpr auto kSharedEvery = std::chrono::seconds{30};
constexpr int kSharedCostFactor = 1000;  // a walk may take a thousandth of the time
constexpr size_t kStatSizeMax = 1024;
constexpr size_t kCommandSizeMax = 4096;

// What getdents64 writes.
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[];
};

}  // namespace

ProcessTable::ProcessTable(std::string root)
    : root_(std::move(root)), directory_(open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

ProcessTable::~ProcessTable() {
  if (directory_ >= 0) close(directory_);
}

void ProcessTable::list() {
  listed_.clear();
  lseek(directory_, 0, SEEK_SET);
  alignas(DirectoryEntry) char buffer[16 * 1024];
  while (true) {
    long size = syscall(SYS_getdents64, directory_, buffer, sizeof buffer);
    if (size <= 0) break;
    for (long position = 0; position < size;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(buffer + position);
      position += entry->size;
      if (entry->name[0] < '1' || entry->name[0] > '9') continue;
      pid_t pid = 0;
      const char* end = entry->name + std::strlen(entry->name);
      auto [after, error] = std::from_chars(entry->name, end, pid);
      if (error == std::errc{} && after == end) listed_.push_back({pid, entry->inode});
    }
  }
  // The kernel lists pids in order; an ordinary folder in their place does not.
  if (!std::ranges::is_sorted(listed_, {}, &Entry::pid)) {
    std::ranges::sort(listed_, {}, &Entry::pid);
  }
}

void ProcessTable::refresh() {
  list();
  ++passes_;
  next_.clear();
  kept_count_ = 0;
  auto known = processes_.begin();
  for (const auto& entry : listed_) {
    while (known != processes_.end() && known->stat.pid < entry.pid) ++known;
    bool was_there = known != processes_.end() && known->stat.pid == entry.pid;
    Process process = was_there ? std::move(*known) : Process{};
    process.stat.pid = entry.pid;
    process.examined = process.inode != entry.inode || due_for_examination(process);
    process.inode = entry.inode;
    process.born = !was_there;
    if (!process.command.empty()) process.command = std::string{};  // gives its memory back
    if (process.watched || process.examined) {
      auto started = process.stat.start_ticks;
      if (!read_stat(process)) continue;  // it ended since the listing
      if (!process.born && process.stat.start_ticks != started) {
        // The pid went to a new process; nobody has asked for that one.
        auto stat = process.stat;
        auto name = process.name;
        process = Process{};
        process.stat = stat;
        process.name = name;
        process.inode = entry.inode;
        process.born = process.examined = true;
      }
    }
    ++process.passes;
    if (process.file.is_open()) ++kept_count_;
    next_.push_back(std::move(process));
  }
  std::swap(processes_, next_);
  next_.clear();
}

bool ProcessTable::due_for_examination(const Process& process) const {
  if (process.passes < kYoungPasses) return true;
  if (process.stat.parent == kKernelThreads) return false;
  // Spread over the passes by pid, so that none has to read them all.
  return (static_cast<uint32_t>(process.stat.pid) + passes_) % kExamineEvery == 0;
}

bool ProcessTable::read_stat(Process& process) {
  char buffer[kStatSizeMax];
  std::string_view text;
  if (process.file.is_open()) {
    text = process.file.read(buffer);
  } else {
    char path[256];
    auto written = fmt::format_to_n(path, sizeof path - 1, "{}/{}/stat", root_, process.stat.pid);
    *written.out = '\0';
    KeptFile file(path);
    text = file.read(buffer);
    if (process.watched && kept_count_ < kKeptFilesMax) process.file = std::move(file);
  }
  auto stat = parse_process_stat(text);
  if (!stat || stat->pid != process.stat.pid) return false;
  process.name.fill('\0');
  stat->name.copy(process.name.data(), process.name.size() - 1);
  stat->name = {};
  process.stat = *stat;
  return true;
}

Process* ProcessTable::find(pid_t pid) {
  auto found = std::ranges::lower_bound(processes_, pid, {},
                                        [](const Process& process) { return process.stat.pid; });
  return found != processes_.end() && found->stat.pid == pid ? &*found : nullptr;
}

Process* ProcessTable::find(pid_t pid, uint64_t start_ticks) {
  auto* process = find(pid);
  return process && process->stat.start_ticks == start_ticks ? process : nullptr;
}

void ProcessTable::watch(Process& process) {
  if (process.watched) return;
  process.watched = true;
  // When it ended meanwhile, its last values stand until the next pass.
  read_stat(process);
}

const std::string& ProcessTable::command_line(Process& process) {
  if (!process.command.empty()) return process.command;
  auto path = fmt::format("{}/{}/cmdline", root_, process.stat.pid);
  process.command = read_small_file(path, kCommandSizeMax);
  while (process.command.ends_with('\0')) process.command.pop_back();
  std::ranges::replace(process.command, '\0', ' ');
  return process.command;
}

uint64_t ProcessTable::shared_bytes(Process& process, SteadyTime now) {
  static const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (process.stat.resident_pages * page < kSharedFrom) return 0;
  if (now < process.shared_next) return process.shared_bytes;
  auto begin = std::chrono::steady_clock::now();
  auto text = read_small_file(fmt::format("{}/{}/smaps_rollup", root_, process.stat.pid));
  auto cost = std::chrono::steady_clock::now() - begin;
  auto resident = parse_kilobytes(text, "Rss");
  auto share = parse_kilobytes(text, "Pss");
  process.shared_bytes = resident && share && *resident > *share ? *resident - *share : 0;
  process.shared_next =
      now + std::max<SteadyTime::duration>(kSharedEvery, cost * kSharedCostFactor);
  return process.shared_bytes;
}

}  // namespace sentinel::collectors
