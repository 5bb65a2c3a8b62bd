#include "base/memory_budget.hpp"

#include <gtest/gtest.h>

namespace sentinel {
namespace {

TEST(MemoryBudgetTest, RefusesWhatWouldBeOverItAndKeepsWhatWasHeld) {
  MemoryBudget budget(100, "things_limit", "things");
  MemoryLease first(&budget), second(&budget);
  EXPECT_TRUE(first.hold(60));
  EXPECT_TRUE(second.hold(40));
  auto refused = second.hold(41);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(refused.error().reason, "things_limit");
  EXPECT_EQ(refused.error().message,
            "things may take 100 bytes on this node, and there is not so much left; send it again "
            "in a moment");
  EXPECT_EQ(budget.bytes(), 100u);
  EXPECT_TRUE(first.hold(10));
  EXPECT_TRUE(second.hold(90));
}

TEST(MemoryBudgetTest, IsGivenBackOnceByWhoeverHoldsItLast) {
  MemoryBudget budget(100, "things_limit", "things");
  {
    MemoryLease first(&budget);
    ASSERT_TRUE(first.hold(60));
    MemoryLease second(std::move(first));
    MemoryLease third(&budget);
    ASSERT_TRUE(third.hold(40));
    third = std::move(second);
    EXPECT_EQ(budget.bytes(), 60u);
  }
  EXPECT_EQ(budget.bytes(), 0u);
  EXPECT_TRUE(MemoryLease().hold(1'000'000'000)) << "without a budget";
}

}  // namespace
}  // namespace sentinel
