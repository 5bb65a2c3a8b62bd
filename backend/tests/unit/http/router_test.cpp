#include "http/router.hpp"

#include <gtest/gtest.h>

#include "support/test_database.hpp"

namespace sentinel::http {
namespace {

using sentinel::testing::run;

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    add(Method::Get, "/api/v1/agents");
    add(Method::Get, "/api/v1/agents/{id}");
    add(Method::Post, "/api/v1/agents/{id}/events");
    add(Method::Get, "/api/v1/agents/{id}/events/{event}");
    add(Method::Post, "/api/v1/agents");
  }

  void add(Method method, std::string pattern) {
    router_.add(
        {method, pattern, [pattern](Request&) -> Task<Response> { co_return json(200, pattern); }});
  }

  // The pattern of the route that is found, or why there is none.
  std::string find(Method method, std::string path) {
    request_ = {};
    request_.method = method;
    request_.path = std::move(path);
    auto route = router_.find(request_);
    if (!route) return route.error().reason + ": " + route.error().message;
    return run((*route)->handler(request_)).body;
  }

  Router router_;
  Request request_;
};

TEST_F(RouterTest, FindsARouteByMethodAndPath) {
  EXPECT_EQ(find(Method::Get, "/api/v1/agents"), "/api/v1/agents");
  EXPECT_EQ(find(Method::Post, "/api/v1/agents"), "/api/v1/agents");
  EXPECT_EQ(find(Method::Get, "/api/v1/agents/7"), "/api/v1/agents/{id}");
  EXPECT_EQ(find(Method::Post, "/api/v1/agents/7/events"), "/api/v1/agents/{id}/events");
}

TEST_F(RouterTest, AnswersHeadWhereItAnswersGet) {
  EXPECT_EQ(find(Method::Head, "/api/v1/agents/7"), "/api/v1/agents/{id}");
  EXPECT_EQ(find(Method::Head, "/api/v1/agents/7/events"),
            "method_unsupported: /api/v1/agents/7/events does not take this method");
}

TEST_F(RouterTest, DecodesTheValuesOfAPath) {
  find(Method::Get, "/api/v1/agents/a%2Fb%20%C3%BC/events/1");
  EXPECT_EQ(request_.path_values.at("id"), "a/b \xc3\xbc");
  EXPECT_EQ(request_.path_values.at("event"), "1");
}

TEST_F(RouterTest, LeavesNoValuesOfARouteThatDidNotFit) {
  EXPECT_EQ(find(Method::Get, "/api/v1/agents/7/nothing/1"),
            "route_unknown: there is nothing at /api/v1/agents/7/nothing/1");
  EXPECT_TRUE(request_.path_values.empty());
}

TEST_F(RouterTest, SaysWhatIsNotThere) {
  for (std::string path :
       {"/", "", "/api", "/api/v1/agents/", "/api/v1/agents/7/", "/api/v1/agents/7/events/",
        "api/v1/agents", "/api/v1/agents//events/1", "/api/v1/agents/%zz"}) {
    EXPECT_EQ(find(Method::Get, path), "route_unknown: there is nothing at " + path);
  }
}

TEST_F(RouterTest, FindsNothingForAValueThatIsNoText) {
  EXPECT_EQ(find(Method::Get, "/api/v1/agents/%ff"),
            "route_unknown: there is nothing at /api/v1/agents/%ff");
  EXPECT_EQ(find(Method::Get, "/api/v1/agents/a%00b"),
            "route_unknown: there is nothing at /api/v1/agents/a%00b");
}

TEST_F(RouterTest, SaysThatAPathDoesNotTakeAMethod) {
  EXPECT_EQ(find(Method::Other, "/api/v1/agents"),
            "method_unsupported: /api/v1/agents does not take this method");
  EXPECT_EQ(find(Method::Post, "/api/v1/agents/7"),
            "method_unsupported: /api/v1/agents/7 does not take this method");
}

TEST(MethodName, IsTheOneOfHttp) {
  EXPECT_EQ(to_string(Method::Get), "GET");
  EXPECT_EQ(to_string(Method::Head), "HEAD");
  EXPECT_EQ(to_string(Method::Post), "POST");
  EXPECT_EQ(to_string(Method::Other), "OTHER");
}

}  // namespace
}  // namespace sentinel::http
