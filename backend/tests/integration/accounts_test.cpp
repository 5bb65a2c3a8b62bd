// People and keys against a real database: what is stored, what is refused, and what two at once do
// to each other.
#include "services/accounts/accounts_service.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <map>
#include <thread>

#include "support/test_database.hpp"

namespace sentinel::accounts {
namespace {

using namespace std::chrono_literals;
using sentinel::testing::run;
using sentinel::testing::TestDatabase;
using ::testing::HasSubstr;

constexpr auto kPassword = "correct horse battery";
constexpr auto kAddress = "192.0.2.1";

template <class T>
std::string reason(const Result<T>& result) {
  return result ? "" : result.error().reason;
}

template <class T>
ErrorCode code(const Result<T>& result) {
  EXPECT_FALSE(result);
  return result ? ErrorCode::Internal : result.error().code;
}

// Runs all of them at the same time.
template <class T>
std::vector<T> run_together(std::vector<Task<T>> tasks) {
  auto& context = sentinel::testing::test_context();
  std::vector<T> results(tasks.size());
  size_t done = 0;
  for (size_t i = 0; i < tasks.size(); ++i) {
    asio::co_spawn(context, std::move(tasks[i]),
                   [&results, &done, i](std::exception_ptr failed, T result) {
                     if (failed) std::rethrow_exception(failed);
                     results[i] = std::move(result);
                     ++done;
                   });
  }
  context.restart();
  context.run_for(60s);  // a hang guard
  if (done != results.size()) throw std::runtime_error("the coroutines did not end within 60 s");
  return results;
}

// Each test has people of its own: their names begin with the test's.
class AccountsTest : public ::testing::Test {
 protected:
  static postgres::Endpoint endpoint(std::string_view options = "") {
    auto endpoint = TestDatabase::shared().endpoint("sentinel_db_api");
    endpoint.role += options;
    return endpoint;
  }

  static std::string name(std::string_view who) {
    return fmt::format("{} {}", ::testing::UnitTest::GetInstance()->current_test_info()->name(),
                       who);
  }

  // The first column of the first row; `{}` in the statement is a name.
  static std::string ask(std::string_view sql, std::string_view who = "") {
    auto rows = TestDatabase::shared().execute(fmt::format(fmt::runtime(sql), who));
    return rows.size() == 0 ? "" : std::string(rows.text(0, 0));
  }

  void create_user(const std::string& who, models::Role role = models::Role::Editor) {
    auto created = run(accounts_.create_user(who, role, kPassword, "test"));
    ASSERT_TRUE(created) << created.error().message;
  }

  SignedIn sign_in(const std::string& who) {
    auto signed_in = run(accounts_.sign_in(who, kPassword, kAddress));
    EXPECT_TRUE(signed_in) << signed_in.error().message;
    return signed_in.value_or(SignedIn{});
  }

  // A session that was opened `age` ago.
  static void insert_session(const std::string& who, std::string_view token, std::string_view age) {
    TestDatabase::shared().execute(
        fmt::format("INSERT INTO user_session (hash, user_id, address, created_at) "
                    "SELECT sha256('{}'), user_id, '192.0.2.1', now() - interval '{}' FROM "
                    "app_user WHERE name = '{}'",
                    token, age, who));
  }
  static void insert_event(std::string_view token, std::string_view type, std::string_view age) {
    TestDatabase::shared().execute(
        fmt::format("INSERT INTO session_event (session_id, user_id, type, name, created_at) "
                    "SELECT session_id, user_id, '{}', session_id::text, now() - interval '{}' "
                    "FROM user_session "
                    "WHERE hash = sha256('{}')",
                    type, age, token));
  }
  static std::string touches(std::string_view token) {
    return ask(
        "SELECT count(*) FROM session_event JOIN user_session USING (session_id) "
        "WHERE type = 'touched' AND hash = sha256('{}')",
        token);
  }
  static void disable(const std::string& who) {
    ask("INSERT INTO app_user_revision (user_id, role, password_hash, enabled, created_by) "
        "SELECT user_id, role, password_hash, false, 'test' FROM app_user_revision JOIN app_user "
        "USING (user_id) "
        "WHERE name = '{}' ORDER BY revision_id DESC LIMIT 1",
        who);
  }
  static std::string audited(std::string_view action, std::string_view subject) {
    return ask(
        fmt::format("SELECT string_agg(actor || ' ' || detail::text, '; ' ORDER BY audit_event_id) "
                    "FROM audit_event WHERE action = '{}' AND subject = '{{}}'",
                    action),
        subject);
  }

