// What names, passwords and views may be. Pure.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "models/user.hpp"

namespace sentinel::accounts {

inline constexpr size_t kNameLengthMax = 200;
inline constexpr size_t kPasswordLengthMin = 12;
inline constexpr size_t kPasswordLengthMax = 1000;
inline constexpr size_t kViewPathLengthMax = 500;
inline constexpr size_t kViewQueryLengthMax = 4000;
inline constexpr size_t kKeyAgentsMax = 1000;

// A page of the dashboard with its filters, under a name.
struct View {
  std::string name, path, query;
};

// How somebody likes the dashboard, by name: `theme`, `time_zone` (`browser`, or a name of the IANA
// database), `range` (what a page shows first, such as now-6h).
inline constexpr std::array<std::string_view, 3> kPreferences{"theme", "time_zone", "range"};
using Preferences = std::map<std::string, std::string, std::less<>>;
// Nothing takes one back.
using PreferenceChanges = std::map<std::string, std::optional<std::string>, std::less<>>;

// Each gives InvalidArgument with a sentence that names the thing and its limit. Lengths are in
// characters. Control characters are refused everywhere: the database would cut a text at its first
// NUL.
Result<void> check_name(std::string_view what, std::string_view name);
Result<void> check_password(std::string_view password);
Result<void> check_view(const View& view);
Result<void> check_preferences(const PreferenceChanges& changes);
Result<void> check_key_agents(models::KeyScope scope, const std::vector<std::string>& agents);

}  // namespace sentinel::accounts
