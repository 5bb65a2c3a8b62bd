#include <fmt/format.h>

#include <pthread.h>
#include <algorithm>
#include <csignal>
#include <cstdio>

#include "apps/commands.hpp"
#include "base/log.hpp"

namespace sentinel::apps {

namespace {

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void block_end_signals() {
  auto signals = end_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A client that hangs up must not end the process.
  std::signal(SIGPIPE, SIG_IGN);
}

void wait_for_end() {
  auto signals = end_signals();
  int signal = 0;
  sigwait(&signals, &signal);
}

bool wait_for_end(std::chrono::nanoseconds limit) {
  const auto signals = end_signals();
  const auto left = std::max(limit, std::chrono::nanoseconds{0});
  const auto whole = std::chrono::floor<std::chrono::seconds>(left);
  const timespec time{whole.count(), (left - whole).count()};
  return sigtimedwait(&signals, nullptr, &time) > 0;
}

int report(const Error& error) {
  fmt::print(stderr, "sentinel: {}\n", error.message);
  return 1;
}

Result<void> configure_log(std::string_view service, const Settings& settings) {
  const auto& level = settings.text("log_level");
  const auto& format = settings.text("log_format");
  static constexpr std::pair<std::string_view, log::Level> kLevels[] = {
      {"debug", log::Level::Debug},
      {"info", log::Level::Info},
      {"warning", log::Level::Warning},
      {"error", log::Level::Error}};
  for (const auto& [name, value] : kLevels) {
    if (level != name) continue;
    if (format != "text" && format != "json") {
      return fail(ErrorCode::InvalidArgument, "setting_invalid",
                  fmt::format("log_format '{}' must be text or json", format));
    }
    log::configure(service, value, format == "json" ? log::Format::Json : log::Format::Text);
    return {};
  }
  return fail(ErrorCode::InvalidArgument, "setting_invalid",
              fmt::format("log_level '{}' must be debug, info, warning or error", level));
}

}  // namespace sentinel::apps
