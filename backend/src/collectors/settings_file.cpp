#include "collectors/settings_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "collectors/settings.hpp"

namespace sentinel::collectors {

namespace {

constexpr size_t kNameSizeMax = 200;
constexpr size_t kAgentsMax = 1000;
constexpr size_t kFileSizeMax = 1024 * 1024;
constexpr std::array<std::string_view, 4> kKinds{"process_name", "command_line", "pid_file",
                                                 "cgroup"};

std::unexpected<Error> invalid(const std::string& path, const toml::node& node,
                               std::string_view why) {
  return fail(ErrorCode::InvalidArgument, "config_invalid",
              fmt::format("{}:{}: {}", path, node.source().begin.line, why));
}

std::unexpected<Error> cannot_read(const std::string& path, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, "config_unreadable",
              fmt::format("cannot read {}: {}", path, why));
}

bool is_setting(std::string_view key) {
  return std::ranges::any_of(setting_rows(),
                             [&](const SettingRow& row) { return row.in_file && row.key == key; });
}

Result<Match> make_match(const std::string& path, std::string_view kind, const toml::node& value) {
  auto text = value.value<std::string>();
  if (!text || text->empty()) return invalid(path, value, fmt::format("{} wants a text", kind));
  if (kind == "process_name") return ByName{*text};
  if (kind == "pid_file") return ByPidFile{*text};
  if (kind == "cgroup") return ByCgroup{*text};
  auto pattern = Pattern::compile(*text);
  if (!pattern) return invalid(path, value, pattern.error().message);
  return ByCommandLine{std::move(*pattern)};
}

Result<AgentSpec> read_agent(const std::string& path, const toml::table& table) {
  auto kinds = fmt::format("{}", fmt::join(kKinds, ", "));
  AgentSpec agent;
  for (const auto& [key, value] : table) {
    auto name = key.str();
    if (name == "name") {
      agent.name = value.value<std::string>().value_or("");
      if (agent.name.empty() || agent.name.size() > kNameSizeMax) {
        return invalid(path, value, "the name of an agent is a text of 1 to 200 bytes");
      }
    } else if (std::ranges::find(kKinds, name) == kKinds.end()) {
      return invalid(
          path, value,
          fmt::format("unknown key '{}' of an agent; there are name and one of {}", name, kinds));
    } else if (agent.match) {
      return invalid(path, value, fmt::format("an agent is found by one of {}, not by two", kinds));
    } else {
      auto match = make_match(path, name, value);
      if (!match) return forward(match);
      agent.match = std::move(*match);
    }
  }
  if (agent.name.empty()) return invalid(path, table, "an agent needs a name");
  if (!agent.match) {
    return invalid(path, table, fmt::format("agent '{}' needs one of {}", agent.name, kinds));
  }
  return agent;
}

Result<void> read_agents(const std::string& path, const toml::node& node, SettingsFile& file) {
  const auto* list = node.as_array();
  if (!list || list->size() > kAgentsMax) {
    return invalid(path, node, "agents are written as [[agent]] entries, at most 1000");
  }
  std::set<std::string> names;
  for (const auto& entry : *list) {
    const auto* table = entry.as_table();
    if (!table) return invalid(path, entry, "agents are written as [[agent]] entries");
    auto agent = read_agent(path, *table);
    if (!agent) return forward(agent);
    if (!names.insert(agent->name).second) {
      return invalid(path, entry, fmt::format("there are two agents named '{}'", agent->name));
    }
    file.agents.push_back(std::move(*agent));
  }
  return {};
}

Result<SettingsFile> read_table(const std::string& path, const toml::table& table) {
  SettingsFile file;
  for (const auto& [key, value] : table) {
    std::string name(key.str());
    if (name == "agent") {
      if (auto read = read_agents(path, value, file); !read) return forward(read);
    } else if (!is_setting(name)) {
      return invalid(path, value, fmt::format("unknown key '{}'", name));
    } else if (auto text = value.value_exact<std::string>()) {
      file.values[name] = *text;
    } else if (auto whole = value.value_exact<int64_t>()) {
      file.values[name] = std::to_string(*whole);
    } else if (auto flag = value.value_exact<bool>()) {
      file.values[name] = *flag ? "true" : "false";
    } else {
      return invalid(path, value,
                     fmt::format("'{}' wants a text, a whole number, true or false", name));
    }
  }
  return file;
}

}  // namespace

Result<SettingsFile> read_settings_file(const std::string& path) {
  try {
    // The whole text at once: toml++ would read a path through streams, whose locales cost memory
    // for good.
    std::error_code unreadable;
    auto size = std::filesystem::file_size(path, unreadable);
    if (unreadable) return cannot_read(path, unreadable.message());
    if (size > kFileSizeMax) return cannot_read(path, "it is over 1 MiB");
    return read_table(path, toml::parse(read_small_file(path, kFileSizeMax), path));
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::InvalidArgument, "config_invalid",
                fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
}

}  // namespace sentinel::collectors
