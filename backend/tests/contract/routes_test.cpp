// The contracts and the server name the same routes, with the same permission.
#include <set>

#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

class Routes : public ContractTest {
 protected:
  // "GET /path permission" of everything that a service answers.
  static std::set<std::string> served(const api::RouteTable& table) {
    std::set<std::string> found;
    for (const auto& info : table.infos()) {
      found.insert(fmt::format("{} {} {}", http::to_string(info.method), info.pattern,
                               models::to_string(info.access)));
    }
    return found;
  }

  // The same of a contract. metrics-api names no permission: what is secured there is for ingest.
  static std::set<std::string> promised(const Contract& contract, std::string_view secured) {
    std::set<std::string> found;
    for (const auto& one : contract.operations()) {
      auto permission = !one.permission.empty() ? one.permission
                        : one.secured           ? std::string(secured)
                                                : "anyone";
      found.insert(fmt::format("{} {} {}", one.method, one.path, permission));
      if (!one.permission.empty()) {
        EXPECT_EQ(one.permission == "anyone", !one.secured) << one.path;
      }
    }
    return found;
  }
};

TEST_F(Routes, OfDbApiAreThoseOfItsContract) {
  EXPECT_EQ(served(stack().stack().db_api()->routes()),
            promised(Contract::db_api(), "without a permission"));
}

TEST_F(Routes, OfMetricsApiAreThoseOfItsContract) {
  EXPECT_EQ(served(stack().stack().metrics_api()->routes()),
            promised(Contract::metrics_api(), "ingest"));
}

TEST_F(Routes, OfTheRouterAreThoseOfTheServices) {
  std::multiset<std::string> routed, infos;
  for (const auto& route : stack().stack().router().routes()) {
    routed.insert(fmt::format("{} {}", http::to_string(route.method), route.pattern));
  }
  for (auto* table :
       {&stack().stack().db_api()->routes(), &stack().stack().metrics_api()->routes()}) {
    for (const auto& info : table->infos())
      infos.insert(fmt::format("{} {}", http::to_string(info.method), info.pattern));
  }
  EXPECT_EQ(routed, infos);
}

TEST_F(Routes, OfEveryContractAnswer) {
  for (const auto* contract : {&Contract::db_api(), &Contract::metrics_api()}) {
    for (const auto& operation : contract->operations()) {
      auto path = operation.path;
      if (auto brace = path.find("{id}"); brace != path.npos) path.replace(brace, 4, "nobody");
      auto answer = http().request(operation.method, path, "", {});
      EXPECT_NE(answer.status, 405) << path;
      EXPECT_THAT(answer.body, ::testing::Not(::testing::HasSubstr("route_unknown"))) << path;
    }
  }
}

TEST_F(Routes, ThatAreNotThereSaySo) {
  EXPECT_EQ(problem_of(http().get("/api/v1/nothing")),
            "404 route_unknown: there is nothing at /api/v1/nothing");
  EXPECT_EQ(problem_of(http().get("/")), "404 route_unknown: there is nothing at /");
  EXPECT_EQ(problem_of(http().post("/api/v2/metrics", "{}")),
            "404 route_unknown: there is nothing at /api/v2/metrics");
  auto bytes = http().get("/\xff\xfe");
  EXPECT_GE(bytes.status, 400);
  EXPECT_LT(bytes.status, 500);
  Json::parse(bytes.body);
}

TEST_F(Routes, RefuseAMethodThatTheyDoNotTake) {
  for (std::string method : {"PUT", "DELETE", "PATCH", "OPTIONS"}) {
    EXPECT_EQ(problem_of(http().request(method, "/api/v1/metrics", "", {})),
              "405 method_unsupported: /api/v1/metrics does not take this method");
  }
  EXPECT_EQ(http().request("PUT", "/api/v1/metrics", "", {}).header("allow"), "GET, HEAD, POST");
  EXPECT_EQ(http().get("/api/v1/sign-in").header("allow"), "POST");
  EXPECT_EQ(problem_of(http().post("/api/v1/agents", "{}")),
            "405 method_unsupported: /api/v1/agents does not take this method");
  EXPECT_EQ(problem_of(http().get("/api/v1/sign-in")),
            "405 method_unsupported: /api/v1/sign-in does not take this method");
}

TEST_F(Routes, AnswerHeadAsTheyAnswerGet) {
  store(R"({"agent_id":"head"})");
  for (std::string path : {"/api/v1/agents", "/api/v1/agents/head", "/api/v1/metrics?step=raw",
                           "/api/v1/configuration", "/metrics", "/api/v1/health", "/api/v1/me"}) {
    auto get = http().get(path, bearer(read_key())), head = http().head(path, bearer(read_key()));
    EXPECT_EQ(head.status, get.status) << path;
    EXPECT_EQ(head.header("content-type"), get.header("content-type")) << path;
    EXPECT_FALSE(head.header("content-length").empty()) << path;
    EXPECT_EQ(http().head(path).status, http().get(path).status) << path;
  }
}

}  // namespace
}  // namespace sentinel
