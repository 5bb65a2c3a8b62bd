// GET /api/v1/export: every record of the filter, as CSV and NDJSON that others can read.
#include "base/json_writer.hpp"
#include "contract/contract_test.hpp"
#include "http/compression.hpp"
#include "support/xlsx.hpp"

namespace sentinel {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

using Table = std::vector<std::vector<std::string>>;

// A strict reader of RFC 4180: CRLF ends a line, quotes are doubled, nothing follows a closing
// quote.
Table read_csv(std::string_view text) {
  Table rows(1);
  std::string cell;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else {
        quoted = false;
        char next = i + 1 < text.size() ? text[i + 1] : ',';
        if (next != ',' && next != '\r') throw std::runtime_error("text after a closing quote");
      }
    } else if (c == '"') {
      if (!cell.empty()) throw std::runtime_error("a quote within a bare cell");
      quoted = true;
    } else if (c == ',') {
      rows.back().push_back(std::exchange(cell, {}));
    } else if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      rows.back().push_back(std::exchange(cell, {}));
      rows.emplace_back();
      ++i;
    } else if (c == '\r' || c == '\n') {
      throw std::runtime_error("a line that does not end with CRLF");
    } else {
      cell += c;
    }
  }
  if (quoted || !rows.back().empty() || !cell.empty())
    throw std::runtime_error("the last line has no end");
  rows.pop_back();
  return rows;
}

class Export : public ContractTest {
 protected:
  std::string agent_ = unique_name("export");

  static Answer ask(const std::string& query, Headers headers = bearer(read_key())) {
    auto answer = get("/api/v1/export", query, std::move(headers));
    EXPECT_TRUE(answer.complete);
    return answer;
  }

  std::string of_agent(std::string_view more = "") const {
    return fmt::format("agent={}&start=now-1d&end=now%2B1m{}{}", percent_encode(agent_),
                       more.empty() ? "" : "&", more);
  }

  void record(std::string_view members) {
    store(fmt::format(R"({{"agent_id":"{}",{}}})", agent_, members));
  }

  static std::vector<Json> lines(const std::string& text) {
    std::vector<Json> found;
    for (size_t begin = 0; begin < text.size();) {
      size_t end = text.find('\n', begin);
      EXPECT_NE(end, text.npos) << "the last line has no end";
      if (end == text.npos) break;
      found.push_back(Json::parse(std::string_view(text).substr(begin, end - begin)));
      begin = end + 1;
    }
    return found;
  }
};

