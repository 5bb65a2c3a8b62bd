// The processes of this machine, kept up to date by one pass over /proc a tick.
//
// A pass lists /proc and reads only what it must: processes that are new, those that somebody
// watches (their stat file stays open), and the rest now and then, because a process may become
// another program. That a pid was given to a new process shows in the inode that the listing
// carries, and in the start time.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/sources/kept_file.hpp"
#include "collectors/sources/proc_text.hpp"

namespace sentinel::collectors {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Process {
  ProcessStat stat;  // without its name
  uint64_t inode = 0;
  std::array<char, 16> name{};  // as the kernel keeps it, cut at 15 characters
  bool born = false;            // was not there in the pass before
  bool examined = false;  // worth matching in this pass: new, or may have become another program
  bool watched = false;
  uint32_t passes = 0;
  KeptFile file;        // open while watched
  std::string command;  // see command_line()
  uint64_t shared_bytes = 0;
  SteadyTime shared_next{};

  std::string_view name_text() const { return {name.data()}; }
};

class ProcessTable {
 public:
  explicit ProcessTable(std::string root = "/proc");
  ~ProcessTable();
  ProcessTable(const ProcessTable&) = delete;
  ProcessTable& operator=(const ProcessTable&) = delete;

  // One pass. Pointers to processes are good until the next one.
  void refresh();
  bool first_pass() const { return passes_ <= 1; }

  std::vector<Process>& all() { return processes_; }
  Process* find(pid_t pid);
  // The same process, not another one with its pid.
  Process* find(pid_t pid, uint64_t start_ticks);
  // Reads it in every pass from now on until it ends, and at once when this pass has not.
  void watch(Process& process);

  // Its arguments with spaces between them, at most 4096 bytes; empty for kernel threads. Kept
  // until the next pass.
  const std::string& command_line(Process& process);

  // How much of its resident memory belongs to others, by its proportional share: bytes to take off
  // so that forked processes do not count their common pages several times. Walking the pages costs
  // time that grows with them, so an answer is kept for thirty seconds, longer where it is dear. 0
  // when the kernel does not tell.
  uint64_t shared_bytes(Process& process, SteadyTime now);

  const std::string& root() const { return root_; }

 private:
  struct Entry {
    pid_t pid;
    uint64_t inode;
  };

  void list();
  bool read_stat(Process& process);
  bool due_for_examination(const Process& process) const;

  std::string root_;
  int directory_ = -1;
  uint32_t passes_ = 0;
  size_t kept_count_ = 0;
  std::vector<Entry> listed_;
  std::vector<Process> processes_;  // by pid
  std::vector<Process> next_;
};

}  // namespace sentinel::collectors
