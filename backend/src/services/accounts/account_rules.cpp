#include "services/accounts/account_rules.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "models/metric_record.hpp"

namespace sentinel::accounts {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Text of `length_min` to `length_max` characters without control characters.
Result<void> check_text(std::string_view what, std::string_view text, size_t length_min,
                        size_t length_max) {
  auto refuse = [](std::string message) {
    return fail(ErrorCode::InvalidArgument, "field_invalid", std::move(message));
  };
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return refuse(fmt::format("{} is not valid UTF-8", what));
  }
  if (std::ranges::any_of(text, is_control)) {
    return refuse(fmt::format("{} holds a control character", what));
  }
  size_t length = models::length_of(text);
  if (length < length_min || length > length_max) {
    return refuse(fmt::format("{} has {} characters, {} to {} are allowed", what, length,
                              length_min, length_max));
  }
  return {};
}

}  // namespace

Result<void> check_name(std::string_view what, std::string_view name) {
  return check_text(what, name, 1, kNameLengthMax);
}

Result<void> check_password(std::string_view password) {
  return check_text("the password", password, kPasswordLengthMin, kPasswordLengthMax);
}

Result<void> check_view(const View& view) {
  if (auto name = check_name("the name of the view", view.name); !name) return name;
  auto path = check_text("the path of the view", view.path, 1, kViewPathLengthMax);
  if (!path) return path;
  if (!view.path.starts_with('/') || view.path.starts_with("//")) {
    return fail(ErrorCode::InvalidArgument, "field_invalid",
                "the path of the view must begin with one slash");
  }
  return check_text("the query of the view", view.query, 0, kViewQueryLengthMax);
}

Result<void> check_key_agents(models::KeyScope scope, const std::vector<std::string>& agents) {
  if (scope != models::KeyScope::Ingest && !agents.empty()) {
    return fail(
        ErrorCode::InvalidArgument, "agents_not_allowed",
        fmt::format("a key of scope {} reaches every agent: only keys of scope ingest may be "
                    "limited to some",
                    models::to_string(scope)));
  }
  if (agents.size() > kKeyAgentsMax) {
    return fail(
        ErrorCode::InvalidArgument, "too_many_agents",
        fmt::format("the key names {} agents, the limit is {}", agents.size(), kKeyAgentsMax));
  }
  for (const auto& agent : agents) {
    if (auto checked = check_name("the name of an agent", agent); !checked) return checked;
  }
  return {};
}

}  // namespace sentinel::accounts
