// One table says what a program can be told: name, default, meaning. From it come the flag
// (--data-dir), the environment name (SENTINEL_DATA_DIR) and the key in a TOML file (data_dir); a
// flag beats the environment, which beats the file.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sentinel {

struct Setting {
  std::string_view name;  // snake_case
  std::string_view fallback;
  std::string_view meaning;
};

std::string flag_of(const Setting& setting);
std::string environment_of(const Setting& setting);

class Settings {
 public:
  using Flags = std::map<std::string, std::string,
                         std::less<>>;  // by setting name, only those that were given
  using Environment = std::function<const char*(const char*)>;

  // `file` may be empty. Errors: InvalidArgument (a file that cannot be read, a key that no setting
  // has).
  static Result<Settings> load(std::span<const Setting> table, const Flags& flags,
                               const Environment& environment, const std::string& file);

  // A setting that is not in the table is a defect and ends the process.
  const std::string& text(std::string_view name) const;
  // Errors: InvalidArgument, naming the setting and its limits.
  Result<int> integer(std::string_view name, int min, int max) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace sentinel