TEST_F(Export, IsCsvThatASpreadsheetOpens) {
  record(R"("latency_ms":1.5,"cost_usd":0.000000001,)"
         R"("model":"a,\"b\"","attributes":{"k":"x,\"y\"\n"})");
  auto answer = ask(of_agent(
      "column=agent&column=latency_ms&column=cost_usd&column=model&column=attributes&column=host"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "text/csv; charset=utf-8");
  EXPECT_EQ(answer.header("content-disposition"), "attachment; filename=\"sentinel.csv\"");
  EXPECT_EQ(answer.header("cache-control"), "no-store");
  EXPECT_THAT(
      read_csv(answer.body),
      ElementsAre(
          ElementsAre("agent", "latency_ms", "cost_usd", "model", "attributes", "host"),
          ElementsAre(agent_, "1.5", "0.000000001", "a,\"b\"", R"({"k": "x,\"y\"\n"})", "")));
}

TEST_F(Export, HasTheColumnsOfARawRecord) {
  record("\"latency_ms\":1");
  auto raw = Json::parse(get("/api/v1/metrics", of_agent("step=raw")).body);
  std::vector<std::string> columns;
  for (const auto& column : raw["columns"].items()) columns.push_back(column.text());
  EXPECT_EQ(read_csv(ask(of_agent()).body).at(0), columns);
  std::vector<std::string> members;
  auto line = lines(ask(of_agent("format=ndjson")).body).at(0);
  for (const auto& [name, value] : line.members()) members.push_back(name);
  EXPECT_EQ(members, columns);
}

// OWASP: what begins like a formula gets a quote in front.
TEST_F(Export, KeepsFormulasFromRunning) {
  for (std::string name : {"=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "=\"a\",b"}) {
    agent_ = unique_name(name + " ");
    std::string escaped;
    append_json_string(escaped, agent_);
    store(fmt::format(R"({{"agent_id":{},"model":"=m","provider":"+p","host":"@h"}})", escaped));
    auto table =
        read_csv(ask(of_agent("column=agent&column=model&column=provider&column=host")).body);
    EXPECT_THAT(table.at(1), ElementsAre("'" + agent_, "'=m", "'+p", "'@h"));
    // A program that reads NDJSON runs no formulas: it gets the names as they are.
    EXPECT_EQ(lines(ask(of_agent("format=ndjson&column=agent")).body).at(0)["agent"].text(),
              agent_);
  }
}

// Names of ours are checked on their way in; who writes into the database is not.
TEST_F(Export, KeepsFormulasFromRunningWhateverTheDatabaseHolds) {
  record("\"latency_ms\":1");
  const auto model = unique_name("m");
  for (const auto* begin : {"\\t", "\\r", "="}) {
    TestDatabase::shared().execute(fmt::format(
        "WITH m AS (INSERT INTO sentinel.model (name) VALUES (E'{0}{1}') RETURNING model_id) "
        "INSERT "
        "INTO sentinel.metric_record (agent_id, ts, gen, kind, model_id) SELECT agent_id, now(), "
        "(SELECT max(gen) FROM sentinel.generation), 's', (SELECT model_id FROM m) FROM "
        "sentinel.agent WHERE name = '{2}'",
        begin, model, agent_));
  }
  auto body = ask(of_agent("column=model")).body;
  EXPECT_EQ(body, fmt::format("model\r\n\r\n'\t{0}\r\n\"'\r{0}\"\r\n'={0}\r\n", model));
}

TEST_F(Export, KeepsNamesOfCustomMetricsThatAreHardToWrite) {
  const std::string names = R"({"a \"quoted\" name":1,"with, comma":2,"=1+1":3,"-x":4,"@y":5})";
  record("\"custom_metrics\":" + names);
  auto cell = read_csv(ask(of_agent("column=custom_metrics")).body).at(1).at(0);
  EXPECT_EQ(Json::parse(cell).dump(),
            lines(ask(of_agent("format=ndjson&column=custom_metrics")).body)
                .at(0)["custom_metrics"]
                .dump());
  auto read = Json::parse(cell);
  EXPECT_EQ(read["a \"quoted\" name"].number(), 1);
  EXPECT_EQ(read["with, comma"].number(), 2);
  EXPECT_EQ(read["=1+1"].number(), 3);
  EXPECT_EQ(read["-x"].number(), 4);
  EXPECT_EQ(read["@y"].number(), 5);
  // A line break in a name is escaped, or refused on its way in; either way it ends no line.
  post_metrics(fmt::format(R"({{"agent_id":"{}","custom_metrics":{{"two\r\nlines":6}}}})", agent_));
  for (const auto& row : read_csv(ask(of_agent("column=custom_metrics")).body)) {
    EXPECT_EQ(row.size(), 1u);
    EXPECT_EQ(row[0].find('\n'), row[0].npos);
  }
}

TEST_F(Export, KeepsNamesThatAreHardToWrite) {
  for (std::string name : {"a \"quoted\" name", "with, comma", "back\\slash",
                           "gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x80", "'single'", "\\N", "\\."}) {
    agent_ = unique_name(name);
    std::string escaped;
    append_json_string(escaped, agent_);
    ASSERT_EQ(post_metrics(fmt::format(R"({{"agent_id":{},"model":{}}})", escaped, escaped)).status,
              201);
    EXPECT_THAT(read_csv(ask(of_agent("column=agent&column=model")).body).at(1),
                ElementsAre(agent_, agent_));
    auto line = lines(ask(of_agent("format=ndjson&column=agent&column=model")).body).at(0);
    EXPECT_EQ(line["agent"].text(), agent_);
    EXPECT_EQ(line["model"].text(), agent_);
  }
}

