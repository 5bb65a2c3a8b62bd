// What ingest must know of the database for every record, kept in memory: agents, models, hosts,
// keys. Prices are in prices.hpp.
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "models/user.hpp"
#include "postgres/pool.hpp"
#include "services/ingest/key_file.hpp"
#include "services/ingest/prices.hpp"

namespace sentinel::ingest {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// Texts to ids. Reads take a shared lock; a miss asks the database and remembers the answer for
// good, since ids never change.
template <class Id>
class Dictionary {
 public:
  std::optional<Id> find(std::string_view text) const {
    std::shared_lock lock(mutex_);
    auto found = ids_.find(text);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
  }
  void remember(std::string_view text, Id id) {
    std::unique_lock lock(mutex_);
    ids_.emplace(std::string(text), id);
  }

 private:
  mutable std::shared_mutex mutex_;
  boost::unordered_flat_map<std::string, Id, TextHash, std::equal_to<>> ids_;
};

class Registry {
 public:
  Registry(postgres::Database& database, Prices& prices) : database_(database), prices_(prices) {}

  std::optional<Uuid> known_agent(std::string_view name) const { return agents_.find(name); }
  std::optional<int32_t> known_model(std::string_view provider, std::string_view name) const;
  std::optional<int32_t> known_host(std::string_view name) const { return hosts_.find(name); }
  // Who runs a process. Nothing when it is to be asked for; no agent when nobody is known to.
  struct ProcessOwner {
    std::optional<Uuid> agent;
  };
  std::optional<ProcessOwner> known_process(int32_t host, int64_t process_id) const;

  Prices& prices() const { return prices_; }

  // Names as a request has them.
  struct Wanted {
    std::vector<std::string> agents;
    std::vector<std::pair<std::string, std::string>> models;  // provider, name
    std::vector<std::string> hosts;
  };
  // Remembers those of them that the database knows: one statement for each kind, however many.
  // Errors: Unavailable.
  Task<Result<void>> recall(Wanted wanted);
  // The same for who runs processes, by host and process id, and that nobody is known to.
  Task<Result<void>> recall_processes(std::vector<std::pair<int32_t, int64_t>> wanted);

  // Ask the database, insert what it does not have. `name` may be the id of an agent; `parent` (may
  // be empty) is the name of the agent that a new one works for. Errors: NotFound (an agent that is
  // not known and may not register), Unavailable.
  Task<Result<Uuid>> agent(std::string name, std::string parent, bool may_register);
  Task<Result<int32_t>> model(std::string provider, std::string name);
  Task<Result<int32_t>> host(std::string name);
  // Errors: Unavailable.
  Task<Result<ProcessOwner>> process(int32_t host, int64_t process_id);
  // From now on the process is this agent's. Errors: Unavailable.
  Task<Result<void>> learn_process(int32_t host, int64_t process_id, Uuid agent);

 private:
  postgres::Database& database_;
  Prices& prices_;
  Dictionary<Uuid> agents_;
  Dictionary<int32_t> models_;  // "provider\nname"
  Dictionary<int32_t> hosts_;

  // Unlike the others these change: process ids are used again.
  struct Process {
    ProcessOwner owner;
    std::chrono::steady_clock::time_point good_until;
  };
  void remember_process(int32_t host, int64_t process_id, ProcessOwner owner);
  mutable std::shared_mutex processes_mutex_;
  boost::unordered_flat_map<uint64_t, Process> processes_;  // by host and process id
};

// Keys by the hash of their token. All active keys are read again every two seconds, so that a
// revoked one lives no longer than that. An unknown one is looked up at once, so that a new one
// works at once; however many ask, they share a read, and reads are kept apart. While the database
// is away, the keys known last are good for a day; with a file, also for who starts meanwhile.
class KeyCache {
 public:
  static constexpr auto kRefresh = std::chrono::seconds{2};
  // A flood of unknown keys costs the database at most one read in this time.
  static constexpr auto kApart = std::chrono::milliseconds{40};

  static constexpr auto kGoodFor = std::chrono::hours{24};

  // `file` may be empty.
  explicit KeyCache(postgres::Database& database, std::string file = "");

  // The key when it is in memory and active, else null.
  std::shared_ptr<const models::ApiKey> known(std::string_view token) const;
  // Errors: Unauthenticated, Unavailable.
  Task<Result<std::shared_ptr<const models::ApiKey>>> find(std::string_view token);

  // Runs until its context ends.
  Task<void> keep_fresh();

  uint64_t reads() const { return reads_; }

 private:
  using KeysResult = Result<std::shared_ptr<const KnownKeys>>;
  struct Read;

  std::shared_ptr<const KnownKeys> snapshot() const {
    std::lock_guard lock(mutex_);
    return keys_;
  }
  // The keys as of a read that began after this call.
  Task<KeysResult> read_anew();
  Task<KeysResult> read();
  void keep_on_disk(const KnownKeys& known);

  postgres::Database& database_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KnownKeys> keys_ = std::make_shared<KnownKeys>();
  std::shared_ptr<Read> next_;  // not begun: whoever comes now may share it
  std::chrono::steady_clock::time_point begin_after_;
  uint64_t newest_ = 0;  // number of the read that keys_ came from
  const std::string file_;
  std::mutex file_mutex_;
  KnownKeys on_disk_;
  std::atomic<uint64_t> reads_ = 0;
};

}  // namespace sentinel::ingest
