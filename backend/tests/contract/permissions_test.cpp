// Every route with every kind of caller: open and closed exactly as models::allows says.
#include <optional>

#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using models::Access;
using models::KeyScope;
using models::Role;

struct Caller {
  std::string name;
  Headers headers;
  std::optional<Role> role = {};
  std::optional<KeyScope> scope = {};
};

// These are about a person's own things, which a key has not.
bool is_for_people(const api::RouteInfo& route) {
  return route.pattern == "/api/v1/sign-out" || route.pattern == "/api/v1/me/password" ||
         route.pattern == "/api/v1/me/views" || route.pattern == "/api/v1/me/preferences";
}

class Permissions : public ContractTest {
 protected:
  struct Route {
    api::RouteInfo info;
    const Contract* contract;
    bool takes_sessions;
  };

  static std::vector<Route> routes() {
    std::vector<Route> all;
    for (const auto& info : stack().stack().db_api()->routes().infos())
      all.push_back({info, &Contract::db_api(), true});
    for (const auto& info : stack().stack().metrics_api()->routes().infos()) {
      // In one process db-api tells the health of both.
      const bool health = info.pattern == "/api/v1/health";
      all.push_back({info, health ? &Contract::db_api() : &Contract::metrics_api(), false});
    }
    return all;
  }

  // Status and headers suffice, and a stream has no end.
  static Answer ask(const Route& route, const Headers& headers) {
    auto path = route.info.pattern;
    if (auto brace = path.find("{id}"); brace != path.npos) path.replace(brace, 4, "permissions");
    if (path == "/api/v1/metrics" && route.info.method == http::Method::Get) path += "?step=raw";
    if (path == "/api/v1/collection") path += "?agent=permissions";
    HttpConnection connection(stack().port());
    auto closing = headers;
    closing["Connection"] = "close";
    // An empty object changes nothing: at most there is a further version of the same
    // configuration.
    connection.send(sentinel::testing::to_wire(http::to_string(route.info.method), path,
                                               route.info.method == http::Method::Post ? "{}" : "",
                                               closing));
    if (path == "/api/v1/stream" || path == "/api/v1/export") return connection.read_head();
    auto answer = connection.read_answer();
    EXPECT_EQ(
        said(route.contract->check(http::to_string(route.info.method), route.info.pattern, answer)),
        "")
        << route.info.pattern;
    return answer;
  }

  static void expect_allowed(const Route& route, const Caller& caller, bool allowed) {
    auto answer = ask(route, caller.headers);
    auto where = fmt::format("{} {} for {}: {} {}", http::to_string(route.info.method),
                             route.info.pattern, caller.name, answer.status, answer.body);
    if (allowed && caller.scope && is_for_people(route.info)) {
      // Refused as a key or for its body, never for its scope.
      EXPECT_THAT(problem_of(answer), ::testing::AnyOf(::testing::HasSubstr("people_only"),
                                                       ::testing::StartsWith("400 ")))
          << where;
    } else if (allowed) {
      bool anyone = route.info.access == Access::Anyone;
      EXPECT_TRUE(answer.status != 403 && (anyone || answer.status != 401)) << where;
    } else {
      EXPECT_TRUE(answer.status == 401 || answer.status == 403) << where;
    }
  }
};

TEST_F(Permissions, AreThoseOfTheTable) {
  store(R"({"agent_id":"permissions"})");
  auto key = [](KeyScope scope, const std::string& token) {
    return Caller{
        fmt::format("a key of scope {}", models::to_string(scope)), bearer(token), {}, scope};
  };
  for (const auto& route : routes()) {
    auto person = [&](Role role) {
      // One each time: signing out ends it.
      return Caller{fmt::format("the role {}", models::to_string(role)),
                    stack().sign_in_as(role).headers(),
                    role,
                    {}};
    };
    for (const auto& caller : {key(KeyScope::Ingest, ingest_key()), key(KeyScope::Read, read_key()),
                               key(KeyScope::Admin, admin_key())}) {
      expect_allowed(route, caller, models::allows(*caller.scope, route.info.access));
    }
    for (auto role : {Role::Viewer, Role::Editor, Role::Admin}) {
      auto caller = person(role);
      expect_allowed(route, caller, models::allows(role, route.info.access));
    }
  }
}