  Timestamp now_ = now();
  postgres::Database database_{endpoint()};
  AccountsService accounts_{database_, [this] { return now_; }};
};

// Signing in with a password

TEST_F(AccountsTest, SignsInWithAPassword) {
  create_user(name("ada"), models::Role::Viewer);
  auto signed_in = sign_in(name("ada"));
  EXPECT_TRUE(signed_in.token.starts_with("ss_"));
  EXPECT_EQ(signed_in.caller.name, name("ada"));
  EXPECT_EQ(signed_in.caller.role, models::Role::Viewer);
  EXPECT_TRUE(signed_in.caller.has_password);

  auto caller = run(accounts_.caller_of_session(signed_in.token));
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name, name("ada"));
  EXPECT_EQ(caller->role, models::Role::Viewer);
  EXPECT_EQ(caller->user_id, signed_in.caller.user_id);
  EXPECT_EQ(caller->session_id, signed_in.caller.session_id);
  EXPECT_TRUE(caller->has_password);
}

TEST_F(AccountsTest, StoresHashesAloneAndNotesWhoSignedIn) {
  create_user(name("ada"));
  auto signed_in = sign_in(name("ada"));
  EXPECT_THAT(ask("SELECT password_hash FROM app_user_revision JOIN app_user USING (user_id) WHERE "
                  "name = '{}'",
                  name("ada")),
              ::testing::StartsWith("$argon2id$"));
  EXPECT_EQ(ask("SELECT count(*) FROM user_session WHERE hash = sha256('{}')", signed_in.token),
            "1");
  EXPECT_EQ(audited("user_created", name("ada")), R"(test {"role": "editor"})");
  EXPECT_EQ(audited("signed_in", name("ada")),
            name("ada") + R"( {"with": "password", "address": "192.0.2.1"})");
  EXPECT_EQ(ask("SELECT count(*) FROM audit_event WHERE detail::text LIKE '%correct horse%'"), "0");
}

TEST_F(AccountsTest, RefusesEveryCauseWithOneSentence) {
  create_user(name("ada"));
  create_user(name("disabled"));
  disable(name("disabled"));
  auto link = run(accounts_.create_link(name("no password")));
  ASSERT_TRUE(run(accounts_.sign_in_by_link(*link, kAddress)));

  for (const auto& [who, password] :
       std::vector<std::pair<std::string, std::string>>{{name("ada"), "wrong horse battery"},
                                                        {name("nobody"), kPassword},
                                                        {name("disabled"), kPassword},
                                                        {name("no password"), kPassword},
                                                        {name("no password"), ""}}) {
    const auto before = accounts_.passwords_checked();
    auto refused = run(accounts_.sign_in(who, password, kAddress));
    EXPECT_EQ(code(refused), ErrorCode::Unauthenticated) << who;
    EXPECT_EQ(reason(refused), "sign_in_refused") << who;
    EXPECT_EQ(accounts_.passwords_checked(), before + 1) << "the same work for " << who;
    EXPECT_EQ(refused.error().message,
              "name and password do not match an account that may sign in");
  }
  EXPECT_EQ(audited("sign_in_refused", name("nobody")),
            name("nobody") + R"( {"reason": "sign_in_refused", "address": "192.0.2.1"})");
}

TEST_F(AccountsTest, RefusesNamesAndPasswordsThatCannotBe) {
  EXPECT_EQ(code(run(accounts_.sign_in("", kPassword, kAddress))), ErrorCode::InvalidArgument);
  EXPECT_EQ(code(run(accounts_.sign_in(std::string("admin\0x", 7), kPassword, kAddress))),
            ErrorCode::InvalidArgument);
  EXPECT_EQ(code(run(accounts_.sign_in(name("ada"), std::string(4001, 'x'), kAddress))),
            ErrorCode::InvalidArgument);
}

TEST_F(AccountsTest, LimitsTheFailuresOfAnAccount) {
  create_user(name("ada"));
  for (const auto& who : {name("ada"), name("nobody")}) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(reason(run(accounts_.sign_in(who, "wrong horse battery", ""))), "sign_in_refused");
    }
    auto limited = run(accounts_.sign_in(who, kPassword, ""));
    EXPECT_EQ(code(limited), ErrorCode::RateLimited) << who;
    EXPECT_EQ(limited.error().message, "too many failed attempts to sign in; try again in 15 min");
  }
  now_ += 15min;
  EXPECT_TRUE(run(accounts_.sign_in(name("ada"), kPassword, "")));
}

TEST_F(AccountsTest, ForgetsTheFailuresOfAnAccountThatSignsIn) {
  create_user(name("ada"));
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 4; ++i) run(accounts_.sign_in(name("ada"), "wrong horse battery", ""));
    EXPECT_TRUE(run(accounts_.sign_in(name("ada"), kPassword, "")));
  }
}

