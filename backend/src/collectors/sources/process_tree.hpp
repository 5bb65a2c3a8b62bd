// One agent as a set of processes: those that match and all their descendants, for as long as each
// lives.
//
// Membership is inherited at birth and kept until the end, so an orphan stays although its parent
// is gone. A process that was orphaned before it was ever seen is recognised by the group or
// session that a member leads.
//
// Processor time is a running total that loses nothing when a process ends: its parent gets the
// whole of it when it waits, and what of that was counted before is taken off (the "debt").
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "collectors/sources/matcher.hpp"
#include "collectors/sources/process_table.hpp"

namespace sentinel::collectors {

class ProcessTree {
 public:
  explicit ProcessTree(Match match) : match_(std::move(match)) {}

  // After each pass of the table, also when no sample is due.
  void update(ProcessTable& table, const Cgroups& cgroups);

  // Whether any of its processes runs (a zombie does not).
  bool running() const { return running_; }
  // The matched process that started first among those that live.
  std::optional<pid_t> root() const;
  size_t size() const { return members_.size(); }
  bool contains(pid_t pid) const { return find(pid) != nullptr; }

  // Since the first update, in ticks; never falls.
  uint64_t cpu_ticks() const { return cpu_ticks_; }
  // Resident memory of all its processes. In a tree of several, memory that they share counts once.
  uint64_t memory_bytes(ProcessTable& table, SteadyTime now) const;

 private:
  struct Member {
    pid_t pid = 0;
    pid_t parent = 0;
    uint64_t start_ticks = 0;
    uint64_t cpu_ticks = 0;
    uint64_t waited_ticks = 0;
    bool matched = false;
    // Counted already, and still to come back through waited_ticks: of this update and of the one
    // before. Older debt is forgotten, since nobody waited for those children.
    uint64_t debt = 0;
    uint64_t debt_before = 0;
  };

  const Member* find(pid_t pid) const;
  Member* find(pid_t pid);
  bool join(ProcessTable& table, Process& process, bool matched, bool from_birth);
  void join_descendants(ProcessTable& table, bool born_only);
  bool belongs(ProcessTable& table, const Process& process) const;
  void count(Member& member, const ProcessStat& stat);
  void settle_ended(ProcessTable& table);

  Match match_;
  std::vector<Member> members_;    // by pid
  std::vector<Member> ended_;      // in this update
  std::optional<Member> waiting_;  // this process, when its own children are the tree
  uint64_t cpu_ticks_ = 0;
  bool first_update_ = true;
  bool running_ = false;
};

}  // namespace sentinel::collectors
