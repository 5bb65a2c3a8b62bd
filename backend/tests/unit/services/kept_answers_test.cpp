// Which answers are kept, and what of a grid of buckets is told again.
#include "services/query/kept_answers.hpp"

#include <gtest/gtest.h>

#include "services/query/bucket_grid.hpp"

namespace sentinel::query {
namespace {

using namespace std::chrono_literals;

struct Text : Kept {
  std::string text;
  size_t bytes() const { return text.size(); }
};

class KeptAnswersTest : public ::testing::Test {
 protected:
  static constexpr size_t kBytesMax = 10'000;

  void keep(const std::string& key, std::string text, uint64_t edge = 1) {
    kept_.keep(key, std::make_shared<Text>(Text{{.edge = edge, .read_at = now_}, std::move(text)}));
  }
  std::string find(std::string_view key) {
    auto found = kept_.find(key, now_);
    return found ? found->text : "none";
  }

  std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
  KeptAnswers<Text> kept_{kBytesMax};
};

TEST_F(KeptAnswersTest, KeepsTheNewestOfAKey) {
  EXPECT_EQ(find("a"), "none");
  keep("a", "first", 5);
  keep("b", "other", 5);
  keep("a", "second", 6);
  EXPECT_EQ(find("a"), "second");
  EXPECT_EQ(find("b"), "other");
  keep("a", "of who was overtaken", 5);
  EXPECT_EQ(find("a"), "second");
}

TEST_F(KeptAnswersTest, ForgetsWhatIsOld) {
  keep("a", "text");
  now_ += kKeptLifetime;
  EXPECT_EQ(find("a"), "text");
  now_ += 1s;
  EXPECT_EQ(find("a"), "none");
  now_ -= 1s;
  EXPECT_EQ(find("a"), "none") << "gone for good";
}

TEST_F(KeptAnswersTest, DropsWhatWasNotAskedForLongest) {
  for (auto key : {"a", "b", "c"}) keep(key, std::string(3'000, *key));
  EXPECT_NE(find("a"), "none");
  keep("d", std::string(3'000, 'd'));
  EXPECT_EQ(find("b"), "none");
  for (auto key : {"a", "c", "d"}) EXPECT_EQ(find(key), std::string(3'000, *key));
}

TEST_F(KeptAnswersTest, KeepsNothingThatIsTooLargeAlone) {
  keep("a", "small");
  keep("b", std::string(kBytesMax, 'b'));
  EXPECT_EQ(find("b"), "none");
  EXPECT_EQ(find("a"), "small");
  keep("a", std::string(kBytesMax, 'a'), 2);
  EXPECT_EQ(find("a"), "none") << "and not what it was before";
}

// "agent:1,-,3 others:…" of one metric.
std::string text_of(const BucketGrid& grid, size_t metric) {
  std::string text;
  for (const auto& [key, group] : grid.groups()) {
    text += (text.empty() ? "" : " ") + key.text.value_or("(others)") + ":";
    for (size_t bucket = 0; bucket < grid.buckets(); ++bucket) {
      const auto value = grid.get(group, metric, bucket);
      text += (bucket ? "," : "") + (value ? std::to_string(static_cast<int>(*value))
                                     : group.known[bucket] ? std::string("null")
                                                           : std::string("-"));
    }
  }
  return text;
}

TEST(BucketGrid, CopiesBucketsWithTheGroupsThatAreKnownInThem) {
  BucketGrid grid(2, 4);
  auto& early = grid.group({"early"});
  grid.set(early, 0, 0, 1);
  auto& b = grid.group({"b"});
  for (size_t bucket : {1U, 2U, 3U}) grid.set(b, 1, bucket, 10. + static_cast<double>(bucket));
  grid.set(grid.group({}), 0, 2, 7);
  grid.set(grid.group({"nulls"}), 0, 3, std::nullopt);
  EXPECT_EQ(text_of(grid, 0), "b:-,null,null,null early:1,-,-,- nulls:-,-,-,null (others):-,-,7,-");
  EXPECT_EQ(grid.series(), 8U);

  BucketGrid copy(2, 3);
  copy.set(copy.group({"b"}), 1, 2, 99);
  copy.copy(grid, 1, 0, 2);
  EXPECT_EQ(text_of(copy, 0), "b:null,null,null (others):-,7,-");
  EXPECT_EQ(text_of(copy, 1), "b:11,12,99 (others):-,null,-");
  copy.copy(grid, 3, 2, 1);
  EXPECT_EQ(text_of(copy, 1), "b:11,12,13 nulls:-,-,null (others):-,null,-");
  EXPECT_GT(copy.bytes(), 3 * 2 * 3 * sizeof(double));
}

}  // namespace
}  // namespace sentinel::query
