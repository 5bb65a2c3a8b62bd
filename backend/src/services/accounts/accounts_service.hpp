// People and programs: who they are, how they sign in, and the few things they keep here.
//
// Tokens and passwords are stored as hashes alone. Argon2id runs on one thread of its own, never on
// an IO thread; that thread also counts the failed attempts, so attempts that arrive together
// cannot slip past the limits.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"
#include "base/time.hpp"
#include "models/user.hpp"
#include "postgres/pool.hpp"
#include "services/accounts/account_rules.hpp"
#include "services/accounts/attempt_limits.hpp"
#include "services/accounts/session_cache.hpp"

namespace sentinel::accounts {

inline constexpr int kViewsMax = 200;  // of one user
inline constexpr auto kTouchEvery = std::chrono::minutes{5};
inline constexpr int kHashesWaitingMax = 64;  // a further one is refused as Unavailable

struct SignedIn {
  std::string token;
  models::Caller caller;
};

struct NewKey {
  std::string name;
  models::KeyScope scope = models::KeyScope::Ingest;
  std::vector<std::string> agents = {};  // empty: all
  // Of a key of scope ingest: 0 is any number, nothing is what each node says.
  std::optional<int> records_per_second = std::nullopt;
  std::optional<Timestamp> expires_at = std::nullopt;
};

struct CreatedKey {
  Uuid key_id;
  std::string token;  // to be shown once
};

// A key as its operators see it: never the token, nor its hash.
struct KeyRow {
  Uuid key_id;
  std::string name;
  std::string scope;
  std::string agents;  // an array as JSON
  std::optional<int64_t> records_per_second;
  Timestamp created_at;
  std::string created_by;
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> revoked_at;
  std::optional<std::string> revoked_by;
};

struct UserRow {
  Uuid user_id;
  std::string name;
  std::string role;
  bool enabled = true;
  bool has_password = false;
  Timestamp created_at;
  std::optional<Timestamp> signed_in_at;  // last
};

// What is left out stays as it is.
struct UserChange {
  std::optional<models::Role> role = {};
  std::optional<bool> enabled = {};
};

// The newest ones behind which a page goes on.
struct KeyPosition {
  Timestamp created_at;
  Uuid key_id;
};

class AccountsService {
 public:
  using Clock = std::function<Timestamp()>;

  // Must end before the contexts whose coroutines use it, and after they stopped.
  explicit AccountsService(postgres::Database& database, Clock clock = &now);
  AccountsService(const AccountsService&) = delete;
  AccountsService& operator=(const AccountsService&) = delete;

  // Errors: Unauthenticated (sign_in_refused, for every cause alike), RateLimited, Unavailable.
  Task<Result<SignedIn>> sign_in(std::string name, std::string password, std::string address);
  // Spends the link; makes its user as an admin when there is none. Errors: Unauthenticated
  // (link_unknown, link_used, link_expired, sign_in_refused), RateLimited.
  Task<Result<SignedIn>> sign_in_by_link(std::string link_token, std::string address);

  // Errors: Unauthenticated (session_unknown). An answer may be 2 s old.
  Task<Result<models::Caller>> caller_of_session(std::string_view token);
  // Scope read or admin gives the role Viewer or Admin; scope ingest gives no role. Errors:
  // Unauthenticated (key_unknown). An answer may be 2 s old.
  Task<Result<models::Caller>> caller_of_key(std::string_view token);

  // These are for people: a key gets PermissionDenied (people_only).
  Task<Result<void>> sign_out(const models::Caller& caller);
  // Ends the user's other sessions. Errors: InvalidArgument, PermissionDenied (password_wrong),
  // RateLimited.
  Task<Result<void>> set_password(const models::Caller& caller, std::optional<std::string> current,
                                  std::string password);
  Task<Result<std::vector<View>>> views(const models::Caller& caller);
  Task<Result<void>> save_view(const models::Caller& caller, View view);
  Task<Result<Preferences>> preferences(const models::Caller& caller);
  // Gives what holds from now on: what is not named stays as it is. Errors: InvalidArgument.
  Task<Result<Preferences>> set_preferences(const models::Caller& caller,
                                            PreferenceChanges changes);

  // What the command line does.
  Task<Result<bool>> has_users();
  // Errors: InvalidArgument, Conflict (a key of that name is in force).
  Task<Result<CreatedKey>> create_key(NewKey wanted, std::string created_by);
  // Every key of that name. Errors: NotFound.
  Task<Result<void>> revoke_key(std::string name, std::string revoked_by);
  // Errors: NotFound; Conflict (it is revoked already).
  Task<Result<KeyRow>> revoke_key(Uuid key_id, std::string revoked_by);
  // Newest first, those that are in force no more too.
  Task<Result<std::vector<KeyRow>>> keys(std::optional<KeyPosition> behind, int limit);
  // Errors: NotFound.
  Task<Result<KeyRow>> key(Uuid key_id);
  // Without a password, links alone let them in. Gives the id. Errors: InvalidArgument, Conflict.
  Task<Result<Uuid>> create_user(std::string name, models::Role role,
                                 std::optional<std::string> password, std::string created_by);
  // Sessions of who is disabled are over within seconds. Errors: NotFound; Conflict (nobody shuts
  // themselves out).
  Task<Result<UserRow>> revise_user(Uuid user_id, UserChange change, const models::Caller& caller);
  // By name; `after` is the name to go on behind.
  Task<Result<std::vector<UserRow>>> users(std::optional<std::string> after, int limit);
  // Errors: NotFound.
  Task<Result<UserRow>> user(Uuid user_id);
  // The token of a link that is good for one hour, once. Errors: InvalidArgument, PermissionDenied
  // (user_disabled).
  Task<Result<std::string>> create_link(std::string user_name,
                                        std::string created_by = "command line");

  // How many passwords were put through Argon2id: one an attempt, whether or not there is such an
  // account, so that the time an answer takes tells nobody which.
  uint64_t passwords_checked() const { return passwords_checked_; }

 private:
  // A password against what is stored of it.
  struct Attempt {
    std::string account;
    std::string address;  // empty: not limited by it
    std::string given;
    std::string
        stored;  // hash; empty: nothing matches, and the dummy is checked to spend the same time
  };
  // Whether the password matches; counts the attempt. Errors: RateLimited, Unavailable.
  Task<Result<bool>> verify(Attempt attempt);
  Task<Result<std::string>> hash(std::string password);
  Result<void> check_limits(std::string_view account, std::string_view address) const;
  template <class Work>
  Task<std::invoke_result_t<Work>> on_hashing_thread(Work work);

  // Notes the refusal in the audit trail and gives it back.
  Task<Error> refused(Error refusal, std::string name, std::string address);
  Task<Error> link_refused(std::string hash, std::string address);

  postgres::Database& database_;
  Clock clock_;
  AttemptLimits attempts_;
  SessionCache sessions_;
  SessionCache keys_;  // a key is no session, nor the other way round
  std::atomic<int> hashes_waiting_ = 0;
  std::atomic<uint64_t> passwords_checked_ = 0;
  std::string dummy_hash_;        // of the hashing thread alone
  asio::thread_pool hashing_{1};  // last: its thread uses the others
};

}  // namespace sentinel::accounts