TEST_F(AccountsTest, CannotBeOutrunByAttemptsThatArriveTogether) {
  create_user(name("ada"));
  std::vector<Task<Result<SignedIn>>> attempts;
  for (int i = 0; i < 12; ++i)
    attempts.push_back(accounts_.sign_in(name("ada"), "wrong horse battery", ""));
  int refused = 0;
  for (const auto& result : run_together(std::move(attempts)))
    refused += reason(result) == "sign_in_refused";
  EXPECT_EQ(refused, 5);
}

TEST_F(AccountsTest, LimitsTheFailuresOfAnAddress) {
  // Links that are not known count for the address too, and cost no password hash.
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(reason(run(accounts_.sign_in_by_link(fmt::format("sl_{}", i), kAddress))),
              "link_unknown");
  }
  EXPECT_EQ(code(run(accounts_.sign_in_by_link("sl_", kAddress))), ErrorCode::RateLimited);
  EXPECT_EQ(code(run(accounts_.sign_in(name("ada"), kPassword, kAddress))), ErrorCode::RateLimited);
  EXPECT_EQ(reason(run(accounts_.sign_in_by_link("sl_", "192.0.2.2"))), "link_unknown");
}

TEST_F(AccountsTest, BoundsTheQueueOfTheHashingThread) {
  // The hashing thread asks for the time first: here it waits until the queue has overflown.
  constexpr int kMore = 6;
  std::latch overflown(kMore);
  auto main = std::this_thread::get_id();
  AccountsService accounts(database_, [&] {
    if (std::this_thread::get_id() != main) overflown.wait();
    return now_;
  });
  auto& context = sentinel::testing::test_context();
  std::map<std::string, int> reasons;
  for (int i = 0; i < kHashesWaitingMax + kMore; ++i) {
    asio::co_spawn(context, accounts.sign_in(name("ada"), "wrong horse battery", ""),
                   [&](std::exception_ptr, Result<SignedIn> result) {
                     if (++reasons[reason(result)] <= kMore && reason(result) == "sign_in_busy") {
                       EXPECT_EQ(code(result), ErrorCode::Unavailable);
                       overflown.count_down();
                     }
                   });
  }
  context.restart();
  context.run_for(60s);                                  // a hang guard
  while (!overflown.try_wait()) overflown.count_down();  // only when the test failed
  EXPECT_EQ(reasons["sign_in_busy"], kMore);
  EXPECT_EQ(reasons["sign_in_refused"], 5);
  EXPECT_EQ(reasons["too_many_attempts"], kHashesWaitingMax - 5);
  EXPECT_EQ(reason(run(accounts.sign_in(name("bob"), kPassword, ""))), "sign_in_refused");
}

// Links

TEST_F(AccountsTest, MakesTheFirstAdminByLink) {
  auto link = run(accounts_.create_link(name("admin")));
  ASSERT_TRUE(link);
  EXPECT_TRUE(link->starts_with("sl_"));
  EXPECT_EQ(
      ask("SELECT expires_at - created_at FROM sign_in_link WHERE user_name = '{}'", name("admin")),
      "01:00:00");
  EXPECT_EQ(audited("link_created", name("admin")), "command line {}");

  auto signed_in = run(accounts_.sign_in_by_link(*link, kAddress));
  ASSERT_TRUE(signed_in) << signed_in.error().message;
  EXPECT_EQ(signed_in->caller.name, name("admin"));
  EXPECT_EQ(signed_in->caller.role, models::Role::Admin);
  EXPECT_FALSE(signed_in->caller.has_password);
  auto caller = run(accounts_.caller_of_session(signed_in->token));
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->session_id, signed_in->caller.session_id);
  EXPECT_EQ(audited("user_created", name("admin")), R"(sign-in link {"role": "admin"})");
  EXPECT_EQ(audited("signed_in", name("admin")),
            name("admin") + R"( {"with": "link", "address": "192.0.2.1"})");
}

TEST_F(AccountsTest, SignsInAKnownUserByLinkAsWhatTheyAre) {
  create_user(name("ada"), models::Role::Viewer);
  auto link = run(accounts_.create_link(name("ada")));
  auto signed_in = run(accounts_.sign_in_by_link(*link, kAddress));
  ASSERT_TRUE(signed_in);
  EXPECT_EQ(signed_in->caller.role, models::Role::Viewer);
  EXPECT_TRUE(signed_in->caller.has_password);
}

