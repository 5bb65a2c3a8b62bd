#include "http/message.hpp"

#include <gtest/gtest.h>

#include <set>

#include "support/json.hpp"

namespace sentinel::http {
namespace {

using sentinel::testing::Json;

Request with_cookie(std::string value) {
  Request request;
  request.headers.emplace_back("cookie", std::move(value));
  return request;
}

TEST(Request, FindsAHeaderByItsLowerCaseName) {
  Request request;
  request.headers = {{"accept", "a"}, {"accept", "b"}, {"empty", ""}};
  EXPECT_EQ(request.header("accept"), "a");
  EXPECT_EQ(request.header("empty"), "");
  EXPECT_EQ(request.header("missing"), "");
}

TEST(Request, FindsACookieAmongOthers) {
  auto request = with_cookie("a=1; sentinel_session=token ;b=2;sentinel_sessionx=3");
  EXPECT_EQ(request.cookie("sentinel_session"), "token");
  EXPECT_EQ(request.cookie("a"), "1");
  EXPECT_EQ(request.cookie("b"), "2");
  EXPECT_EQ(request.cookie("sentinel"), "");
  EXPECT_EQ(with_cookie("").cookie("a"), "");
  EXPECT_EQ(with_cookie(";;=;a").cookie("a"), "");
  EXPECT_EQ(with_cookie("a=").cookie("a"), "");
  EXPECT_EQ(Request{}.cookie("a"), "");
}

TEST(PercentDecode, DecodesEveryByte) {
  EXPECT_EQ(percent_decode("a%20b%2Fc%c3%BC+"), "a b/c\xc3\xbc+");
  EXPECT_EQ(percent_decode(""), "");
  for (std::string_view text : {"%", "%2", "%zz", "a%2", "%%20", "% 20"})
    EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(ParseQuery, KeepsOrderAndRepeats) {
  auto values = parse_query("agent=a&metric=x%3Ap95&agent=b+c&&flag&empty=&=v");
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (QueryValues{{"agent", "a"},
                                  {"metric", "x:p95"},
                                  {"agent", "b c"},
                                  {"flag", ""},
                                  {"empty", ""},
                                  {"", "v"}}));
  EXPECT_TRUE(parse_query("")->empty());
}

TEST(ParseQuery, RefusesABrokenEncodingInNameAndValue) {
  for (std::string_view text : {"a=%zz", "%zz=a", "a=1&b=%4"}) {
    auto values = parse_query(text);
    ASSERT_FALSE(values) << text;
    EXPECT_EQ(values.error().reason, "query_invalid");
    EXPECT_EQ(values.error().message, "the query string holds a broken percent-encoding");
  }
}

// PostgreSQL takes neither, and an answer that quotes them would be no JSON.
TEST(ParseQuery, RefusesTextThatIsNoUtf8OrHoldsANul) {
  for (std::string_view text : {"a=%ff", "%c3=a", "a=x%00y"}) {
    auto values = parse_query(text);
    ASSERT_FALSE(values) << text;
    EXPECT_EQ(values.error().reason, "query_invalid");
    EXPECT_EQ(values.error().message, "the query string holds a NUL character or is not UTF-8");
  }
}

TEST(StatusOf, GivesEveryErrorItsStatus) {
  EXPECT_EQ(status_of(ErrorCode::InvalidArgument), 400);
  EXPECT_EQ(status_of(ErrorCode::Unauthenticated), 401);
  EXPECT_EQ(status_of(ErrorCode::PermissionDenied), 403);
  EXPECT_EQ(status_of(ErrorCode::NotFound), 404);
  EXPECT_EQ(status_of(ErrorCode::Conflict), 409);
  EXPECT_EQ(status_of(ErrorCode::TooLarge), 413);
  EXPECT_EQ(status_of(ErrorCode::Unsupported), 415);
  EXPECT_EQ(status_of(ErrorCode::RateLimited), 429);
  EXPECT_EQ(status_of(ErrorCode::Unavailable), 503);
  EXPECT_EQ(status_of(ErrorCode::Internal), 500);
}

TEST(Problem, IsAProblemDocumentOfRfc9457) {
  auto response =
      problem(Error{ErrorCode::InvalidArgument, "metric_unknown", "there is no metric 'x'"});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_TRUE(response.headers.empty());
  EXPECT_EQ(response.body, R"({"type":"about:blank","title":"The request is not valid",)"
                           R"("status":400,"code":"metric_unknown",)"
                           R"("detail":"there is no metric 'x'"})");
}

TEST(Problem, CarriesFurtherMembers) {
  auto response = problem(Error{ErrorCode::TooLarge, "r", "m"}, "\"rejected\":[]");
  EXPECT_TRUE(Json::parse(response.body)["rejected"].is_array());
}

TEST(Problem, SaysWhenToTryAgainAndHowToSignIn) {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  auto headers = [](ErrorCode code) { return problem(Error{code, "r", "m"}).headers; };
  EXPECT_EQ(headers(ErrorCode::Unavailable), (Headers{{"Retry-After", "1"}}));
  EXPECT_EQ(headers(ErrorCode::RateLimited), (Headers{{"Retry-After", "1"}}));
  EXPECT_EQ(headers(ErrorCode::Unauthenticated), (Headers{{"WWW-Authenticate", "Bearer"}}));
  EXPECT_EQ(headers(ErrorCode::Internal), Headers{});
}

TEST(Problem, HasATitleOfEachError) {
  std::set<std::string> titles;
  for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code) {
    titles.insert(
        Json::parse(problem(Error{static_cast<ErrorCode>(code), "r", "m"}).body)["title"].text());
  }
  EXPECT_EQ(titles.size(), static_cast<size_t>(ErrorCode::Internal) + 1);
}

}  // namespace
}  // namespace sentinel::http