TEST_F(Export, IsNdjsonOneRecordALine) {
  auto time = format_rfc3339(std::chrono::floor<std::chrono::seconds>(now()) - 1h);
  record(fmt::format(R"("timestamp":"{}","latency_ms":1.5,"attributes":{{"path":"C:\\temp\\new",)"
                     R"("text":"a\nb\t\"c\"","u":"\u00fc"}},)"
                     R"("custom_metrics":{{"x":2.5}})",
                     time));
  auto answer = ask(of_agent("format=ndjson"));
  EXPECT_EQ(answer.header("content-type"), "application/x-ndjson");
  EXPECT_EQ(answer.header("content-disposition"), "attachment; filename=\"sentinel.ndjson\"");
  auto line = lines(answer.body).at(0);
  EXPECT_EQ(parse_rfc3339(line["timestamp"].text()).value(), parse_rfc3339(time).value());
  EXPECT_EQ(line["latency_ms"].number(), 1.5);
  EXPECT_EQ(line["attributes"]["path"].text(), "C:\\temp\\new");
  EXPECT_EQ(line["attributes"]["text"].text(), "a\nb\t\"c\"");
  EXPECT_EQ(line["attributes"]["u"].text(), "\xc3\xbc");
  EXPECT_EQ(line["custom_metrics"]["x"].number(), 2.5);
  EXPECT_TRUE(line["model"].is_null());
}

TEST_F(Export, IsJsonOneArrayOfTheSameObjects) {
  for (int i = 0; i < 3; ++i) record(R"("latency_ms":1.5,"attributes":{"text":"a\nb\\c"})");
  auto answer = ask(of_agent("format=json"));
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(answer.header("content-disposition"), "attachment; filename=\"sentinel.json\"");
  auto all = Json::parse(answer.body);
  auto by_line = lines(ask(of_agent("format=ndjson")).body);
  ASSERT_EQ(all.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(all[i].dump(), by_line.at(i).dump());
}

TEST_F(Export, HoldsEveryRowOfTheDatabaseOnceAndInOrder) {
  constexpr int kRows = 12'000;  // some pieces of 256 KiB
  std::string body;
  for (int i = 0; i < kRows; ++i) {
    body += fmt::format(R"({{"agent_id":"{}","timestamp":"{}","input_tokens":{},)"
                        R"("attributes":{{"text":"back\\slash, \"quote\""}}}})",
                        agent_, ago(Microseconds{1h} - std::chrono::milliseconds{i}), i) +
            "\n";
    if (i % 6000 != 5999) continue;
    auto headers = bearer(ingest_key());
    headers["Content-Type"] = "application/x-ndjson";
    ASSERT_EQ(post_metrics(std::exchange(body, {}), headers).status, 201);
  }
  ASSERT_EQ(rows_of(agent_), kRows);
  auto table = read_csv(ask(of_agent("column=input_tokens&column=attributes")).body);
  ASSERT_EQ(table.size(), static_cast<size_t>(kRows) + 1);
  auto all = lines(ask(of_agent("format=ndjson&column=input_tokens&column=attributes")).body);
  ASSERT_EQ(all.size(), static_cast<size_t>(kRows));
  for (int i = 0; i < kRows; ++i) {
    auto at = static_cast<size_t>(i);
    ASSERT_EQ(table[at + 1][0], std::to_string(i));
    ASSERT_EQ(table[at + 1][1], R"({"text": "back\\slash, \"quote\""})");
    ASSERT_EQ(all[at]["input_tokens"].integer(), i);
    ASSERT_EQ(all[at]["attributes"]["text"].text(), "back\\slash, \"quote\"");
  }
}

