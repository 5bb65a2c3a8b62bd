#include "base/memory_budget.hpp"

#include <fmt/format.h>

#include <utility>

namespace sentinel {

MemoryLease::MemoryLease(MemoryLease&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), held_(std::exchange(other.held_, 0)) {}

MemoryLease& MemoryLease::operator=(MemoryLease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  budget_ = std::exchange(other.budget_, nullptr);
  held_ = std::exchange(other.held_, 0);
  return *this;
}

Result<void> MemoryLease::hold(size_t bytes) {
  if (!budget_ || bytes == held_) return {};
  if (bytes < held_) {
    budget_->bytes_ -= held_ - bytes;
    held_ = bytes;
    return {};
  }
  const size_t more = bytes - held_;
  if (budget_->bytes_.fetch_add(more) + more > budget_->bytes_max_) {
    budget_->bytes_ -= more;
    return fail(
        ErrorCode::Unavailable, budget_->reason_,
        fmt::format("{} may take {} bytes on this node, and there is not so much left; send "
                    "it again in a moment",
                    budget_->holders_, budget_->bytes_max_));
  }
  held_ = bytes;
  return {};
}

void MemoryLease::give_back() {
  if (budget_) budget_->bytes_ -= held_;
  held_ = 0;
}

}  // namespace sentinel
