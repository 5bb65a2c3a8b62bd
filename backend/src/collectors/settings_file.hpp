// The collector's TOML file: settings by their keys, and the agents to watch.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "collectors/sources/sampler.hpp"

namespace sentinel::collectors {

struct SettingsFile {
  std::map<std::string, std::string, std::less<>> values;  // only keys of the settings table
  std::vector<AgentSpec> agents;
};

// Errors: InvalidArgument, with file and line.
Result<SettingsFile> read_settings_file(const std::string& path);

}  // namespace sentinel::collectors
