#include "services/ingest/rejections.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "services/ingest/batch_commit.hpp"

namespace sentinel::ingest {

namespace {

constexpr postgres::PoolLimits kOneAtATime{.connections_max = 1,
                                           .statement_max = std::chrono::seconds{5}};
constexpr auto kLastWriteMax = std::chrono::seconds{5};
constexpr size_t kCodesMax = 100;  // more than there are
// As the table has them (migration 0011).
constexpr size_t kAgentLengthMax = 200;
constexpr size_t kReasonLengthMax = 500;
constexpr size_t kFieldLengthMax = 300;
constexpr size_t kWordLengthMax = 100;
constexpr std::string_view kOther = "other";

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Something that the database takes, whatever was sent: valid UTF-8 without control characters, cut
// between two characters.
std::string storable(std::string_view text, size_t length_max) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  std::string out;
  size_t length = 0;
  for (char c : text) {
    const bool begins = !utf8 || !continues_character(c);
    if (begins && ++length > length_max) break;
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? ' ' : !utf8 && byte >= 0x80 ? '?' : c;
  }
  return out;
}

// What sentences about the same fault have in common: quoted texts and numbers make no difference.
std::string shape_of(std::string_view reason) {
  std::string shape;
  bool quoted = false, number = false;
  for (char c : reason) {
    if (c == '\'') {
      if (!quoted) shape += "''";
      quoted = !quoted;
      continue;
    }
    if (quoted) continue;
    const bool digit = c >= '0' && c <= '9';
    if (digit && !number) shape += '#';
    if (!digit && !(number && c == '.')) shape += c;
    number = digit || (number && c == '.');
  }
  return shape;
}

std::string_view bytes_of(const std::optional<Uuid>& id) {
  if (!id) return {};
  return {reinterpret_cast<const char*>(id->bytes.data()), id->bytes.size()};
}

void count_code(std::map<std::string, uint64_t, std::less<>>& totals, std::string_view code,
                uint64_t count) {
  auto found = totals.find(code);
  if (found == totals.end()) {
    found = totals.try_emplace(std::string(totals.size() < kCodesMax ? code : kOther)).first;
  }
  found->second += count;
}

bool same_fault(const models::Rejection& one, const models::Rejection& other) {
  return one.code == other.code && one.agent == other.agent && one.field == other.field &&
         shape_of(one.reason) == shape_of(other.reason);
}

}  // namespace

Rejections::Rejections(postgres::Endpoint endpoint, RejectionLimits limits)
    : limits_(limits), database_(std::move(endpoint), kOneAtATime) {}

Rejections::~Rejections() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  context_.restart();
  if (!writing_ && !(counts_.empty() && rows_.empty())) spawn_write();
  context_.run_for(kLastWriteMax);
}