TEST_F(AccountsTest, RefusesALinkThatIsUsedExpiredOrUnknown) {
  auto link = run(accounts_.create_link(name("ada")));
  ASSERT_TRUE(run(accounts_.sign_in_by_link(*link, kAddress)));
  auto used = run(accounts_.sign_in_by_link(*link, kAddress));
  EXPECT_EQ(code(used), ErrorCode::Unauthenticated);
  EXPECT_EQ(reason(used), "link_used");
  EXPECT_THAT(used.error().message, HasSubstr("run `sentinel link`"));

  ask("INSERT INTO sign_in_link (hash, user_name, created_at, expires_at) "
      "VALUES (sha256('sl_old'), '{}', now() - interval '2 hours', now() - interval '1 hour')",
      name("ada"));
  auto expired = run(accounts_.sign_in_by_link("sl_old", kAddress));
  EXPECT_EQ(code(expired), ErrorCode::Unauthenticated);
  EXPECT_EQ(reason(expired), "link_expired");
  EXPECT_THAT(expired.error().message, HasSubstr("run `sentinel link`"));

  auto unknown = run(accounts_.sign_in_by_link("sl_none", kAddress));
  EXPECT_EQ(code(unknown), ErrorCode::Unauthenticated);
  EXPECT_EQ(reason(unknown), "link_unknown");
  EXPECT_THAT(unknown.error().message, HasSubstr("run `sentinel link`"));
  EXPECT_THAT(audited("sign_in_refused", name("ada")), HasSubstr("link_expired"));
}

TEST_F(AccountsTest, SpendsALinkOnceWhoeverComesTogether) {
  auto link = run(accounts_.create_link(name("ada")));
  std::vector<Task<Result<SignedIn>>> tries;
  for (int i = 0; i < 4; ++i) tries.push_back(accounts_.sign_in_by_link(*link, kAddress));
  int opened = 0;
  for (const auto& result : run_together(std::move(tries))) {
    opened += result.has_value();
    if (!result) EXPECT_EQ(reason(result), "link_used");
  }
  EXPECT_EQ(opened, 1);
}

TEST_F(AccountsTest, MakesOneUserOfTwoLinksThatComeTogether) {
  for (int round = 0; round < 5; ++round) {
    auto who = fmt::format("{} {}", name("ada"), round);
    std::vector<Task<Result<SignedIn>>> tries;
    for (int i = 0; i < 3; ++i) {
      tries.push_back(accounts_.sign_in_by_link(*run(accounts_.create_link(who)), kAddress));
    }
    for (const auto& result : run_together(std::move(tries))) EXPECT_EQ(reason(result), "");
    EXPECT_EQ(ask("SELECT count(*) FROM app_user_revision JOIN app_user USING (user_id) WHERE name "
                  "= '{}'",
                  who),
              "1");
  }
}

TEST_F(AccountsTest, GivesADisabledUserNoLinkAndSpendsNone) {
  create_user(name("ada"));
  auto link = run(accounts_.create_link(name("ada")));
  disable(name("ada"));
  EXPECT_EQ(reason(run(accounts_.sign_in_by_link(*link, kAddress))), "sign_in_refused");
  EXPECT_EQ(ask("SELECT count(*) FROM sign_in_link_use WHERE hash = sha256('{}')", *link), "0");
  EXPECT_EQ(reason(run(accounts_.create_link(name("ada")))), "user_disabled");
  EXPECT_EQ(code(run(accounts_.create_link(""))), ErrorCode::InvalidArgument);
}

// Sessions

TEST_F(AccountsTest, EndsASessionADayAfterItsNewestTouch) {
  create_user(name("ada"));
  insert_session(name("ada"), name("fresh"), "23 hours 59 minutes");
  insert_session(name("ada"), name("old"), "24 hours");
  insert_session(name("ada"), name("touched"), "30 days");
  insert_event(name("touched"), "touched", "25 hours");
  insert_event(name("touched"), "touched", "23 hours");
  EXPECT_TRUE(run(accounts_.caller_of_session(name("fresh"))));
  EXPECT_TRUE(run(accounts_.caller_of_session(name("touched"))));
  auto old = run(accounts_.caller_of_session(name("old")));
  EXPECT_EQ(code(old), ErrorCode::Unauthenticated);
  EXPECT_EQ(reason(old), "session_unknown");
  EXPECT_EQ(reason(run(accounts_.caller_of_session("ss_none"))), "session_unknown");
}

