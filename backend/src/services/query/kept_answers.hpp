// Answers that are given again as long as nothing was stored in what they tell of: dashboards ask
// for the same hours each few seconds, while only the newest of them change.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "postgres/pool.hpp"

namespace sentinel::query {

struct Kept {
  // All transactions below this one had ended before the answer was read: what they stored is in
  // it.
  uint64_t edge = 0;
  // When the oldest of it was read. Retention takes records away without a trace in ingest_batch,
  // so nothing is kept for long.
  std::chrono::steady_clock::time_point read_at;
};

inline constexpr size_t kKeptBytesMax = 8 << 20;
inline constexpr auto kKeptLifetime = std::chrono::minutes{10};

// Thread-safe. The least recently used leave first. Answer: derived of Kept, and has bytes().
template <class Answer>
class KeptAnswers {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit KeptAnswers(size_t bytes_max = kKeptBytesMax) : bytes_max_(bytes_max) {}

  // nullptr where there is none, or none that is young enough. `key`: all that the answer depends
  // on but what was stored.
  std::shared_ptr<const Answer> find(std::string_view key, Time now) {
    std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    const auto entry = found->second;
    if (now > entry->answer->read_at + kKeptLifetime) {
      drop(entry);
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->answer;
  }

  // Takes the place of the one before, unless that one knows of more.
  void keep(std::string key, std::shared_ptr<const Answer> answer) {
    const size_t bytes = sizeof(Entry) + key.size() + answer->bytes();
    std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      if (found->second->answer->edge > answer->edge) return;
      drop(found->second);
    }
    if (bytes > bytes_max_) return;
    entries_.push_front({std::move(key), std::move(answer), bytes});
    by_key_.emplace(entries_.front().key, entries_.begin());
    bytes_ += bytes;
    while (bytes_ > bytes_max_) drop(std::prev(entries_.end()));
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Answer> answer;
    size_t bytes;
  };
  void drop(typename std::list<Entry>::iterator entry) {
    bytes_ -= entry->bytes;
    by_key_.erase(entry->key);
    entries_.erase(entry);
  }

  const size_t bytes_max_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> by_key_;
  size_t bytes_ = 0;
};

// What was stored since, at a moment.
struct StoredSince {
  uint64_t edge = 0;  // all transactions below it have ended
  // The oldest time that what was stored may be of; Timestamp::max() where nothing was stored,
  // Timestamp::min() where that is not known.
  Timestamp from = Timestamp::max();
};

// Of batches that may have records of `agents` (none is all) between `start` and `end`, in
// transactions from `edge` on; nullopt asks for the edge alone. Errors: Unavailable.
Task<Result<StoredSince>> stored_since(postgres::Database& database, std::optional<uint64_t> edge,
                                       const std::vector<Uuid>& agents, Timestamp start,
                                       Timestamp end);

}  // namespace sentinel::query
