// Records whose values are new each time, as text: a template in which marks stand for digits.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace sentinel::benchmarks {

class Random {
 public:
  uint64_t next() {  // splitmix64
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_ =
      static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
};

// In a template `#` is any decimal digit, `%` one of 1 to 9, `&` one of 0 to 4, `?` a hexadecimal
// digit, `@` (26 of them) a time as 2026-11-22T20:45:00.000000 and `$` (19 of them) one in
// nanoseconds since 1970. `^` repeats what stands from the first `?` on, and `~` from the first
// `&` on: a record carries one id twice, and an agent always runs in the same process.
class RecordText {
 public:
  explicit RecordText(std::string_view text) : text_(text) {
    size_t first_hex = 0, first_agent = 0;
    for (size_t at = 0; at < text.size(); ++at) {
      const char mark = text[at];
      if (std::string_view("#%&?@$^~").find(mark) == std::string_view::npos) continue;
      size_t end = text.find_first_not_of(mark, at);
      if (end == text.npos) end = text.size();
      if (mark == '?' && first_hex == 0) first_hex = at;
      if (mark == '&' && first_agent == 0) first_agent = at;
      marks_.push_back({mark, at, end - at, mark == '~' ? first_agent : first_hex});
      at = end - 1;
    }
  }

  void append(std::string& out, int64_t unix_us) {
    size_t start = out.size();
    out += text_;
    char* record = out.data() + start;
    for (const auto& mark : marks_) {
      char* at = record + mark.at;
      switch (mark.kind) {
        case '@':
          write_time(at, unix_us);
          break;
        case '$':
          digits(at, 16, static_cast<uint64_t>(unix_us));
          std::memset(at + 16, '0', 3);
          break;
        case '^':
        case '~':
          std::memmove(at, record + mark.copied_from, mark.size);
          break;
        default:
          for (size_t i = 0; i < mark.size; ++i) at[i] = digit(mark.kind);
      }
    }
  }

 private:
  struct Mark {
    char kind;
    size_t at, size, copied_from;
  };

  char digit(char kind) {
    if (kind == '?') return "0123456789abcdef"[draw(16)];
    if (kind == '&') return static_cast<char>('0' + draw(5));
    return static_cast<char>(kind == '%' ? '1' + draw(9) : '0' + draw(10));
  }
  // A number below `end`, from bits that last for several.
  uint64_t draw(uint64_t end) {
    if (bits_ < 1'000'000) bits_ = random_.next();
    uint64_t drawn = bits_ % end;
    bits_ /= end;
    return drawn;
  }

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
      std::strftime(date_, sizeof date_, "%Y-%m-%dT%H:%M:%S.", &parts);
    }
    std::memcpy(at, date_, 20);
    digits(at + 20, 6, static_cast<uint64_t>(unix_us % 1'000'000));
  }

  std::string text_;
  std::vector<Mark> marks_;
  Random random_;
  uint64_t bits_ = 0;
  int64_t second_ = -1;
  char date_[24] = {};
};

// The record of the benchmark: agent, time, eight values (status is one of them) and a model.
inline constexpr std::string_view kValuesJson =
    R"({"agent_id":"agent-&#","timestamp":"@@@@@@@@@@@@@@@@@@@@@@@@@@Z","latency_ms":%##.###,)"
    R"("cost_usd":0.00####,"input_tokens":%###,"output_tokens":%##,"cpu_usage_percent":%#.#,)"
    R"("gpu_usage_percent":%#.#,"memory_usage_mb":%##.5,"model":"gpt-4o-mini","status":"success"})";
// The same as line protocol.
inline constexpr std::string_view kValuesLine =
    "perf,agent=agent-&#,model=gpt-4o-mini latency_ms=%##.###,cost_usd=0.00####,input_tokens=%###,"
    "output_tokens=%##,cpu=%#.#,gpu=%#.#,memory_mb=%##.5,error=0 $$$$$$$$$$$$$$$$$$$\n";
// Every column of a record, three ids among them.
inline constexpr std::string_view kEveryColumnJson =
    R"({"record_id":"????????????????","agent_id":"agent-&#","timestamp":"@@@@@@@@@@@@@@@@@@@@@@@@@@Z",)"
    R"("kind":"request","status":"success","request_count":1,"latency_ms":%##.###,"ttft_ms":%#.###,)"
    R"("throughput_req_per_min":%#.#,"cost_usd":0.00####,"model":"gpt-4o-mini","provider":"openai",)"
    R"("input_tokens":%###,"output_tokens":%##,"cache_read_tokens":%##,"cache_write_tokens":%#,)"
    R"("reasoning_tokens":%#,"cpu_usage_percent":%#.#,"gpu_usage_percent":%#.#,"gpu_count":%,)"
    R"("memory_usage_mb":%##.5,"gpu_memory_usage_mb":%###.5,"host":"host-~~","process_id":100~~,)"
    R"("trace_id":"????????????????????????????????","span_id":"^^^^^^^^^^^^^^^^",)"
    R"("custom_metrics":{"queue_depth":%#,"retries":#},)"
    R"("attributes":{"session":"s-%###","tool":"search","stream":true}})";
// What a span of the same call says: the native form of otlp_request.hpp.
inline constexpr std::string_view kSpanJson =
    R"({"record_id":"????????????????","agent_id":"agent-&#","timestamp":"@@@@@@@@@@@@@@@@@@@@@@@@@@Z",)"
    R"("status":"success","latency_ms":%##.###,"cost_usd":0.00####,"model":"gpt-4o-mini",)"
    R"("provider":"openai","input_tokens":%###,"output_tokens":%##,)"
    R"("trace_id":"????????????????????????????????","span_id":"^^^^^^^^^^^^^^^^"})";

}  // namespace sentinel::benchmarks
