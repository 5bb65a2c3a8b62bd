#include "services/query/slices.hpp"

#include <gtest/gtest.h>

namespace sentinel::query {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Timestamp kStart{hours{1000}};

// Where the slices of ten hours are cut, in minutes.
std::vector<int64_t> cuts(const std::vector<HourCount>& counts, int64_t records_max,
                          bool newest_first = false) {
  TimeRange left{kStart, kStart + hours{10}};
  std::vector<int64_t> found;
  for (;;) {
    const auto slice = next_slice(left, counts, records_max, newest_first);
    EXPECT_LT(slice.start, slice.end);
    EXPECT_EQ(newest_first ? slice.end : slice.start, newest_first ? left.end : left.start);
    if (slice.start == left.start && slice.end == left.end) return found;
    (newest_first ? left.end : left.start) = newest_first ? slice.start : slice.end;
    found.push_back(
        std::chrono::duration_cast<minutes>((newest_first ? slice.start : slice.end) - kStart)
            .count());
  }
}

using Cuts = std::vector<int64_t>;

TEST(Slices, AreTheRangeWhateverTheCountsSay) {
  EXPECT_EQ(cuts({}, 100), Cuts{});
  EXPECT_EQ(cuts({{1003, 100}}, 100), Cuts{});
  EXPECT_EQ(cuts({{900, 500}, {2000, 500}}, 100), Cuts{});
}

TEST(Slices, EndBeforeTheHourThatWouldBeTooMuch) {
  EXPECT_EQ(cuts({{1000, 60}, {1001, 40}, {1003, 1}, {1004, 99}, {1005, 1}}, 100),
            (Cuts{3 * 60, 5 * 60}));
}

TEST(Slices, BeginWithTheNewestWhereThatIsWanted) {
  EXPECT_EQ(cuts({{1000, 60}, {1001, 40}, {1003, 1}, {1004, 99}, {1005, 1}}, 100, true),
            (Cuts{4 * 60, 60}));
  EXPECT_EQ(cuts({{1002, 350}}, 100, true), (Cuts{2 * 60 + 42, 2 * 60 + 25, 2 * 60 + 8}));
}

TEST(Slices, CutAnHourThatIsTooMuchByItself) {
  EXPECT_EQ(cuts({{1002, 350}}, 100), (Cuts{2 * 60 + 17, 2 * 60 + 34, 2 * 60 + 51}));
}

}  // namespace
}  // namespace sentinel::query
