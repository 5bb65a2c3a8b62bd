// What docs/api/sql.md and the Grafana dashboard promise: every statement on them answers, as the
// role that they name, with what the API says, and reads nothing but its range.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "services/sealing/sealer.hpp"
#include "services/sums/sums_builder.hpp"
#include "support/journey.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;
using namespace std::chrono_literals;

std::string file_of(std::string_view path) {
  std::ifstream file(std::filesystem::path(SENTINEL_SOURCES) / ".." / path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

void replace_all(std::string& text, std::string_view what, std::string_view instead) {
  for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += instead.size()) {
    text.replace(at, what.size(), instead);
  }
}

class SqlPage : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { TestStack::end_shared(); }  // its worker seals too

  static apps::StackOptions without_worker() {
    auto options = TestStack::all_services();
    options.worker.reset();
    return options;
  }
  static std::unique_ptr<postgres::Connection> open(std::string_view role) {
    auto endpoint = TestDatabase::shared().endpoint(role);
    return run(postgres::Connection::open(endpoint.conninfo, endpoint.role, "sql-page-test"))
        .value();
  }
  // As the page's own role.
  postgres::Rows ask(const std::string& sql) {
    auto rows = run(reader_->execute(sql));
    EXPECT_TRUE(rows) << rows.error().message << "\n" << sql;
    return rows ? std::move(*rows) : postgres::Rows();
  }
  std::string plan(const std::string& sql) {
    auto rows = ask("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + sql);
    std::string text;
    for (int row = 0; row < rows.size(); ++row) text.append(rows.text(row, 0)).append("\n");
    return text;
  }
  // A request and a sample every minute of three hours.
  void fill(Timestamp end) {
    for (const auto& agent : {agent_, other_}) {
      std::string body = "[";
      for (int i = 0; i < 180; ++i) {
        const auto time = format_rfc3339(end - (180 - i) * 1min);
        body += fmt::format(
            R"({}{{"agent_id":"{}","timestamp":"{}","latency_ms":{},"ttft_ms":3,"cost_usd":0.00{},)"
            R"("model":"m","provider":"p","host":"h","input_tokens":100,"output_tokens":7,)"
            R"("cache_read_tokens":40,"status":"{}",)"
            R"("trace_id":"0af71d9c22f14b8e9a4400ff10203040"}})"
            R"(,{{"agent_id":"{}","timestamp":"{}","kind":"sample","host":"h",)"
            R"("cpu_usage_percent":{},"gpu_usage_percent":50,"memory_usage_mb":{}}})",
            i == 0 ? "" : ",", agent, time, 10 + i, 1 + i % 9, i % 10 == 0 ? "error" : "success",
            agent, time, i % 100, 100 + i);
      }
      auto answer = stack_.http().post("/api/v1/metrics", body + "]", json_with(key_));
      ASSERT_EQ(answer.status, 201) << answer.body;
      ASSERT_EQ(Json::parse(answer.body)["rejected"].size(), 0u) << answer.body;
    }
  }
  void add_up() {
    for (auto of : {sums::Of::Columns, sums::Of::Custom}) {
      for (auto level : {sums::Level::Minute, sums::Level::Hour}) {
        auto made = run(sums::make_pass(*worker_, of, level));
        ASSERT_TRUE(made) << made.error().message;
      }
    }
  }

  TestStack stack_{without_worker()};
  std::string key_ = stack_.make_key(models::KeyScope::Ingest);
  std::string agent_ = unique_name("sql");
  std::string other_ = unique_name("sql");
  std::unique_ptr<postgres::Connection> worker_ = open("sentinel_worker");
  std::unique_ptr<postgres::Connection> reader_ = open("sentinel_read");
};

TEST_F(SqlPage, HasStatementsThatAnswer) {
  fill(now());
  add_up();
  const auto page = file_of("docs/api/sql.md");
  constexpr std::string_view kBegin = "```sql\n", kEnd = ";\n```";
  int statements = 0;
  for (size_t at = 0; (at = page.find(kBegin, at)) != page.npos;) {
    at += kBegin.size();
    const auto end = page.find(kEnd, at);
    ASSERT_NE(end, page.npos);
    const auto sql = page.substr(at, end - at);
    EXPECT_GT(ask(sql).size(), 0) << sql;
    ++statements;
  }
  EXPECT_GE(statements, 9);
  // Each column that the page names is there, and none besides.
  for (std::string_view name :
       {"hourly", "latencies", "costs", "tokens", "resources", "requests"}) {
    const auto line = page.find(fmt::format("| `{}(", name));
    ASSERT_NE(line, page.npos) << name;
    const auto names = page.rfind("| `", page.find('\n', line)) + 3;
    auto columns = ask(fmt::format(
        "SELECT string_agg(n, ' ' ORDER BY i) FROM pg_proc p, unnest(proargnames, proargmodes) "
        "WITH ORDINALITY a (n, m, i) WHERE proname = '{}' AND pronamespace = "
        "'sentinel'::regnamespace AND m = 't'",
        name));
    EXPECT_EQ(columns.text(0, 0), page.substr(names, page.find('`', names) - names)) << name;
  }
}

TEST_F(SqlPage, HasADashboardForGrafanaThatAnswers) {
  fill(now());
  add_up();
  const auto dashboard = Json::parse(file_of("deploy/grafana/sentinel.json"));
  auto filled = [this](std::string sql) {
    replace_all(sql, "$__timeFrom()", fmt::format("'{}'", format_rfc3339(now() - 2h)));
    replace_all(sql, "$__timeTo()", fmt::format("'{}'", format_rfc3339(now())));
    replace_all(sql, "$agent", fmt::format("'{}','{}'", agent_, other_));
    EXPECT_EQ(sql.find('$'), sql.npos) << sql;
    return sql;
  };
  for (const auto& panel : dashboard["panels"].items()) {
    for (const auto& target : panel["targets"].items()) {
      const auto sql = filled(target["rawSql"].text());
      const auto rows = ask(sql);
      ASSERT_GT(rows.size(), 0) << sql;
      for (int column = 0; column < rows.columns(); ++column) {
        EXPECT_FALSE(rows.is_null(0, column)) << column << " of " << sql;
      }
    }
  }
  ask(filled(dashboard["annotations"]["list"][0]["rawQuery"].text()));
  EXPECT_GT(ask(dashboard["templating"]["list"][1]["query"].text()).size(), 0);
}

TEST_F(SqlPage, AgreesWithTheApi) {
  const auto end = std::chrono::floor<std::chrono::hours>(now());
  fill(end);
  add_up();
  const auto start = end - 3h;
  auto answer = stack_.http().get(
      fmt::format("/api/v1/metrics?agent={}&start={}&end={}&step=3h&metric=cost_usd:sum&metric="
                  "requests:sum&metric=latency_ms:p95&metric=errors:sum&metric=latency_ms:avg&"
                  "metric=cpu_usage_percent:avg&metric=input_tokens:sum",
                  agent_, format_rfc3339(start), format_rfc3339(end)),
      bearer(stack_.make_key(models::KeyScope::Read)));
  ASSERT_EQ(answer.status, 200) << answer.body;
  auto api = [series = Json::parse(answer.body)["series"]](size_t metric) {
    double sum = 0;
    for (const auto& value : series[metric]["values"].items()) {
      if (!value.is_null()) sum += value.number();
    }
    return sum;
  };
  const auto range =
      fmt::format("'{}', '{}', ARRAY['{}']", format_rfc3339(start), format_rfc3339(end), agent_);
  auto rows = ask(fmt::format(
      "SELECT sum(cost_usd), sum(requests), sum(failed), sum(input_tokens), sum(latency_ms_sum) / "
      "sum(latency_n), sum(cpu_percent_sum) / sum(cpu_n) FROM hourly({})",
      range));
  EXPECT_DOUBLE_EQ(rows.number(0, 0), api(0));
  EXPECT_EQ(rows.number(0, 1), api(1));
  EXPECT_EQ(rows.number(0, 2), api(3));
  EXPECT_EQ(rows.number(0, 3), api(6));
  rows = ask(fmt::format(
      "SELECT sum(cost_usd), sum(requests), (SELECT count(*) FROM requests({0}) WHERE failed), "
      "(SELECT sum(input_tokens) FROM tokens({0})), (SELECT avg(latency_ms) FROM latencies({0})), "
      "(SELECT avg(cpu_percent) FROM resources({0})), (SELECT percentile_cont(0.95) WITHIN GROUP "
      "(ORDER BY latency_ms) FROM latencies({0})), (SELECT sketch_quantile(string_agg("
      "latency_us_sketch, ''), 0.95) / 1000 FROM hourly({0})) FROM costs({0})",
      range));
  EXPECT_DOUBLE_EQ(rows.number(0, 0), api(0));
  EXPECT_EQ(rows.number(0, 1), api(1));
  EXPECT_EQ(rows.number(0, 2), api(3));
  EXPECT_EQ(rows.number(0, 3), api(6));
  EXPECT_DOUBLE_EQ(rows.number(0, 4), 10 + 179 / 2.0);
  EXPECT_GT(rows.number(0, 5), 0);
  EXPECT_NEAR(rows.number(0, 7), rows.number(0, 6), rows.number(0, 6) * 0.015);
}

TEST_F(SqlPage, ReadsNothingButItsRange) {
  fill(now() - 48h);
  auto generation = [](std::string_view sql) {
    return TestDatabase::shared()
        .execute(fmt::format("SET search_path = sentinel; {}", sql))
        .integer(0, 0);
  };
  const auto old = generation("SELECT max(gen) FROM generation");
  generation("SELECT 1 FROM open_generation((SELECT max(gen) + 1 FROM generation)::integer)");
  add_up();
  sealing::Sealer sealer({.after = 0s, .budget = 60s, .retry = 0s});
  ASSERT_TRUE(run(sealer.step(*worker_)));
  ASSERT_EQ(generation("SELECT max(gen) FROM sealed_gen"), old);
  fill(now());

  const auto table = fmt::format("metric_chunk_g{} ", old);
  auto lines_of = [&](const std::string& text) {
    std::string lines;
    for (size_t at = 0; (at = text.find(table, at)) != text.npos; ++at) {
      lines += text.substr(at, text.find('\n', at) - at + 1);
    }
    return lines;
  };
  for (std::string_view name : {"latencies", "costs", "tokens", "resources", "requests"}) {
    const auto sql = fmt::format("SELECT * FROM {}({{}}, ARRAY['{}'])", name, agent_);
    auto text = plan(
        fmt::format(fmt::runtime(sql), "now() + interval '2 minutes', now() + interval '1 hour'"));
    // It is taken apart, and no generation that ended before is opened.
    EXPECT_EQ(text.find("Function Scan on " + std::string(name)), text.npos) << text;
    EXPECT_EQ(lines_of(text).find("actual rows"), text.npos) << text;
    text = plan(
        fmt::format(fmt::runtime(sql), "now() - interval '52 hours', now() - interval '47 hours'"));
    EXPECT_NE(lines_of(text).find("actual rows"), std::string::npos) << text;
    auto rows =
        ask(fmt::format("SELECT count(*) FROM {}(now() - interval '52 hours', now() - interval '47 "
                        "hours', ARRAY['{}'])",
                        name, agent_));
    EXPECT_EQ(rows.integer(0, 0), 180) << name;
  }
  // Arrays of columns that are not asked for stay closed.
  EXPECT_EQ(plan("SELECT sum(cost_usd) FROM costs(now() - interval '52 hours', now())")
                .find("attributes"),
            std::string::npos);
}

}  // namespace
}  // namespace sentinel