TEST_F(AccountsTest, TouchesASessionAtMostEveryFiveMinutes) {
  create_user(name("ada"));
  insert_session(name("ada"), name("young"), "4 minutes");
  insert_session(name("ada"), name("older"), "6 minutes");
  insert_session(name("ada"), name("touched"), "1 hour");
  insert_event(name("touched"), "touched", "4 minutes");
  for (int round = 0; round < 3; ++round) {
    for (auto token : {name("young"), name("older"), name("touched")}) {
      std::vector<Task<Result<models::Caller>>> page;
      for (int i = 0; i < 4; ++i) page.push_back(accounts_.caller_of_session(token));
      for (const auto& caller : run_together(std::move(page))) EXPECT_TRUE(caller);
    }
    now_ += 6s;  // past the cache
  }
  EXPECT_EQ(touches(name("young")), "0");
  EXPECT_EQ(touches(name("older")), "1");
  EXPECT_EQ(touches(name("touched")), "1");
}

TEST_F(AccountsTest, LetsTwoServersTouchASessionOnce) {
  create_user(name("ada"));
  insert_session(name("ada"), name("session"), "6 minutes");
  EXPECT_TRUE(run(accounts_.caller_of_session(name("session"))));
  AccountsService other(database_);
  EXPECT_TRUE(run(other.caller_of_session(name("session"))));
  EXPECT_EQ(touches(name("session")), "1");
}

TEST_F(AccountsTest, SignsOutAtOnceHereAndWithinTwoSecondsElsewhere) {
  create_user(name("ada"));
  auto session = sign_in(name("ada"));
  auto other_session = sign_in(name("ada"));
  AccountsService other(database_, [this] { return now_; });
  ASSERT_TRUE(run(accounts_.caller_of_session(session.token)));
  ASSERT_TRUE(run(other.caller_of_session(session.token)));

  EXPECT_TRUE(run(accounts_.sign_out(session.caller)));
  EXPECT_EQ(reason(run(accounts_.caller_of_session(session.token))), "session_unknown");
  now_ += 2s;
  EXPECT_EQ(reason(run(other.caller_of_session(session.token))), "session_unknown");
  EXPECT_TRUE(run(accounts_.caller_of_session(other_session.token)));
  EXPECT_EQ(audited("signed_out", name("ada")), name("ada") + " {}");
}

TEST_F(AccountsTest, AnswersFromMemoryForTwoSeconds) {
  create_user(name("ada"));
  auto session = sign_in(name("ada"));
  ASSERT_TRUE(run(accounts_.caller_of_session(session.token)));
  disable(name("ada"));
  now_ += 1s;
  EXPECT_TRUE(run(accounts_.caller_of_session(session.token)));
  now_ += 1s;
  EXPECT_EQ(reason(run(accounts_.caller_of_session(session.token))), "session_unknown");
}

TEST_F(AccountsTest, ReadsSessionsOfADatabaseThatTakesNoWrites) {
  create_user(name("ada"));
  insert_session(name("ada"), name("session"), "6 minutes");
  postgres::Database replica(endpoint(" -c default_transaction_read_only=on"));
  AccountsService accounts(replica);
  EXPECT_TRUE(run(accounts.caller_of_session(name("session"))));
  EXPECT_EQ(touches(name("session")), "0");
  // Refusals stand even where they cannot be noted.
  EXPECT_EQ(reason(run(accounts.sign_in(name("ada"), "wrong horse battery", kAddress))),
            "sign_in_refused");
}

// Passwords

TEST_F(AccountsTest, SetsTheFirstPasswordWithoutACurrentOne) {
  auto session = run(accounts_.sign_in_by_link(*run(accounts_.create_link(name("ada"))), kAddress));
  ASSERT_TRUE(session);
  EXPECT_FALSE(run(accounts_.caller_of_session(session->token))->has_password);
  auto set = run(accounts_.set_password(session->caller, std::nullopt, kPassword));
  EXPECT_TRUE(set) << set.error().message;
  EXPECT_TRUE(run(accounts_.caller_of_session(session->token))->has_password);
  EXPECT_EQ(sign_in(name("ada")).caller.role, models::Role::Admin);
  EXPECT_EQ(audited("password_changed", name("ada")), name("ada") + " {}");
}

