#include "targets.hpp"

#include <simdjson.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "api/metrics_api/grpc.hpp"
#include "base/segment_log.hpp"
#include "base/time.hpp"
#include "http/compression.hpp"
#include "http/http2_session.hpp"
#include "http/message.hpp"
#include "models/record_limits.hpp"
#include "otlp/decode.hpp"
#include "services/ingest/copy_encoder.hpp"
#include "services/ingest/event_decoder.hpp"
#include "services/ingest/record_decoder.hpp"
#include "services/ingest/spool_frame.hpp"

namespace sentinel::fuzz {

namespace {

constexpr size_t kParserPadding = 64;
constexpr size_t kUnpackedMax = 1024 * 1024;
const Timestamp kNow{std::chrono::days{20'000}};

void demand(bool holds) {
  if (!holds) std::abort();
}

std::string padded(std::string_view bytes) {
  std::string body;
  body.reserve(bytes.size() + kParserPadding);
  body = bytes;
  return body;
}

// Texts that go to the database as they are.
void demand_name(std::string_view text) {
  demand(simdjson::validate_utf8(text.data(), text.size()));
  demand(text.find('\0') == text.npos);
}

// A record that was taken keeps the rules that the database has, and can be encoded.
void check(const Result<models::DecodedRecords>& decoded) {
  if (!decoded) {
    demand(!decoded.error().message.empty());
    return;
  }
  demand(decoded->records.size() == decoded->indexes.size());
  demand(decoded->points.size() == decoded->point_indexes.size());
  std::string tuples;
  for (const auto& record : decoded->records) {
    demand(!record.agent.empty());
    for (auto text : {record.agent, record.parent, record.model, record.provider, record.host,
                      record.custom, record.attributes}) {
      demand_name(text);
    }
    demand(record.latency_us.value_or(0) >= 0 && record.cost_nanos.value_or(0) >= 0);
    demand(record.cpu_centipercent.value_or(0) >= 0 &&
           record.cpu_centipercent.value_or(0) <= 10'000);
    const size_t before = tuples.size();
    ingest::append_tuple(tuples, record, {}, record.ts.value_or(kNow));
    demand(tuples.size() > before);
  }
  for (const auto& point : decoded->points) {
    demand(!point.agent.empty() && !point.name.empty() && std::isfinite(point.value));
    for (auto text : {point.agent, point.parent, point.name, point.host, point.attributes}) {
      demand_name(text);
    }
  }
  for (const auto& rejection : decoded->rejected) demand(!rejection.reason.empty());
}

void decode(std::string_view bytes, ingest::BodyFormat format) {
  thread_local ingest::RecordDecoder decoder;
  auto body = padded(bytes);
  check(decoder.decode(body, format, kNow));
}

// The first byte says which signal: t, m or l.
void decode_otlp(std::string_view bytes, otlp::Encoding encoding) {
  if (bytes.empty()) return;
  const auto signal = bytes[0] == 'm'   ? otlp::Signal::Metrics
                      : bytes[0] == 'l' ? otlp::Signal::Logs
                                        : otlp::Signal::Traces;
  auto body = padded(bytes.substr(1));
  check(otlp::decode(signal, encoding, body, {.now = kNow, .sole_agent = {}}));
}

void otlp_protobuf(std::string_view bytes) { decode_otlp(bytes, otlp::Encoding::Protobuf); }
void otlp_json(std::string_view bytes) { decode_otlp(bytes, otlp::Encoding::Json); }

void metrics_json(std::string_view bytes) { decode(bytes, ingest::BodyFormat::Json); }
void metrics_ndjson(std::string_view bytes) { decode(bytes, ingest::BodyFormat::Ndjson); }

void events(std::string_view bytes) {
  auto body = padded(bytes);
  auto decoded = ingest::decode_events(body, kNow);
  if (!decoded) return;
  demand(decoded->events.size() == decoded->indexes.size());
  for (const auto& event : decoded->events) demand(!event.agent.empty() && !event.type.empty());
}

void gzip(std::string_view bytes) {
  auto unpacked = http::gunzip(bytes, kUnpackedMax);
  demand(!unpacked || unpacked->size() <= kUnpackedMax);
}

void zstd(std::string_view bytes) {
  auto unpacked = http::unzstd(bytes, kUnpackedMax);
  demand(!unpacked || unpacked->size() <= kUnpackedMax);
}

void url_query(std::string_view bytes) {
  auto values = http::parse_query(bytes);
  if (!values) demand(!values.error().message.empty());
}

void time(std::string_view bytes) {
  // What is read is written as a text that reads as the same time.
  if (auto read = parse_rfc3339(bytes)) demand(parse_rfc3339(format_rfc3339(*read)) == *read);
  (void)parse_time_expression(bytes, kNow);
  (void)parse_duration(bytes);
}

// Only what is written back byte for byte is a batch.
void spool_frame(std::string_view bytes) {
  if (auto batch = ingest::decode_batch(bytes)) demand(ingest::encode_batch(*batch) == bytes);
}

// A segment as a crash or a bad disk left it: what comes after it is kept and given out all the
// same.
void segment_log(std::string_view bytes) {
  std::string folder = (std::filesystem::temp_directory_path() / "fuzz-log-XXXXXX").string();
  demand(mkdtemp(folder.data()) != nullptr);
  std::ofstream(folder + "/00000001.segment", std::ios::binary) << bytes;
  {
    auto log = SegmentLog::open(
        folder, {.magic = "FUZZLOG1", .contents = "bytes", .bytes_max = 10'000'000});
    demand(log.has_value());
    demand(log->push('l', "last").has_value());
    std::string newest;
    while (log->size() > 0) {
      size_t shown = 0;
      log->peek([&](Frame&& frame) {
        newest = std::move(frame.payload);
        return ++shown < 3;
      });
      demand(shown > 0);
      log->pop(shown);
    }
    demand(newest == "last");
  }
  std::filesystem::remove_all(folder);
}

// What is taken is written back byte for byte.
void grpc_frame(std::string_view bytes) {
  if (auto message = metrics_api::parse_grpc_message(bytes)) {
    auto again = metrics_api::grpc_answer(message->bytes).body;
    again[0] = message->packed ? '\1' : '\0';
    demand(again == bytes);
  }
  if (auto timeout = metrics_api::parse_grpc_timeout(bytes)) demand(timeout->count() >= 0);
  for (char c : metrics_api::encode_grpc_text(bytes)) demand(c >= ' ' && c <= '~');
}

// A connection as a client may treat it, every third request answered at once, every third later,
// the rest never.
void http2(std::string_view bytes) {
  constexpr size_t kPiece = 100;
  http::ServerLimits limits{.header_bytes_max = 1000, .body_bytes_max = 100'000};
  limits.http2 = {.streams_max = 5, .large_bodies_bytes_max = 200'000, .frames_unanswered_max = 50};
  const std::function<http::Response(const Error&)> refuse = [](const Error& error) {
    return http::problem(error);
  };
  http::Http2Session::Time now{};
  MemoryBudget bodies(250'000, "bodies_limit", "bodies");
  http::Http2Session session(limits, bodies, refuse, now);
  std::vector<int32_t> later;
  for (std::string out; !session.over() && !bytes.empty(); out.clear()) {
    session.receive(bytes.substr(0, kPiece), now);
    bytes.remove_prefix(std::min(kPiece, bytes.size()));
    for (auto& arrived : session.take_arrived()) {
      demand(arrived.request.body.size() <= limits.body_bytes_max);
      if (arrived.stream % 3 == 0) session.respond(arrived.stream, http::json(200, "{}"), now);
      if (arrived.stream % 3 == 1) later.push_back(arrived.stream);
      demand(later.size() <= limits.http2.streams_max);
    }
    demand(bodies.bytes() <= 250'000);
    session.fill(out, now);
    if (later.size() == limits.http2.streams_max) {
      for (int32_t stream : std::exchange(later, {}))
        session.respond(stream, metrics_api::grpc_answer("answer"), now);
    }
    now += std::chrono::seconds{1};
    session.expire(now);
  }
}

constexpr Target kTargets[] = {
    {"metrics_json", metrics_json},
    {"metrics_ndjson", metrics_ndjson},
    {"events", events},
    {"otlp_protobuf", otlp_protobuf},
    {"otlp_json", otlp_json},
    {"gzip", gzip},
    {"zstd", zstd},
    {"url_query", url_query},
    {"time", time},
    {"spool_frame", spool_frame},
    {"segment_log", segment_log},
    {"grpc_frame", grpc_frame},
    {"http2", http2},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

}  // namespace sentinel::fuzz