void Rejections::start() {
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

void Rejections::add(const Request& request, const std::vector<models::Rejection>& rejected) {
  const auto* subject = request.kind == RequestKind::Events ? "event" : "record";
  // Most often a whole run of them has one fault.
  for (size_t begin = 0; begin < rejected.size();) {
    const auto& first = rejected[begin];
    size_t end = begin + 1;
    while (end < rejected.size() && same_fault(first, rejected[end])) ++end;
    Kind kind{subject, std::string(first.code), storable(first.agent, kAgentLengthMax),
              request.key->key_id, storable(first.field, kFieldLengthMax)};
    add(std::move(kind), request.remote_address, rejected[end - 1].reason, end - begin);
    begin = end;
  }
}

void Rejections::add(const models::ApiKey* key, std::string_view address, const Error& error) {
  if (error.code == ErrorCode::Unavailable || error.code == ErrorCode::Internal) {
    std::lock_guard lock(mutex_);
    count_code(totals_.requests, error.reason, 1);
    return;
  }
  Kind kind{"request", storable(error.reason, kWordLengthMax), "", std::nullopt, ""};
  if (key) kind.key_id = key->key_id;
  add(std::move(kind), address, error.message, 1);
}

void Rejections::add(Kind kind, std::string_view address, std::string_view reason, uint64_t count) {
  const auto sentence = storable(reason, kReasonLengthMax);
  // Where no agent is named, the address tells who it was.
  const auto id = hash_fields({kind.subject, kind.code, kind.agent, bytes_of(kind.key_id),
                               kind.agent.empty() ? address : std::string_view{}, kind.field,
                               shape_of(sentence)});
  const auto time = now();
  std::lock_guard lock(mutex_);
  count_code(kind.subject == "request" ? totals_.requests : totals_.items, kind.code, count);
  auto found = counts_.find(id);
  if (found == counts_.end() && counts_.size() < limits_.kinds_max) {
    found = counts_.try_emplace(id, Count{.kind = std::move(kind), .first = time}).first;
  } else if (found == counts_.end()) {
    Kind other{kind.subject, std::string(kOther), "", std::nullopt, ""};
    found = counts_
                .try_emplace(hash_fields({kind.subject, kOther}),
                             Count{.kind = std::move(other), .first = time})
                .first;
  }
  auto& counted = found->second;
  counted.count += count;
  counted.last = time;
  if (counted.kind.code == kOther) {
    counted.reason = fmt::format("refused for other reasons than the {} that are counted apart",
                                 limits_.kinds_max);
  } else {
    counted.address = storable(address, kWordLengthMax);
    counted.reason = sentence;
  }
  counted_.notify_one();
}

RejectionTotals Rejections::totals() const {
  std::lock_guard lock(mutex_);
  return totals_;
}

Task<Result<void>> Rejections::write() {
  for (;;) {
    if (rows_.empty()) {
      std::lock_guard lock(mutex_);
      for (auto& [kind, count] : counts_) {
        rows_.push_back({day_of(count.last), random_uuid(), kind, std::move(count)});
      }
      counts_.clear();
    }
    if (rows_.empty()) co_return Result<void>{};
    auto written = co_await write_rows();
    if (!written && written.error().code == ErrorCode::Unavailable) co_return written;
    if (!written) log::error("cannot list what was refused: {}", written.error().message);
    rows_written_ = rows_.size();
    rows_.clear();
  }
}

Task<Result<void>> Rejections::write_rows() {
  JsonWriter json;
  json.begin_array();
  for (const auto& row : rows_) {
    if (!days_open_.contains(row.day)) {
      auto opened = co_await database_.query("rejection_day_open", postgres::Params(row.day));
      if (!opened) co_return forward(opened);
      days_open_.insert(row.day);
    }
    const auto& [kind, address, reason, count, first, last] = row.count;
    json.begin_object()
        .field("day", row.day)
        .field("rejection_id", format_uuid(row.id))
        .field("kind", format_uuid(row.kind))
        .field("subject", kind.subject)
        .field("code", kind.code)
        .field("agent", kind.agent)
        .field("address", address)
        .field("field", kind.field)
        .field("reason", reason)
        .field("count", count)
        .field("first_at", format_rfc3339(first))
        .field("last_at", format_rfc3339(last));
    if (kind.key_id) json.field("key_id", format_uuid(*kind.key_id));
    json.end_object();
  }
  json.end_array();
  auto inserted = co_await database_.query("rejection_insert", postgres::Params(json.take()));
  if (!inserted) co_return forward(inserted);
  co_return Result<void>{};
}

void Rejections::spawn_write() {
  writing_ = true;
  asio::co_spawn(
      context_,
      [this]() -> Task<void> {
        co_await write();
        writing_ = false;
      },
      asio::detached);
}

bool Rejections::wait_for_counts(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  counted_.wait(lock, stop, [this] { return !counts_.empty() || !rows_.empty(); });
  const auto pause = limits_.pause + limits_.pause_a_row * rows_written_;
  counted_.wait_for(lock, stop, pause, [] { return false; });
  return !stop.stop_requested();
}

void Rejections::run(std::stop_token stop) {
  // A write under way at the end goes on in the destructor.
  std::stop_callback end_write(stop, [this] { context_.stop(); });
  while (wait_for_counts(stop)) {
    spawn_write();
    context_.restart();
    if (stop.stop_requested()) return;
    context_.run();
  }
}

}  // namespace sentinel::ingest
