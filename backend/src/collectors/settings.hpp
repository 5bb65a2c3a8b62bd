// What the collector can be told, and where: one table gives flag, environment name, TOML key and
// default of each setting. A flag beats the environment, which beats the file.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "collectors/sender/key.hpp"
#include "collectors/sources/sampler.hpp"
#include "http/client.hpp"

namespace sentinel::collectors {

struct Settings {
  http::Url server;
  std::string server_text;
  std::string key_file;
  std::string buffer_dir;
  uint64_t buffer_size_mb = 0;
  uint64_t buffer_memory_kb = 0;
  std::string host_name;
  bool watch_host = true;
  std::string nvml;
  log::Level log_level = log::Level::Info;
  log::Format log_format = log::Format::Text;
  Key key;
  std::vector<AgentSpec> agents;  // the host first, when it is watched
};

struct Invocation {
  enum class Mode { Watch, Run, Health, Help, Version };
  Mode mode = Mode::Watch;
  Settings settings;
  // Of `run`.
  std::string name;
  std::vector<std::string> command;
};

// One row of the table. The names of flag and environment follow from the TOML key.
struct SettingRow {
  std::string_view
      key;  // snake_case; empty key in the file for settings that only make sense outside
  std::string_view environment;  // empty: SENTINEL_COLLECTOR_ and the key in capitals
  std::string_view fallback;
  std::string_view meaning;
  bool in_file = true;
  Result<void> (*apply)(Settings& settings, const std::string& value) = nullptr;
};
std::span<const SettingRow> setting_rows();
std::string flag_of(const SettingRow& row);
std::string environment_of(const SettingRow& row);

using Environment = std::function<const char*(const char* name)>;

// `arguments` without the program's name. Errors: InvalidArgument, a sentence with a hint.
Result<Invocation> parse_invocation(std::span<const std::string> arguments,
                                    const Environment& environment);

std::string help_text();

}  // namespace sentinel::collectors
