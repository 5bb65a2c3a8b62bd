#include "services/query/slices.hpp"

#include <algorithm>

namespace sentinel::query {

TimeRange next_slice(TimeRange range, std::span<const HourCount> hours, int64_t records_max,
                     bool newest_first) {
  constexpr Microseconds kHour = std::chrono::hours{1};
  int64_t held = 0;
  for (size_t i = 0; i < hours.size(); ++i) {
    const auto& [hour, records] = hours[newest_first ? hours.size() - 1 - i : i];
    const auto begin = std::max(Timestamp{kHour * hour}, range.start);
    const auto end = std::min(Timestamp{kHour * (hour + 1)}, range.end);
    if (begin >= end) continue;
    // As if they came evenly.
    const auto length = (end - begin).count();
    const auto share =
        static_cast<int64_t>(static_cast<double>(records) * static_cast<double>(length) /
                             static_cast<double>(kHour.count()));
    if (held + share <= records_max) {
      held += share;
      continue;
    }
    const Microseconds part{held > 0 ? 0 : std::max<int64_t>(length / share * records_max, 1)};
    if (newest_first) return {end - part, range.end};
    return {range.start, begin + part};
  }
  return range;
}

}  // namespace sentinel::query
