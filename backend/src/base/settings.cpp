#include "base/settings.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "base/log.hpp"

namespace sentinel {

namespace {

std::string with(std::string_view text, char from, char to) {
  std::string out(text);
  std::ranges::replace(out, from, to);
  return out;
}

Result<std::string> to_text(std::string_view key, const toml::node& node) {
  if (auto text = node.value<std::string>(); node.is_string()) return *text;
  if (node.is_integer() || node.is_boolean() || node.is_floating_point()) {
    std::ostringstream out;
    node.visit([&](const auto& value) { out << value; });
    return out.str();
  }
  return fail(ErrorCode::InvalidArgument, "setting_invalid",
              fmt::format("{} must be a text, a number or a boolean", key));
}

Result<Settings::Flags> read_file_values(std::span<const Setting> table, const std::string& file) {
  Settings::Flags values;
  try {
    for (const auto& [key, node] : toml::parse_file(file)) {
      if (std::ranges::find(table, key.str(), &Setting::name) == table.end()) {
        return fail(ErrorCode::InvalidArgument, "setting_unknown",
                    fmt::format("{}: there is no setting {}", file, key.str()));
      }
      auto text = to_text(key.str(), node);
      if (!text)
        return fail(ErrorCode::InvalidArgument, "setting_invalid",
                    fmt::format("{}: {}", file, text.error().message));
      values.emplace(key.str(), std::move(*text));
    }
  } catch (const toml::parse_error& error) {
    return fail(
        ErrorCode::InvalidArgument, "setting_invalid",
        fmt::format("{}: line {}: {}", file, error.source().begin.line, error.description()));
  }
  return values;
}

}  // namespace

std::string flag_of(const Setting& setting) { return "--" + with(setting.name, '_', '-'); }

std::string environment_of(const Setting& setting) {
  std::string name = "SENTINEL_" + std::string(setting.name);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

Result<Settings> Settings::load(std::span<const Setting> table, const Flags& flags,
                                const Environment& environment, const std::string& file) {
  Flags from_file;
  if (!file.empty()) {
    auto read = read_file_values(table, file);
    if (!read) return forward(read);
    from_file = std::move(*read);
  }
  Settings settings;
  for (const auto& setting : table) {
    std::string value(setting.fallback);
    if (auto found = from_file.find(setting.name); found != from_file.end()) value = found->second;
    if (const char* text = environment(environment_of(setting).c_str()); text && *text)
      value = text;
    if (auto found = flags.find(setting.name); found != flags.end()) value = found->second;
    settings.values_.emplace(setting.name, std::move(value));
  }
  return settings;
}

const std::string& Settings::text(std::string_view name) const {
  auto found = values_.find(name);
  if (found == values_.end()) {
    log::error("no setting {} in the table of this program", name);
    std::abort();
  }
  return found->second;
}

Result<int> Settings::integer(std::string_view name, int min, int max) const {
  const auto& value = text(name);
  int number = 0;
  auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (failed == std::errc{} && end == value.data() + value.size() && number >= min && number <= max)
    return number;
  return fail(ErrorCode::InvalidArgument, "setting_invalid",
              fmt::format("{} '{}' must be an integer from {} to {}", name, value, min, max));
}

}  // namespace sentinel
