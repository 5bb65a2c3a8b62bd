// An export is whole or visibly broken, is of one moment, and ends with its client.
#include <atomic>
#include <sstream>
#include <thread>

#include "contract/contract_test.hpp"
#include "services/exports/export_service.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;
using sentinel::testing::run;
using sentinel::testing::to_wire;

class ExportWhole : public ContractTest {
 protected:
  // What PostgreSQL says of an export that waits for its client.
  static constexpr std::string_view kBetweenSlices = "idle in transaction ClientRead";
  std::string agent_ = unique_name("whole");

  std::string path(std::string_view format) const {
    return fmt::format("/api/v1/export?agent={}&start=now-1d&end=now%2B1m&format={}", agent_,
                       format);
  }

  std::string question(std::string_view format) const {
    return to_wire("GET", path(format), "", bearer(read_key()));
  }

  void record(int number) const {
    store(fmt::format(R"({{"agent_id":"{0}","host":"{0}","input_tokens":{1}}})", agent_, number));
  }

  // More than one slice, each more than the sockets to a client that does not read can hold.
  void make_long() const {
    record(0);
    TestDatabase::shared().execute(fmt::format(
        "INSERT INTO sentinel.metric_record (agent_id, ts, gen, kind, attributes) SELECT agent_id, "
        "now() - i * interval '1 ms', (SELECT max(gen) FROM sentinel.generation), 's', "
        "jsonb_build_object('text', "
        "repeat(md5(i::text), 40)) FROM sentinel.agent, generate_series(1, 20000) i WHERE name = "
        "'{}'",
        agent_));
  }

  // Of the connections of exports: those that read records or names, or wait within a snapshot.
  static constexpr std::string_view kOfExports =
      "FROM pg_stat_activity WHERE usename = 'sentinel_db_api' AND state <> 'idle' AND "
      "(query LIKE 'COPY (%' OR query LIKE '%FROM host WHERE host_id%' OR state = 'idle in "
      "transaction')";

  // What they do now: "active ClientWrite", and the like, one a line.
  static std::string statements() {
    auto rows = TestDatabase::shared().execute(fmt::format(
        "SELECT coalesce(string_agg(state || ' ' || coalesce(wait_event, ''), E'\\n'), '') {}",
        kOfExports));
    return std::string(rows.text(0, 0));
  }

  static bool becomes(std::string_view wanted) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (statements() != wanted) {
      if (std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << "not '" << wanted << "' but '" << statements() << "'";
        return false;
      }
    }
    return true;
  }

  static void terminate() {
    TestDatabase::shared().execute(fmt::format("SELECT pg_terminate_backend(pid) {}", kOfExports));
  }

  static std::unique_ptr<postgres::Connection> with_hosts_locked() {
    auto endpoint = TestDatabase::shared().endpoint("");
    auto connection = run(postgres::Connection::open(endpoint.conninfo, "", "test"));
    if (!connection) throw std::runtime_error(connection.error().message);
    auto locked =
        run((*connection)->run("BEGIN; LOCK TABLE sentinel.host IN ACCESS EXCLUSIVE MODE"));
    if (!locked) throw std::runtime_error(locked.error().message);
    return std::move(*connection);
  }
};

TEST_F(ExportWhole, IsVisiblyBrokenWhenTheDatabaseFails) {
  make_long();
  for (const auto* format : {"csv", "json", "ndjson"}) {
    HttpConnection connection(stack().port());
    connection.send(question(format));
    EXPECT_EQ(connection.read_head().status, 200);
    ASSERT_TRUE(becomes(kBetweenSlices));
    terminate();
    const auto rest = connection.read_to_end();
    EXPECT_FALSE(rest.empty());
    EXPECT_FALSE(rest.ends_with("0\r\n\r\n")) << format;
    EXPECT_TRUE(becomes(""));
    // The next one has a connection that works.
    EXPECT_TRUE(http().get(path(format), bearer(read_key())).complete);
  }
}

