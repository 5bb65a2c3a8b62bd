#include <fmt/format.h>

#include "apps/database_command.hpp"
#include "base/run_now.hpp"
#include "services/prices/price_list.hpp"
#include "services/prices/price_table.hpp"
#include "services/prices/reprice.hpp"

namespace sentinel::apps {

namespace {

constexpr std::string_view kRole = "sentinel_db_api";

std::string cell(const std::optional<int64_t>& picos) {
  return picos ? prices::format_usd_per_million(*picos) : "-";
}

void print_header() {
  fmt::print("{:<16} {:<44} {:<20} {:>9} {:>9} {:>9} {:>9}  {}\n", "PROVIDER", "MODEL", "FROM",
             "INPUT", "OUTPUT", "READ", "WRITE", "SOURCE");
}

void print_price(std::string_view provider, std::string_view model, const pricing::Price& price) {
  const auto from =
      price.valid_from == Timestamp::min() ? std::string("-") : format_rfc3339(price.valid_from);
  fmt::print("{:<16} {:<44} {:<20} {:>9} {:>9} {:>9} {:>9}  {}{}\n",
             provider.empty() ? "any" : provider, model, from, cell(price.rates.input),
             cell(price.rates.output), cell(price.rates.cache_read), cell(price.rates.cache_write),
             price.version, price.tiers.empty() ? "" : ", tiers");
}

void print_book(const pricing::PriceBook& book, const PriceOptions& options) {
  print_header();
  const prices::PriceFilter filter{
      .provider = options.provider, .model = {}, .overrides = options.overrides};
  for (const auto& [entry, price] : prices::listed(book, filter, now())) {
    print_price(entry->provider, entry->model, *price);
  }
}

Result<std::optional<Uuid>> find_agent(asio::io_context& context, postgres::Database& database,
                                       const std::string& name) {
  if (name.empty()) return std::nullopt;
  auto found = run_now(context, database.query("agent_find", postgres::Params(name)));
  if (!found) return forward(found);
  if (found->size() == 0) {
    return fail(ErrorCode::NotFound, "agent_unknown", fmt::format("there is no agent '{}'", name));
  }
  return parse_uuid(found->text(0, 0));
}

Result<void> run_reprice(asio::io_context& context, const DatabaseAccess& access,
                         const RepriceOptions& options) {
  prices::RepriceRange range{.from = {}, .to = {}, .agent = {}, .dry_run = options.dry_run};
  auto from = parse_time_expression(options.from, now());
  if (!from) return forward(from);
  auto to = parse_time_expression(options.to, now());
  if (!to) return forward(to);
  if (*from >= *to) {
    return fail(
        ErrorCode::InvalidArgument, "range_reversed",
        fmt::format("from {} is not before to {}", format_rfc3339(*from), format_rfc3339(*to)));
  }
  range.from = *from;
  range.to = *to;
  postgres::Database database(access.endpoint("sentinel_metrics_api"));
  auto agent = find_agent(context, database, options.agent);
  if (!agent) return forward(agent);
  range.agent = *agent;
  auto book = run_now(context, prices::read_book(database));
  if (!book) return forward(book);
  prices::Reprice reprice(database, *book);
  auto report = run_now(context, reprice.run(range));
  if (!report) return forward(report);
  fmt::print("records     {} whose cost was computed or missing\n", report->records);
  fmt::print("corrections {}{}, {:+.9f} USD\n", report->corrections,
             options.dry_run ? " would be added" : " added",
             static_cast<double>(report->change_nanos) / 1e9);
  fmt::print("priced      {} that had no price\n", report->newly_priced);
  fmt::print("unpriced    {} still\n", report->unpriced);
  if (options.dry_run || report->corrections == 0) return {};
  postgres::Database audit(access.endpoint(std::string(kRole)));
  auto noted = run_now(
      context,
      audit.query("reprice_audit", postgres::Params(operator_name(), options.agent, *from, *to,
                                                    report->corrections, report->change_nanos)));
  if (!noted) return forward(noted);
  return {};
}

}  // namespace

int list_prices(const Settings& settings, const PriceOptions& options) {
  return with_database(
      settings, std::string(kRole),
      [&](asio::io_context& context, postgres::Database& database) -> Result<void> {
        auto book = run_now(context, prices::read_book(database));
        if (!book) return forward(book);
        if (options.model.empty()) {
          print_book(**book, options);
          return {};
        }
        // What a record of this provider and model would be charged at.
        const auto found = (*book)->find(options.provider, options.model);
        const auto* price = found->at(now());
        if (!price) {
          return fail(ErrorCode::NotFound, "price_unknown",
                      fmt::format("no price is known for model '{}' of provider '{}'\nHINT: "
                                  "sentinel prices set --model {} --input USD --output USD",
                                  options.model, options.provider, options.model));
        }
        print_header();
        print_price(options.provider, options.model, *price);
        return {};
      });
}

int set_price(const Settings& settings, const PriceOptions& options) {
  auto wanted = prices::read_override(options, now());
  if (!wanted) return report(wanted.error());
  return with_database(
      settings, std::string(kRole),
      [&](asio::io_context& context, postgres::Database& database) -> Result<void> {
        auto row = run_now(context, prices::set_override(database, *wanted, operator_name()));
        if (!row) return forward(row);
        fmt::print("user-{}     charged from now on, for records of its time\n", *row);
        fmt::print("HINT: sentinel reprice --from now-30d --dry-run\n");
        return {};
      });
}

int unset_price(const Settings& settings, const PriceOptions& options) {
  auto wanted = prices::read_override(options, now());
  if (!wanted) return report(wanted.error());
  return with_database(
      settings, std::string(kRole),
      [&](asio::io_context& context, postgres::Database& database) -> Result<void> {
        auto row = run_now(context, prices::withdraw_override(database, *wanted, operator_name()));
        if (!row) return forward(row);
        return {};
      });
}

int reprice(const Settings& settings, const RepriceOptions& options) {
  return with_access(settings, [&](asio::io_context& context, const DatabaseAccess& access) {
    return run_reprice(context, access, options);
  });
}

}  // namespace sentinel::apps
