// Records are stored as rows or as chunks, and nobody who reads them can tell which.
#include <gtest/gtest.h>

#include <random>

#include "services/ingest/batch_commit.hpp"
#include "services/ingest/batch_copy.hpp"
#include "services/ingest/copy_encoder.hpp"
#include "services/query/metric_catalog.hpp"
#include "services/storage/record_source.hpp"
#include "support/journey.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;
using models::MetricRecord;
using models::RecordKind;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Agent {
  std::string name = unique_name("form");
  Uuid id = *parse_uuid(TestDatabase::shared()
                            .execute(fmt::format("SET search_path = sentinel; INSERT INTO agent "
                                                 "(name) VALUES ('{}') RETURNING agent_id",
                                                 name))
                            .text(0, 0));
};

class RecordForms : public ::testing::Test {
 protected:
  // Commits records of an agent, so many in a batch.
  void commit(const Agent& agent, const std::vector<MetricRecord>& records, size_t in_a_batch) {
    for (size_t begin = 0; begin < records.size(); begin += in_a_batch) {
      ingest::Rows rows;
      rows.agents = {agent.id};
      rows.ts_min = rows.ts_max = now();
      for (size_t i = begin; i < std::min(records.size(), begin + in_a_batch); ++i) {
        const auto& record = records[i];
        // Names of models and hosts play no part here: any id that there is.
        const auto has_model = !record.model.empty();
        ingest::append_tuple(rows.tuples, record,
                             {agent.id, has_model ? std::optional(model_) : std::nullopt,
                              record.host.empty() ? std::nullopt : std::optional(host_)},
                             *record.ts);
        rows.ends.push_back(static_cast<uint32_t>(rows.tuples.size()));
        ++rows.records;
      }
      auto stored = run(commit_.commit({&rows}, {ingest::day_of(now()), writer_, ++sequence_},
                                       false, seconds{60}));
      ASSERT_TRUE(stored) << stored.error().message;
    }
  }
  void commit_as_rows(const Agent& agent, const std::vector<MetricRecord>& records) {
    commit(agent, records, ingest::kChunkRecordsMin - 1);
    EXPECT_EQ(count("metric_record", agent), static_cast<int64_t>(records.size()));
    EXPECT_EQ(count("metric_hot_chunk", agent), 0);
  }
  void commit_as_chunks(const Agent& agent, const std::vector<MetricRecord>& records,
                        size_t in_a_batch = 1000) {
    const auto before = count("metric_record", agent);
    commit(agent, records, in_a_batch);
    EXPECT_EQ(count("metric_record", agent), before);
    EXPECT_GT(count("metric_hot_chunk", agent), 0);
  }