TEST_F(AccountsTest, ChangesAPasswordAgainstTheCurrentOne) {
  create_user(name("ada"));
  auto session = sign_in(name("ada"));
  auto missing = run(accounts_.set_password(session.caller, std::nullopt, "another horse battery"));
  EXPECT_EQ(code(missing), ErrorCode::InvalidArgument);
  EXPECT_EQ(reason(missing), "current_missing");
  auto wrong =
      run(accounts_.set_password(session.caller, "wrong horse battery", "another horse battery"));
  EXPECT_EQ(code(wrong), ErrorCode::PermissionDenied);
  EXPECT_EQ(reason(wrong), "password_wrong");
  auto too_short = run(accounts_.set_password(session.caller, kPassword, "short"));
  EXPECT_EQ(code(too_short), ErrorCode::InvalidArgument);

  EXPECT_TRUE(run(accounts_.set_password(session.caller, kPassword, "another horse battery")));
  EXPECT_EQ(reason(run(accounts_.sign_in(name("ada"), kPassword, kAddress))), "sign_in_refused");
  auto again = run(accounts_.sign_in(name("ada"), "another horse battery", kAddress));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->caller.role, models::Role::Editor);
}

TEST_F(AccountsTest, EndsTheOtherSessionsWhenThePasswordChanges) {
  create_user(name("ada"));
  create_user(name("bob"));
  auto mine = sign_in(name("ada"));
  auto stolen = sign_in(name("ada"));
  auto bobs = sign_in(name("bob"));
  insert_session(name("ada"), name("long-lived"), "30 days");
  insert_event(name("long-lived"), "touched", "1 hour");
  ASSERT_TRUE(run(accounts_.caller_of_session(stolen.token)));
  ASSERT_TRUE(run(accounts_.caller_of_session(name("long-lived"))));
  ASSERT_TRUE(run(accounts_.set_password(mine.caller, kPassword, "another horse battery")));
  EXPECT_EQ(reason(run(accounts_.caller_of_session(stolen.token))), "session_unknown");
  EXPECT_EQ(reason(run(accounts_.caller_of_session(name("long-lived")))), "session_unknown");
  EXPECT_TRUE(run(accounts_.caller_of_session(mine.token)));
  EXPECT_TRUE(run(accounts_.caller_of_session(bobs.token)));
}

TEST_F(AccountsTest, CountsAWrongCurrentPasswordAsAFailedAttempt) {
  create_user(name("ada"));
  auto session = sign_in(name("ada"));
  for (int i = 0; i < 5; ++i) {
    auto wrong =
        run(accounts_.set_password(session.caller, "wrong horse battery", "another horse battery"));
    EXPECT_EQ(reason(wrong), "password_wrong");
  }
  auto limited = run(accounts_.set_password(session.caller, kPassword, "another horse battery"));
  EXPECT_EQ(code(limited), ErrorCode::RateLimited);
  EXPECT_EQ(code(run(accounts_.sign_in(name("ada"), kPassword, kAddress))), ErrorCode::RateLimited);
}

// Users

TEST_F(AccountsTest, CreatesAUserOnce) {
  create_user(name("ada"));
  EXPECT_TRUE(run(accounts_.has_users()).value_or(false));
  auto again = run(accounts_.create_user(name("ada"), models::Role::Admin, kPassword, "test"));
  EXPECT_EQ(code(again), ErrorCode::Conflict);
  EXPECT_EQ(again.error().message, "there is a user '" + name("ada") + "' already");
  EXPECT_EQ(sign_in(name("ada")).caller.role, models::Role::Editor);
}

TEST_F(AccountsTest, RefusesUsersWithoutANameOrAGoodPassword) {
  EXPECT_EQ(code(run(accounts_.create_user("", models::Role::Admin, kPassword, "test"))),
            ErrorCode::InvalidArgument);
  EXPECT_EQ(
      code(run(accounts_.create_user(name("ada"), models::Role::Admin, "elevenchars", "test"))),
      ErrorCode::InvalidArgument);
}

// Keys

TEST_F(AccountsTest, KnowsKeysByTheirScope) {
  using models::KeyScope;
  auto caller_of = [&](KeyScope scope) {
    auto key_name = name(models::to_string(scope));
    auto key = run(accounts_.create_key({.name = key_name, .scope = scope}, "test"));
    EXPECT_TRUE(key) << key.error().message;
    EXPECT_TRUE(key->token.starts_with("sk_"));
    auto caller = run(accounts_.caller_of_key(key->token));
    EXPECT_TRUE(caller);
    EXPECT_EQ(caller->name, key_name);
    EXPECT_EQ(caller->user_id, std::nullopt);
    EXPECT_EQ(caller->session_id, std::nullopt);
    return caller->role;
  };
  EXPECT_EQ(caller_of(KeyScope::Ingest), std::nullopt);
  EXPECT_EQ(caller_of(KeyScope::Read), models::Role::Viewer);
  EXPECT_EQ(caller_of(KeyScope::Admin), models::Role::Admin);
}

