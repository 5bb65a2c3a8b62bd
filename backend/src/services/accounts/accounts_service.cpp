#include "services/accounts/accounts_service.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "services/accounts/require_person.hpp"
#include "services/accounts/stored_hash.hpp"
#include "services/accounts/turns.hpp"

namespace sentinel::accounts {

namespace {

// Name, role and user are the first three columns of every statement that finds a person.
models::Caller read_person(const postgres::Rows& rows) {
  models::Caller caller;
  caller.name = rows.text(0, 0);
  caller.role = models::parse_role(rows.text(0, 1));
  caller.user_id = parse_uuid(rows.text(0, 2));
  return caller;
}

// The same, then session and whether there is a password.
models::Caller read_session(const postgres::Rows& rows) {
  auto caller = read_person(rows);
  caller.session_id = parse_uuid(rows.text(0, 3));
  caller.has_password = rows.boolean(0, 4);
  return caller;
}

Error sign_in_refused() {
  return {ErrorCode::Unauthenticated, "sign_in_refused",
          "name and password do not match an account that may sign in"};
}

// One seat in the queue of the hashing thread, given back wherever its coroutine ends.
struct GiveBack {
  void operator()(std::atomic<int>* waiting) const { --*waiting; }
};
using Seat = std::unique_ptr<std::atomic<int>, GiveBack>;

template <class Work>
Task<std::invoke_result_t<Work>> perform(Seat seat, Work work) {
  auto done = work();
  seat.reset();
  co_return done;
}

}  // namespace

AccountsService::AccountsService(postgres::Database& database, Clock clock)
    : database_(database), clock_(std::move(clock)) {
  // The first work of the hashing thread, so it is there before any password is checked.
  asio::post(hashing_, [this] { dummy_hash_ = hash_password(make_token("")).value_or(""); });
}

template <class Work>
Task<std::invoke_result_t<Work>> AccountsService::on_hashing_thread(Work work) {
  Seat seat(&hashes_waiting_);
  if (++hashes_waiting_ > kHashesWaitingMax) {
    co_return fail(
        ErrorCode::Unavailable, "sign_in_busy",
        fmt::format("{} passwords are being checked already; try again", kHashesWaitingMax));
  }
  auto performed = perform(std::move(seat), std::move(work));
  co_return co_await asio::co_spawn(hashing_.get_executor(), std::move(performed),
                                    asio::use_awaitable);
}

Result<void> AccountsService::check_limits(std::string_view account,
                                           std::string_view address) const {
  auto wait = attempts_.wait(account, address, clock_());
  if (!wait) return {};
  auto minutes = std::chrono::ceil<std::chrono::minutes>(*wait).count();
  return fail(ErrorCode::RateLimited, "too_many_attempts",
              fmt::format("too many failed attempts to sign in; try again in {} min", minutes));
}

Task<Result<bool>> AccountsService::verify(Attempt attempt) {
  // Once more on the one thread that also counts: attempts that arrived together are judged one
  // after the other.
  auto work = [this, attempt = std::move(attempt)]() -> Result<bool> {
    if (auto allowed = check_limits(attempt.account, attempt.address); !allowed) {
      return forward(allowed);
    }
    bool known = !attempt.stored.empty();
    ++passwords_checked_;
    bool matches = password_matches(known ? attempt.stored : dummy_hash_, attempt.given) && known;
    if (matches) {
      attempts_.succeeded(attempt.account);
    } else {
      attempts_.failed(attempt.account, attempt.address, clock_());
    }
    return matches;
  };
  co_return co_await on_hashing_thread(std::move(work));
}

Task<Result<std::string>> AccountsService::hash(std::string password) {
  auto work = [password = std::move(password)] { return hash_password(password); };
  co_return co_await on_hashing_thread(std::move(work));
}

Task<Error> AccountsService::refused(Error refusal, std::string name, std::string address) {
  JsonWriter detail;
  detail.begin_object().field("reason", refusal.reason).field("address", address).end_object();
  auto noted = co_await database_.query(
      "audit_insert", postgres::Params(name, "sign_in_refused", name, detail.take()));
  if (!noted) log::warning("a refused sign-in was not noted: {}", noted.error().message);
  co_return refusal;
}

Task<Result<SignedIn>> AccountsService::sign_in(std::string name, std::string password,
                                                std::string address) {
  // Says nothing about accounts: such a name or password cannot exist.
  if (auto checked = check_name("the name", name); !checked) co_return forward(checked);
  if (password.size() > 4 * kPasswordLengthMax) {
    co_return fail(ErrorCode::InvalidArgument, "field_invalid",
                   fmt::format("the password has over {} characters", kPasswordLengthMax));
  }
  if (auto allowed = check_limits(name, address); !allowed) co_return forward(allowed);
  auto found = co_await database_.query("user_find", postgres::Params(name));
  if (!found) co_return forward(found);
  bool enabled = found->size() == 1 && found->boolean(0, 3);
  Attempt attempt{name, address, std::move(password), ""};
  if (enabled) attempt.stored = found->text(0, 4);
  auto matches = co_await verify(std::move(attempt));
  if (!matches) co_return forward(matches);
  if (!*matches) {
    co_return std::unexpected(
        co_await refused(sign_in_refused(), std::move(name), std::move(address)));
  }
  SignedIn signed_in{make_token("ss_"), read_person(*found)};
  auto opened = co_await database_.query(
      "session_insert",
      postgres::Params(stored_hash(signed_in.token), *signed_in.caller.user_id, address, name));
  if (!opened) co_return forward(opened);
  signed_in.caller.session_id = parse_uuid(opened->text(0, 0));
  signed_in.caller.has_password = true;
  co_return signed_in;
}

Task<Result<SignedIn>> AccountsService::sign_in_by_link(std::string link_token,
                                                        std::string address) {
  if (auto allowed = check_limits("", address); !allowed) co_return forward(allowed);
  SignedIn signed_in{make_token("ss_"), {}};
  postgres::Params params(stored_hash(link_token), stored_hash(signed_in.token), address);
  auto opened = co_await database_.query("link_use", params);
  // Another link made the same user at the same moment: this one is unspent, and finds the user
  // now.
  if (!opened && opened.error().code == ErrorCode::Conflict) {
    opened = co_await database_.query("link_use", params);
  }
  if (!opened) co_return forward(opened);
  if (opened->size() == 0) {
    attempts_.failed("", address, clock_());
    co_return std::unexpected(co_await link_refused(stored_hash(link_token), std::move(address)));
  }
  signed_in.caller = read_session(*opened);
  co_return signed_in;
}

Task<Error> AccountsService::link_refused(std::string hash, std::string address) {
  auto found = co_await database_.query("link_find", postgres::Params(hash));
  if (!found) co_return std::move(found.error());
  auto refusal = sign_in_refused();
  if (found->size() == 0) {
    refusal.reason = "link_unknown";
    refusal.message = "this link is not known: run `sentinel link` for a new one";
    co_return co_await refused(std::move(refusal), "", std::move(address));
  }
  if (found->boolean(0, 0)) {
    refusal.reason = "link_used";
    refusal.message = "this link was used already: run `sentinel link` for a new one";
  } else if (found->boolean(0, 1)) {
    refusal.reason = "link_expired";
    refusal.message = "this link is older than one hour: run `sentinel link` for a new one";
  }
  co_return co_await refused(std::move(refusal), std::string(found->text(0, 2)),
                             std::move(address));
}

Task<Result<models::Caller>> AccountsService::caller_of_session(std::string_view token) {
  auto hash = hash_token(token);
  auto now = clock_();
  if (auto known = sessions_.find(hash, now)) co_return std::move(*known);
  auto ticket = sessions_.ticket();
  auto found = co_await database_.query("session_find", postgres::Params(stored_hash(token)));
  if (!found) co_return forward(found);
  if (found->size() == 0) {
    co_return fail(ErrorCode::Unauthenticated, "session_unknown",
                   "this session is over, or never was; sign in again");
  }
  auto caller = read_session(*found);
  auto touched = now - Microseconds{found->integer(0, 5)};
  if (sessions_.remember(hash, caller, now, touched, kTouchEvery, ticket)) {
    // A session that cannot be touched, say on a replica, is still good.
    auto done = co_await database_.query(
        "session_touch", postgres::Params(*caller.session_id, *caller.user_id,
                                          std::chrono::seconds{kTouchEvery}.count()));
    if (!done) log::warning("a session was not touched: {}", done.error().message);
  }
  co_return caller;
}

Task<Result<models::Caller>> AccountsService::caller_of_key(std::string_view token) {
  auto hash = hash_token(token);
  auto now = clock_();
  if (auto known = keys_.find(hash, now)) co_return std::move(*known);
  auto ticket = keys_.ticket();
  auto found = co_await database_.query("key_find", postgres::Params(stored_hash(token)));
  if (!found) co_return forward(found);
  if (found->size() == 0) {
    co_return fail(ErrorCode::Unauthenticated, "key_unknown",
                   "this key is not known: it may be mistyped, revoked or expired");
  }
  models::Caller caller;
  caller.name = found->text(0, 0);
  auto scope = models::parse_key_scope(found->text(0, 1));
  if (scope == models::KeyScope::Read) caller.role = models::Role::Viewer;
  if (scope == models::KeyScope::Admin) caller.role = models::Role::Admin;
  // Nobody asks when a key was used last.
  std::ignore = keys_.remember(hash, caller, now, now, kTouchEvery, ticket);
  co_return caller;
}

Task<Result<void>> AccountsService::sign_out(const models::Caller& caller) {
  if (auto person = require_person(caller); !person) co_return person;
  auto session_id = *caller.session_id;
  auto ended = co_await database_.query("session_end",
                                        postgres::Params(session_id, *caller.user_id, caller.name));
  if (!ended) co_return forward(ended);
  sessions_.forget_session(session_id);
  co_return Result<void>{};
}

Task<Result<void>> AccountsService::set_password(const models::Caller& caller,
                                                 std::optional<std::string> current,
                                                 std::string password) {
  auto user = caller;
  if (auto person = require_person(user); !person) co_return person;
  if (auto checked = check_password(password); !checked) co_return checked;
  auto found = co_await database_.query("user_find", postgres::Params(user.name));
  if (!found) co_return forward(found);
  if (!found->is_null(0, 4)) {
    if (!current) {
      co_return fail(ErrorCode::InvalidArgument, "current_missing",
                     "current is missing: changing a password takes the one in force");
    }
    auto matches =
        co_await verify({user.name, "", std::move(*current), std::string(found->text(0, 4))});
    if (!matches) co_return forward(matches);
    if (!*matches) {
      co_return fail(ErrorCode::PermissionDenied, "password_wrong",
                     "the current password is another one");
    }
  }
  auto hashed = co_await hash(std::move(password));
  if (!hashed) co_return forward(hashed);
  auto written = co_await database_.query_in_turn(
      kUserTurn, "user_password_insert",
      postgres::Params(*user.user_id, *hashed, user.name, *user.session_id));
  if (!written) co_return forward(written);
  sessions_.forget_user(*user.user_id);
  co_return Result<void>{};
}

Task<Result<bool>> AccountsService::has_users() {
  auto rows = co_await database_.query("user_exists");
  if (!rows) co_return forward(rows);
  co_return rows->boolean(0, 0);
}

Task<Result<std::string>> AccountsService::create_link(std::string user_name,
                                                       std::string created_by) {
  if (auto checked = check_name("the name of the user", user_name); !checked) {
    co_return forward(checked);
  }
  auto found = co_await database_.query("user_find", postgres::Params(user_name));
  if (!found) co_return forward(found);
  if (found->size() == 1 && !found->boolean(0, 3)) {
    co_return fail(ErrorCode::PermissionDenied, "user_disabled",
                   fmt::format("user '{}' is disabled", user_name));
  }
  auto token = make_token("sl_");
  auto written = co_await database_.query(
      "link_insert", postgres::Params(stored_hash(token), user_name, created_by));
  if (!written) co_return forward(written);
  co_return token;
}

}  // namespace sentinel::accounts
