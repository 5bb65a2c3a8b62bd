#include "collectors/settings.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "collectors/settings_file.hpp"
#include "collectors/sources/host.hpp"

namespace sentinel::collectors {

namespace {

constexpr std::string_view kHint = "\nHINT: sentinel-collector --help";

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::InvalidArgument, "setting_invalid", std::move(message));
}

Result<uint64_t> number(const std::string& text, uint64_t least, uint64_t most) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return invalid(fmt::format("'{}' is not a whole number from {} to {}", text, least, most));
  }
  return value;
}

Result<void> set_number(uint64_t& field, const std::string& text, uint64_t least, uint64_t most) {
  auto value = number(text, least, most);
  if (!value) return forward(value);
  field = *value;
  return {};
}

Result<void> set_server(Settings& settings, const std::string& text) {
  auto url = http::parse_url(text);
  if (!url) return forward(url);
  settings.server = std::move(*url);
  settings.server_text = text;
  return {};
}

Result<void> set_watch_host(Settings& settings, const std::string& text) {
  if (text != "true" && text != "false") {
    return invalid(fmt::format("'{}' is neither true nor false", text));
  }
  settings.watch_host = text == "true";
  return {};
}

Result<void> set_log_level(Settings& settings, const std::string& text) {
  static const std::map<std::string_view, log::Level> levels{{"debug", log::Level::Debug},
                                                             {"info", log::Level::Info},
                                                             {"warning", log::Level::Warning},
                                                             {"error", log::Level::Error}};
  auto found = levels.find(text);
  if (found == levels.end()) {
    return invalid(fmt::format("'{}' is not one of debug, info, warning, error", text));
  }
  settings.log_level = found->second;
  return {};
}

Result<void> set_log_format(Settings& settings, const std::string& text) {
  if (text != "text" && text != "json") {
    return invalid(fmt::format("'{}' is not one of text, json", text));
  }
  settings.log_format = text == "json" ? log::Format::Json : log::Format::Text;
  return {};
}

constexpr std::string_view kConfig = "config";
constexpr std::string_view kKeyFile = "key_file";
constexpr std::string_view kLogLevel = "log_level";

// The order is the one of --help.
const SettingRow kRows[] = {
    {kConfig, "", "", "TOML file with settings and [[agent]] entries", false,
     [](Settings&, const std::string&) -> Result<void> { return {}; }},
    {"server", "", "http://127.0.0.1:8000", "address of the server", true, set_server},
    {kKeyFile, "", "", "file that holds the key; SENTINEL_KEY may hold the key itself", true,
     [](Settings& settings, const std::string& text) -> Result<void> {
       settings.key_file = text;
       return {};
     }},
    {"buffer_dir", "", "",
     "folder for samples while the server is away; without it they wait in memory", true,
     [](Settings& settings, const std::string& text) -> Result<void> {
       settings.buffer_dir = text;
       return {};
     }},
    {"buffer_size_mb", "", "64", "limit of that folder; the oldest samples go first", true,
     [](Settings& settings, const std::string& text) {
       return set_number(settings.buffer_size_mb, text, 1, 100'000);
     }},
    {"buffer_memory_kb", "", "2048", "limit of the samples that wait in memory", true,
     [](Settings& settings, const std::string& text) {
       return set_number(settings.buffer_memory_kb, text, 64, 1'000'000);
     }},
    {"host_name", "", "", "name of this machine in records; its own name by default", true,
     [](Settings& settings, const std::string& text) -> Result<void> {
       settings.host_name = text.empty() ? host_name() : text;
       return {};
     }},
    {"watch_host", "", "true", "whether the machine itself is watched, as agent host:NAME", true,
     set_watch_host},
    {"nvml", "SENTINEL_NVML", "", "path of the NVML library; libnvidia-ml.so.1 by default", true,
     [](Settings& settings, const std::string& text) -> Result<void> {
       settings.nvml = text;
       return {};
     }},
    {kLogLevel, "", "info", "debug, info, warning or error; `run` begins at warning", true,
     set_log_level},
    {"log_format", "", "text", "text or json", true, set_log_format},
};

// The arguments apart: values by key of the table, the rest by what it is.
struct Arguments {
  std::map<std::string_view, std::string> values;
  Invocation invocation;
};

const SettingRow* row_of_flag(std::string_view flag) {
  for (const auto& row : kRows) {
    if (flag_of(row) == flag) return &row;
  }
  return nullptr;
}

// The value of a flag: behind `=`, or the next argument.
Result<std::string> value_of(std::span<const std::string> arguments, size_t& i) {
  const auto& word = arguments[i];
  if (size_t equals = word.find('='); equals != std::string::npos) return word.substr(equals + 1);
  if (i + 1 >= arguments.size() || arguments[i + 1] == "--") {
    return invalid(fmt::format("{} needs a value{}", word, kHint));
  }
  return arguments[++i];
}

Result<Arguments> split(std::span<const std::string> arguments) {
  Arguments out;
  auto& invocation = out.invocation;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto& word = arguments[i];
    auto flag = word.substr(0, word.find('='));
    if (word == "--help" || word == "-h" || word == "--version") {
      invocation.mode = word == "--version" ? Invocation::Mode::Version : Invocation::Mode::Help;
      return out;
    }
    bool running = invocation.mode == Invocation::Mode::Run;
    if (word == "run" && !running) {
      invocation.mode = Invocation::Mode::Run;
    } else if (word == "health" && !running) {
      invocation.mode = Invocation::Mode::Health;
    } else if (word == "--" && running) {
      invocation.command.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                arguments.end());
      break;
    } else if (flag == "--key" || flag == "--sentinel-key") {
      return invalid(
          "a key on the command line is seen by every user of the machine: use SENTINEL_KEY or "
          "--key-file");
    } else if (const auto* row = row_of_flag(flag); row || (flag == "--name" && running)) {
      auto value = value_of(arguments, i);
      if (!value) return forward(value);
      (row ? out.values[row->key] : invocation.name) = std::move(*value);
    } else if (word.starts_with('-')) {
      return invalid(fmt::format("unknown option {}{}", flag, kHint));
    } else if (running) {
      return invalid(
          fmt::format("the command comes behind --, as in: run --name NAME -- {}", word));
    } else {
      return invalid(fmt::format("unknown command {}{}", word, kHint));
    }
  }
  return out;
}

