#include "collectors/buffer/item.hpp"

namespace sentinel::collectors {

bool Batch::add(const Item& item, size_t count_max, size_t bytes_max) {
  if (count == 0) {
    route = item.route;
    json = "[";
  } else {
    bool fits = count < count_max && json.size() + item.json.size() + 2 <= bytes_max;
    if (item.route != route || !fits) return false;
    json.back() = ',';
  }
  json += item.json;
  json += ']';
  ++count;
  return true;
}

}  // namespace sentinel::collectors
