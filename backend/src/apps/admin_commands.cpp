#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <iostream>

#include "apps/database_command.hpp"
#include "apps/local_stack.hpp"
#include "base/run_now.hpp"
#include "services/accounts/accounts_service.hpp"
#include "services/ingest/drain.hpp"
#include "services/query/agents_query.hpp"

namespace sentinel::apps {

namespace {

template <class Work>
int with_accounts(const Settings& settings, Work work) {
  return with_database(settings, "sentinel_db_api",
                       [&](asio::io_context& context, postgres::Database& database) {
                         accounts::AccountsService accounts(database);
                         return work(context, accounts);
                       });
}

std::string cell(const std::optional<double>& value, std::string_view unit) {
  if (!value) return "-";
  // Three significant digits, and never an exponent.
  return std::abs(*value) < 99.95 ? fmt::format("{:.3g} {}", *value, unit)
                                  : fmt::format("{:.0f} {}", *value, unit);
}

std::string age(const std::optional<Timestamp>& since) {
  if (!since) return "-";
  auto seconds = std::chrono::floor<std::chrono::seconds>(now() - *since).count();
  if (seconds < 120) return fmt::format("{} s", std::max<long>(seconds, 0));
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172800) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86400);
}

}  // namespace

std::string operator_name() {
  const char* user = std::getenv("SUDO_USER");
  if (!user) user = std::getenv("USER");
  return fmt::format("terminal:{}", user ? user : std::to_string(getuid()));
}

int create_key(const Settings& settings, const KeyOptions& options) {
  auto scope = models::parse_key_scope(options.scope);
  if (!scope) {
    return report(
        Error{ErrorCode::InvalidArgument, "scope_unknown",
              fmt::format("scope '{}' is unknown; it is ingest, read or admin", options.scope)});
  }
  accounts::NewKey wanted{.name = options.name,
                          .scope = *scope,
                          .agents = options.agents,
                          .records_per_second = options.rate};
  if (!options.expires.empty()) {
    auto expires_at = parse_time_expression(options.expires, now());
    if (!expires_at) return report(expires_at.error());
    wanted.expires_at = *expires_at;
  }
  return with_accounts(
      settings,
      [&](asio::io_context& context, accounts::AccountsService& accounts) -> Result<void> {
        auto key = run_now(context, accounts.create_key(wanted, operator_name()));
        if (!key) return forward(key);
        fmt::print("{}\n", key->token);
        return {};
      });
}

int revoke_key(const Settings& settings, const std::string& name) {
  return with_accounts(settings,
                       [&](asio::io_context& context, accounts::AccountsService& accounts) {
                         return run_now(context, accounts.revoke_key(name, operator_name()));
                       });
}

int create_user(const Settings& settings, const std::string& name, const std::string& role) {
  auto wanted = models::parse_role(role);
  if (!wanted) {
    return report(Error{ErrorCode::InvalidArgument, "role_unknown",
                        fmt::format("role '{}' is unknown; it is viewer, editor or admin", role)});
  }
  std::string password;
  std::getline(std::cin, password);
  return with_accounts(
      settings,
      [&](asio::io_context& context, accounts::AccountsService& accounts) -> Result<void> {
        auto made =
            run_now(context, accounts.create_user(name, *wanted, password, operator_name()));
        if (!made) return forward(made);
        return {};
      });
}

int link(const Settings& settings, const std::string& user, const std::string& address) {
  return with_accounts(
      settings,
      [&](asio::io_context& context, accounts::AccountsService& accounts) -> Result<void> {
        auto token = run_now(context, accounts.create_link(user));
        if (!token) return forward(token);
        fmt::print("{}/sign-in#link={}\n",
                   address.empty() ? known_address(settings.text("data")) : address, *token);
        return {};
      });
}

int status(const Settings& settings) {
  return with_database(
      settings, "sentinel_db_api",
      [](asio::io_context& context, postgres::Database& database) -> Result<void> {
        query::AgentsQuery query(database);
        auto agents = run_now(context, query.list({}, std::nullopt, 10'000));
        if (!agents) return forward(agents);
        if (agents->empty()) {
          fmt::print("no agent has reported yet\n");
          return {};
        }
        constexpr std::string_view kRow = "{:<32} {:<8} {:>8} {:>12} {:>14} {:>10} {:>10}\n";
        fmt::print(fmt::runtime(kRow), "AGENT", "STATUS", "SINCE", "LATENCY", "THROUGHPUT", "CPU",
                   "MEMORY");
        for (const auto& agent : *agents) {
          fmt::print(fmt::runtime(kRow), agent.name, models::to_string(agent.status.status),
                     age(agent.status.since), cell(agent.latest.latency_ms, "ms"),
                     cell(agent.latest.throughput_req_per_min, "req/min"),
                     cell(agent.latest.cpu_usage_percent, "%"),
                     cell(agent.latest.memory_usage_mb, "MB"));
        }
        return {};
      });
}

int migrate(const Settings& settings) {
  return with_database(settings, "", [](asio::io_context&, postgres::Database&) -> Result<void> {
    fmt::print("the database is up to date\n");
    return {};
  });
}

int drain_spool(const Settings& settings, const std::string& folder) {
  return with_database(
      settings, "sentinel_metrics_api",
      [&](asio::io_context& context, postgres::Database& database) -> Result<void> {
        if (!std::filesystem::is_directory(folder)) {
          return fail(ErrorCode::NotFound, "spool_missing",
                      fmt::format("there is no folder {}", folder));
        }
        auto spool = ingest::Spool::open(folder, {});
        if (!spool) return forward(spool);
        ingest::Prices prices;
        if (auto read = run_now(context, prices.refresh(database)); !read) return read;
        ingest::Drain drain(**spool, database.endpoint(), std::chrono::seconds{10}, prices);
        auto done = drain.run_until_empty();
        const auto& statistics = (*spool)->statistics();
        fmt::print("stored      {} batches\n", statistics.drained.load());
        fmt::print("waiting     {} batches\n", (*spool)->waiting());
        fmt::print("set aside   {} records and requests, in {}/refused.ndjson\n",
                   statistics.set_aside.load(), folder);
        fmt::print("damaged     {} segments, named *.damaged\n", (*spool)->segments_damaged());
        return done;
      });
}

int doctor(const Settings& settings) {
  return with_database(
      settings, "sentinel_db_api",
      [&](asio::io_context& context, postgres::Database& database) -> Result<void> {
        auto version = run_now(context, database.query("doctor"));
        if (!version) return forward(version);
        fmt::print("database    {}\n", version->text(0, 0));
        fmt::print("size        {}\n", version->text(0, 1));
        fmt::print("agents      {}\n", version->text(0, 2));
        fmt::print("newest      {}\n",
                   version->is_null(0, 3) ? "no record yet" : version->text(0, 3));
        return {};
      });
}

}  // namespace sentinel::apps