TEST_F(Export, KeepsToAgentsAndRange) {
  auto other = unique_name("export");
  record(fmt::format(R"("input_tokens":1,"timestamp":"{}")", ago(3h)));
  record(fmt::format(R"("input_tokens":2,"timestamp":"{}")", ago(1h)));
  store(fmt::format(R"({{"agent_id":"{}","input_tokens":3,"timestamp":"{}"}})", other, ago(1h)));
  auto tokens = [](const std::string& query) {
    std::vector<std::string> found;
    auto table = read_csv(ask(query + "&column=input_tokens").body);
    for (size_t i = 1; i < table.size(); ++i) found.push_back(table[i][0]);
    return found;
  };
  EXPECT_THAT(tokens(fmt::format("agent={}&start=now-2h", agent_)), ElementsAre("2"));
  EXPECT_THAT(tokens(fmt::format("agent={}&start=now-4h&end=now-2h", agent_)), ElementsAre("1"));
  EXPECT_THAT(tokens(fmt::format("agent={}&agent={}&start=now-2h", agent_, other)),
              ::testing::UnorderedElementsAre("2", "3"));
  EXPECT_THAT(tokens(fmt::format("agent={}&start=now-10m", agent_)), ElementsAre());
}

TEST_F(Export, OfNothingIsAHeaderOrNothing) {
  record("\"latency_ms\":1");
  auto query = fmt::format("agent={}&start=now-2d&end=now-1d", agent_);
  EXPECT_EQ(ask(query + "&column=latency_ms").body, "latency_ms\r\n");
  EXPECT_EQ(ask(query + "&format=ndjson").body, "");
  EXPECT_EQ(ask(query + "&format=json").body, "[]\n");
}

TEST_F(Export, SaysHowManyRowsAreToCome) {
  for (int i = 0; i < 3; ++i) record("\"latency_ms\":1");
  store(fmt::format(R"({{"agent_id":"{}","timestamp":"{}"}})", agent_, ago(49h)));
  auto rows = [](const std::string& query) {
    const auto answer = http().head("/api/v1/export?" + query, bearer(read_key()));
    return std::string(answer.header("sentinel-estimated-rows"));
  };
  for (const auto* format : {"csv", "json", "ndjson", "xlsx"}) {
    EXPECT_EQ(rows(of_agent(fmt::format("format={}", format))), "3");
    EXPECT_EQ(ask(of_agent(fmt::format("format={}", format))).header("sentinel-estimated-rows"),
              "3");
  }
  EXPECT_EQ(rows(fmt::format("agent={}&start=now-3d", agent_)), "4");
  EXPECT_EQ(rows(fmt::format("agent={}&start=now-3d&end=now-1d", agent_)), "1");
  EXPECT_EQ(rows(fmt::format("agent={}&start=now-1s&end=now", agent_)).size(), 1u);
}

TEST_F(Export, IsPackedForThoseWhoAskForIt) {
  for (int i = 0; i < 10; ++i) record(R"("attributes":{"text":"some words"})");
  for (const auto* format : {"csv", "json", "ndjson"}) {
    const auto query = of_agent(fmt::format("format={}", format));
    auto headers = bearer(read_key());
    const auto plain = ask(query, headers).body;
    headers["Accept-Encoding"] = "gzip";
    auto packed = http().get("/api/v1/export?" + query, headers);
    EXPECT_EQ(packed.header("content-encoding"), "gzip");
    EXPECT_TRUE(packed.complete);
    EXPECT_LT(packed.body.size(), plain.size());
    EXPECT_EQ(http::gunzip(packed.body, 1 << 20).value_or("not gzip"), plain);
    headers["Accept-Encoding"] = "gzip, zstd";
    packed = http().get("/api/v1/export?" + query, headers);
    EXPECT_EQ(packed.header("content-encoding"), "zstd");
    EXPECT_EQ(http::unzstd(packed.body, 1 << 20).value_or("not zstd"), plain);
  }
}

