// `sentinel-collector run`: starts a command as an agent, watches its tree and tells how it ended.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/child.hpp"
#include "collectors/sender/record.hpp"
#include "collectors/settings.hpp"

namespace sentinel::collectors {

// Gives the command's exit code (128 + signal), 127 when there is no such command, 126 when it
// cannot be executed. Neither a missing key nor a missing server keeps the command from running.
int run_command(const Settings& settings, const std::string& name,
                const std::vector<std::string>& command);

// The event of an end. What we were asked to do is no error: a signal that was passed on, or Ctrl-C
// in the terminal.
Event end_event(const std::string& agent, pid_t pid, const ChildEnd& end, int forwarded_signal);

}  // namespace sentinel::collectors
