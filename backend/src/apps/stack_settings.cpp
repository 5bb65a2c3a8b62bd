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

}  // namespace sentinel::apps
