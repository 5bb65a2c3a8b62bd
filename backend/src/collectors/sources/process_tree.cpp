#include "collectors/sources/process_tree.hpp"

#include <unistd.h>

#include <algorithm>

namespace sentinel::collectors {

namespace {

constexpr pid_t kInit = 1;

}  // namespace

void ProcessTree::update(ProcessTable& table, const Cgroups& cgroups) {
  settle_ended(table);
  for (auto& member : members_) {
    count(member, table.find(member.pid)->stat);
  }
  if (const auto* by = std::get_if<ByParent>(&match_)) {
    auto* self = table.find(by->parent);
    if (self && !waiting_) {
      table.watch(*self);
      waiting_ = Member{.pid = self->stat.pid, .waited_ticks = self->stat.waited_ticks};
    } else if (self) {
      count(*waiting_, self->stat);
    }
  }
  bool old_ones = false;
  for (pid_t pid : matching(match_, table, cgroups)) {
    auto* process = table.find(pid);
    if (auto* member = find(pid)) {
      member->matched = true;
    } else if (process && join(table, *process, true, process->born && !first_update_)) {
      old_ones |= !process->born || first_update_;
    }
  }
  if (old_ones) join_descendants(table, false);
  join_descendants(table, true);
  first_update_ = false;
  running_ = std::ranges::any_of(members_, [&](const Member& member) {
    auto* process = table.find(member.pid);
    return process && process->stat.state != 'Z' && process->stat.state != 'X';
  });
}

// Takes the members out that ended, and notes with the nearest ancestor that lives what of them was
// counted.
void ProcessTree::settle_ended(ProcessTable& table) {
  ended_.clear();
  std::erase_if(members_, [&](const Member& member) {
    if (table.find(member.pid, member.start_ticks)) return false;
    ended_.push_back(member);
    return true;
  });
  for (auto& member : members_) {
    member.debt_before = std::exchange(member.debt, 0);
  }
  if (waiting_) waiting_->debt_before = std::exchange(waiting_->debt, 0);
  for (const auto& ended : ended_) {
    pid_t parent = ended.parent;
    for (size_t steps = 0; steps < ended_.size(); ++steps) {
      auto passed = std::ranges::find(ended_, parent, &Member::pid);
      if (passed == ended_.end()) break;
      parent = passed->parent;
    }
    auto* heir = waiting_ && waiting_->pid == parent ? &*waiting_ : find(parent);
    if (heir) heir->debt += ended.cpu_ticks + ended.waited_ticks;
  }
}

void ProcessTree::count(Member& member, const ProcessStat& stat) {
  uint64_t waited = stat.waited_ticks - std::min(stat.waited_ticks, member.waited_ticks);
  for (auto* debt : {&member.debt_before, &member.debt}) {
    auto known = std::min(waited, *debt);
    waited -= known;
    *debt -= known;
  }
  cpu_ticks_ += waited;
  if (!waiting_ || &member != &*waiting_) {
    // What this process itself uses is not the agent's. The kernel scales these two and may take a
    // tick back.
    cpu_ticks_ += stat.cpu_ticks - std::min(stat.cpu_ticks, member.cpu_ticks);
  }
  member.cpu_ticks = std::max(member.cpu_ticks, stat.cpu_ticks);
  member.waited_ticks = stat.waited_ticks;
  member.parent = stat.parent;
}

bool ProcessTree::join(ProcessTable& table, Process& process, bool matched, bool from_birth) {
  if (process.stat.pid == getpid()) return false;
  table.watch(process);
  Member member{.pid = process.stat.pid,
                .parent = process.stat.parent,
                .start_ticks = process.stat.start_ticks,
                .matched = matched};
  auto place = std::ranges::lower_bound(members_, member.pid, {}, &Member::pid);
  auto& joined = *members_.insert(place, member);
  if (from_birth) {
    count(joined, process.stat);
  } else {
    joined.cpu_ticks = process.stat.cpu_ticks;
    joined.waited_ticks = process.stat.waited_ticks;
  }
  return true;
}

// Children of members, their children, and so on. Without `born_only` also those that lived before
// the agent was seen.
void ProcessTree::join_descendants(ProcessTable& table, bool born_only) {
  for (bool more = true; more;) {
    more = false;
    for (auto& process : table.all()) {
      if (born_only && !process.born) continue;
      if (find(process.stat.pid) || !belongs(table, process)) continue;
      more |= join(table, process, false, process.born && !first_update_);
    }
  }
}

bool ProcessTree::belongs(ProcessTable& table, const Process& process) const {
  const auto& stat = process.stat;
  if (find(stat.parent)) return true;
  auto led_by_member = [&](pid_t leader) {
    return leader != stat.pid &&
           (find(leader) || std::ranges::find(ended_, leader, &Member::pid) != ended_.end());
  };
  // All of a session descends from its leader. A group may hold others (`agent | tee log`), so
  // there only orphans count.
  if (led_by_member(stat.session)) return true;
  auto* parent = table.find(stat.parent);
  bool orphan = stat.parent == kInit || !parent || parent->stat.session != stat.session;
  return orphan && led_by_member(stat.group);
}

std::optional<pid_t> ProcessTree::root() const {
  const Member* first = nullptr;
  for (const auto& member : members_) {
    bool better = !first || (member.matched && !first->matched) ||
                  (member.matched == first->matched && member.start_ticks < first->start_ticks);
    if (better) first = &member;
  }
  return first ? std::optional(first->pid) : std::nullopt;
}

uint64_t ProcessTree::memory_bytes(ProcessTable& table, SteadyTime now) const {
  static const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  uint64_t total = 0;
  for (const auto& member : members_) {
    auto* process = table.find(member.pid);
    if (!process) continue;
    uint64_t resident = process->stat.resident_pages * page;
    uint64_t shared = members_.size() > 1 ? table.shared_bytes(*process, now) : 0;
    total += resident - std::min(resident, shared);
  }
  return total;
}

const ProcessTree::Member* ProcessTree::find(pid_t pid) const {
  auto place = std::ranges::lower_bound(members_, pid, {}, &Member::pid);
  return place != members_.end() && place->pid == pid ? &*place : nullptr;
}

ProcessTree::Member* ProcessTree::find(pid_t pid) {
  return const_cast<Member*>(std::as_const(*this).find(pid));
}

}  // namespace sentinel::collectors
