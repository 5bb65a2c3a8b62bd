#include "api/slow_requests.hpp"

#include <algorithm>
#include <functional>

namespace sentinel::api {

void SlowRequests::add(Timestamp at, std::string_view route, std::string_view query,
                       Microseconds duration, int status) {
  std::lock_guard lock(mutex_);
  std::erase_if(kept_, [&](const Entry& entry) { return entry.at < at - kAge; });
  if (kept_.size() == kKept) {
    if (kept_.back().duration >= duration) return;
    kept_.pop_back();
  }
  auto place = std::ranges::lower_bound(kept_, duration, std::greater{}, &Entry::duration);
  kept_.insert(place, Entry{at, std::string(route), std::string(query.substr(0, kQueryBytesMax)),
                            duration, status});
}

std::vector<SlowRequests::Entry> SlowRequests::slowest(Timestamp now) const {
  std::lock_guard lock(mutex_);
  auto found = kept_;
  std::erase_if(found, [&](const Entry& entry) { return entry.at < now - kAge; });
  return found;
}

}  // namespace sentinel::api
