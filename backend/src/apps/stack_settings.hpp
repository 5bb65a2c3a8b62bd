// What the settings table says of the services that a process runs.
#pragma once

#include "apps/stack.hpp"
#include "base/settings.hpp"

namespace sentinel::apps {

// Threads, writers, cookies and limits; which services run is the caller's to say. Errors:
// InvalidArgument, naming the setting and its limits.
Result<StackOptions> read_stack_settings(const Settings& settings);

// The folder of metrics-api's spool: the one that the settings name, else `fallback`; nothing when
// they say "none".
std::optional<std::string> spool_folder(const Settings& settings, const std::string& fallback);
// The spool itself; null when there is no folder. Errors: InvalidArgument, Conflict (another
// process uses it).
Result<std::unique_ptr<ingest::Spool>> open_spool(const Settings& settings,
                                                  const std::string& fallback);
// The same where `slots` processes share the folder: the first of its folders 1, 2, ... that none
// of them uses. Errors: Conflict also when all are in use.
Result<std::unique_ptr<ingest::Spool>> open_spool_slot(const Settings& settings,
                                                       const std::string& fallback, int slots);

}  // namespace sentinel::apps
