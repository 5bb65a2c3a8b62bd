#include "services/ingest/key_file.hpp"

#include <simdjson.h>

#include <algorithm>

#include "base/json_writer.hpp"
#include "base/replace_file.hpp"

namespace sentinel::ingest {

namespace {

std::shared_ptr<const models::ApiKey> read_key(simdjson::dom::object from) {
  auto key = std::make_shared<models::ApiKey>();
  auto id = parse_uuid(std::string_view(from["key_id"]));
  auto scope = models::parse_key_scope(std::string_view(from["scope"]));
  if (!id || !scope) return nullptr;
  key->key_id = *id;
  key->scope = *scope;
  key->name = std::string_view(from["name"]);
  key->may_register = bool(from["may_register"]);
  for (auto agent : simdjson::dom::array(from["agents"])) {
    key->agents.emplace_back(std::string_view(agent));
  }
  if (int64_t expires = 0; from["expires_at"].get(expires) == simdjson::SUCCESS) {
    key->expires_at = Timestamp{Microseconds{expires}};
  }
  if (int64_t limit = 0; from["records_per_second"].get(limit) == simdjson::SUCCESS) {
    key->records_per_second = static_cast<int>(limit);
  }
  return key;
}

KnownKeys read_keys(simdjson::dom::element document) {
  KnownKeys known{.read_at = Timestamp{Microseconds{int64_t(document["read_at"])}}, .keys = {}};
  for (auto item : simdjson::dom::array(document["keys"])) {
    auto bytes = from_hex(std::string_view(item["hash"])).value_or("");
    TokenHash hash{};
    auto key = read_key(item);
    if (!key || bytes.size() != hash.size()) continue;
    std::ranges::copy(bytes, hash.begin());
    known.keys.emplace(hash, std::move(key));
  }
  return known;
}

}  // namespace

Result<void> save_keys(const std::string& path, const KnownKeys& known) {
  JsonWriter json;
  json.begin_object().field("read_at", known.read_at.time_since_epoch().count());
  json.key("keys").begin_array();
  for (const auto& [hash, key] : known.keys) {
    json.begin_object()
        .field("hash", to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()}))
        .field("key_id", format_uuid(key->key_id))
        .field("name", key->name)
        .field("scope", models::to_string(key->scope))
        .field("may_register", key->may_register);
    json.key("agents").begin_array();
    for (const auto& agent : key->agents) json.value(agent);
    json.end_array();
    if (key->expires_at) json.field("expires_at", key->expires_at->time_since_epoch().count());
    if (key->records_per_second) json.field("records_per_second", *key->records_per_second);
    json.end_object();
  }
  json.end_array().end_object();
  return replace_file(path, json.text());
}

std::optional<KnownKeys> load_keys(const std::string& path) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.load(path).get(document) != simdjson::SUCCESS) return std::nullopt;
  try {
    return read_keys(document);
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
}

}  // namespace sentinel::ingest
