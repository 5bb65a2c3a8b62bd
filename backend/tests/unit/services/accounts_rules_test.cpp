#include <gtest/gtest.h>

#include "services/accounts/account_rules.hpp"

namespace sentinel::accounts {
namespace {

using models::KeyScope;

std::string refusal(const Result<void>& checked) {
  if (checked) return "";
  EXPECT_EQ(checked.error().code, ErrorCode::InvalidArgument);
  return checked.error().message;
}

std::string repeated(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(AccountRules, CountCharactersAndNotBytes) {
  EXPECT_EQ(refusal(check_name("the name", repeated("ä", 200))), "");
  EXPECT_EQ(refusal(check_name("the name", repeated("ä", 201))),
            "the name has 201 characters, 1 to 200 are allowed");
  EXPECT_EQ(refusal(check_name("the name", "")), "the name has 0 characters, 1 to 200 are allowed");
}

TEST(AccountRules, RefuseControlCharactersAndBrokenUtf8) {
  using namespace std::string_view_literals;
  EXPECT_EQ(refusal(check_name("the name", "admin\0x"sv)), "the name holds a control character");
  EXPECT_EQ(refusal(check_name("the name", "a\x7f")), "the name holds a control character");
  EXPECT_EQ(refusal(check_name("the name", "a\xff")), "the name is not valid UTF-8");
}

TEST(AccountRules, TakePasswordsOfTwelveToAThousandCharacters) {
  EXPECT_EQ(refusal(check_password(repeated("x", 12))), "");
  EXPECT_EQ(refusal(check_password(repeated("ß", 1000))), "");
  EXPECT_EQ(refusal(check_password(repeated("x", 11))),
            "the password has 11 characters, 12 to 1000 are allowed");
  EXPECT_EQ(refusal(check_password(repeated("x", 1001))),
            "the password has 1001 characters, 12 to 1000 are allowed");
}

TEST(AccountRules, TakeViewsWithAPathOfThisSite) {
  EXPECT_EQ(refusal(check_view({"cost", "/", ""})), "");
  EXPECT_EQ(refusal(check_view({"cost", "/agents/a", "range=6h&metric=cost_usd"})), "");
  EXPECT_EQ(refusal(check_view({"", "/", ""})),
            "the name of the view has 0 characters, 1 to 200 are allowed");
  EXPECT_EQ(refusal(check_view({"v", "", ""})),
            "the path of the view has 0 characters, 1 to 500 are allowed");
  EXPECT_EQ(refusal(check_view({"v", "agents", ""})),
            "the path of the view must begin with one slash");
  EXPECT_EQ(refusal(check_view({"v", "//other.example", ""})),
            "the path of the view must begin with one slash");
  EXPECT_EQ(refusal(check_view({"v", "/", repeated("x", 4001)})),
            "the query of the view has 4001 characters, 0 to 4000 are allowed");
}

TEST(AccountRules, LetOnlyIngestKeysBeLimitedToAgents) {
  EXPECT_EQ(refusal(check_key_agents(KeyScope::Ingest, {"a", "b"})), "");
  EXPECT_EQ(refusal(check_key_agents(KeyScope::Read, {})), "");
  EXPECT_EQ(
      refusal(check_key_agents(KeyScope::Read, {"a"})),
      "a key of scope read reaches every agent: only keys of scope ingest may be limited to some");
  EXPECT_EQ(refusal(check_key_agents(KeyScope::Ingest, {"a", ""})),
            "the name of an agent has 0 characters, 1 to 200 are allowed");
  EXPECT_EQ(refusal(check_key_agents(KeyScope::Ingest, std::vector<std::string>(1001, "a"))),
            "the key names 1001 agents, the limit is 1000");
}

}  // namespace
}  // namespace sentinel::accounts
