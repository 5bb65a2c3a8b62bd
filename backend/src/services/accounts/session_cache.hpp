// Whom sessions and keys belong to, for a few seconds, so that the requests of one page ask the
// database once.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "models/user.hpp"

namespace sentinel::accounts {

class SessionCache {
 public:
  static constexpr auto kLifetime = std::chrono::seconds{2};
  static constexpr size_t kRowsMax = 10000;  // when full, everything is forgotten

  std::optional<models::Caller> find(const TokenHash& hash, Timestamp now) const;

  // Taken before the database is asked and given back with its answer: an answer that was overtaken
  // by forget() is not kept.
  uint64_t ticket() const;
  // `touched` is when the session was last touched, as the database has it. Says whether it is due
  // to be touched again; of those who ask together, one gets true.
  bool remember(const TokenHash& hash, models::Caller caller, Timestamp now, Timestamp touched,
                Microseconds touch_every, uint64_t ticket);

  void forget_session(const Uuid& session_id);
  void forget_user(const Uuid& user_id);
  void forget_all();

 private:
  struct Row {
    models::Caller caller;
    Timestamp read_at;
    Timestamp touched;
  };
  mutable std::mutex mutex_;
  std::unordered_map<TokenHash, Row> rows_;
  uint64_t forgotten_ = 0;
};

}  // namespace sentinel::accounts
