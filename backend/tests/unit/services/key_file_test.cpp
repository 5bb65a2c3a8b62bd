#include "services/ingest/key_file.hpp"

#include <gtest/gtest.h>

#include "support/test_database.hpp"

namespace sentinel::ingest {
namespace {

TEST(KeyFileTest, GivesBackEveryPartOfAKey) {
  sentinel::testing::TemporaryFolder folder;
  const auto path = (folder.path() / "keys.json").string();
  EXPECT_FALSE(load_keys(path));
  auto whole = std::make_shared<models::ApiKey>();
  whole->key_id = random_uuid();
  whole->name = "of \"one\" fleet";
  whole->agents = {"a", "b"};
  whole->may_register = false;
  whole->expires_at = Timestamp{std::chrono::seconds{1'900'000'000}};
  whole->records_per_second = 0;
  auto plain = std::make_shared<models::ApiKey>();
  plain->scope = models::KeyScope::Admin;
  KnownKeys known{.read_at = Timestamp{std::chrono::seconds{1'800'000'000}}, .keys = {}};
  known.keys.emplace(hash_token("whole"), whole);
  known.keys.emplace(hash_token("plain"), plain);
  ASSERT_TRUE(save_keys(path, known));
  auto loaded = load_keys(path);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->read_at, known.read_at);
  ASSERT_EQ(loaded->keys.size(), 2u);
  const auto& first = *loaded->keys.at(hash_token("whole"));
  EXPECT_EQ(first.key_id, whole->key_id);
  EXPECT_EQ(first.name, whole->name);
  EXPECT_EQ(first.agents, whole->agents);
  EXPECT_FALSE(first.may_register);
  EXPECT_EQ(first.expires_at, whole->expires_at);
  EXPECT_EQ(first.records_per_second, 0);
  const auto& second = *loaded->keys.at(hash_token("plain"));
  EXPECT_EQ(second.scope, models::KeyScope::Admin);
  EXPECT_FALSE(second.expires_at);
  EXPECT_FALSE(second.records_per_second);
}

}  // namespace
}  // namespace sentinel::ingest
