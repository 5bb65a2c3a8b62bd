// `sentinel`: the whole system in one process, and the commands of its operator.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "apps/commands.hpp"

using namespace sentinel;
using apps::add_settings;

int main(int argc, char** argv) {
  CLI::App app("Sentinel AI: a self-hosted monitor for AI agents");
  app.require_subcommand(1);
  Settings::Flags flags;
  std::string config, folder, name, role = "viewer", user = "admin", address;
  bool password_stdin = false;

  auto* up =
      app.add_subcommand("up", "run everything: APIs, dashboard, worker and a private PostgreSQL");
  add_settings(*up, apps::kUpSettings, flags);
  up->add_option("--config", config, "TOML file with these settings");
  auto* demo = app.add_subcommand("demo", "run everything on made-up agents and their history");
  add_settings(*demo, apps::kDemoSettings, flags);
  demo->add_option("--config", config, "TOML file with these settings");
  demo->add_flag_callback(
      "--no-live", [&flags] { flags["live"] = "false"; }, "end the history at the start");
  apps::KeyOptions key;
  auto* keys = app.add_subcommand("keys", "keys of programs")->require_subcommand(1);
  auto* keys_create = keys->add_subcommand("create", "make a key and print it, once");
  keys_create->add_option("--name", key.name, "what it is for")->required();
  keys_create->add_option("--scope", key.scope, "ingest, read or admin");
  keys_create->add_option("--agent", key.agents, "only for this agent (may be repeated)");
  keys_create->add_option("--expires", key.expires,
                          "until when, RFC 3339 or now+30d; for good by default");
  keys_create->add_option("--rate", key.rate,
                          "records a second that a node takes with it; 0 is any number, by default "
                          "what the node says");
  auto* keys_revoke = keys->add_subcommand("revoke", "refuse a key from now on");
  keys_revoke->add_option("--name", name, "its name")->required();
  auto* users = app.add_subcommand("users", "people")->require_subcommand(1);
  auto* users_create = users->add_subcommand("create", "make a user");
  users_create->add_option("--name", name, "the user's name")->required();
  users_create->add_option("--role", role, "viewer, editor or admin");
  users_create
      ->add_flag("--password-stdin", password_stdin, "read the password from standard input")
      ->required();
  auto* link = app.add_subcommand("link", "print a one-time sign-in link");
  link->add_option("--user", user, "whom it signs in; made as an admin if there is no such user");
  link->add_option("--address", address, "where the dashboard is; as `sentinel up` said it");
  auto* status = app.add_subcommand("status", "the fleet as a table");
  auto* migrate = app.add_subcommand("migrate", "bring the database up to date");
  auto* doctor = app.add_subcommand("doctor", "look at the database");
  auto* spool = app.add_subcommand("spool", "what metrics-api keeps while the database is away")
                    ->require_subcommand(1);
  auto* spool_drain =
      spool->add_subcommand("drain", "store what a metrics-api left that runs no more");
  spool_drain->add_option("--dir", folder, "its spool folder")->required();
  apps::PriceOptions price;
  auto* prices = app.add_subcommand("prices", "what models cost")->require_subcommand(1);
  auto* prices_list = prices->add_subcommand("list", "the prices in force, USD per million tokens");
  prices_list->add_flag("--overrides", price.overrides, "only those that were set here");
  auto* prices_set = prices->add_subcommand("set", "set a price of your own; it wins over others");
  prices_set->add_option("--input", price.input, "USD per million input tokens");
  prices_set->add_option("--output", price.output, "USD per million output tokens");
  prices_set->add_option("--cache-read", price.cache_read, "of those read from a cache");
  prices_set->add_option("--cache-write", price.cache_write, "of those written to a cache");
  prices_set->add_option("--cache-write-1h", price.cache_write_1h, "and kept there for an hour");
  prices_set->add_option("--reasoning", price.reasoning, "of reasoning; like output by default");
  prices_set->add_option("--from", price.from, "from when on, RFC 3339 or now-7d; ever by default");
  auto* prices_unset = prices->add_subcommand("unset", "end what was set for a model");
  for (auto* command : {prices_list, prices_set, prices_unset}) {
    command->add_option("--provider", price.provider, "who sells it; anybody by default");
    command->add_option("--model", price.model, "its name, as agents send it");
  }
  for (auto* command : {prices_set, prices_unset}) {
    command->add_option("--match", price.match, R"(or a rule: {"starts_with": "llama-"})");
  }
  apps::RepriceOptions again;
  auto* reprice = app.add_subcommand(
      "reprice", "correct computed and missing costs with the prices that are known today");
  reprice->add_option("--from", again.from, "begin, RFC 3339 or now-7d")->required();
  reprice->add_option("--to", again.to, "end, not included; now by default");
  reprice->add_option("--agent", again.agent, "only of this agent");
  reprice->add_flag("--dry-run", again.dry_run, "only say what would change");
  auto* version = app.add_subcommand("version", "print the version");
  for (auto* command : {keys_create, keys_revoke, users_create, link, status, migrate, doctor,
                        spool_drain, prices_list, prices_set, prices_unset, reprice}) {
    add_settings(*command, apps::kDatabaseSettings, flags);
  }
  CLI11_PARSE(app, argc, argv);

  if (*version) {
    fmt::print("sentinel {}\n", SENTINEL_VERSION);
    return 0;
  }
  auto environment = [](const char* variable) -> const char* { return std::getenv(variable); };
  auto settings = *up     ? Settings::load(apps::kUpSettings, flags, environment, config)
                  : *demo ? Settings::load(apps::kDemoSettings, flags, environment, config)
                          : Settings::load(apps::kDatabaseSettings, flags, environment, "");
  if (!settings) return apps::report(settings.error());
  if (*up) return apps::up(*settings);
  if (*demo) return apps::demo(*settings);
  if (*keys_create) return apps::create_key(*settings, key);
  if (*keys_revoke) return apps::revoke_key(*settings, name);
  if (*users_create) return apps::create_user(*settings, name, role);
  if (*link) return apps::link(*settings, user, address);
  if (*status) return apps::status(*settings);
  if (*spool_drain) return apps::drain_spool(*settings, folder);
  if (*prices_list) return apps::list_prices(*settings, price);
  if (*prices_set) return apps::set_price(*settings, price);
  if (*prices_unset) return apps::unset_price(*settings, price);
  if (*reprice) return apps::reprice(*settings, again);
  if (*migrate) return apps::migrate(*settings);
  return apps::doctor(*settings);
}