TEST_F(ExportWhole, IsNoSpreadsheetWhenTheDatabaseFails) {
  record(1);
  auto lock = with_hosts_locked();
  HttpConnection connection(stack().port());
  connection.send(question("xlsx"));
  ASSERT_TRUE(becomes("active relation"));
  terminate();
  auto answer = kept(Contract::db_api(), "GET", "/api/v1/export", connection.read_answer());
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(Json::parse(answer.body)["code"].text(), "sqlstate_57P01");
}

TEST_F(ExportWhole, IsNoSpreadsheetWhereTheDiskHasNoRoom) {
  record(1);
  auto options = TestStack::all_services();
  options.db_api_options.export_folder = "/no/such/folder";
  TestStack other(std::move(options));
  auto answer = kept(Contract::db_api(), "GET", "/api/v1/export",
                     HttpClient(other.port()).get(path("xlsx"), bearer(read_key())));
  EXPECT_EQ(
      problem_of(answer),
      "503 export_folder_unusable: the folder /no/such/folder for spreadsheets cannot be used: "
      "No such file or directory");
  EXPECT_TRUE(HttpClient(other.port()).get(path("csv"), bearer(read_key())).complete);
}

TEST_F(ExportWhole, EndsWithItsClientInMidStream) {
  make_long();
  for (const auto* format : {"csv", "json", "ndjson"}) {
    HttpConnection connection(stack().port());
    connection.send(question(format));
    EXPECT_EQ(connection.read_head().status, 200);
    ASSERT_TRUE(becomes(kBetweenSlices));
    connection.cut();
    EXPECT_TRUE(becomes("")) << format;
  }
}

// The lock stays, so that nothing but its being cancelled ends the statement.
TEST_F(ExportWhole, EndsWithItsClientBeforeTheFirstByte) {
  record(1);
  auto lock = with_hosts_locked();
  for (const auto* format : {"csv", "json", "ndjson", "xlsx"}) {
    // More than there are connections for exports: each gives back its place.
    for (int i = 0; i < 5; ++i) {
      auto connection = std::make_unique<HttpConnection>(stack().port());
      connection->send(question(format));
      ASSERT_TRUE(becomes("active relation")) << format;
      connection.reset();
      ASSERT_TRUE(becomes("")) << format;
    }
  }
}

