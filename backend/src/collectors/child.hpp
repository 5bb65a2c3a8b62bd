// The command of `run`: a child in its own process group, with the terminal in its hands when there
// is one.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sentinel::collectors {

struct ChildEnd {
  int exit_code = 0;  // 128 + signal when a signal ended it
  int signal = 0;     // 0 when it exited by itself
};

class Child {
 public:
  // Standard input, output and error are ours, untouched. `environment` is added to ours.
  // Errors: NotFound (no such command), PermissionDenied (not executable), Internal.
  static Result<Child> start(const std::vector<std::string>& command,
                             const std::vector<std::pair<std::string, std::string>>& environment);

  pid_t pid() const { return pid_; }
  // To its whole process group.
  void send_signal(int signal) const;

  // Reaps every child that ended, orphans that came to us included. Gives how the command ended,
  // once it has. When the command was stopped from the terminal (Ctrl-Z), this process stops with
  // it, as a shell expects.
  std::optional<ChildEnd> reap();

  // Whether Ctrl-C in the terminal goes straight to the command.
  bool has_terminal() const { return has_terminal_; }

 private:
  Child() = default;
  void take_terminal(pid_t group) const;
  void stop_together();

  pid_t pid_ = 0;
  bool has_terminal_ = false;
};

}  // namespace sentinel::collectors
