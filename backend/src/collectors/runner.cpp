#include "collectors/runner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "collectors/pipeline.hpp"

namespace sentinel::collectors {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kFarewellMax = std::chrono::seconds{5};
constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;

// A signal that was ignored when we started (nohup) stays so, for us and for the command.
void catch_unless_ignored(asio::signal_set& signals, int signal) {
  struct sigaction action;
  if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) return;
  signals.add(signal);
}

class Run {
 public:
  Run(const Settings& settings, const std::string& name)
      : signals_(context_, SIGCHLD),
        name_(name),
        // Orphans of the tree come to this process, so its children are the whole tree.
        pipeline_(context_, settings, {{.name = name, .match = ByParent{getpid()}}}) {
    for (int signal : {SIGTERM, SIGINT, SIGHUP}) catch_unless_ignored(signals_, signal);
  }

  ChildEnd follow(Child child, const std::vector<std::string>& command) {
    pipeline_.uplink().add(
        pipeline_.writer().event({.agent = name_,
                                  .type = "started",
                                  .time = now(),
                                  .message = fmt::format("{}", fmt::join(command, " ")),
                                  .process = child.pid(),
                                  .exit_code = {}}));
    pipeline_.start();
    ChildEnd end;
    auto lead = [&]() -> Task<void> {
      end = co_await wait(child);
      pipeline_.uplink().add(
          pipeline_.writer().event(end_event(name_, child.pid(), end, forwarded_)));
      if (auto lost = co_await pipeline_.finish(kFarewellMax); lost > 0) {
        log::warning("{} samples and events of {} could not be sent and are lost", lost, name_);
      }
      context_.stop();
    };
    asio::co_spawn(context_, lead, asio::detached);
    context_.run();
    return end;
  }

 private:
  Task<ChildEnd> wait(Child& child) {
    while (true) {
      // It may have ended before the first signal was caught.
      if (auto end = child.reap()) {
        if (child.has_terminal() && forwarded_ == 0) forwarded_ = SIGINT;
        co_return *end;
      }
      auto [error, signal] = co_await signals_.async_wait(kAwait);
      if (error || signal == SIGCHLD) continue;
      forwarded_ = signal;
      child.send_signal(signal);
    }
  }

  asio::io_context context_{1};
  asio::signal_set signals_;
  std::string name_;
  Pipeline pipeline_;
  int forwarded_ = 0;
};

}  // namespace

Event end_event(const std::string& agent, pid_t pid, const ChildEnd& end, int forwarded_signal) {
  Event event{.agent = agent,
              .type = "error",
              .time = now(),
              .message = fmt::format("exit code {}", end.exit_code),
              .process = pid,
              .exit_code = end.exit_code};
  // Many programs answer a signal by exiting with 128 + signal themselves.
  bool asked = forwarded_signal != 0 &&
               (end.signal == forwarded_signal || end.exit_code == 128 + forwarded_signal);
  if (end.signal != 0) event.message = fmt::format("killed by signal {}", end.signal);
  if (end.exit_code == 0 || asked) event.type = "stopped";
  return event;
}

int run_command(const Settings& settings, const std::string& name,
                const std::vector<std::string>& command) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (!settings.key.known()) {
    log::warning(
        "there is no key (SENTINEL_KEY, SENTINEL_COLLECTOR_KEY_FILE): {} runs, and its samples may "
        "be refused",
        name);
  }
  Run run(settings, name);
  auto child =
      Child::start(command, {{"SENTINEL_URL", settings.server_text}, {"SENTINEL_AGENT", name}});
  if (!child) {
    log::error("{}", child.error().message);
    return child.error().code == ErrorCode::NotFound ? kNotFound : kNotExecutable;
  }
  return run.follow(*child, command).exit_code;
}

}  // namespace sentinel::collectors
