// How much memory one kind of thing may take at the same time, over all threads. What would be over
// it is refused, and nothing waits.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace sentinel {

class MemoryBudget {
 public:
  // `reason` and `holders` are for the refusal: a code, and whose bytes these are ("the bodies of
  // the requests under way").
  MemoryBudget(size_t bytes_max, std::string reason, std::string holders)
      : bytes_max_(bytes_max), reason_(std::move(reason)), holders_(std::move(holders)) {}
  size_t bytes() const { return bytes_; }

 private:
  friend class MemoryLease;
  const size_t bytes_max_;
  const std::string reason_;
  const std::string holders_;
  std::atomic<size_t> bytes_ = 0;
};

// What one holder takes of it, given back at the end. Without a budget it takes nothing.
class MemoryLease {
 public:
  MemoryLease() = default;
  explicit MemoryLease(MemoryBudget* budget) : budget_(budget) {}
  MemoryLease(MemoryLease&& other) noexcept;
  MemoryLease& operator=(MemoryLease&& other) noexcept;
  ~MemoryLease() { give_back(); }

  // It takes so much from now on. Errors: Unavailable, with the budget's reason and limit; then it
  // takes what it took before.
  Result<void> hold(size_t bytes);

 private:
  void give_back();

  MemoryBudget* budget_ = nullptr;
  size_t held_ = 0;
};

}  // namespace sentinel
