#include "collectors/child.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace sentinel::collectors {

namespace {

// Our environment with some variables set anew.
std::vector<std::string> merged_environment(
    const std::vector<std::pair<std::string, std::string>>& additions) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view text(*entry);
    auto name = text.substr(0, text.find('='));
    bool replaced =
        std::ranges::any_of(additions, [&](const auto& added) { return added.first == name; });
    if (!replaced) variables.emplace_back(text);
  }
  for (const auto& [name, value] : additions) variables.push_back(name + '=' + value);
  return variables;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

std::unexpected<Error> spawn_error(const std::string& command, int code) {
  auto kind = code == ENOENT   ? ErrorCode::NotFound
              : code == EACCES ? ErrorCode::PermissionDenied
                               : ErrorCode::Internal;
  return fail(kind, "command_failed",
              fmt::format("cannot start {}: {}", command, std::strerror(code)));
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& command,
                           const std::vector<std::pair<std::string, std::string>>& environment) {
  auto variables = merged_environment(environment);
  auto arguments = pointers(command);
  auto variable_pointers = pointers(variables);
  Child child;
  child.has_terminal_ = isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp();
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  // In a group of its own it would be stopped at its first read from the terminal.
  if (child.has_terminal_) posix_spawn_file_actions_addtcsetpgrp_np(&actions, STDIN_FILENO);
  int code = posix_spawnp(&child.pid_, arguments[0], &actions, &attributes, arguments.data(),
                          variable_pointers.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) {
    if (child.has_terminal_) child.take_terminal(getpgrp());
    return spawn_error(command.front(), code);
  }
  return child;
}

void Child::send_signal(int signal) const { kill(-pid_, signal); }

std::optional<ChildEnd> Child::reap() {
  std::optional<ChildEnd> end;
  int status = 0;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0;) {
    if (pid != pid_) continue;
    if (WIFEXITED(status)) end = ChildEnd{.exit_code = WEXITSTATUS(status), .signal = 0};
    if (WIFSIGNALED(status)) {
      end = ChildEnd{.exit_code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
    }
    if (WIFSTOPPED(status) && has_terminal_) stop_together();
  }
  if (end && has_terminal_) take_terminal(getpgrp());
  return end;
}

// Makes `group` the terminal's foreground, also when this process is not in it.
void Child::take_terminal(pid_t group) const {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  tcsetpgrp(STDIN_FILENO, group);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Child::stop_together() {
  take_terminal(getpgrp());
  raise(SIGSTOP);
  // The shell continued us: in the foreground the terminal is the command's again.
  if (tcgetpgrp(STDIN_FILENO) == getpgrp()) take_terminal(pid_);
  send_signal(SIGCONT);
}

}  // namespace sentinel::collectors
