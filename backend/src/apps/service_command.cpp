#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "apps/service_traits.hpp"
#include "apps/stack_settings.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "base/run_now.hpp"
#include "postgres/migrations.hpp"

namespace sentinel::apps {

ServiceTraits traits_of(Service service) {
  switch (service) {
    case Service::MetricsApi:
      return {"metrics-api", "sentinel_metrics_api", "127.0.0.1:5000"};
    case Service::DbApi:
      return {"db-api", "sentinel_db_api", "127.0.0.1:8000"};
    case Service::Worker:
      return {"worker", "sentinel_worker", ""};
  }
  return {};
}

std::string listen_address(Service service, const Settings& settings) {
  const auto& listen = settings.text("listen");
  return listen.empty() ? std::string(traits_of(service).listen) : listen;
}

namespace {

Result<void> check_database(const postgres::Endpoint& endpoint) {
  asio::io_context context{1};
  auto connection = run_now(
      context, postgres::Connection::open(endpoint.conninfo, endpoint.role, endpoint.application));
  if (!connection) return forward(connection);
  return run_now(context, postgres::check_schema(**connection));
}

constexpr const char* kSpoolFolder = "./spool";

// metrics-api needs no database to begin when it has a spool, and knows keys from an earlier run.
bool may_start_without(const ingest::Spool* spool, const Error& database) {
  return spool && database.code == ErrorCode::Unavailable && database.reason != "schema_too_old" &&
         ingest::load_keys(ingest::key_file(spool->folder()));
}

// Beside a database that is being set up, a start is early, not wrong. True when the process was
// asked to end meanwhile.
Result<bool> wait_for_database(const postgres::Endpoint& endpoint, const ingest::Spool* spool,
                               std::chrono::seconds limit, Result<void>& database) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::string said;
  for (;;) {
    database = check_database(endpoint);
    if (database || may_start_without(spool, database.error())) return false;
    if (std::chrono::steady_clock::now() >= deadline) return forward(database);
    if (std::exchange(said, database.error().message) != database.error().message) {
      log::info("{}; waiting for it", said);
    }
    if (wait_for_end(std::chrono::milliseconds{500})) return true;
  }
}

Result<void> run_service(Service service, const Settings& settings) {
  const auto traits = traits_of(service);
  give_memory_back();
  if (settings.text("database_url").empty()) {
    return fail(ErrorCode::InvalidArgument, "setting_missing",
                "which database? Set SENTINEL_DATABASE_URL, or --database-url");
  }
  postgres::Endpoint endpoint{settings.text("database_url"), std::string(traits.role),
                              std::string(traits.name)};
  auto options = read_stack_settings(settings);
  if (!options) return forward(options);
  auto limit = settings.integer("database_wait_s", 0, 86'400);
  if (!limit) return forward(limit);
  if (service == Service::MetricsApi) {
    auto slots = settings.integer("spool_slots", 0, 1000);
    if (!slots) return forward(slots);
    auto spool = open_spool_slot(settings, kSpoolFolder, *slots);
    if (!spool) return forward(spool);
    options->metrics_api = endpoint;
    options->spool = std::move(*spool);
  }
  Result<void> database;
  auto ended =
      wait_for_database(endpoint, options->spool.get(), std::chrono::seconds{*limit}, database);
  if (!ended) return forward(ended);
  if (*ended) return {};
  if (!database) {
    log::warning("{}; starting without it", database.error().message);
    options->spool->set_away(true);
  }
  if (service == Service::DbApi) options->db_api = endpoint;
  if (service == Service::Worker) options->worker = endpoint;
  Stack stack(std::move(*options));
  if (auto listen = listen_address(service, settings); !listen.empty()) {
    auto port = stack.listen(listen);
    if (!port) return forward(port);
    log::info("{} {} listens on port {}", traits.name, SENTINEL_VERSION, *port);
  }
  if (const auto& otlp = settings.text("otlp_listen");
      !otlp.empty() && service == Service::MetricsApi) {
    auto port = stack.listen(otlp);
    if (!port) return forward(port);
    log::info("OTLP over HTTP on port {}", *port);
  }
  if (const auto& grpc = settings.text("grpc_listen");
      !grpc.empty() && service == Service::MetricsApi) {
    auto port = stack.listen_grpc(grpc);
    if (!port) return forward(port);
    log::info("OTLP over gRPC on port {}", *port);
  }
  stack.start();
  wait_for_end();
  log::info("stopping");
  stack.stop();
  return {};
}

}  // namespace

int serve(Service service, const Settings& settings) {
  block_end_signals();
  if (auto logged = configure_log(traits_of(service).name, settings); !logged)
    return report(logged.error());
  auto done = run_service(service, settings);
  if (done) return 0;
  // Who reads lines of JSON reads this one too.
  if (settings.text("log_format") == "text") return report(done.error());
  log::error("{}", done.error().message);
  return 1;
}

void add_settings(CLI::App& command, std::span<const Setting> table, Settings::Flags& flags) {
  for (const auto& setting : table) {
    command.add_option_function<std::string>(
        flag_of(setting),
        [&flags, name = setting.name](const std::string& value) {
          flags[std::string(name)] = value;
        },
        fmt::format("{} [{}] (${})", setting.meaning, setting.fallback, environment_of(setting)));
  }
}

int serve_main(Service service, int argc, char** argv) {
  CLI::App app(fmt::format("Sentinel AI: {}", traits_of(service).name));
  Settings::Flags flags;
  std::string config;
  add_settings(app, kServiceSettings, flags);
  app.add_option("--config", config, "TOML file with these settings");
  auto* health = app.add_subcommand("health", "ask the running service whether it does its work");
  CLI11_PARSE(app, argc, argv);
  auto environment = [](const char* variable) -> const char* { return std::getenv(variable); };
  auto settings = Settings::load(kServiceSettings, flags, environment, config);
  if (!settings) return report(settings.error());
  return *health ? ask_health(service, *settings) : serve(service, *settings);
}

}  // namespace sentinel::apps