Result<void> check_run(const Invocation& invocation) {
  if (invocation.mode != Invocation::Mode::Run) return {};
  constexpr std::string_view usage = "\nHINT: sentinel-collector run --name NAME -- COMMAND...";
  if (invocation.name.empty())
    return invalid(fmt::format("run needs --name, the agent's name{}", usage));
  if (invocation.name.size() > 200) return invalid("the agent's name is over 200 bytes");
  if (invocation.command.empty())
    return invalid(fmt::format("run needs a command behind --{}", usage));
  return {};
}

const char* from_environment(const Environment& environment, const SettingRow& row) {
  const char* value = environment(environment_of(row).c_str());
  return value && *value ? value : nullptr;
}

// A key given nearer to the command line wins: --key-file, SENTINEL_KEY,
// SENTINEL_COLLECTOR_KEY_FILE, the file's key_file.
Key choose_key(const Settings& settings, bool by_flag, const Environment& environment) {
  const char* text = environment("SENTINEL_KEY");
  if (text && *text && !by_flag) return Key::from_text(text);
  return settings.key_file.empty() ? Key{} : Key::from_file(settings.key_file);
}

Result<void> apply_rows(Settings& settings, const Arguments& given, const SettingsFile& file,
                        const Environment& environment) {
  for (const auto& row : kRows) {
    std::string value(row.fallback), source(row.key);
    if (row.key == kLogLevel && given.invocation.mode == Invocation::Mode::Run) value = "warning";
    if (auto found = file.values.find(row.key); found != file.values.end()) value = found->second;
    if (const char* text = from_environment(environment, row)) {
      value = text;
      source = environment_of(row);
    }
    if (auto found = given.values.find(row.key); found != given.values.end()) {
      value = found->second;
      source = flag_of(row);
    }
    if (auto applied = row.apply(settings, value); !applied) {
      return invalid(fmt::format("{}: {}", source, applied.error().message));
    }
  }
  return {};
}

}  // namespace

std::span<const SettingRow> setting_rows() { return kRows; }

std::string flag_of(const SettingRow& row) {
  std::string flag = "--" + std::string(row.key);
  for (char& c : flag) c = c == '_' ? '-' : c;
  return flag;
}

std::string environment_of(const SettingRow& row) {
  if (!row.environment.empty()) return std::string(row.environment);
  std::string name = "SENTINEL_COLLECTOR_" + std::string(row.key);
  for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return name;
}

Result<Invocation> parse_invocation(std::span<const std::string> arguments,
                                    const Environment& environment) {
  auto given = split(arguments);
  if (!given) return forward(given);
  auto& invocation = given->invocation;
  using Mode = Invocation::Mode;
  if (invocation.mode == Mode::Help || invocation.mode == Mode::Version) return invocation;
  if (auto checked = check_run(invocation); !checked) return forward(checked);

  std::string path = given->values.contains(kConfig) ? given->values[kConfig] : "";
  const char* path_set = from_environment(environment, kRows[0]);
  if (path.empty() && path_set) path = path_set;
  SettingsFile file;
  if (!path.empty()) {
    auto read = read_settings_file(path);
    if (!read) return forward(read);
    file = std::move(*read);
  }
  auto& settings = invocation.settings;
  if (auto applied = apply_rows(settings, *given, file, environment); !applied)
    return forward(applied);
  settings.key = choose_key(settings, given->values.contains(kKeyFile), environment);
  if (settings.watch_host) {
    settings.agents.push_back({.name = "host:" + settings.host_name, .match = std::nullopt});
  }
  for (auto& agent : file.agents) settings.agents.push_back(std::move(agent));
  const bool watches = invocation.mode == Mode::Watch || invocation.mode == Mode::Health;
  if (watches && settings.agents.empty()) {
    return invalid("there is nothing to watch: watch_host is false and the file has no [[agent]]");
  }
  return invocation;
}

std::string help_text() {
  std::string text =
      "sentinel-collector [OPTIONS]                           watch this machine and its agents\n"
      "sentinel-collector run --name NAME [OPTIONS] -- COMMAND...   start a command as an agent "
      "and watch it\n"
      "sentinel-collector health [OPTIONS]                    ask whether the server takes what "
      "it sends\n\n";
  for (const auto& row : kRows) {
    fmt::format_to(std::back_inserter(text), "  {} VALUE\n      {}", flag_of(row), row.meaning);
    if (!row.fallback.empty()) fmt::format_to(std::back_inserter(text), " [{}]", row.fallback);
    fmt::format_to(std::back_inserter(text), "\n      environment {}{}{}\n", environment_of(row),
                   row.in_file ? ", in the file " : "", row.in_file ? row.key : "");
  }
  return text + "\n  --help, --version\n";
}

}  // namespace sentinel::collectors
