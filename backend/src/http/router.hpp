// Finds the handler of a request. A pattern is a path whose segments may be {names}.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
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
  struct PathHash {
    using is_transparent = void;
    size_t operator()(std::string_view path) const { return std::hash<std::string_view>{}(path); }
  };

  std::vector<Route> routes_;
  // Indexes of those without names, by their path, and of the others.
  std::unordered_map<std::string, std::vector<size_t>, PathHash, std::equal_to<>> by_path_;
  std::vector<size_t> with_names_;
};

std::string_view to_string(Method method);

}  // namespace sentinel::http