  static postgres::Rows execute(const std::string& sql) {
    return TestDatabase::shared().execute("SET search_path = sentinel; SET timezone = 'UTC'; " +
                                          sql);
  }
  static int64_t count(std::string_view table, const Agent& agent) {
    return execute(fmt::format("SELECT count(*) FROM {} WHERE agent_id = '{}'", table,
                               format_uuid(agent.id)))
        .integer(0, 0);
  }
  // All rows of a statement as one text.
  static std::string text_of(const std::string& sql) {
    auto rows = execute(fmt::format("SELECT string_agg(x::text, E'\\n') FROM ({}) x", sql));
    return std::string(rows.text(0, 0));
  }
  // What a route says of an agent, with its name and id taken out.
  std::string answer(const Agent& agent, std::string path) {
    auto put = [](std::string& text, std::string_view what, std::string_view instead) {
      for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += instead.size()) {
        text.replace(at, what.size(), instead);
      }
    };
    put(path, "AGENT", agent.name);
    auto answer = TestStack::shared().http().get(path, person_.headers());
    EXPECT_EQ(answer.status, 200) << path << answer.body;
    EXPECT_TRUE(answer.complete);
    put(answer.body, agent.name, "NAME");
    put(answer.body, format_uuid(agent.id), "ID");
    // It shrinks as the month goes by.
    if (const auto begin = answer.body.find("\"forecast_usd\""); begin != std::string::npos) {
      answer.body.erase(begin, answer.body.find(',', begin) - begin);
    }
    return answer.body;
  }

  MetricRecord random_record(Timestamp ts) {
    auto some = [&](int64_t max, int64_t min = 0, int64_t step = 1) -> std::optional<int64_t> {
      if (random_() % 3 == 0) return std::nullopt;
      const auto range = static_cast<uint64_t>(max) - static_cast<uint64_t>(min);
      const auto drawn = range == UINT64_MAX ? random_() : random_() % (range + 1);
      const auto value = static_cast<int64_t>(static_cast<uint64_t>(min) + drawn);
      return sums_exact_ ? value - value % step : value;
    };
    constexpr int64_t kInt = std::numeric_limits<int32_t>::max();
    const int64_t large = int64_t{1} << (sums_exact_ ? 40 : 50);
    MetricRecord record;
    record.ts = ts;
    const auto kind = random_() % 10;
    record.kind = kind == 0  ? RecordKind::Correction
                  : kind < 4 ? RecordKind::Sample
                             : RecordKind::Request;
    if (random_() % 2) record.error = random_() % 2 == 0;
    record.request_count = some(5);
    record.latency_us = some(large, 0, 125);
    record.ttft_us = some(90'000, 0, 125);
    record.throughput_millirpm = some(large, 0, 125);
    record.cost_nanos = some(1'000'000'000'000, -1'000'000'000'000);
    if (record.cost_nanos && random_() % 2) record.cost_source = models::CostSource::Computed;
    if (!record.cost_nanos && random_() % 2) record.cost_source = models::CostSource::Unpriced;
    record.input_tokens = some(kInt / 1000);
    record.output_tokens = some(9);
    record.cache_read_tokens = some(kInt / 1000);
    record.cache_write_tokens = some(70'000);
    record.reasoning_tokens = some(1);
    record.cpu_centipercent = some(10'000, 0, 25);
    record.gpu_centipercent = some(10'000, 0, 25);
    record.gpu_count = some(1024);
    record.memory_bytes = some(large, 0, 15'625);
    record.gpu_memory_bytes = some(large, 0, 15'625);
    record.process_id = some(kInt);
    record.span_id = some(std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min());
    if (random_() % 2) record.trace_id = random_uuid();
    if (random_() % 2) record.model = "a model";
    if (random_() % 2) record.host = "a host";
    if (random_() % 2) record.custom = R"({"depth": 1.50, "a": 1e3})";
    if (record.kind == RecordKind::Correction) {
      record.attributes = R"({"correction":"reprice","unpriced_records":1})";
    } else if (random_() % 2) {
      record.attributes = R"({"text":"\"\\ü, ","flag":true})";
    }
    return record;
  }
  void compare();
  // Each with a time of its own, the oldest first.
  std::vector<MetricRecord> random_records(int size) {
    std::vector<MetricRecord> records;
    Timestamp ts = begin_;
    for (int i = 0; i < size; ++i) {
      ts += Microseconds{1 + static_cast<int64_t>(random_() % 60'000'000)};
      records.push_back(random_record(ts));
    }
    return records;
  }

  const Timestamp begin_ = now() - hours{30};
  std::mt19937_64 random_{20261127};
  // Values of whose sums a double loses nothing, in whatever order they are added.
  bool sums_exact_ = false;
  TestStack::Person person_ = TestStack::shared().sign_in_as(models::Role::Viewer);
  const int32_t model_ = static_cast<int32_t>(
      execute(
          fmt::format("INSERT INTO model (provider, name) VALUES ('p', '{}') RETURNING model_id",
                      unique_name("model")))
          .integer(0, 0));
  const int32_t host_ = static_cast<int32_t>(
      execute(fmt::format("INSERT INTO host (name) VALUES ('{}') RETURNING host_id",
                          unique_name("host")))
          .integer(0, 0));
  ingest::BatchCommit commit_{TestDatabase::shared().endpoint("sentinel_metrics_api"), seconds{0}};
  const Uuid writer_ = random_uuid();
  uint64_t sequence_ = 0;
};

// Random records of one agent as rows, of another as chunks, of a third as both: everything that
// can be asked about them.
void RecordForms::compare() {
  const Agent rows, chunks, both;
  const auto records = random_records(700);
  commit_as_rows(rows, records);
  commit_as_chunks(chunks, records, 230);
  commit_as_rows(both, {records.begin(), records.begin() + 300});
  commit_as_chunks(both, {records.begin() + 300, records.end()});

  const auto range =
      fmt::format("&start={}&end={}", format_rfc3339(begin_), format_rfc3339(begin_ + hours{29}));
  const auto part = fmt::format("&start={}&end={}", format_rfc3339(*records[100].ts),
                                format_rfc3339(*records[500].ts));
  std::vector<std::string> paths;
  for (const auto& metric : query::metric_catalog()) {
    if (!sums_exact_) break;
    std::string wanted;
    for (std::string_view aggregate :
         {"avg", "min", "max", "sum", "count", "last", "p50", "p95", "p99"}) {
      wanted += fmt::format("&metric={}:{}", metric.name, aggregate);
    }
    paths.push_back("/api/v1/metrics?agent=AGENT&step=1h" + wanted + range);
    paths.push_back("/api/v1/metrics?agent=AGENT&step=15m" + wanted + part);
    paths.push_back("/api/v1/metrics?agent=AGENT&step=7d&group_by=none" + wanted + range);
  }
  for (const auto& path : {
           "/api/v1/metrics?agent=AGENT&step=raw&limit=10000" + range,
           "/api/v1/metrics?agent=AGENT&step=raw&limit=10000" + part,
           "/api/v1/export?agent=AGENT&format=csv" + range,
           "/api/v1/export?agent=AGENT&format=csv" + part,
           "/api/v1/export?agent=AGENT&format=ndjson" + range,
           "/api/v1/export?agent=AGENT&format=json&column=timestamp&column=cost_source" + range,
           "/api/v1/costs?agent=AGENT&group_by=model&group_by=day" + range,
           "/api/v1/costs?agent=AGENT" + part,
       }) {
    paths.push_back(path);
  }
  for (const auto& path : paths) {
    const auto said = answer(rows, path);
    EXPECT_EQ(answer(chunks, path), said) << path;
    EXPECT_EQ(answer(both, path), said) << path;
  }

  auto statement = [](std::string_view sql, const Agent& agent) {
    return text_of(fmt::format(fmt::runtime(sql), format_uuid(agent.id)));
  };
  for (std::string_view sql :
       {"SELECT ts, latency_us, ttft_us, throughput_millirpm, cost_nanos, memory_bytes, "
        "gpu_memory_bytes, span_id, trace_id, gen, request_count, model_id, host_id, process_id, "
        "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, "
        "cpu_centipercent, gpu_centipercent, gpu_count, kind, cost_source, error, custom, "
        "attributes FROM record WHERE agent_id = '{}' ORDER BY ts",
        "SELECT ts, kind, error, cost_source, cost_nanos, request_count, model_id, host_id, "
        "trace_id, span_id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, "
        "reasoning_tokens, attributes FROM usage_records('{{{}}}', now() - interval '27 h', now(), "
        "'{{}}', 0) "
        "ORDER BY ts",
        "SELECT * FROM recent_records('{}', now() - interval '29 h', NULL)",
        "SELECT * FROM newest_record('{}')"}) {
    const auto said = statement(sql, rows);
    EXPECT_FALSE(said.empty());
    EXPECT_EQ(statement(sql, chunks), said) << sql;
    EXPECT_EQ(statement(sql, both), said) << sql;
  }
  auto corrections = [&](const Agent& agent) {
    return text_of(fmt::format(
        "SELECT ts, model_id, host_id, trace_id, span_id, cost_nanos FROM {} r ORDER BY 1, 2, 3, "
        "4, 5, 6",
        storage::correction_source(
            {.agents = {agent.id}, .start = begin_, .end = begin_ + hours{29}},
            "model_id, host_id, trace_id, span_id, cost_nanos")));
  };
  const auto said = corrections(rows);
  EXPECT_FALSE(said.empty());
  EXPECT_EQ(corrections(chunks), said);
  EXPECT_EQ(corrections(both), said);
}

TEST_F(RecordForms, SayTheSameEverywhere) {
  for (const bool exact : {true, false}) {
    sums_exact_ = exact;
    compare();
  }
}

// What the server decodes and writes by itself, beside what PostgreSQL says of the view.
TEST_F(RecordForms, AreExportedToTheLastDigit) {
  const Agent rows, chunks;
  const auto records = random_records(700);
  commit_as_rows(rows, records);
  commit_as_chunks(chunks, records, 230);
  constexpr std::pair<std::string_view, std::string_view> kColumns[] = {
      {"timestamp", "to_char(ts, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"},
      {"kind", "CASE kind WHEN 'r' THEN 'request' WHEN 's' THEN 'sample' ELSE 'correction' END"},
      {"status", "CASE WHEN error THEN 'error' WHEN NOT error THEN 'success' END"},
      {"request_count", "request_count"},
      {"latency_ms", "trim_scale(latency_us / 1000.0)"},
      {"ttft_ms", "trim_scale(ttft_us / 1000.0)"},
      {"throughput_req_per_min", "trim_scale(throughput_millirpm / 1000.0)"},
      {"cost_usd", "trim_scale(cost_nanos / 1000000000.0)"},
      {"model", "(SELECT name FROM model m WHERE m.model_id = r.model_id)"},
      {"input_tokens", "input_tokens"},
      {"output_tokens", "output_tokens"},
      {"cache_read_tokens", "cache_read_tokens"},
      {"cache_write_tokens", "cache_write_tokens"},
      {"reasoning_tokens", "reasoning_tokens"},
      {"cpu_usage_percent", "trim_scale(cpu_centipercent / 100.0)"},
      {"gpu_usage_percent", "trim_scale(gpu_centipercent / 100.0)"},
      {"gpu_count", "gpu_count"},
      {"memory_usage_mb", "trim_scale(memory_bytes / 1000000.0)"},
      {"gpu_memory_usage_mb", "trim_scale(gpu_memory_bytes / 1000000.0)"},
      {"host", "(SELECT name FROM host h WHERE h.host_id = r.host_id)"},
      {"process_id", "process_id"},
      {"trace_id", "replace(trace_id::text, '-', '')"},
      {"span_id", "lpad(to_hex(span_id), 16, '0')"},
      {"attributes", "'\"' || replace(attributes::text, '\"', '\"\"') || '\"'"},
  };
  std::string asked, head, line;
  for (const auto& [name, sql] : kColumns) {
    asked.append("&column=").append(name);
    head.append(head.empty() ? "" : ",").append(name);
    line += fmt::format("{}coalesce(({})::text, '')", line.empty() ? "" : " || ',' || ", sql);
  }
  for (const auto& [first, last] : {std::pair{0, 699}, {100, 500}, {333, 334}}) {
    const auto start = *records[static_cast<size_t>(first)].ts;
    const auto end = *records[static_cast<size_t>(last)].ts;
    for (const auto* agent : {&rows, &chunks}) {
      auto wanted = execute(
          fmt::format("SELECT string_agg({}, E'\\r\\n' ORDER BY ts) FROM record r WHERE agent_id = "
                      "'{}' AND ts >= "
                      "'{}' AND ts < '{}'",
                      line, format_uuid(agent->id), format_rfc3339(start), format_rfc3339(end)));
      EXPECT_EQ(
          answer(*agent, fmt::format("/api/v1/export?agent=AGENT&format=csv&start={}&end={}{}",
                                     format_rfc3339(start), format_rfc3339(end), asked)),
          fmt::format("{}\r\n{}\r\n", head, wanted.text(0, 0)));
    }
  }
}

TEST_F(RecordForms, AnAgentThatOnlyHasChunksIsListedAsAnyOther) {
  const Agent rows, chunks;
  std::vector<MetricRecord> records;
  const auto newest = std::chrono::floor<seconds>(now());
  for (int i = 19; i >= 0; --i) {
    MetricRecord record;
    record.ts = newest - seconds{i};
    if (i % 2 == 0) {
      record.kind = RecordKind::Sample;
      record.cpu_centipercent = 100 * i;
      record.memory_bytes = 1'000'000 * i;
      record.host = "a host";
    } else {
      record.latency_us = 1000 * i;
      record.cost_nanos = i;
    }
    records.push_back(record);
  }
  commit_as_rows(rows, records);
  commit_as_chunks(chunks, records);
  auto shown = [&](const Agent& agent) {
    auto body = ask(person_, "/api/v1/agents/" + format_uuid(agent.id));
    return fmt::format("{} {} {} {}", body["status"].dump(), body["last_seen"].dump(),
                       body["host"].dump(), body["latest"].dump());
  };
  EXPECT_EQ(shown(chunks), shown(rows));
  EXPECT_NE(shown(chunks).find("\"up\""), std::string::npos) << shown(chunks);
}

TEST_F(RecordForms, PagesGiveEachRecordOnceWhereManyHaveOneTime) {
  const Agent agent;
  std::vector<MetricRecord> records(500);
  for (size_t i = 0; i < records.size(); ++i) {
    // Two times of 200, and others around them.
    records[i].ts = begin_ + (i < 200   ? seconds{50}
                              : i < 400 ? seconds{60}
                                        : seconds{static_cast<int64_t>(i) - 400});
    records[i].input_tokens = static_cast<int64_t>(i);
  }
  std::ranges::shuffle(records, random_);
  const auto at = [&](long i) { return records.begin() + i; };
  commit(agent, {at(0), at(150)}, 3);
  commit(agent, {at(150), at(350)}, 40);
  execute("SELECT open_generation(max(gen) + 1) FROM generation");
  commit(agent, {at(350), at(420)}, 7);
  commit(agent, {at(420), at(500)}, 80);
  EXPECT_GT(count("metric_record", agent), 0);
  EXPECT_GT(count("metric_hot_chunk", agent), 0);
  const auto range =
      fmt::format("&start={}&end={}", format_rfc3339(begin_), format_rfc3339(begin_ + hours{1}));
  for (int limit : {7, 100, 199, 200, 201, 499, 500}) {
    std::vector<std::string> times;
    std::vector<int64_t> seen;
    std::string cursor;
    do {
      auto page =
          ask(person_, fmt::format("/api/v1/metrics?agent={}&step=raw&limit={}{}{}", agent.name,
                                   limit, range, cursor.empty() ? "" : "&cursor=" + cursor));
      size_t tokens = 0;
      while (page["columns"][tokens].text() != "input_tokens") ++tokens;
      for (const auto& row : page["rows"].items()) {
        times.push_back(row[0].text());
        seen.push_back(row[tokens].integer());
      }
      cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].text();
    } while (!cursor.empty());
    EXPECT_TRUE(std::ranges::is_sorted(times)) << limit;
    std::ranges::sort(seen);
    ASSERT_EQ(seen.size(), records.size()) << limit;
    for (size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], static_cast<int64_t>(i)) << limit;
  }
}

TEST_F(RecordForms, AreFoundByIndexInBothTables) {
  // As many agents as make a scan of everything the worst plan.
  std::vector<Agent> agents(30);
  for (const auto& agent : agents) {
    std::vector<MetricRecord> records(320);
    for (size_t i = 0; i < records.size(); ++i) {
      records[i].ts = begin_ + minutes{i};
      records[i].latency_us = static_cast<int64_t>(i * i);
    }
    commit(agent, {records.begin(), records.begin() + 120}, 7);
    commit(agent, {records.begin() + 120, records.end()}, 10);
  }
  execute("ANALYZE metric_record, metric_hot_chunk, agent");
  auto plan = [](const std::string& sql) {
    std::string text;
    // Of the few pages of other tests' generations a scan would be right.
    auto rows = execute(
        "SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN (COSTS OFF) " + sql);
    for (int row = 0; row < rows.size(); ++row) text.append(rows.text(row, 0)).append("\n");
    return text;
  };
  const auto& agent = agents[7];
  const auto source = storage::record_source(
      {.agents = {agent.id}, .start = begin_, .end = begin_ + hours{1}}, "latency_us");
  for (const auto& sql :
       {"SELECT avg(latency_us) FROM " + source + " r",
        fmt::format("SELECT * FROM recent_records('{}', now() - interval '1 minute', 5000)",
                    format_uuid(agent.id)),
        "SELECT sum(cost_nanos) FROM " +
            storage::correction_source(
                {.agents = {agent.id}, .start = begin_, .end = begin_ + hours{1}}, "cost_nanos") +
            " r",
        fmt::format("SELECT sum(cost_nanos) FROM usage_records('{{{}}}', now() - interval '1 h', "
                    "now(), '{{}}', 0)",
                    format_uuid(agent.id))}) {
    const auto text = plan(sql);
    EXPECT_EQ(text.find("Seq Scan on metric"), std::string::npos) << sql << "\n" << text;
    EXPECT_NE(text.find("using metric_record_g"), std::string::npos) << sql << "\n" << text;
    EXPECT_NE(text.find("using metric_hot_chunk_g"), std::string::npos) << sql << "\n" << text;
    EXPECT_EQ(text.find("Function Scan"), std::string::npos) << sql << "\n" << text;
  }
  const auto newest = plan(
      "SELECT a.agent_id, n.ts FROM agent a LEFT JOIN LATERAL newest_record(a.agent_id) n ON "
      "true");
  EXPECT_EQ(newest.find("Seq Scan on metric"), std::string::npos) << newest;
  EXPECT_EQ(newest.find("Sort\n"), std::string::npos) << newest;
  // What is not asked for is not opened.
  EXPECT_EQ(source.find("cost_nanos"), std::string::npos);
}

}  // namespace
}  // namespace sentinel