TEST_F(AccountsTest, StoresTheAgentsOfAKey) {
  auto key = run(accounts_.create_key({.name = name("key"), .agents = {"a", "b \"c\""}}, "test"));
  ASSERT_TRUE(key);
  EXPECT_EQ(ask("SELECT agents::text FROM api_key WHERE hash = sha256('{}')", key->token),
            R"({a,"b \"c\""})");
  EXPECT_EQ(audited("key_created", name("key")),
            R"(test {"scope": "ingest", "agents": ["a", "b \"c\""]})");
  EXPECT_EQ(
      reason(run(accounts_.create_key(
          {.name = name("other"), .scope = models::KeyScope::Read, .agents = {"a"}}, "test"))),
      "agents_not_allowed");
  EXPECT_EQ(code(run(accounts_.create_key({.name = "", .scope = models::KeyScope::Read}, "test"))),
            ErrorCode::InvalidArgument);
}

TEST_F(AccountsTest, RefusesAKeyThatIsRevokedExpiredOrUnknown) {
  auto key =
      run(accounts_.create_key({.name = name("key"), .scope = models::KeyScope::Read}, "test"));
  ASSERT_TRUE(run(accounts_.caller_of_key(key->token)));
  EXPECT_TRUE(run(accounts_.revoke_key(name("key"), "test")));
  auto revoked = run(accounts_.caller_of_key(key->token));
  EXPECT_EQ(code(revoked), ErrorCode::Unauthenticated);
  EXPECT_EQ(reason(revoked), "key_unknown");
  EXPECT_THAT(audited("key_revoked", name("key")), HasSubstr("test {\"key_id\": "));

  ask("INSERT INTO api_key (name, scope, hash, created_by, expires_at) "
      "VALUES ('{}', 'read', sha256('sk_expired'), 'test', now() - interval '1 second')",
      name("expired"));
  EXPECT_EQ(reason(run(accounts_.caller_of_key("sk_expired"))), "key_unknown");
  EXPECT_EQ(reason(run(accounts_.caller_of_key("sk_none"))), "key_unknown");
}

TEST_F(AccountsTest, RefusesARevokedKeyAtOnceHereAndWithinTwoSecondsElsewhere) {
  auto key =
      run(accounts_.create_key({.name = name("key"), .scope = models::KeyScope::Read}, "test"));
  AccountsService other(database_, [this] { return now_; });
  ASSERT_TRUE(run(accounts_.caller_of_key(key->token)));
  ASSERT_TRUE(run(other.caller_of_key(key->token)));
  EXPECT_TRUE(run(accounts_.revoke_key(name("key"), "test")));
  EXPECT_EQ(reason(run(accounts_.caller_of_key(key->token))), "key_unknown");
  now_ += 1s;
  auto remembered = run(other.caller_of_key(key->token));
  ASSERT_TRUE(remembered);
  EXPECT_EQ(remembered->name, name("key"));
  EXPECT_EQ(remembered->role, models::Role::Viewer);
  now_ += 1s;
  EXPECT_EQ(reason(run(other.caller_of_key(key->token))), "key_unknown");
}

TEST_F(AccountsTest, TakesNoSessionForAKeyNorAKeyForASession) {
  create_user(name("ada"));
  auto session = sign_in(name("ada"));
  auto key =
      run(accounts_.create_key({.name = name("key"), .scope = models::KeyScope::Read}, "test"));
  // Both are remembered by now.
  ASSERT_TRUE(run(accounts_.caller_of_session(session.token)));
  ASSERT_TRUE(run(accounts_.caller_of_key(key->token)));
  EXPECT_EQ(reason(run(accounts_.caller_of_key(session.token))), "key_unknown");
  EXPECT_EQ(reason(run(accounts_.caller_of_session(key->token))), "session_unknown");
}

TEST_F(AccountsTest, KeepsNamesOfKeysInForceApart) {
  auto create = [&] {
    return run(
        accounts_.create_key({.name = name("key"), .scope = models::KeyScope::Read}, "test"));
  };
  ASSERT_TRUE(create());
  auto again = create();
  EXPECT_EQ(code(again), ErrorCode::Conflict);
  EXPECT_EQ(reason(again), "key_exists");
  EXPECT_TRUE(run(accounts_.revoke_key(name("key"), "test")));
  EXPECT_TRUE(create());
}

TEST_F(AccountsTest, SaysWhenThereIsNoKeyToRevoke) {
  EXPECT_EQ(code(run(accounts_.revoke_key(name("none"), "test"))), ErrorCode::NotFound);
  EXPECT_EQ(code(run(accounts_.revoke_key("", "test"))), ErrorCode::InvalidArgument);
}

// Views

