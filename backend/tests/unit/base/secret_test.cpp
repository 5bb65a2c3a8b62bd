#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sentinel {
namespace {

TEST(MakeToken, HasAPrefixAnd256RandomBits) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    auto token = make_token("sk_");
    EXPECT_EQ(token.size(), 3u + 64u);
    EXPECT_TRUE(token.starts_with("sk_"));
    EXPECT_TRUE(from_hex(token.substr(3)));
    seen.insert(token);
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(RandomBytes, FillsAllOfIt) {
  // Every byte changes at some time: 64 tries leave one unchanged with a chance of 256^-63.
  std::array<uint8_t, 32> first{}, now{};
  random_bytes(first.data(), first.size());
  std::array<bool, 32> changed{};
  for (int i = 0; i < 64; ++i) {
    random_bytes(now.data(), now.size());
    for (size_t byte = 0; byte < now.size(); ++byte)
      changed[byte] = changed[byte] || now[byte] != first[byte];
  }
  for (bool one : changed) EXPECT_TRUE(one);
}

TEST(Sha256Hex, IsSha256) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HashToken, IsTheSameForTheSameToken) {
  EXPECT_EQ(hash_token("a"), hash_token("a"));
  EXPECT_NE(hash_token("a"), hash_token("b"));
  EXPECT_EQ(std::hash<TokenHash>{}(hash_token("a")), std::hash<TokenHash>{}(hash_token("a")));
}

TEST(HashFields, KeepsFieldsApart) {
  EXPECT_EQ(hash_fields({"ab", "c"}), hash_fields({"ab", "c"}));
  EXPECT_NE(hash_fields({"ab", "c"}), hash_fields({"a", "bc"}));
  EXPECT_NE(hash_fields({"ab"}), hash_fields({"ab", ""}));
  EXPECT_NE(hash_fields({"a", "b"}), hash_fields({"b", "a"}));
}

TEST(HashPassword, MatchesThatPasswordAlone) {
  auto hash = hash_password("correct horse battery");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$")) << *hash;
  EXPECT_EQ(hash->find("horse"), std::string::npos);
  EXPECT_TRUE(password_matches(*hash, "correct horse battery"));
  EXPECT_FALSE(password_matches(*hash, "correct horse batterz"));
  EXPECT_FALSE(password_matches(*hash, ""));
  EXPECT_FALSE(password_matches("", "correct horse battery"));
  EXPECT_FALSE(password_matches("no hash at all", "correct horse battery"));
}

TEST(HashPassword, IsSalted) {
  EXPECT_NE(hash_password("correct horse battery").value(),
            hash_password("correct horse battery").value());
}

}  // namespace
}  // namespace sentinel
