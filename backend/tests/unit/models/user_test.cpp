#include "models/user.hpp"

#include <gtest/gtest.h>

namespace sentinel::models {
namespace {

constexpr Access kAccesses[] = {Access::Anyone, Access::Ingest, Access::Viewer, Access::Editor,
                                Access::Admin};

// Which of anyone, ingest, viewer, editor, admin are open, as five digits.
template <class Who>
std::string open_to(Who who) {
  std::string open;
  for (auto access : kAccesses) open += allows(who, access) ? '1' : '0';
  return open;
}

TEST(Allows, IsOneTableOfRoles) {
  EXPECT_EQ(open_to(Role::Viewer), "10100");
  EXPECT_EQ(open_to(Role::Editor), "10110");
  EXPECT_EQ(open_to(Role::Admin), "10111");
}

TEST(Allows, IsOneTableOfScopes) {
  EXPECT_EQ(open_to(KeyScope::Ingest), "11000");
  EXPECT_EQ(open_to(KeyScope::Read), "10100");
  EXPECT_EQ(open_to(KeyScope::Admin), "11111");
}

TEST(Allows, RefusesWhatNobodyKnows) {
  EXPECT_FALSE(allows(Role::Admin, static_cast<Access>(99)));
  EXPECT_FALSE(allows(KeyScope::Admin, static_cast<Access>(99)));
}

TEST(ApiKey, MayWriteEveryAgentUnlessItNamesSome) {
  ApiKey key;
  EXPECT_TRUE(key.may_write("any"));
  key.agents = {"one", "two"};
  EXPECT_TRUE(key.may_write("two"));
  EXPECT_FALSE(key.may_write("three"));
  EXPECT_FALSE(key.may_write("on"));
  EXPECT_FALSE(key.may_write("One"));
}

TEST(Names, GoThereAndBack) {
  for (auto role : {Role::Viewer, Role::Editor, Role::Admin})
    EXPECT_EQ(parse_role(to_string(role)), role);
  for (auto scope : {KeyScope::Ingest, KeyScope::Read, KeyScope::Admin}) {
    EXPECT_EQ(parse_key_scope(to_string(scope)), scope);
  }
  EXPECT_FALSE(parse_role("owner"));
  EXPECT_FALSE(parse_role(""));
  EXPECT_FALSE(parse_key_scope("write"));
}

TEST(Names, AreThoseOfTheContract) {
  EXPECT_EQ(to_string(Role::Editor), "editor");
  EXPECT_EQ(to_string(KeyScope::Ingest), "ingest");
  std::string names;
  for (auto access : kAccesses) names.append(to_string(access)).append(" ");
  EXPECT_EQ(names, "anyone ingest viewer editor admin ");
}

}  // namespace
}  // namespace sentinel::models
