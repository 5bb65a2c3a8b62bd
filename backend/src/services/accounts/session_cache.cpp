#include "services/accounts/session_cache.hpp"

#include <algorithm>

namespace sentinel::accounts {

std::optional<models::Caller> SessionCache::find(const TokenHash& hash, Timestamp now) const {
  std::lock_guard lock(mutex_);
  auto found = rows_.find(hash);
  if (found == rows_.end() || now >= found->second.read_at + kLifetime) return std::nullopt;
  return found->second.caller;
}

uint64_t SessionCache::ticket() const {
  std::lock_guard lock(mutex_);
  return forgotten_;
}

bool SessionCache::remember(const TokenHash& hash, models::Caller caller, Timestamp now,
                            Timestamp touched, Microseconds touch_every, uint64_t ticket) {
  std::lock_guard lock(mutex_);
  if (ticket != forgotten_) return false;
  if (rows_.size() >= kRowsMax && !rows_.contains(hash)) rows_.clear();
  auto& row = rows_[hash];
  row.caller = std::move(caller);
  row.read_at = now;
  row.touched = std::max(row.touched, touched);
  if (now - row.touched < touch_every) return false;
  row.touched = now;
  return true;
}

void SessionCache::forget_session(const Uuid& session_id) {
  std::lock_guard lock(mutex_);
  ++forgotten_;
  std::erase_if(rows_, [&](const auto& row) { return row.second.caller.session_id == session_id; });
}

void SessionCache::forget_user(const Uuid& user_id) {
  std::lock_guard lock(mutex_);
  ++forgotten_;
  std::erase_if(rows_, [&](const auto& row) { return row.second.caller.user_id == user_id; });
}

void SessionCache::forget_all() {
  std::lock_guard lock(mutex_);
  ++forgotten_;
  rows_.clear();
}

}  // namespace sentinel::accounts
