#include "apps/stack_settings.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace sentinel::apps {

namespace {

Result<void> read_limits(const Settings& settings, StackOptions& options) {
  constexpr int kMany = 1'000'000;
  auto read = [&](std::string_view name, int min, int max, auto set) -> Result<void> {
    auto number = settings.integer(name, min, max);
    if (!number) return forward(number);
    set(*number);
    return {};
  };
  auto& http = options.http;
  auto& rates = options.guards.rates;
  auto& cardinality = options.guards.cardinality;
  using std::chrono::seconds;
  for (const auto& done : {
           read("key_records_per_second", 0, kMany, [&](int n) { rates.records_per_second = n; }),
           read("key_requests_per_second", 0, kMany, [&](int n) { rates.requests_per_second = n; }),
           read("custom_metric_names", 0, 10'000,
                [&](int n) { cardinality.custom_metric_names = n; }),
           read("counter_series_per_hour", 0, 60'000,
                [&](int n) { cardinality.counter_series_per_hour = n; }),
           read("new_agents_per_hour", 0, kMany,
                [&](int n) { cardinality.new_agents_per_hour = n; }),
           read("connections", 1, kMany,
                [&](int n) { http.connections_max = static_cast<size_t>(n); }),
           read("connections_per_address", 0, kMany,
                [&](int n) { http.connections_per_address_max = static_cast<size_t>(n); }),
           read("bodies_mb", 100, kMany,
                [&](int n) { http.bodies_bytes_max = static_cast<size_t>(n) * 1'000'000; }),
           read("idle_s", 1, 86'400, [&](int n) { http.idle_max = seconds{n}; }),
           read("header_s", 1, 3600, [&](int n) { http.header_max = seconds{n}; }),
           read("body_s", 1, 3600, [&](int n) { http.body_max = seconds{n}; }),
           read("body_rate", 1, kMany, [&](int n) { http.body_rate_min = static_cast<size_t>(n); }),
       }) {
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<StackOptions> read_stack_settings(const Settings& settings) {
  auto threads = settings.integer("threads", 1, 16);
  if (!threads) return forward(threads);
  auto writers = settings.integer("writers", 1, 16);
  if (!writers) return forward(writers);
  for (const char* name : {"secure_cookies", "behind_proxy"}) {
    const auto& value = settings.text(name);
    if (value == "true" || value == "false") continue;
    return fail(ErrorCode::InvalidArgument, "setting_invalid",
                fmt::format("{} '{}' must be true or false", name, value));
  }
  StackOptions options;
  options.threads = static_cast<unsigned>(*threads);
  options.writer.threads = static_cast<unsigned>(*writers);
  options.db_api_options.secure_cookies = settings.text("secure_cookies") == "true";
  options.db_api_options.behind_proxy = settings.text("behind_proxy") == "true";
  options.db_api_options.export_folder = settings.text("export_folder");
  if (auto limits = read_limits(settings, options); !limits) return forward(limits);
  return options;
}

std::optional<std::string> spool_folder(const Settings& settings, const std::string& fallback) {
  const auto& wanted = settings.text("spool");
  if (wanted == "none") return std::nullopt;
  return wanted.empty() ? fallback : wanted;
}

namespace {

Result<std::unique_ptr<ingest::Spool>> open_folder(const Settings& settings,
                                                   const std::string& folder) {
  auto megabytes = settings.integer("spool_mb", 1, 1'000'000);
  if (!megabytes) return forward(megabytes);
  ingest::SpoolLimits limits;
  limits.bytes_max = static_cast<uint64_t>(*megabytes) * 1'000'000;
  return ingest::Spool::open(folder, limits);
}

}  // namespace

Result<std::unique_ptr<ingest::Spool>> open_spool(const Settings& settings,
                                                  const std::string& fallback) {
  auto folder = spool_folder(settings, fallback);
  if (!folder) return nullptr;
  auto spool = open_folder(settings, *folder);
  if (!spool && spool.error().code == ErrorCode::Conflict) {
    spool.error().message += "\nHINT: --spool FOLDER, one for each process";
  }
  return spool;
}

Result<std::unique_ptr<ingest::Spool>> open_spool_slot(const Settings& settings,
                                                       const std::string& fallback, int slots) {
  if (slots == 0) return open_spool(settings, fallback);
  auto folder = spool_folder(settings, fallback);
  if (!folder) return nullptr;
  std::error_code error;
  std::filesystem::create_directories(*folder, error);  // what is wrong, opening a slot says
  for (int slot = 1; slot <= slots; ++slot) {
    auto spool = open_folder(settings, fmt::format("{}/{}", *folder, slot));
    if (spool || spool.error().code != ErrorCode::Conflict) return spool;
  }
  return fail(ErrorCode::Conflict, "spool_slots_in_use",
              fmt::format("all {} slots of the spool {} are in use\nHINT: --spool-slots, at least "
                          "as many as replicas",
                          slots, *folder));
}

}  // namespace sentinel::apps
