// Drives an HTTP server with metric records and prints what it saw as one line of JSON.
//
// Open loop (--rate): request i is due at start + i / rate, whatever became of the ones before it.
// Its latency counts from then, so that a server which stalls pays for every request that waited
// behind the stall. Closed loop (no --rate): each connection sends its next request when the answer
// to the last one is there.
//
// One thread, one epoll. Every body is new (record_text.hpp). An answer of 200, 201 or 204 counts
// as stored, and so does 202 (on the server's disk), which is also counted by itself.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "request_text.hpp"

namespace sentinel::benchmarks {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr auto kGraceMax = seconds{10};  // for the answers that are still out at the end
constexpr size_t kAnswerBytesMax = 64 * 1024;

struct Connection {
  int socket = -1;
  bool busy = false;
  std::string output;
  size_t sent = 0;
  std::string input;
  Clock::time_point due;
  Clock::time_point begun;
};

enum class Answer { Incomplete, Stored, Spooled, Refused, Broken };

// Only what a server of this benchmark may answer: a status line, Content-Length, and a body.
Answer read_answer(std::string_view input) {
  size_t head_end = input.find("\r\n\r\n");
  if (head_end == input.npos)
    return input.size() > kAnswerBytesMax ? Answer::Broken : Answer::Incomplete;
  std::string head(input.substr(0, head_end));
  std::ranges::transform(head, head.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (!head.starts_with("http/1.1 ")) return Answer::Broken;
  const auto status = head.substr(9, 3);
  constexpr std::string_view kLength = "\r\ncontent-length: ";
  size_t at = head.find(kLength);
  if (at == head.npos && status != "204") return Answer::Broken;
  size_t length = 0;
  if (at != head.npos)
    std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), length);
  if (input.size() < head_end + 4 + length) return Answer::Incomplete;
  if (input.size() > head_end + 4 + length) return Answer::Broken;
  if (status == "202") return Answer::Spooled;
  return status == "200" || status == "201" || status == "204" ? Answer::Stored : Answer::Refused;
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        request_(options_),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        connections_(options.connections) {
    size_t expected =
        static_cast<size_t>((options.rate > 0 ? options.rate : 60'000) * options.duration_s);
    latencies_.reserve(expected + 1000);
    delays_.reserve(expected + 1000);
  }
  ~Load() {
    for (auto& connection : connections_) close(connection.socket);
    close(epoll_);
  }

  // False when the server does not take connections.
  bool connect_all() {
    for (auto& connection : connections_) {
      if (!open(connection)) return false;
    }
    return true;
  }

  void run() {
    start_ = Clock::now();
    measured_from_ = start_ + to_duration(options_.warmup_s);
    end_ = measured_from_ + to_duration(options_.duration_s);
    if (options_.rate <= 0) {
      for (auto& connection : connections_) begin(connection, Clock::now());
    }
    while (Clock::now() < end_ + kGraceMax) {
      begin_what_is_due();
      if (Clock::now() >= end_ && busy_ == 0 && waiting_.empty()) break;
      wait_and_serve();
    }
    // What never came back is an error: so is what never found a free connection.
    errors_ += busy_ + waiting_.size();
  }

  void print() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto microseconds_of = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    double cpu_us = microseconds_of(usage.ru_utime) + microseconds_of(usage.ru_stime);
    double rps = static_cast<double>(latencies_.size()) / options_.duration_s;
    fmt::print(
        R"({{"mode":"{}","connections":{},"batch":{},"seconds":{},"sent":{},"ok":{},"errors":{},"ok_total":{},"spooled":{},"rps":{:.1f},)"
        R"("records_per_s":{:.0f},"p50_ms":{:.3f},"p90_ms":{:.3f},"p99_ms":{:.3f},"p999_ms":{:.3f},"max_ms":{:.3f},)"
        R"("send_delay_p99_ms":{:.3f},"generator_cpu_us_per_request":{:.1f}}})"
        "\n",
        options_.rate > 0 ? "open" : "closed", options_.connections, options_.batch,
        options_.duration_s, sent_, latencies_.size(), errors_, ok_total_, spooled_, rps,
        rps * options_.batch, quantile(latencies_, 0.5), quantile(latencies_, 0.9),
        quantile(latencies_, 0.99), quantile(latencies_, 0.999), quantile(latencies_, 1),
        quantile(delays_, 0.99), cpu_us / static_cast<double>(std::max<uint64_t>(sent_total_, 1)));
  }

 private:
  static Clock::duration to_duration(double value_s) {
    return nanoseconds{static_cast<int64_t>(value_s * 1e9)};
  }

  // In milliseconds, of values in nanoseconds.
  static double quantile(std::vector<int64_t>& values, double share) {
    if (values.empty()) return 0;
    size_t index = static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(index));
    return static_cast<double>(values[index]) / 1e6;
  }

  bool open(Connection& connection) {
    connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr);
    if (connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      return false;
    int on = 1;
    setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(connection.socket, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) == 0;
  }

  bool counts(Clock::time_point due) const { return due >= measured_from_ && due < end_; }

  void begin(Connection& connection, Clock::time_point due) {
    connection.due = due;
    connection.begun = Clock::now();
    connection.busy = true;
    connection.sent = 0;
    connection.input.clear();
    ++busy_;
    ++sent_total_;
    if (counts(due)) {
      ++sent_;
      delays_.push_back(nanoseconds{connection.begun - due}.count());
    }
    request_.write(connection.output);
    flush(connection);
  }

