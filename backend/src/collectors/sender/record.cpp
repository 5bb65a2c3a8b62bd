#include "collectors/sender/record.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <cmath>

#include "base/json_writer.hpp"

namespace sentinel::collectors {

namespace {

constexpr double kMegabyte = 1e6;
constexpr size_t kMessageMax = 2000;

double hundredths(double percent) { return std::round(percent * 100) / 100; }

uint64_t random_bits() {
  uint64_t bits = 0;
  // Before the kernel's pool is ready the clock has to do: ids must differ, not be secret.
  if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != sizeof bits) {
    bits = static_cast<uint64_t>(now().time_since_epoch().count());
  }
  return bits;
}

// Bytes of the UTF-8 character at the front, 0 when there is none.
size_t character_size(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  auto follows = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xC2 && byte(0) < 0xE0) return follows(1) ? 2 : 0;
  if (byte(0) >= 0xE0 && byte(0) < 0xF0) {
    bool overlong = byte(0) == 0xE0 && text.size() > 1 && byte(1) < 0xA0;
    bool surrogate = byte(0) == 0xED && text.size() > 1 && byte(1) >= 0xA0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (byte(0) >= 0xF0 && byte(0) < 0xF5) {
    bool overlong = byte(0) == 0xF0 && text.size() > 1 && byte(1) < 0x90;
    bool too_far = byte(0) == 0xF4 && text.size() > 1 && byte(1) >= 0x90;
    return follows(1) && follows(2) && follows(3) && !overlong && !too_far ? 4 : 0;
  }
  return 0;
}

}  // namespace

RecordWriter::RecordWriter(std::string host)
    : host_(clean_text(host, 200)), run_(fmt::format("{:016x}", random_bits())) {}

std::string RecordWriter::next_id() { return fmt::format("{}-{}", run_, ++sequence_); }

Item RecordWriter::sample(const Sample& sample) {
  JsonWriter json;
  json.begin_object()
      .field("agent_id", sample.agent)
      .field("kind", "sample")
      .field("timestamp", format_rfc3339(sample.time))
      .field("record_id", next_id())
      .field("host", host_);
  if (sample.process) json.field("process_id", *sample.process);
  if (sample.cpu_percent) json.field("cpu_usage_percent", hundredths(*sample.cpu_percent));
  if (sample.memory_bytes) {
    json.field("memory_usage_mb", static_cast<double>(*sample.memory_bytes) / kMegabyte);
  }
  if (sample.gpu) {
    json.field("gpu_count", sample.gpu->count);
    if (sample.gpu->percent) json.field("gpu_usage_percent", hundredths(*sample.gpu->percent));
    if (auto bytes = sample.gpu->memory_bytes) {
      json.field("gpu_memory_usage_mb", static_cast<double>(*bytes) / kMegabyte);
    }
  }
  json.end_object();
  return {.route = Route::Metrics, .json = json.take()};
}

Item RecordWriter::event(const Event& event) {
  JsonWriter json;
  json.begin_object()
      .field("agent_id", event.agent)
      .field("type", event.type)
      .field("timestamp", format_rfc3339(event.time))
      .field("event_id", next_id())
      .field("message", clean_text(event.message, kMessageMax))
      .key("attributes")
      .begin_object()
      .field("host", host_)
      .field("pid", event.process);
  if (event.exit_code) json.field("exit_code", *event.exit_code);
  json.end_object().end_object();
  return {.route = Route::Events, .json = json.take()};
}

std::string clean_text(std::string_view text, size_t size_max) {
  std::string out;
  while (!text.empty()) {
    size_t size = character_size(text);
    auto piece = size > 0 ? text.substr(0, size) : std::string_view("?");
    if (out.size() + piece.size() > size_max) break;
    out += piece;
    text.remove_prefix(size > 0 ? size : 1);
  }
  return out;
}

}  // namespace sentinel::collectors
