// What the settings table says of the services that a process runs.
#pragma once

#include "apps/stack.hpp"
#include "base/settings.hpp"

namespace sentinel::apps {

// Threads, writers and cookies; which services run is the caller's to say. Errors: InvalidArgument,
// naming the setting and its limits.
Result<StackOptions> read_stack_settings(const Settings& settings);

}  // namespace sentinel::apps
