// What waits for the server in memory, oldest first. Bounded in bytes: the oldest go when new ones
// need the room.
#pragma once

#include <cstdint>
#include <deque>

#include "collectors/buffer/item.hpp"

namespace sentinel::collectors {

class MemoryRing {
 public:
  explicit MemoryRing(size_t bytes_max) : bytes_max_(bytes_max) {}

  void push(Item item);
  Batch peek(size_t count_max, size_t bytes_max) const;
  void pop(size_t count);

  size_t size() const { return items_.size(); }
  uint64_t dropped() const { return dropped_; }

 private:
  static size_t cost(const Item& item) { return sizeof(Item) + item.json.capacity(); }

  std::deque<Item> items_;
  size_t bytes_max_;
  size_t bytes_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace sentinel::collectors
