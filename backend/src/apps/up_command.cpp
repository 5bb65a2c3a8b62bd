#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/database_access.hpp"
#include "apps/local_stack.hpp"
#include "apps/stack_settings.hpp"
#include "base/log.hpp"
#include "base/process.hpp"

namespace sentinel::apps {

namespace {

// Another collector may have OpenTelemetry's ports: Sentinel starts without them.
void warn_when_taken(const Result<uint16_t>& port, const std::string& address) {
  if (port) return;
  log::warning("{}; OpenTelemetry clients cannot send to {}", port.error().message, address);
}

Result<void> run_up(const Settings& settings) {
  if (auto logged = configure_log("sentinel", settings); !logged) return logged;
  give_memory_back();
  auto options = local_stack_options(settings);
  if (!options) return forward(options);
  // A taken port is reported before anything is made.
  if (auto free = check_port_free(settings.text("listen")); !free) return free;
  auto access = DatabaseAccess::open(settings.text("data"), settings.text("database_url"), true);
  if (!access) return forward(access);
  if (auto prepared = access->prepare(); !prepared) return prepared;
  options->metrics_api = access->endpoint("sentinel_metrics_api");
  options->db_api = access->endpoint("sentinel_db_api");
  options->worker = access->endpoint("sentinel_worker");
  if (settings.text("database_url").empty()) {
    options->db_api_options.data_folder = settings.text("data");
  }
  auto spool = open_spool(settings, settings.text("data") + "/spool");
  if (!spool) return forward(spool);
  options->spool = std::move(*spool);
  Stack stack(std::move(*options));
  auto port = stack.listen(settings.text("listen"));
  if (!port) return forward(port);
  if (const auto& otlp = settings.text("otlp_listen"); !otlp.empty())
    warn_when_taken(stack.listen(otlp), otlp);
  if (const auto& grpc = settings.text("grpc_listen"); !grpc.empty())
    warn_when_taken(stack.listen_grpc(grpc), grpc);
  stack.start();
  fmt::print("Sentinel AI {} is up\n", SENTINEL_VERSION);
  if (auto welcomed = print_welcome(stack, settings, *port); !welcomed) return welcomed;
  wait_for_end();
  log::info("stopping");
  stack.stop();
  return {};
}

}  // namespace

int up(const Settings& settings) {
  block_end_signals();
  auto done = run_up(settings);
  return done ? 0 : report(done.error());
}

}  // namespace sentinel::apps
