#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "apps/commands.hpp"
#include "apps/stack_settings.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "base/run_now.hpp"
#include "postgres/migrations.hpp"

namespace sentinel::apps {

namespace {

struct ServiceTraits {
  std::string_view name;
  std::string_view role;
  std::string_view listen;
};

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

Result<void> check_database(const postgres::Endpoint& endpoint) {
  asio::io_context context{1};
  auto connection = run_now(
      context, postgres::Connection::open(endpoint.conninfo, endpoint.role, endpoint.application));
  if (!connection) return forward(connection);
  return run_now(context, postgres::check_schema(**connection));
}

constexpr const char* kSpoolFolder = "./spool";

// metrics-api needs no database to begin when it has a spool, and knows keys from an earlier run.
bool may_start_without(Service service, const Settings& settings, const Error& database) {
  if (service != Service::MetricsApi || database.code != ErrorCode::Unavailable) return false;
  auto folder = spool_folder(settings, kSpoolFolder);
  return folder && ingest::load_keys(ingest::key_file(*folder));
}

Result<void> run_service(Service service, const Settings& settings) {
  auto traits = traits_of(service);
  if (auto logged = configure_log(traits.name, settings); !logged) return logged;
  give_memory_back();
  if (settings.text("database_url").empty()) {
    return fail(ErrorCode::InvalidArgument, "setting_missing",
                "which database? Set SENTINEL_DATABASE_URL, or --database-url");
  }
  postgres::Endpoint endpoint{settings.text("database_url"), std::string(traits.role),
                              std::string(traits.name)};
  auto database = check_database(endpoint);
  if (!database && !may_start_without(service, settings, database.error())) return database;
  auto options = read_stack_settings(settings);
  if (!options) return forward(options);
  if (service == Service::MetricsApi) {
    auto spool = open_spool(settings, kSpoolFolder);
    if (!spool) return forward(spool);
    options->metrics_api = endpoint;
    options->spool = std::move(*spool);
  }
  if (!database) {
    log::warning("{}; starting without it", database.error().message);
    options->spool->set_away(true);
  }
  if (service == Service::DbApi) options->db_api = endpoint;
  if (service == Service::Worker) options->worker = endpoint;
  Stack stack(std::move(*options));
  auto listen =
      settings.text("listen").empty() ? std::string(traits.listen) : settings.text("listen");
  if (!listen.empty()) {
    auto port = stack.listen(listen);
    if (!port) return forward(port);
    log::info("{} {} listens on port {}", traits.name, SENTINEL_VERSION, *port);
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
  auto done = run_service(service, settings);
  return done ? 0 : report(done.error());
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
  CLI11_PARSE(app, argc, argv);
  auto environment = [](const char* variable) -> const char* { return std::getenv(variable); };
  auto settings = Settings::load(kServiceSettings, flags, environment, config);
  return settings ? serve(service, *settings) : report(settings.error());
}

}  // namespace sentinel::apps
