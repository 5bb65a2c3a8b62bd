// Finds the handler of a request. A pattern is a path whose segments may be {names}.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace sentinel::http {

struct Route {
  Method method;
  std::string pattern;  // /api/v1/agents/{id}
  Handler handler;
};

class Router {
 public:
  void add(Route route);
  const std::vector<Route>& routes() const { return routes_; }

  // The route of a request (of GET for HEAD), its path values filled in. Errors: NotFound;
  // Unsupported (405) for a known path.
  Result<const Route*> find(Request& request) const;

  // What the Allow header of a 405 says: "GET, HEAD, POST". Empty for an unknown path.
  std::string allowed(const Request& request) const;

 private:
  std::vector<Route> routes_;
  std::vector<bool> has_names_;  // of each route
};

std::string_view to_string(Method method);

}  // namespace sentinel::http