  void begin_what_is_due() {
    if (options_.rate <= 0) return;
    auto now = Clock::now();
    for (;;) {
      auto due = start_ + to_duration(static_cast<double>(scheduled_) / options_.rate);
      if (due > now || due >= end_) break;
      waiting_.push_back(due);
      ++scheduled_;
    }
    // Connections take turns, so that each of them is in use.
    for (size_t looked = 0; !waiting_.empty() && looked < connections_.size(); ++looked) {
      auto& connection = connections_[turn_++ % connections_.size()];
      if (connection.busy || connection.socket < 0) continue;
      begin(connection, waiting_.front());
      waiting_.pop_front();
    }
  }

  void flush(Connection& connection) {
    while (connection.sent < connection.output.size()) {
      ssize_t count = send(connection.socket, connection.output.data() + connection.sent,
                           connection.output.size() - connection.sent, MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return watch(connection, EPOLLIN | EPOLLOUT);
      if (count < 0) return fail(connection);
      connection.sent += static_cast<size_t>(count);
    }
  }

  void watch(Connection& connection, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket, &event);
  }

  void receive(Connection& connection) {
    char buffer[16 * 1024];
    ssize_t count = recv(connection.socket, buffer, sizeof buffer, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return fail(connection);
    connection.input.append(buffer, static_cast<size_t>(count));
    if (!connection.busy) return fail(connection);
    switch (read_answer(connection.input)) {
      case Answer::Incomplete:
        return;
      case Answer::Broken:
        return fail(connection);
      case Answer::Refused:
        note_error(connection.input.substr(0, 400));
        break;
      case Answer::Spooled:
        ++spooled_;
        [[fallthrough]];
      case Answer::Stored:
        ++ok_total_;
        // Open loop: what was due in the time. Closed loop: what was answered in it.
        if (auto now = Clock::now(); counts(options_.rate > 0 ? connection.due : now)) {
          latencies_.push_back(nanoseconds{now - connection.due}.count());
        }
        break;
    }
    connection.busy = false;
    --busy_;
    if (options_.rate <= 0 && Clock::now() < end_) begin(connection, Clock::now());
  }

  void note_error(const std::string& text) {
    if (errors_++ == 0) fmt::print(stderr, "ingest-load: first error: {}\n", text);
  }

  void fail(Connection& connection) {
    note_error(fmt::format("the connection broke ({})", std::strerror(errno)));
    if (connection.busy) --busy_;
    connection.busy = false;
    close(connection.socket);
    connection.socket = -1;
    if (Clock::now() < end_ && open(connection) && options_.rate <= 0)
      begin(connection, Clock::now());
  }

  void wait_and_serve() {
    epoll_event events[256];
    timespec patience{0, 10'000'000};
    if (options_.rate > 0) {
      auto due = start_ + to_duration(static_cast<double>(scheduled_) / options_.rate);
      auto left = std::clamp<int64_t>(nanoseconds{due - Clock::now()}.count(), 0, patience.tv_nsec);
      if (due < end_) patience.tv_nsec = static_cast<long>(left);
    }
    int count = epoll_pwait2(epoll_, events, 256, &patience, nullptr);
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (events[i].events & EPOLLOUT) {
        watch(connection, EPOLLIN);
        flush(connection);
      }
      if (events[i].events & ~EPOLLOUT && connection.socket >= 0) receive(connection);
    }
  }

  const Options& options_;
  RequestText request_;
  int epoll_;
  std::vector<Connection> connections_;
  std::deque<Clock::time_point> waiting_;  // due, and no connection is free
  Clock::time_point start_, measured_from_, end_;
  uint64_t scheduled_ = 0;
  size_t turn_ = 0;
  size_t busy_ = 0;
  uint64_t sent_ = 0, sent_total_ = 0, ok_total_ = 0, spooled_ = 0, errors_ = 0;
  std::vector<int64_t> latencies_;
  std::vector<int64_t> delays_;  // from due to the first byte sent
};

}  // namespace

}  // namespace sentinel::benchmarks

int main(int argc, char** argv) {
  sentinel::benchmarks::Options options;
  CLI::App app{"Sends metric records to an HTTP server and prints rate and latency as JSON"};
  app.add_option("--host", options.host, "address, IPv4");
  app.add_option("--port", options.port);
  app.add_option("--path", options.path);
  app.add_option("--key", options.key, "bearer token")->envname("BENCH_KEY");
  app.add_option("--form", options.form,
                 "what a record looks like: values, every-column, span, line, otlp")
      ->transform(CLI::Transformer(sentinel::benchmarks::kForms));
  app.add_option("--rate", options.rate,
                 "requests a second, sent on schedule; 0: each connection waits for its answer");
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 10'000));
  app.add_option("--batch", options.batch, "records a request")->check(CLI::Range(1, 10'000));
  app.add_option("--duration", options.duration_s, "seconds that are measured");
  app.add_option("--warmup", options.warmup_s, "seconds before, not measured");
  CLI11_PARSE(app, argc, argv);
  prctl(PR_SET_TIMERSLACK, 1);  // the schedule is kept to the microsecond, not to the usual 50
  sentinel::benchmarks::Load load(options);
  if (!load.connect_all()) {
    fmt::print(stderr, "ingest-load: cannot connect to {}:{}: {}\n", options.host, options.port,
               std::strerror(errno));
    return 1;
  }
  load.run();
  load.print();
  return 0;
}
