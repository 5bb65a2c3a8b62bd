// sentinel-collector: watches this machine and its agents, or runs a command as an agent.
#include <fmt/format.h>

#include <cstdlib>

#include "collectors/pipeline.hpp"
#include "collectors/runner.hpp"
#include "collectors/settings.hpp"

using namespace sentinel;
using collectors::Invocation;

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  auto environment = [](const char* name) -> const char* { return std::getenv(name); };
  auto invocation = collectors::parse_invocation(arguments, environment);
  if (!invocation) {
    fmt::print(stderr, "sentinel-collector: {}\n", invocation.error().message);
    return 2;
  }
  const auto& settings = invocation->settings;
  log::configure("sentinel-collector", settings.log_level, settings.log_format);
  switch (invocation->mode) {
    case Invocation::Mode::Help:
      fmt::print("{}", collectors::help_text());
      return 0;
    case Invocation::Mode::Version:
      fmt::print("sentinel-collector {}\n", SENTINEL_VERSION);
      return 0;
    case Invocation::Mode::Run:
      return collectors::run_command(settings, invocation->name, invocation->command);
    case Invocation::Mode::Health:
      return collectors::ask_health(settings);
    case Invocation::Mode::Watch:
      return collectors::watch(settings);
  }
  return 2;
}
