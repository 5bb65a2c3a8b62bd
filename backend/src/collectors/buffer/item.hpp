// One record or event on its way to the server: JSON as it will be sent, with its id, so that a
// retry is the same.
#pragma once

#include <string>
#include <vector>

namespace sentinel::collectors {

enum class Route : char { Metrics = 'm', Events = 'e' };

struct Item {
  Route route = Route::Metrics;
  std::string json;
};

// Items of one route, in order, and their number.
struct Batch {
  Route route = Route::Metrics;
  std::string json;  // an array
  size_t count = 0;

  // False when it is of another route or no longer fits.
  bool add(const Item& item, size_t count_max, size_t bytes_max);
};

}  // namespace sentinel::collectors
