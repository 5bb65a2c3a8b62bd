#include "services/accounts/account_rules.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/time.hpp"
#include "models/metric_record.hpp"

namespace sentinel::accounts {

namespace {

constexpr size_t kTimeZoneLengthMax = 64;
constexpr size_t kRangeLengthMax = 40;

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

// Areas and places of letters, digits, _, + and -, as in America/Argentina/Buenos_Aires. Which
// there are the browser knows.
bool is_time_zone(std::string_view text) {
  if (text.empty() || text.size() > kTimeZoneLengthMax) return false;
  auto fits = [](char c) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return letter || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '/';
  };
  const bool whole = text.front() != '/' && text.back() != '/' && text.find("//") == text.npos;
  return whole && std::ranges::all_of(text, fits);
}

bool is_range(std::string_view text) {
  return text.starts_with("now-") && text.size() <= kRangeLengthMax &&
         parse_time_expression(text, now());
}

// Nothing where it is allowed, else what is.
std::string_view wanted_of(std::string_view name, std::string_view text) {
  if (name == "theme") {
    const bool known = text == "system" || text == "light" || text == "dark";
    return known ? "" : "system, light or dark";
  }
  if (name == "time_zone") {
    return is_time_zone(text) ? "" : "browser, or a name such as Europe/Berlin";
  }
  return is_range(text) ? "" : "a time such as now-6h or now-1d/d";
}

}  // namespace

Result<void> check_preferences(const PreferenceChanges& changes) {
  for (const auto& [name, text] : changes) {
    if (!text) continue;
    if (auto wanted = wanted_of(name, *text); !wanted.empty()) {
      return fail(ErrorCode::InvalidArgument, "field_invalid",
                  fmt::format("{} must be {}", name, wanted));
    }
  }
  return {};
}

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
