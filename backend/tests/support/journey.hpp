// What the journeys have in common: agents that report over time, and people who ask.
#pragma once

#include <fmt/format.h>

#include <string>

#include "base/time.hpp"
#include "support/json.hpp"
#include "support/test_stack.hpp"

namespace sentinel::testing {

// Stores records through the API as an agent would, and fails the test program when one is refused.
class Reporter {
 public:
  Reporter() : key_(TestStack::shared().make_key(models::KeyScope::Ingest)) {}

  void post(std::string_view path, const std::string& body) const {
    auto answer = TestStack::shared().http().post(path, body, json_with(key_));
    if (answer.status != 201 || Json::parse(answer.body)["rejected"].size() != 0) {
      throw std::runtime_error("refused: " + answer.body);
    }
  }

  // `fields` is the inside of a JSON object, without agent and time.
  static std::string record(std::string_view agent, Timestamp at, std::string_view fields) {
    return fmt::format(R"({{"agent_id":"{}","timestamp":"{}",{}}})", agent, format_rfc3339(at),
                       fields);
  }

 private:
  std::string key_;
};

inline Json ask(const TestStack::Person& person, const std::string& path) {
  auto answer = TestStack::shared().http().get(path, person.headers());
  if (answer.status != 200) throw std::runtime_error(path + ": " + answer.body);
  return Json::parse(answer.body);
}

}  // namespace sentinel::testing
