#include "collectors/buffer/memory_ring.hpp"

namespace sentinel::collectors {

void MemoryRing::push(Item item) {
  bytes_ += cost(item);
  items_.push_back(std::move(item));
  while (bytes_ > bytes_max_ && !items_.empty()) {
    pop(1);
    ++dropped_;
  }
}

Batch MemoryRing::peek(size_t count_max, size_t bytes_max) const {
  Batch batch;
  for (const auto& item : items_) {
    if (!batch.add(item, count_max, bytes_max)) break;
  }
  return batch;
}

void MemoryRing::pop(size_t count) {
  for (; count > 0 && !items_.empty(); --count) {
    bytes_ -= cost(items_.front());
    items_.pop_front();
  }
}

}  // namespace sentinel::collectors
