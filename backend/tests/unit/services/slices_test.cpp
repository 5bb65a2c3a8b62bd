#include "services/exports/slices.hpp"

#include <gtest/gtest.h>

namespace sentinel::exports {
namespace {

using query::TimeRange;
using std::chrono::hours;
using std::chrono::minutes;

const Timestamp kStart{hours{1000}};

// Where the slices of ten hours are cut, in minutes.
std::vector<int64_t> cuts(const std::vector<HourCount>& counts, int64_t records_max) {
  const TimeRange range{kStart, kStart + hours{10}};
  auto slices = slices_of(range, counts, records_max);
  EXPECT_EQ(slices.front().start, range.start);
  EXPECT_EQ(slices.back().end, range.end);
  std::vector<int64_t> found;
  for (size_t i = 1; i < slices.size(); ++i) {
    EXPECT_EQ(slices[i].start, slices[i - 1].end);
    EXPECT_LT(slices[i].start, slices[i].end);
    found.push_back(std::chrono::duration_cast<minutes>(slices[i].start - kStart).count());
  }
  return found;
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

TEST(Slices, CutAnHourThatIsTooMuchByItself) {
  EXPECT_EQ(cuts({{1002, 350}}, 100), (Cuts{2 * 60 + 15, 2 * 60 + 30, 2 * 60 + 45}));
}

}  // namespace
}  // namespace sentinel::exports
