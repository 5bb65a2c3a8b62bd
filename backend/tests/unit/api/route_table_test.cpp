#include "api/route_table.hpp"

#include <gtest/gtest.h>

#include "support/json.hpp"
#include "support/test_database.hpp"

namespace sentinel::api {
namespace {

using sentinel::testing::Json;
using sentinel::testing::run;

using Headers = std::vector<std::pair<std::string, std::string>>;

http::Request with(Headers headers) {
  http::Request request;
  request.headers = std::move(headers);
  return request;
}

TEST(BearerToken, IsReadFromEitherHeader) {
  EXPECT_EQ(bearer_token(with({{"authorization", "Bearer sk_1"}})), "sk_1");
  EXPECT_EQ(bearer_token(with({{"x-api-key", "sk_2"}})), "sk_2");
  EXPECT_EQ(bearer_token(with({{"authorization", "Bearer sk_1"}, {"x-api-key", "sk_2"}})), "sk_1");
  EXPECT_EQ(bearer_token(with({{"authorization", "Basic c2s6"}})), "");
  EXPECT_EQ(bearer_token(with({})), "");
}

// RFC 9110: the name of a scheme may be written in any case.
TEST(BearerToken, TakesTheSchemeInAnyCase) {
  EXPECT_EQ(bearer_token(with({{"authorization", "bearer sk_1"}})), "sk_1");
  EXPECT_EQ(bearer_token(with({{"authorization", "BEARER sk_1"}})), "sk_1");
}

TEST(IsCrossSite, BelievesTheBrowserFirst) {
  for (std::string site : {"cross-site", "same-site", "nonsense"}) {
    EXPECT_TRUE(
        is_cross_site(with({{"sec-fetch-site", site}, {"host", "a:1"}, {"origin", "http://a:1"}})))
        << site;
  }
  for (std::string site : {"same-origin", "none"}) {
    EXPECT_FALSE(is_cross_site(with({{"sec-fetch-site", site}, {"host", "a:1"}}))) << site;
  }
}

TEST(IsCrossSite, ComparesOriginAndHost) {
  EXPECT_FALSE(is_cross_site(with({{"host", "a:1"}})));  // not a browser
  EXPECT_FALSE(is_cross_site(with({{"host", "a:1"}, {"origin", "http://a:1"}})));
  EXPECT_FALSE(is_cross_site(with({{"host", "a:1"}, {"origin", "https://a:1"}})));
  for (std::string origin :
       {"http://a:2", "http://b:1", "null", "http://a:1.evil.example", "a:1", "http://"}) {
    EXPECT_TRUE(is_cross_site(with({{"host", "a:1"}, {"origin", origin}}))) << origin;
  }
}

class RouteTableTest : public ::testing::Test {
 protected:
  RouteTableTest() {
    auto handler = [this](http::Request&, const Identity& identity) -> Task<http::Response> {
      ++handled_;
      co_return http::json(200, identity.caller.name);
    };
    table_.add(http::Method::Get, "/read", models::Access::Viewer, handler);
    table_.add(http::Method::Post, "/write", models::Access::Editor, handler);
    table_.attach(router_);
  }

  http::Response send(http::Method method, std::string path, Headers headers = {}) {
    auto request = with(std::move(headers));
    request.method = method;
    request.path = std::move(path);
    auto route = router_.find(request);
    EXPECT_TRUE(route);
    return run((*route)->handler(request));
  }

  Task<Result<Identity>> authenticate(models::Access access) {
    asked_.push_back(access);
    if (refuse_) co_return fail(ErrorCode::PermissionDenied, "refused", "not you");
    Identity identity;
    identity.caller.name = "someone";
    co_return identity;
  }

  bool refuse_ = false;
  int handled_ = 0;
  std::vector<models::Access> asked_;
  http::Router router_;
  RouteTable table_{
      [this](const http::Request&, models::Access access) { return authenticate(access); }};
};

TEST_F(RouteTableTest, GivesTheHandlerWhoAsks) {
  EXPECT_EQ(send(http::Method::Get, "/read").body, "someone");
  EXPECT_EQ(send(http::Method::Post, "/write").body, "someone");
  EXPECT_EQ(asked_, (std::vector{models::Access::Viewer, models::Access::Editor}));
}

TEST_F(RouteTableTest, NeverCallsTheHandlerOfARefusedRequest) {
  refuse_ = true;
  auto response = send(http::Method::Get, "/read");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(Json::parse(response.body)["detail"].text(), "not you");
  EXPECT_EQ(handled_, 0);
}

TEST_F(RouteTableTest, RefusesAPostOfAnotherSiteBeforeItLooksAtTheCredential) {
  auto response = send(http::Method::Post, "/write", {{"sec-fetch-site", "cross-site"}});
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(Json::parse(response.body)["code"].text(), "cross_site_refused");
  EXPECT_EQ(Json::parse(response.body)["detail"].text(),
            "this request comes from a page of another site");
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(handled_, 0);
  EXPECT_EQ(send(http::Method::Get, "/read", {{"sec-fetch-site", "cross-site"}}).status, 200);
}

TEST_F(RouteTableTest, ListsItsRoutes) {
  ASSERT_EQ(table_.infos().size(), 2u);
  EXPECT_EQ(table_.infos()[1].pattern, "/write");
  EXPECT_EQ(table_.infos()[1].access, models::Access::Editor);
}

}  // namespace
}  // namespace sentinel::api
