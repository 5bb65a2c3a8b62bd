// What tells the services apart: names, database roles, and where each listens.
#pragma once

#include <string>
#include <string_view>

#include "apps/commands.hpp"

namespace sentinel::apps {

struct ServiceTraits {
  std::string_view name;
  std::string_view role;
  std::string_view listen;  // by default; empty when it serves nothing
};

ServiceTraits traits_of(Service service);
// Where it listens with these settings; empty when it serves nothing.
std::string listen_address(Service service, const Settings& settings);

}  // namespace sentinel::apps
