#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include <set>
#include <unordered_set>

namespace sentinel {
namespace {

constexpr std::string_view kText = "0af71d9c-22f1-4b8e-9a44-00ff10203040";

TEST(ParseUuid, ReadsWithAndWithoutHyphensInAnyCase) {
  auto id = parse_uuid(kText);
  ASSERT_TRUE(id);
  EXPECT_EQ(format_uuid(*id), kText);
  EXPECT_EQ(parse_uuid("0af71d9c22f14b8e9a4400ff10203040"), id);
  EXPECT_EQ(parse_uuid("0AF71D9C-22F1-4B8E-9A44-00FF10203040"), id);
}

TEST(ParseUuid, RefusesEverythingElse) {
  for (std::string_view text :
       {"", "0", "0af71d9c-22f1-4b8e-9a44-00ff1020304", "0af71d9c-22f1-4b8e-9a44-00ff102030401",
        "0af71d9c_22f1-4b8e-9a44-00ff10203040", "0af71d9c-22f1-4b8e-9a4400-ff10203040",
        "gaf71d9c-22f1-4b8e-9a44-00ff10203040", "0af71d9c22f14b8e9a4400ff1020304g",
        "{af71d9c22f14b8e9a4400ff1020304}"}) {
    EXPECT_FALSE(parse_uuid(text)) << text;
  }
}

TEST(RandomUuid, IsOfVersionFourAndNeverTheSame) {
  std::set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    auto text = format_uuid(random_uuid());
    EXPECT_EQ(text[14], '4') << text;
    EXPECT_NE(std::string_view("89ab").find(text[19]), std::string_view::npos) << text;
    seen.insert(*parse_uuid(text));
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(Uuid, CanBeAKeyOfAHashMap) {
  std::unordered_set<Uuid> ids;
  for (int i = 0; i < 100; ++i) ids.insert(random_uuid());
  EXPECT_EQ(ids.size(), 100u);
  auto id = *ids.begin();
  EXPECT_TRUE(ids.contains(id));
  EXPECT_FALSE(ids.contains(random_uuid()));
}

TEST(Uuid, IsOrderedByItsBytes) {
  EXPECT_LT(*parse_uuid("00000000-0000-0000-0000-000000000001"),
            *parse_uuid("00000000-0000-0000-0000-0000000000ff"));
  EXPECT_LT(*parse_uuid("00ffffff-ffff-ffff-ffff-ffffffffffff"),
            *parse_uuid("80000000-0000-0000-0000-000000000000"));
}

TEST(Hex, GoesThereAndBack) {
  const std::string bytes("\x00\x7f\x80\xff", 4);
  EXPECT_EQ(to_hex(bytes), "007f80ff");
  EXPECT_EQ(from_hex("007f80FF"), bytes);
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  for (std::string_view text : {"0", "abc", "0g", "g0", " 0", "0x"})
    EXPECT_FALSE(from_hex(text)) << text;
}

}  // namespace
}  // namespace sentinel