TEST_F(AccountsTest, KeepsTheNewestStateOfEachView) {
  create_user(name("ada"));
  create_user(name("bob"));
  auto ada = sign_in(name("ada")).caller;
  EXPECT_TRUE(run(accounts_.save_view(ada, {"slow", "/", "sort=latency"})));
  EXPECT_TRUE(run(accounts_.save_view(ada, {"cost", "/cost", ""})));
  EXPECT_TRUE(run(accounts_.save_view(ada, {"slow", "/agents/a", "metric=\"p99\"\\"})));
  // A later session of the same user sees them, another user does not.
  auto views = run(accounts_.views(sign_in(name("ada")).caller));
  ASSERT_TRUE(views);
  ASSERT_EQ(views->size(), 2u);
  EXPECT_EQ((*views)[0].name, "cost");
  EXPECT_EQ((*views)[0].path, "/cost");
  EXPECT_EQ((*views)[0].query, "");
  EXPECT_EQ((*views)[1].name, "slow");
  EXPECT_EQ((*views)[1].path, "/agents/a");
  EXPECT_EQ((*views)[1].query, "metric=\"p99\"\\");
  EXPECT_TRUE(run(accounts_.views(sign_in(name("bob")).caller))->empty());
}

TEST_F(AccountsTest, BoundsTheNumberOfViews) {
  create_user(name("ada"));
  auto session = sign_in(name("ada"));
  for (int i = 0; i < kViewsMax; ++i) {
    ASSERT_TRUE(run(accounts_.save_view(session.caller, {fmt::format("view {}", i), "/", ""})));
  }
  auto one_more = run(accounts_.save_view(session.caller, {"one more", "/", ""}));
  EXPECT_EQ(code(one_more), ErrorCode::InvalidArgument);
  EXPECT_EQ(reason(one_more), "too_many_views");
  EXPECT_TRUE(run(accounts_.save_view(session.caller, {"view 7", "/", "changed"})));
  EXPECT_EQ(code(run(accounts_.save_view(session.caller, {"", "/", ""}))),
            ErrorCode::InvalidArgument);
}

TEST_F(AccountsTest, KeepsWhatIsForPeopleFromKeys) {
  auto key =
      run(accounts_.create_key({.name = name("key"), .scope = models::KeyScope::Admin}, "test"));
  auto caller = *run(accounts_.caller_of_key(key->token));
  EXPECT_EQ(reason(run(accounts_.views(caller))), "people_only");
  EXPECT_EQ(reason(run(accounts_.save_view(caller, {"v", "/", ""}))), "people_only");
  EXPECT_EQ(reason(run(accounts_.set_password(caller, std::nullopt, kPassword))), "people_only");
  auto signed_out = run(accounts_.sign_out(caller));
  EXPECT_EQ(reason(signed_out), "people_only");
  EXPECT_EQ(code(signed_out), ErrorCode::PermissionDenied);
}

// A database that is away, or takes no writes

TEST_F(AccountsTest, SaysThatTheDatabaseIsAway) {
  create_user(name("ada"));
  auto person = sign_in(name("ada")).caller;
  postgres::Database away({"host=/nonexistent", "", "test"});
  AccountsService accounts(away);
  EXPECT_EQ(code(run(accounts.sign_in(name("ada"), kPassword, kAddress))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.sign_in_by_link("sl_", kAddress))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.caller_of_session("ss_"))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.caller_of_key("sk_"))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.sign_out(person))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.set_password(person, kPassword, kPassword))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.views(person))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.save_view(person, {"v", "/", ""}))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.has_users())), ErrorCode::Unavailable);
  EXPECT_EQ(
      code(run(accounts.create_key({.name = "key", .scope = models::KeyScope::Read}, "test"))),
      ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.revoke_key("key", "test"))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.create_user("eve", models::Role::Admin, kPassword, "test"))),
            ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.create_link("eve"))), ErrorCode::Unavailable);
}

TEST_F(AccountsTest, PromisesNothingThatWasNotWritten) {
  create_user(name("ada"));
  auto person = sign_in(name("ada")).caller;
  postgres::Database replica(endpoint(" -c default_transaction_read_only=on"));
  AccountsService accounts(replica);
  EXPECT_EQ(code(run(accounts.sign_in(name("ada"), kPassword, kAddress))), ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.set_password(person, kPassword, "another horse battery"))),
            ErrorCode::Unavailable);
  EXPECT_EQ(code(run(accounts.create_link(name("eve")))), ErrorCode::Unavailable);
  // The database's trouble is nobody's failed attempt.
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(code(run(accounts.sign_in(name("ada"), kPassword, kAddress))),
              ErrorCode::Unavailable);
  }
}

}  // namespace
}  // namespace sentinel::accounts
