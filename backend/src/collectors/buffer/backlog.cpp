#include "collectors/buffer/backlog.hpp"

#include "base/log.hpp"

namespace sentinel::collectors {

void Backlog::push(Item item) {
  auto lost_before = lost();
  if (disk_) {
    auto stored = disk_->push(item);
    if (!stored && !disk_refused_) {
      log::warning("{}; samples wait in memory instead", stored.error().message);
    }
    disk_refused_ = !stored;
    if (!stored) memory_.push(std::move(item));
  } else {
    memory_.push(std::move(item));
  }
  if (lost() > lost_before && !loss_logged_) {
    log::warning("the buffer is full: the oldest of {} waiting samples are being dropped", size());
    loss_logged_ = true;
  }
}

Batch Backlog::peek(size_t count_max, size_t bytes_max) {
  if (disk_) {
    auto batch = disk_->peek(count_max, bytes_max);
    peeked_disk_ = batch.count > 0;
    if (peeked_disk_) return batch;
  }
  return memory_.peek(count_max, bytes_max);
}

void Backlog::pop(size_t count) {
  if (disk_ && peeked_disk_) {
    disk_->pop(count);
  } else {
    memory_.pop(count);
  }
  if (size() == 0 && loss_logged_) {
    log::warning("the buffer is empty again; {} samples were lost in all", lost());
    loss_logged_ = false;
  }
}

uint64_t Backlog::lost() const {
  return memory_.dropped() + (disk_ ? disk_->dropped() + disk_->damaged() : 0);
}

}  // namespace sentinel::collectors
