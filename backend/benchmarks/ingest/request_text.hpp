// The requests of the load generator: records whose text is new each time.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <iterator>
#include <string>
#include <string_view>

namespace sentinel::benchmarks {

struct Options {
  std::string host = "127.0.0.1";
  uint16_t port = 8000;
  std::string path = "/api/v1/metrics";
  std::string key;
  double rate = 0;  // requests a second; 0 is the closed loop
  unsigned connections = 64;
  unsigned batch = 1;
  double duration_s = 10;
  double warmup_s = 1;
};

// The record of the benchmark: agent, time, eight values, model and status. All fields have a fixed
// width.
inline constexpr std::string_view kRecord =
    R"({"agent_id":"agent-00","timestamp":"2000-01-01T00:00:00.000000Z","latency_ms":000.000,)"
    R"("cost_usd":0.000000,"input_tokens":0000,"output_tokens":000,"cpu_usage_percent":00.0,)"
    R"("gpu_usage_percent":00.0,"memory_usage_mb":000.5,"model":"gpt-4o-mini","status":"success"})";
constexpr size_t after(std::string_view name) { return kRecord.find(name) + name.size(); }
inline constexpr size_t kAgent = after("agent-");
inline constexpr size_t kTime = after(R"("timestamp":")");
inline constexpr size_t kLatency = after(R"("latency_ms":)");
inline constexpr size_t kCost = after(R"("cost_usd":0.)");
inline constexpr size_t kInput = after(R"("input_tokens":)");
inline constexpr size_t kOutput = after(R"("output_tokens":)");
inline constexpr size_t kCpu = after(R"("cpu_usage_percent":)");
inline constexpr size_t kGpu = after(R"("gpu_usage_percent":)");
inline constexpr size_t kMemory = after(R"("memory_usage_mb":)");

class RecordText {
 public:
  void append(std::string& out, int64_t unix_us) {
    size_t start = out.size();
    out += kRecord;
    char* at = out.data() + start;
    uint64_t bits = next();
    digits(at + kAgent, 2, bits % 50);
    write_time(at + kTime, unix_us);
    digits(at + kLatency, 3, 100 + (bits >> 8) % 900);
    digits(at + kLatency + 4, 3, (bits >> 20) % 1000);
    digits(at + kCost, 6, 1 + (bits >> 24) % 9999);
    bits = next();
    digits(at + kInput, 4, 1000 + bits % 9000);
    digits(at + kOutput, 3, 100 + (bits >> 14) % 900);
    digits(at + kCpu, 2, 10 + (bits >> 24) % 90);
    digits(at + kCpu + 3, 1, (bits >> 32) % 10);
    digits(at + kGpu, 2, 10 + (bits >> 36) % 90);
    digits(at + kGpu + 3, 1, (bits >> 44) % 10);
    digits(at + kMemory, 3, 100 + (bits >> 48) % 900);
  }

 private:
  static void digits(char* at, int count, uint64_t number) {
    for (int i = count - 1; i >= 0; --i, number /= 10) at[i] = static_cast<char>('0' + number % 10);
  }

  // The date is computed once a second.
  void write_time(char* at, int64_t unix_us) {
    int64_t second = unix_us / 1'000'000;
    if (second != second_) {
      second_ = second;
      std::tm parts{};
      time_t time = second;
      gmtime_r(&time, &parts);
      std::strftime(date_, sizeof date_, "%Y-%m-%dT%H:%M:%S", &parts);
    }
    std::memcpy(at, date_, 19);
    digits(at + 20, 6, static_cast<uint64_t>(unix_us % 1'000'000));
  }

  uint64_t next() {  // splitmix64
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t state_ =
      static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  int64_t second_ = -1;
  char date_[24] = {};
};

class RequestText {
 public:
  explicit RequestText(const Options& options) : options_(options) {}

  void write(std::string& out) {
    body_.clear();
    auto now = std::chrono::system_clock::now().time_since_epoch();
    int64_t unix_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    if (options_.batch > 1) body_ += '[';
    for (unsigned i = 0; i < options_.batch; ++i) {
      if (i > 0) body_ += ',';
      record_.append(body_, unix_us - static_cast<int64_t>(options_.batch - i));
    }
    if (options_.batch > 1) body_ += ']';
    out.clear();
    fmt::format_to(std::back_inserter(out),
                   "POST {} HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\n"
                   "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                   options_.path, options_.host, options_.port, options_.key, body_.size());
    out += body_;
  }

 private:
  const Options& options_;
  RecordText record_;
  std::string body_;
};

}  // namespace sentinel::benchmarks