TEST_F(Export, IsASpreadsheetWithTypes) {
  const auto time = std::chrono::floor<std::chrono::days>(now()) - 12h;
  record(fmt::format(R"("timestamp":"{}","latency_ms":1.5,"cost_usd":0.25,"input_tokens":7,)"
                     R"("model":"=1+1","attributes":{{"k":"x,\"y\"<&>\n"}})",
                     format_rfc3339(time)));
  record("\"latency_ms\":2");
  auto answer =
      ask(fmt::format("agent={}&start=now-3d&end=now%2B1m&format=xlsx&column=timestamp&column="
                      "agent&column=latency_ms&column=cost_usd&column=input_tokens&column="
                      "model&column=attributes",
                      agent_));
  EXPECT_EQ(answer.header("content-type"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
  EXPECT_EQ(answer.header("content-disposition"), "attachment; filename=\"sentinel.xlsx\"");
  EXPECT_EQ(answer.header("content-length"), std::to_string(answer.body.size()));
  auto cells = sentinel::testing::read_cells(
      sentinel::testing::read_zip(answer.body)["xl/worksheets/sheet1.xml"]);
  auto text = [&](const std::string& cell) {
    EXPECT_EQ(cells[cell].kind, sentinel::testing::XlsxCell::Kind::Text) << cell;
    return cells[cell].value;
  };
  auto number = [&](const std::string& cell) {
    EXPECT_EQ(cells[cell].kind, sentinel::testing::XlsxCell::Kind::Number) << cell;
    return std::stod(cells[cell].value);
  };
  EXPECT_EQ(text("A1"), "timestamp");
  EXPECT_EQ(text("G1"), "attributes");
  EXPECT_EQ(number("A2"),
            25'569 - 0.5 +
                static_cast<double>(
                    std::chrono::floor<std::chrono::days>(now()).time_since_epoch().count()));
  EXPECT_EQ(text("B2"), agent_);
  EXPECT_EQ(number("C2"), 1.5);
  EXPECT_EQ(number("D2"), 0.25);
  EXPECT_EQ(number("E2"), 7);
  EXPECT_EQ(text("F2"), "=1+1");  // a text, which no spreadsheet runs
  EXPECT_EQ(text("G2"), R"({"k": "x,\"y\"<&>\n"})");
  EXPECT_EQ(number("C3"), 2);
  EXPECT_FALSE(cells.contains("F3"));
}

TEST_F(Export, AnswersHeadWithItsHeadersAlone) {
  record("\"latency_ms\":1");
  auto answer = http().head("/api/v1/export?" + of_agent(), bearer(read_key()));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "text/csv; charset=utf-8");
  EXPECT_EQ(answer.body, "");
}

TEST_F(Export, IsRefusedWithTheReason) {
  record("\"latency_ms\":1");
  auto refused = [&](std::string_view rest) {
    return problem_of(get("/api/v1/export", fmt::format("agent={}&{}", agent_, rest)));
  };
  EXPECT_EQ(refused("format=xml"),
            "400 format_unknown: format 'xml' is unknown; it is csv, json, ndjson or xlsx");
  EXPECT_EQ(refused("column=secrets"), "400 column_unknown: there is no column 'secrets'");
  EXPECT_EQ(refused("columns=agent"),
            "400 parameter_unknown: there is no parameter 'columns' here; there are agent, column, "
            "start, end, format");
  EXPECT_EQ(
      refused("start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"),
      "400 range_reversed: start 2026-01-02T00:00:00Z is not before end 2026-01-01T00:00:00Z");
  EXPECT_EQ(refused("start=noon"),
            "400 time_invalid: start: 'noon' is not a time: write 2026-11-22T20:45:00Z");
  EXPECT_EQ(refused("agent=nobody"), "404 agent_unknown: there is no agent 'nobody'");
}

// Clients that go away in the middle must give their connection to the database back.
TEST_F(Export, CanBeAbandonedAgainAndAgain) {
  std::string body;
  for (int i = 0; i < 5000; ++i) {
    body += fmt::format(R"({{"agent_id":"{}","attributes":{{"text":"{}"}}}})", agent_,
                        std::string(400, 'x')) +
            "\n";
  }
  auto headers = bearer(ingest_key());
  headers["Content-Type"] = "application/x-ndjson";
  ASSERT_EQ(post_metrics(body, headers).status, 201);
  for (int i = 0; i < 10; ++i) {
    HttpConnection connection(stack().port());
    connection.send(
        sentinel::testing::to_wire("GET", "/api/v1/export?" + of_agent(), "", bearer(read_key())));
    ASSERT_EQ(connection.read_head().status, 200);
    connection.cut();
  }
  EXPECT_EQ(read_csv(ask(of_agent("column=agent")).body).size(), 5001u);
}

}  // namespace
}  // namespace sentinel
