#include "services/ingest/spool_frame.hpp"

#include <bit>
#include <cstring>
#include <type_traits>

namespace sentinel::ingest {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie");

constexpr uint8_t kVersion = 1;
constexpr size_t kBodyPadding = 64;  // see Request::body

class Out {
 public:
  template <class T>
    requires(std::is_integral_v<T>)
  void number(T value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void uuid(const Uuid& id) {
    text_.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  }
  void text(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    text_ += value;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// Every read says whether there was enough.
class In {
 public:
  explicit In(std::string_view text) : rest_(text) {}

  template <class T>
    requires(std::is_integral_v<T>)
  bool number(T& value) {
    return copy(&value, sizeof value);
  }
  bool flag(bool& value) {
    uint8_t byte = 0;
    if (!number(byte) || byte > 1) return false;
    value = byte == 1;
    return true;
  }
  bool uuid(Uuid& id) { return copy(id.bytes.data(), id.bytes.size()); }
  bool text(std::string& value, size_t padding = 0) {
    uint32_t size = 0;
    if (!number(size) || size > rest_.size()) return false;
    value.reserve(size + padding);
    value.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return true;
  }
  // How many follow, each of at least `bytes_min`.
  bool count(uint32_t& value, size_t bytes_min) {
    return number(value) && value <= rest_.size() / bytes_min;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  bool copy(void* out, size_t size) {
    if (size > rest_.size()) return false;
    std::memcpy(out, rest_.data(), size);
    rest_.remove_prefix(size);
    return true;
  }
  std::string_view rest_;
};

void write_request(Out& out, const Request& request) {
  out.number(static_cast<char>(request.kind));
  out.uuid(request.key->key_id);
  out.number(static_cast<uint8_t>(request.key->may_register));
  out.number(static_cast<uint32_t>(request.key->agents.size()));
  for (const auto& agent : request.key->agents) out.text(agent);
  out.text(request.idempotency_key);
  out.number(request.arrived.time_since_epoch().count());
  out.text(request.body);
}

bool read_request(In& in, Request& request) {
  auto key = std::make_shared<models::ApiKey>();
  char kind = 0;
  uint32_t agents = 0;
  if (!in.number(kind) || !in.uuid(key->key_id) || !in.flag(key->may_register) ||
      !in.count(agents, sizeof(uint32_t))) {
    return false;
  }
  if (!kRequestKinds.contains(kind)) return false;
  request.kind = static_cast<RequestKind>(kind);
  for (uint32_t i = 0; i < agents; ++i) {
    if (!in.text(key->agents.emplace_back())) return false;
  }
  Timestamp::rep arrived = 0;
  if (!in.text(request.idempotency_key) || !in.number(arrived) ||
      !in.text(request.body, kBodyPadding)) {
    return false;
  }
  request.arrived = Timestamp{Microseconds{arrived}};
  request.key = std::move(key);
  return true;
}

}  // namespace

std::string encode_batch(const Batch& batch) {
  Out out;
  out.number(kVersion);
  out.number(batch.id.day);
  out.uuid(batch.id.writer);
  out.number(batch.id.sequence);
  out.number(static_cast<uint8_t>(batch.tried));
  out.number(static_cast<uint32_t>(batch.requests.size()));
  for (const auto& request : batch.requests) write_request(out, *request);
  return out.take();
}

std::optional<Batch> decode_batch(std::string_view text) {
  In in(text);
  Batch batch;
  uint8_t version = 0;
  uint32_t requests = 0;
  if (!in.number(version) || version != kVersion || !in.number(batch.id.day) ||
      !in.uuid(batch.id.writer) || !in.number(batch.id.sequence) || !in.flag(batch.tried) ||
      !in.count(requests, sizeof(Uuid))) {
    return std::nullopt;
  }
  for (uint32_t i = 0; i < requests; ++i) {
    auto request = std::make_shared<Request>();
    if (!read_request(in, *request)) return std::nullopt;
    batch.requests.push_back(std::move(request));
  }
  if (!in.at_end()) return std::nullopt;
  return batch;
}

}  // namespace sentinel::ingest
