#include <fmt/format.h>

#include "services/accounts/accounts_service.hpp"
#include "services/accounts/stored_hash.hpp"

namespace sentinel::accounts {

namespace {

std::optional<Timestamp> maybe_time(const postgres::Rows& rows, int row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return Timestamp{Microseconds{rows.integer(row, column)}};
}

// The columns of key_list.sql.
KeyRow read_key(const postgres::Rows& rows, int row) {
  KeyRow key;
  key.key_id = parse_uuid(rows.text(row, 0)).value_or(Uuid{});
  key.name = rows.text(row, 1);
  key.scope = rows.text(row, 2);
  key.agents = rows.text(row, 3);
  key.records_per_second = rows.maybe_integer(row, 4);
  key.created_at = Timestamp{Microseconds{rows.integer(row, 5)}};
  key.created_by = rows.text(row, 6);
  key.expires_at = maybe_time(rows, row, 7);
  key.revoked_at = maybe_time(rows, row, 8);
  if (!rows.is_null(row, 9)) key.revoked_by = rows.text(row, 9);
  return key;
}

}  // namespace

Task<Result<CreatedKey>> AccountsService::create_key(NewKey wanted, std::string created_by) {
  if (auto checked = check_name("the name of the key", wanted.name); !checked) {
    co_return forward(checked);
  }
  if (auto checked = check_key_agents(wanted.scope, wanted.agents); !checked) {
    co_return forward(checked);
  }
  if (wanted.records_per_second &&
      (wanted.scope != models::KeyScope::Ingest || *wanted.records_per_second < 0)) {
    co_return fail(ErrorCode::InvalidArgument, "rate_invalid",
                   "a rate is records a second from 0 (any number) on, of a key of scope ingest");
  }
  if (wanted.expires_at && *wanted.expires_at <= clock_()) {
    co_return fail(ErrorCode::InvalidArgument, "expiry_invalid",
                   fmt::format("a key cannot expire at {}, which is over",
                               format_rfc3339(*wanted.expires_at)));
  }
  auto token = make_token("sk_");
  std::optional<std::string> limited_to;
  if (!wanted.agents.empty()) limited_to = postgres::to_array(wanted.agents);
  auto written = co_await database_.query(
      "key_insert",
      postgres::Params(stored_hash(token), wanted.name, models::to_string(wanted.scope), limited_to,
                       created_by, wanted.records_per_second, wanted.expires_at));
  if (!written) co_return forward(written);
  if (written->size() == 0) {
    co_return fail(
        ErrorCode::Conflict, "key_exists",
        fmt::format("a key named '{}' is in force: revoke it or take another name", wanted.name));
  }
  co_return CreatedKey{parse_uuid(written->text(0, 0)).value_or(Uuid{}), std::move(token)};
}

Task<Result<void>> AccountsService::revoke_key(std::string name, std::string revoked_by) {
  if (auto checked = check_name("the name of the key", name); !checked) co_return checked;
  auto written =
      co_await database_.query("key_revoke", postgres::Params(name, std::nullopt, revoked_by));
  if (!written) co_return forward(written);
  keys_.forget_all();
  if (written->affected() == 0) {
    co_return fail(ErrorCode::NotFound, "key_unknown",
                   fmt::format("there is no key named '{}' that could be revoked", name));
  }
  co_return Result<void>{};
}

Task<Result<KeyRow>> AccountsService::revoke_key(Uuid key_id, std::string revoked_by) {
  auto written =
      co_await database_.query("key_revoke", postgres::Params(std::nullopt, key_id, revoked_by));
  if (!written) co_return forward(written);
  keys_.forget_all();
  auto found = co_await key(key_id);
  if (found && written->affected() == 0) {
    co_return fail(ErrorCode::Conflict, "key_revoked",
                   fmt::format("the key '{}' is revoked already", found->name));
  }
  co_return found;
}

Task<Result<std::vector<KeyRow>>> AccountsService::keys(std::optional<KeyPosition> behind,
                                                        int limit) {
  std::optional<int64_t> created_us;
  std::optional<Uuid> key_id;
  if (behind) {
    created_us = behind->created_at.time_since_epoch().count();
    key_id = behind->key_id;
  }
  auto rows = co_await database_.query("key_list",
                                       postgres::Params(created_us, key_id, std::nullopt, limit));
  if (!rows) co_return forward(rows);
  std::vector<KeyRow> found;
  for (int row = 0; row < rows->size(); ++row) found.push_back(read_key(*rows, row));
  co_return found;
}

Task<Result<KeyRow>> AccountsService::key(Uuid key_id) {
  auto rows =
      co_await database_.query("key_list", postgres::Params(std::nullopt, std::nullopt, key_id, 1));
  if (!rows) co_return forward(rows);
  if (rows->size() == 1) co_return read_key(*rows, 0);
  co_return fail(ErrorCode::NotFound, "key_unknown",
                 fmt::format("there is no key {}", format_uuid(key_id)));
}

}  // namespace sentinel::accounts
