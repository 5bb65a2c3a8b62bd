#include <fmt/format.h>

#include "services/accounts/accounts_service.hpp"
#include "services/accounts/turns.hpp"

namespace sentinel::accounts {

namespace {

// The columns of user_list.sql.
UserRow read_user(const postgres::Rows& rows, int row) {
  UserRow user;
  user.user_id = parse_uuid(rows.text(row, 0)).value_or(Uuid{});
  user.name = rows.text(row, 1);
  user.role = rows.text(row, 2);
  user.enabled = rows.boolean(row, 3);
  user.has_password = rows.boolean(row, 4);
  user.created_at = Timestamp{Microseconds{rows.integer(row, 5)}};
  if (!rows.is_null(row, 6)) user.signed_in_at = Timestamp{Microseconds{rows.integer(row, 6)}};
  return user;
}

std::unexpected<Error> unknown(Uuid user_id) {
  return fail(ErrorCode::NotFound, "user_unknown",
              fmt::format("there is no user {}", format_uuid(user_id)));
}

}  // namespace

Task<Result<Uuid>> AccountsService::create_user(std::string name, models::Role role,
                                                std::optional<std::string> password,
                                                std::string created_by) {
  if (auto checked = check_name("the name of the user", name); !checked) co_return forward(checked);
  std::optional<std::string> stored;
  if (password) {
    if (auto checked = check_password(*password); !checked) co_return forward(checked);
    auto hashed = co_await hash(std::move(*password));
    if (!hashed) co_return forward(hashed);
    stored = std::move(*hashed);
  }
  auto written = co_await database_.query(
      "user_insert", postgres::Params(name, models::to_string(role), stored, created_by));
  if (!written && written.error().code == ErrorCode::Conflict) {
    co_return fail(ErrorCode::Conflict, "user_exists",
                   fmt::format("there is a user '{}' already", name));
  }
  if (!written) co_return forward(written);
  co_return parse_uuid(written->text(0, 0)).value_or(Uuid{});
}

Task<Result<UserRow>> AccountsService::revise_user(Uuid user_id, UserChange change,
                                                   const models::Caller& caller) {
  const bool lowers =
      change.enabled == false || (change.role && *change.role != models::Role::Admin);
  if (caller.user_id == user_id && lowers) {
    co_return fail(ErrorCode::Conflict, "user_is_you",
                   "this is you: another admin can disable you or take the role away");
  }
  std::optional<std::string> role;
  if (change.role) role = models::to_string(*change.role);
  auto written = co_await database_.query_in_turn(
      kUserTurn, "user_revise", postgres::Params(user_id, role, change.enabled, caller.name));
  if (!written) co_return forward(written);
  if (written->affected() == 0) co_return unknown(user_id);
  sessions_.forget_user(user_id);
  co_return co_await user(user_id);
}

Task<Result<std::vector<UserRow>>> AccountsService::users(std::optional<std::string> after,
                                                          int limit) {
  auto rows = co_await database_.query("user_list", postgres::Params(after, std::nullopt, limit));
  if (!rows) co_return forward(rows);
  std::vector<UserRow> found;
  for (int row = 0; row < rows->size(); ++row) found.push_back(read_user(*rows, row));
  co_return found;
}

Task<Result<UserRow>> AccountsService::user(Uuid user_id) {
  auto rows = co_await database_.query("user_list", postgres::Params(std::nullopt, user_id, 1));
  if (!rows) co_return forward(rows);
  if (rows->size() == 1) co_return read_user(*rows, 0);
  co_return unknown(user_id);
}

}  // namespace sentinel::accounts
