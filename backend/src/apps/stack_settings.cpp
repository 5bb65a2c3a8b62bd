#include "apps/stack_settings.hpp"

#include <fmt/format.h>

namespace sentinel::apps {

Result<StackOptions> read_stack_settings(const Settings& settings) {
  auto threads = settings.integer("threads", 1, 16);
  if (!threads) return forward(threads);
  auto writers = settings.integer("writers", 1, 16);
  if (!writers) return forward(writers);
  const auto& secure = settings.text("secure_cookies");
  if (secure != "true" && secure != "false") {
    return fail(ErrorCode::InvalidArgument, "setting_invalid",
                fmt::format("secure_cookies '{}' must be true or false", secure));
  }
  StackOptions options;
  options.threads = static_cast<unsigned>(*threads);
  options.writer.threads = static_cast<unsigned>(*writers);
  options.db_api_options.secure_cookies = secure == "true";
  return options;
}

std::optional<std::string> spool_folder(const Settings& settings, const std::string& fallback) {
  const auto& wanted = settings.text("spool");
  if (wanted == "none") return std::nullopt;
  return wanted.empty() ? fallback : wanted;
}

Result<std::unique_ptr<ingest::Spool>> open_spool(const Settings& settings,
                                                  const std::string& fallback) {
  auto megabytes = settings.integer("spool_mb", 1, 1'000'000);
  if (!megabytes) return forward(megabytes);
  auto folder = spool_folder(settings, fallback);
  if (!folder) return nullptr;
  ingest::SpoolLimits limits;
  limits.bytes_max = static_cast<uint64_t>(*megabytes) * 1'000'000;
  auto spool = ingest::Spool::open(*folder, limits);
  if (!spool && spool.error().code == ErrorCode::Conflict) {
    spool.error().message += "\nHINT: --spool FOLDER, one for each process";
  }
  return spool;
}

}  // namespace sentinel::apps
