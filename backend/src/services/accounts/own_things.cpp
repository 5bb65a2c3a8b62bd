// What people keep for themselves: views and preferences, as events of their sessions.
#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "services/accounts/accounts_service.hpp"
#include "services/accounts/require_person.hpp"

namespace sentinel::accounts {

namespace {

Result<Preferences> read_preferences(const Result<postgres::Rows>& rows) {
  if (!rows) return std::unexpected(rows.error());
  Preferences found;
  for (int row = 0; row < rows->size(); ++row) {
    found.emplace(rows->text(row, 0), rows->text(row, 1));
  }
  return found;
}

}  // namespace

Task<Result<std::vector<View>>> AccountsService::views(const models::Caller& caller) {
  if (auto person = require_person(caller); !person) co_return forward(person);
  auto rows = co_await database_.query("view_list", postgres::Params(*caller.user_id, kViewsMax));
  if (!rows) co_return forward(rows);
  std::vector<View> views;
  for (int row = 0; row < rows->size(); ++row) {
    views.push_back({std::string(rows->text(row, 0)), std::string(rows->text(row, 1)),
                     std::string(rows->text(row, 2))});
  }
  co_return views;
}

Task<Result<void>> AccountsService::save_view(const models::Caller& caller, View view) {
  if (auto person = require_person(caller); !person) co_return person;
  if (auto checked = check_view(view); !checked) co_return checked;
  auto written = co_await database_.query(
      "view_insert", postgres::Params(*caller.session_id, *caller.user_id, view.name, view.path,
                                      view.query, kViewsMax));
  if (!written) co_return forward(written);
  if (written->affected() == 0) {
    co_return fail(ErrorCode::InvalidArgument, "too_many_views",
                   fmt::format("you have {} views, which is the limit; save under a name you have",
                               kViewsMax));
  }
  co_return Result<void>{};
}

Task<Result<Preferences>> AccountsService::preferences(const models::Caller& caller) {
  if (auto person = require_person(caller); !person) co_return forward(person);
  auto rows = co_await database_.query("preference_list", postgres::Params(*caller.user_id));
  co_return read_preferences(rows);
}

Task<Result<Preferences>> AccountsService::set_preferences(const models::Caller& caller,
                                                           PreferenceChanges changes) {
  if (auto person = require_person(caller); !person) co_return forward(person);
  if (auto checked = check_preferences(changes); !checked) co_return forward(checked);
  JsonWriter json;
  json.begin_object();
  for (const auto& [name, text] : changes) json.field(name, text);
  json.end_object();
  auto rows = co_await database_.query_in_turn(
      "sentinel.preferences", "preference_set",
      postgres::Params(*caller.session_id, *caller.user_id, json.take()));
  co_return read_preferences(rows);
}

}  // namespace sentinel::accounts