// Slices are read one after the other; what is committed between them is of none.
TEST_F(ExportWhole, IsOfOneMomentAcrossItsSlices) {
  const auto begin = now() - 10h;
  std::string records = "[";
  for (int i = 0; i < 1000; ++i) {
    records += fmt::format(R"({}{{"agent_id":"{}","timestamp":"{}","input_tokens":{}}})",
                           i == 0 ? "" : ",", agent_, format_rfc3339(begin + i * 30s), i);
  }
  store(records + "]");
  auto ids = TestDatabase::shared().execute(
      fmt::format("SELECT agent_id FROM sentinel.agent WHERE name = '{}'", agent_));
  postgres::Database database(TestDatabase::shared().endpoint("sentinel_db_api"));
  query::SumsReader sums(database);
  query::Names names;
  const auto columns = exports::find_columns({"input_tokens"}).value();
  auto open = [&] {
    auto rows = run(query::SnapshotRows::open(
        database, sums,
        {.agents = {parse_uuid(ids.text(0, 0)).value()}, .start = begin - 1h, .end = begin + 20h},
        columns, {.first_records = 10, .records = 40}));
    EXPECT_TRUE(rows) << rows.error().message;
    return std::move(*rows);
  };
  int slices = 0;
  auto all = [&](query::SnapshotRows& rows, const std::function<void()>& between) {
    std::string text;
    for (;;) {
      auto slice = run(rows.next(names));
      EXPECT_TRUE(slice) << slice.error().message;
      if (!slice || !*slice) return text;
      ++slices;
      query::RecordText fields(names, (*slice)->priced, (*slice)->records);
      for (size_t i = 0; i < (*slice)->records.size(); ++i) {
        text.append(fields.field(i, *columns.front()).value_or("none")).append("\n");
      }
      between();
    }
  };
  std::string wanted;
  for (int i = 0; i < 1000; ++i) wanted += fmt::format("{}\n", i);
  auto rows = open();
  EXPECT_EQ(rows.estimated_rows(), 1000);
  int late = 0;
  auto post_everywhere = [&] {
    if (late++ >= 20) return;
    store(records + "]");
  };
  EXPECT_EQ(all(rows, post_everywhere), wanted);
  EXPECT_GT(slices, 5);
  EXPECT_EQ(rows_of(agent_), 21'000);
  auto after = open();
  EXPECT_EQ(after.estimated_rows(), 21'000);
}

// Records that take more room than one slice may: those of one time stay together all the same.
TEST_F(ExportWhole, ReadsWhatIsTooLargeInParts) {
  const auto begin = now() - 5h;
  std::string records = "[";
  for (int i = 0; i < 900; ++i) {
    // A third of them at one time.
    const auto at = begin + (i < 300 ? i * 1s : i < 600 ? 400s : i * 1s);
    records += fmt::format(
        R"({}{{"agent_id":"{}","timestamp":"{}","input_tokens":{},"attributes":{{"text":"{:x>900}"}}}})",
        i == 0 ? "" : ",", agent_, format_rfc3339(at), i, "");
  }
  store(records + "]");
  auto ids = TestDatabase::shared().execute(
      fmt::format("SELECT agent_id FROM sentinel.agent WHERE name = '{}'", agent_));
  postgres::Database database(TestDatabase::shared().endpoint("sentinel_db_api"));
  query::SumsReader sums(database);
  query::Names names;
  const auto columns = exports::find_columns({"input_tokens", "attributes"}).value();
  for (const bool newest_first : {false, true}) {
    auto rows = run(query::SnapshotRows::open(
        database, sums,
        {.agents = {parse_uuid(ids.text(0, 0)).value()}, .start = begin - 1h, .end = begin + 1h},
        columns, {.bytes = 100'000, .newest_first = newest_first}));
    ASSERT_TRUE(rows) << rows.error().message;
    std::vector<std::vector<int>> slices;
    for (;;) {
      auto slice = run(rows->next(names));
      ASSERT_TRUE(slice) << slice.error().message;
      if (!*slice) break;
      query::RecordText fields(names, (*slice)->priced, (*slice)->records);
      auto& read = slices.emplace_back();
      for (size_t i = 0; i < (*slice)->records.size(); ++i) {
        read.push_back(std::stoi(std::string(fields.field(i, *columns.front()).value())));
      }
    }
    EXPECT_GT(slices.size(), 8u);
    if (newest_first) std::ranges::reverse(slices);
    std::vector<int> all;
    for (const auto& slice : slices) all.insert(all.end(), slice.begin(), slice.end());
    ASSERT_EQ(all.size(), 900u);
    for (int i = 0; i < 900; ++i) ASSERT_EQ(all[static_cast<size_t>(i)], i);
    for (const auto& slice : slices) {
      const auto at_once = std::ranges::count_if(slice, [](int i) { return i >= 300 && i < 600; });
      EXPECT_TRUE(at_once == 0 || at_once == 300) << at_once;
      EXPECT_LE(slice.size() - static_cast<size_t>(at_once), 120u);
    }
  }
}

TEST_F(ExportWhole, HoldsWhatWasCommittedBeforeItAndNothingTwice) {
  record(0);
  std::atomic<int> sent = 0, acknowledged = 0;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    while (!done) {
      record(++sent);
      ++acknowledged;
    }
  });
  for (int i = 0; i < 20; ++i) {
    const int before = acknowledged;
    auto answer = http().get(path("ndjson") + "&column=input_tokens", bearer(read_key()));
    const int after = sent;
    EXPECT_TRUE(answer.complete);
    std::vector<int64_t> numbers;
    std::istringstream text(answer.body);
    for (std::string line; std::getline(text, line);) {
      numbers.push_back(Json::parse(line)["input_tokens"].integer());
    }
    // One writer commits one after the other: whatever the moment, there is no gap before it.
    EXPECT_GE(std::ssize(numbers), before + 1);
    EXPECT_LE(std::ssize(numbers), after + 1);
    for (size_t n = 0; n < numbers.size(); ++n) ASSERT_EQ(numbers[n], static_cast<int64_t>(n));
  }
  done = true;
  writer.join();
}

}  // namespace
}  // namespace sentinel
