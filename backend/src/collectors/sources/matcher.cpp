#include "collectors/sources/matcher.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

namespace sentinel::collectors {

namespace {

constexpr size_t kNameMax = 15;

// Calls `wanted` for every process that was read in this pass, this one apart.
template <class Wanted>
std::vector<pid_t> examined(ProcessTable& table, Wanted wanted) {
  static const pid_t self = getpid();
  std::vector<pid_t> pids;
  for (auto& process : table.all()) {
    if (!process.examined || process.stat.pid == self) continue;
    if (wanted(process)) pids.push_back(process.stat.pid);
  }
  return pids;
}

struct Matching {
  ProcessTable& table;
  const Cgroups& cgroups;

  std::vector<pid_t> operator()(const ByName& by) const {
    auto name = std::string_view(by.name).substr(0, kNameMax);
    return examined(table, [&](const Process& process) { return process.name_text() == name; });
  }
  std::vector<pid_t> operator()(const ByCommandLine& by) const {
    return examined(table, [&](Process& process) {
      const auto& text = table.command_line(process);
      return !text.empty() && by.pattern.found_in(text);
    });
  }
  std::vector<pid_t> operator()(const ByPidFile& by) const {
    auto text = read_small_file(by.path, 64);
    pid_t pid = 0;
    size_t first = text.find_first_not_of(" \t\n");
    if (first == std::string::npos) return {};
    std::from_chars(text.data() + first, text.data() + text.size(), pid);
    return table.find(pid) ? std::vector{pid} : std::vector<pid_t>{};
  }
  std::vector<pid_t> operator()(const ByCgroup& by) const { return cgroups.processes(by.path); }
  std::vector<pid_t> operator()(const ByParent& by) const {
    return examined(table,
                    [&](const Process& process) { return process.stat.parent == by.parent; });
  }
};

}  // namespace

Result<Pattern> Pattern::compile(const std::string& text) {
  auto* expression = new regex_t;
  int code = regcomp(expression, text.c_str(), REG_EXTENDED | REG_NOSUB);
  if (code != 0) {
    char reason[128];
    regerror(code, expression, reason, sizeof reason);
    delete expression;
    return fail(ErrorCode::InvalidArgument, "pattern_invalid",
                fmt::format("'{}' is not a regular expression: {}", text, reason));
  }
  Pattern pattern;
  pattern.compiled_ = {expression, [](regex_t* compiled) {
                         regfree(compiled);
                         delete compiled;
                       }};
  return pattern;
}

bool Pattern::found_in(const std::string& text) const {
  return regexec(compiled_.get(), text.c_str(), 0, nullptr, 0) == 0;
}

std::vector<pid_t> matching(const Match& match, ProcessTable& table, const Cgroups& cgroups) {
  return std::visit(Matching{table, cgroups}, match);
}

}  // namespace sentinel::collectors
