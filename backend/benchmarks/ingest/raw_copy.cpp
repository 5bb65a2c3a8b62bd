// The ceiling: Sentinel's own tuples by binary COPY and nothing else, on a few connections.
//
// Each connection has one thread that sends a transaction of --batch rows and waits for its end,
// again and again. The tuples are made before, by Sentinel's encoder; only their times are new.
// Prints one line of JSON with the fields of ingest-load, one batch being a request.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/secret.hpp"
#include "record_text.hpp"
#include "services/ingest/copy_encoder.hpp"
#include "services/storage/chunk_encoder.hpp"
#include "services/storage/copy_stream.hpp"

namespace sentinel::benchmarks {

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string conninfo;
  std::string table = "sentinel.metric_record_g1";
  unsigned connections = 2;
  unsigned batch = 1000;
  double duration_s = 10;
  double warmup_s = 1;
};

constexpr size_t kAgents = 50;

// The eight values of the benchmark's record.
std::string new_tuple(Random& random, const std::vector<Uuid>& agents) {
  models::MetricRecord record;
  const uint64_t bits = random.next(), more = random.next();
  auto between = [](uint64_t number, int64_t low, int64_t high) {
    return low + static_cast<int64_t>(number % static_cast<uint64_t>(high - low));
  };
  record.latency_us = between(bits, 100'000, 1'000'000);
  record.cost_nanos = 1000 * between(bits >> 20, 1, 10'000);
  record.input_tokens = between(bits >> 34, 1000, 10'000);
  record.output_tokens = between(bits >> 48, 100, 1000);
  record.cpu_centipercent = between(more, 1000, 10'000);
  record.gpu_centipercent = between(more >> 16, 1000, 10'000);
  record.memory_bytes = 1'000'000 * between(more >> 32, 100, 1000) + 500'000;
  record.error = false;
  std::string tuple;
  ingest::append_tuple(tuple, record,
                       {.agent = agents[(more >> 48) % kAgents], .model = 1, .host = std::nullopt},
                       Timestamp{});
  return tuple;
}

class Copier {
 public:
  Copier(const Options& options, Clock::time_point begin) : options_(options), begin_(begin) {
    std::vector<Uuid> agents(kAgents);
    for (auto& agent : agents) agent = random_uuid();
    Random random;
    data_ = storage::copy_header();
    for (unsigned i = 0; i < options.batch; ++i) {
      times_.push_back(data_.size() + kTimeAt);
      data_ += new_tuple(random, agents);
    }
    data_ += storage::copy_trailer();
  }
  ~Copier() { PQfinish(connection_); }

  bool connect() {
    connection_ = PQconnectdb(options_.conninfo.c_str());
    return PQstatus(connection_) == CONNECTION_OK || complain();
  }

  void run() {
    const auto from = begin_ + to_duration(options_.warmup_s);
    const auto end = from + to_duration(options_.duration_s);
    const auto statement =
        fmt::format("COPY {} ({}) FROM STDIN BINARY", options_.table, storage::record_columns());
    for (auto now = begin_; now < end && ok_;) {
      set_times();
      ok_ = copy(statement);
      const auto then = std::exchange(now, Clock::now());
      if (!ok_) break;
      ++total_;
      if (now >= from && now < end)
        latencies_.push_back(std::chrono::nanoseconds{now - then}.count());
    }
  }

  bool ok() const { return ok_; }
  uint64_t total() const { return total_; }
  const std::vector<int64_t>& latencies() const { return latencies_; }

 private:
  // After the count of columns come the agent (a length and 16 bytes) and the length of the time.
  static constexpr size_t kTimeAt = 2 + 4 + 16 + 4;
  static constexpr int64_t kPostgresEpochUs = 946'684'800'000'000;

  static Clock::duration to_duration(double value_s) {
    return std::chrono::nanoseconds{static_cast<int64_t>(value_s * 1e9)};
  }

  bool complain() {
    fmt::print(stderr, "ingest-copy: {}", PQerrorMessage(connection_));
    return false;
  }

  void set_times() {
    int64_t time =
        now().time_since_epoch().count() - kPostgresEpochUs - static_cast<int64_t>(times_.size());
    for (size_t at : times_) {
      const int64_t swapped = std::byteswap(++time);
      std::memcpy(data_.data() + at, &swapped, sizeof swapped);
    }
  }

  bool ends_with(ExecStatusType wanted, PGresult* result) {
    const bool good = PQresultStatus(result) == wanted;
    PQclear(result);
    return good || complain();
  }

  bool copy(const std::string& statement) {
    if (!ends_with(PGRES_COPY_IN, PQexec(connection_, statement.c_str()))) return false;
    if (PQputCopyData(connection_, data_.data(), static_cast<int>(data_.size())) != 1 ||
        PQputCopyEnd(connection_, nullptr) != 1)
      return complain();
    if (!ends_with(PGRES_COMMAND_OK, PQgetResult(connection_))) return false;
    return PQgetResult(connection_) == nullptr;
  }

  const Options& options_;
  Clock::time_point begin_;
  PGconn* connection_ = nullptr;
  std::string data_;
  std::vector<size_t> times_;  // where in data_ the time of each tuple is
  bool ok_ = true;
  uint64_t total_ = 0;
  std::vector<int64_t> latencies_;
};

double quantile_ms(std::vector<int64_t>& sorted_ns, double share) {
  if (sorted_ns.empty()) return 0;
  auto index = static_cast<size_t>(share * static_cast<double>(sorted_ns.size() - 1) + 0.5);
  return static_cast<double>(sorted_ns[index]) / 1e6;
}

}  // namespace

}  // namespace sentinel::benchmarks

int main(int argc, char** argv) {
  using namespace sentinel::benchmarks;
  Options options;
  CLI::App app{"Copies Sentinel's tuples into a partition and prints rate and latency as JSON"};
  app.add_option("--database-url", options.conninfo)->required();
  app.add_option("--table", options.table, "a partition of metric_record");
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 64));
  app.add_option("--batch", options.batch, "rows a transaction")->check(CLI::Range(1, 100'000));
  app.add_option("--duration", options.duration_s, "seconds that are measured");
  app.add_option("--warmup", options.warmup_s, "seconds before, not measured");
  CLI11_PARSE(app, argc, argv);

  std::vector<std::unique_ptr<Copier>> copiers;
  for (unsigned i = 0; i < options.connections; ++i) {
    copiers.push_back(std::make_unique<Copier>(options, Clock::now()));
    if (!copiers.back()->connect()) return 1;
  }
  std::vector<std::thread> threads;
  for (auto& copier : copiers) threads.emplace_back([&copier] { copier->run(); });
  for (auto& thread : threads) thread.join();

  std::vector<int64_t> latencies;
  uint64_t total = 0;
  for (const auto& copier : copiers) {
    if (!copier->ok()) return 1;
    latencies.insert(latencies.end(), copier->latencies().begin(), copier->latencies().end());
    total += copier->total();
  }
  std::ranges::sort(latencies);
  const double rate = static_cast<double>(latencies.size()) / options.duration_s;
  fmt::print(
      R"({{"mode":"copy","connections":{},"batch":{},"seconds":{},"ok":{},"errors":0,"ok_total":{},"rps":{:.1f},)"
      R"("records_per_s":{:.0f},"p50_ms":{:.3f},"p90_ms":{:.3f},"p99_ms":{:.3f},"p999_ms":{:.3f},"max_ms":{:.3f}}})"
      "\n",
      options.connections, options.batch, options.duration_s, latencies.size(), total, rate,
      rate * options.batch, quantile_ms(latencies, 0.5), quantile_ms(latencies, 0.9),
      quantile_ms(latencies, 0.99), quantile_ms(latencies, 0.999), quantile_ms(latencies, 1));
  return 0;
}
