#include "http/router.hpp"

#include <fmt/format.h>

namespace sentinel::http {

namespace {

std::string_view next_segment(std::string_view& path) {
  size_t slash = path.find('/', 1);
  auto segment = path.substr(1, slash == path.npos ? path.npos : slash - 1);
  path = slash == path.npos ? std::string_view{} : path.substr(slash);
  return segment;
}

bool matches(std::string_view pattern, std::string_view path,
             std::map<std::string, std::string, std::less<>>& values) {
  while (!pattern.empty() && !path.empty()) {
    auto wanted = next_segment(pattern);
    auto given = next_segment(path);
    if (wanted.size() > 2 && wanted.front() == '{') {
      auto decoded = percent_decode(given);
      if (!decoded || decoded->empty() || !is_text(*decoded)) return false;
      values.insert_or_assign(std::string(wanted.substr(1, wanted.size() - 2)),
                              std::move(*decoded));
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::Get:
      return "GET";
    case Method::Head:
      return "HEAD";
    case Method::Post:
      return "POST";
    case Method::Other:
      break;
  }
  return "OTHER";
}

void Router::add(Route route) {
  const bool has_names = route.pattern.find('{') != std::string::npos;
  (has_names ? with_names_ : by_path_[route.pattern]).push_back(routes_.size());
  routes_.push_back(std::move(route));
}

Result<const Route*> Router::find(Request& request) const {
  bool path_known = false;
  auto takes = [&](const Route& route) {
    path_known = true;
    return route.method == request.method ||
           (route.method == Method::Get && request.method == Method::Head);
  };
  if (auto found = by_path_.find(request.path); found != by_path_.end()) {
    for (size_t i : found->second) {
      if (takes(routes_[i])) return &routes_[i];
    }
  }
  for (size_t i : with_names_) {
    if (matches(routes_[i].pattern, request.path, request.path_values)) {
      if (takes(routes_[i])) return &routes_[i];
    } else {
      request.path_values.clear();
    }
  }
  if (path_known) {
    return fail(ErrorCode::Unsupported, "method_unsupported",
                fmt::format("{} does not take this method", request.path.substr(0, 200)));
  }
  return fail(ErrorCode::NotFound, "route_unknown",
              fmt::format("there is nothing at {}", request.path.substr(0, 200)));
}

std::string Router::allowed(const Request& request) const {
  std::string methods;
  auto add = [&](std::string_view method) {
    methods.append(methods.empty() ? "" : ", ").append(method);
  };
  for (auto method : {Method::Get, Method::Head, Method::Post}) {
    Request other;
    other.method = method;
    other.path = request.path;
    if (find(other)) add(to_string(method));
  }
  return methods;
}

}  // namespace sentinel::http
