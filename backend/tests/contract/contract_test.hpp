// The running stack and the contracts, as every test here uses them.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.hpp"
#include "support/contract.hpp"
#include "support/json.hpp"
#include "support/test_stack.hpp"

namespace sentinel {

using sentinel::testing::Answer;
using sentinel::testing::bearer;
using sentinel::testing::Contract;
using sentinel::testing::EventStream;
using sentinel::testing::Headers;
using sentinel::testing::HttpClient;
using sentinel::testing::HttpConnection;
using sentinel::testing::Json;
using sentinel::testing::json_with;
using sentinel::testing::percent_encode;
using sentinel::testing::said;
using sentinel::testing::TestDatabase;
using sentinel::testing::TestStack;
using sentinel::testing::unique_name;

// "400 json_invalid: sentence" of a problem, for exact comparison.
inline std::string problem_of(const Answer& answer) {
  if (answer.header("content-type") != "application/problem+json") {
    return fmt::format("{} without a problem: {}", answer.status, answer.body.substr(0, 300));
  }
  auto body = Json::parse(answer.body);
  EXPECT_EQ(body["status"].integer(), answer.status);
  return fmt::format("{} {}: {}", answer.status, body["code"].text(), body["detail"].text());
}

// "index field: reason" of each record that was refused.
inline std::vector<std::string> rejections_of(const Answer& answer) {
  std::vector<std::string> found;
  auto body = Json::parse(answer.body);
  for (const auto& one : body["rejected"].items()) {
    found.push_back(fmt::format("{} {}: {}", one["index"].integer(), one["field"].text(),
                                one["reason"].text()));
  }
  return found;
}

class ContractTest : public ::testing::Test {
 protected:
  static TestStack& stack() { return TestStack::shared(); }
  static HttpClient http() { return stack().http(); }

  // One of each scope for the whole program.
  static const std::string& ingest_key() {
    static const auto key = stack().make_key(models::KeyScope::Ingest);
    return key;
  }
  static const std::string& read_key() {
    static const auto key = stack().make_key(models::KeyScope::Read);
    return key;
  }
  static const std::string& admin_key() {
    static const auto key = stack().make_key(models::KeyScope::Admin);
    return key;
  }

  // These check each answer against its contract.
  static Answer post_metrics(std::string_view body, Headers headers = json_with(ingest_key())) {
    return kept(Contract::metrics_api(), "POST", "/api/v1/metrics",
                http().post("/api/v1/metrics", body, headers));
  }
  static Answer post_events(std::string_view body, Headers headers = json_with(ingest_key())) {
    return kept(Contract::metrics_api(), "POST", "/api/v1/events",
                http().post("/api/v1/events", body, headers));
  }
  // `path` is a template of db-api; `rest` is its query, or for a template with {id} the whole
  // path.
  static Answer get(std::string_view path, std::string_view rest = "",
                    Headers headers = bearer(read_key())) {
    auto full = rest.starts_with('/') ? std::string(rest)
                                      : fmt::format("{}{}{}", path, rest.empty() ? "" : "?", rest);
    return kept(Contract::db_api(), "GET", path, http().get(full, headers));
  }
  static Answer post(std::string_view path, std::string_view body, const Headers& headers) {
    return kept(Contract::db_api(), "POST", path, http().post(path, body, headers));
  }

  static Answer kept(const Contract& contract, std::string_view method, std::string_view path,
                     Answer answer) {
    EXPECT_EQ(said(contract.check(method, path, answer)), "") << method << " " << path;
    return answer;
  }

  // Stores records and expects that all were.
  static void store(std::string_view body) {
    auto answer = post_metrics(body);
    ASSERT_EQ(answer.status, 201) << answer.body;
    ASSERT_EQ(Json::parse(answer.body)["rejected"].size(), 0u) << answer.body;
  }

  // The rows of an agent as the database has them.
  static int64_t rows_of(const std::string& agent) {
    auto rows = TestDatabase::shared().execute(
        fmt::format("SELECT count(*) FROM sentinel.record r JOIN sentinel.agent a USING "
                    "(agent_id) WHERE a.name = '{}'",
                    agent));
    return rows.integer(0, 0);
  }

  // A moment shortly before now, as a text of the wire.
  static std::string ago(Microseconds age) { return format_rfc3339(now() - age); }
};

}  // namespace sentinel