TEST_F(Permissions, AreDeniedWithoutACredential) {
  for (const auto& route : routes()) {
    auto answer = ask(route, {});
    if (route.info.access == Access::Anyone) {
      EXPECT_TRUE(answer.status == 200 || answer.status == 400)
          << route.info.pattern << answer.body;
    } else {
      EXPECT_EQ(answer.status, 401) << route.info.pattern;
      EXPECT_EQ(answer.header("www-authenticate"), "Bearer");
    }
  }
}

TEST_F(Permissions, AreDeniedToACredentialThatIsNotKnown) {
  for (const auto& route : routes()) {
    if (route.info.access == Access::Anyone) continue;
    for (const auto& headers :
         {bearer("sk_0000"), bearer(""), Headers{{"X-API-Key", "wrong"}},
          Headers{{"Cookie", "sentinel_session=ss_0000"}}, Headers{{"Authorization", "Basic YTpi"}},
          Headers{{"Cookie", "sentinel_session="}}}) {
      EXPECT_EQ(ask(route, headers).status, 401)
          << route.info.pattern << " " << headers.begin()->second;
    }
  }
}

// A wrong key beside a good cookie is a mistake that must be seen, not overlooked.
TEST_F(Permissions, AreThoseOfTheKeyWhereBothAreSent) {
  auto headers = stack().sign_in_as(Role::Admin).headers();
  headers["Authorization"] = "Bearer sk_0000";
  EXPECT_EQ(get("/api/v1/me", "", headers).status, 401);
  headers["Authorization"] = "Bearer " + read_key();
  EXPECT_EQ(Json::parse(get("/api/v1/me", "", headers).body)["role"].text(), "viewer");
}

TEST_F(Permissions, AreDeniedToPagesOfOtherSites) {
  auto session = stack().sign_in_as(Role::Admin).headers();
  for (const auto& route : routes()) {
    if (route.info.method != http::Method::Post) continue;
    const bool in = !route.takes_sessions;
    for (auto [name, value] :
         std::vector<std::pair<std::string, std::string>>{{"Origin", "https://evil.example"},
                                                          {"Origin", "null"},
                                                          {"Origin", "http://127.0.0.1:1"},
                                                          {"Sec-Fetch-Site", "cross-site"},
                                                          {"Sec-Fetch-Site", "same-site"}}) {
      auto headers = in ? json_with(admin_key()) : session;
      headers[name] = value;
      auto answer = ask(route, headers);
      EXPECT_EQ(answer.status, 403) << route.info.pattern << " " << value;
      EXPECT_THAT(answer.body, ::testing::HasSubstr("comes from a page of another site"));
    }
  }
}

TEST_F(Permissions, AreNotDeniedToOurOwnPages) {
  auto session = stack().sign_in_as(Role::Admin).headers();
  for (auto [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"Origin", stack().url()},
                                                        {"Sec-Fetch-Site", "same-origin"},
                                                        {"Sec-Fetch-Site", "none"}}) {
    auto headers = session;
    headers[name] = value;
    headers["Host"] = fmt::format("127.0.0.1:{}", stack().port());
    EXPECT_EQ(post("/api/v1/configuration", "{}", headers).status, 201) << value;
  }
}

// What a page of another site can only read without seeing it changes nothing.
TEST_F(Permissions, LetAGetOfAnotherSiteReadWithoutACookie) {
  EXPECT_EQ(http().get("/api/v1/health", {{"Sec-Fetch-Site", "cross-site"}}).status, 200);
  EXPECT_EQ(http().get("/api/v1/agents", {{"Sec-Fetch-Site", "cross-site"}}).status, 401);
}

}  // namespace
}  // namespace sentinel
