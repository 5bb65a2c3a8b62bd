#include "services/storage/history.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sentinel::storage {

namespace {

constexpr auto kAgeMax = std::chrono::seconds{10};

}  // namespace

std::string Generations::condition() const {
  return fmt::format("(gen = ANY ('{}'::integer[]) OR gen > {})", array(), after);
}

std::string Generations::array() const { return fmt::format("{{{}}}", fmt::join(among, ",")); }

Task<Result<Generations>> History::generations(Timestamp start, Timestamp end) {
  auto known = known_.load();
  const auto time = std::chrono::steady_clock::now();
  if (!known || time > known->read_at + kAgeMax) {
    auto rows = co_await database_.query("generations_sealed");
    if (!rows) co_return forward(rows);
    auto fresh = std::make_shared<Known>();
    fresh->read_at = time;
    for (int row = 0; row < rows->size(); ++row) {
      fresh->newest = static_cast<int32_t>(rows->integer(row, 0));
      if (rows->is_null(row, 1)) continue;  // without records
      fresh->sealed.push_back({fresh->newest, Timestamp{Microseconds{rows->integer(row, 1)}},
                               Timestamp{Microseconds{rows->integer(row, 2)}}});
    }
    known = fresh;
    known_ = known;
  }
  Generations found{.among = {}, .after = known->newest};
  for (const auto& [gen, ts_min, ts_max] : known->sealed) {
    if (ts_min < end && ts_max >= start) found.among.push_back(gen);
  }
  co_return found;
}

}  // namespace sentinel::storage
