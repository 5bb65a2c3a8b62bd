#include "api/query_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sentinel::api {

namespace {

// As the contract says of lists.
constexpr int kAgentsMax = 1000;
constexpr int kRepeatsMax = 32;

}  // namespace

Result<QueryReader> QueryReader::read(const http::Request& request,
                                      std::initializer_list<std::string_view> known) {
  auto values = http::parse_query(request.query);
  if (!values) return forward(values);
  for (const auto& [name, value] : *values) {
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string names;
    for (auto item : known) names.append(names.empty() ? "" : ", ").append(item);
    return fail(
        ErrorCode::InvalidArgument, "parameter_unknown",
        fmt::format("there is no parameter '{}' here; there are {}", name.substr(0, 60), names));
  }
  for (auto name : known) {
    const auto times = std::ranges::count(*values, name, &http::QueryValues::value_type::first);
    const int limit = name == "agent" ? kAgentsMax : kRepeatsMax;
    if (times > limit) {
      return fail(ErrorCode::InvalidArgument, "parameter_repeated",
                  fmt::format("{} is given {} times, the limit is {}", name, times, limit));
    }
  }
  QueryReader reader;
  reader.values_ = std::move(*values);
  return reader;
}

std::optional<std::string> QueryReader::one(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> QueryReader::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : values_) {
    if (key == name) found.push_back(value);
  }
  return found;
}

Result<int> QueryReader::integer(std::string_view name, int fallback, int min, int max) const {
  auto text = one(name);
  if (!text) return fallback;
  int number = 0;
  auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (failed != std::errc{} || end != text->data() + text->size() || number < min || number > max) {
    return fail(ErrorCode::InvalidArgument, "parameter_invalid",
                fmt::format("{} '{}' must be an integer from {} to {}", name, text->substr(0, 40),
                            min, max));
  }
  return number;
}

Result<Timestamp> QueryReader::time(std::string_view name, std::string_view fallback,
                                    Timestamp now) const {
  auto text = one(name);
  auto time = parse_time_expression(text ? std::string_view(*text) : fallback, now);
  if (time) return time;
  return fail(ErrorCode::InvalidArgument, time.error().reason,
              fmt::format("{}: {}", name, time.error().message));
}

Result<TimeRange> QueryReader::range(Timestamp now) const {
  auto start = time("start", "now-1h", now);
  if (!start) return forward(start);
  auto end = time("end", "now", now);
  if (!end) return forward(end);
  return TimeRange{*start, *end};
}

bool wants_anew(const http::Request& request) {
  return request.header("cache-control").contains("no-cache");
}

}  // namespace sentinel::api
