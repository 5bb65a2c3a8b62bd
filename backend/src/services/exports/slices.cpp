#include "services/exports/slices.hpp"

#include <algorithm>

namespace sentinel::exports {

std::vector<query::TimeRange> slices_of(query::TimeRange range, const std::vector<HourCount>& hours,
                                        int64_t records_max) {
  constexpr Microseconds kHour = std::chrono::hours{1};
  std::vector<query::TimeRange> slices;
  Timestamp start = range.start;
  auto cut = [&](Timestamp at) {
    if (at <= start || at >= range.end) return;
    slices.push_back({start, at});
    start = at;
  };
  int64_t held = 0;
  for (const auto& [hour, records] : hours) {
    const Timestamp begin{kHour * hour};
    if (held > 0 && held + records > records_max) {
      cut(begin);
      held = 0;
    }
    const int64_t parts = std::max<int64_t>((records + records_max - 1) / records_max, 1);
    for (int64_t part = 1; part < parts; ++part) cut(begin + kHour * part / parts);
    held += records / parts;
  }
  slices.push_back({start, range.end});
  return slices;
}

}  // namespace sentinel::exports
