// A private PostgreSQL as our own child: made on first start in the data folder, reached by a unix
// socket only, started again when it dies, stopped when we stop. It is the same engine as a
// cluster, so nothing is relearned later.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/process.hpp"
#include "base/result.hpp"

namespace sentinel::postgres {

class EmbeddedServer {
 public:
  // Call after become_unprivileged(folder). Finds the installed PostgreSQL (15 or newer; the
  // environment's SENTINEL_POSTGRES_BIN names a folder to use instead), makes the cluster if there
  // is none, stops what an earlier process left running on it, starts it and waits until it
  // answers. Errors: Conflict (another Sentinel holds the folder), Unsupported (no PostgreSQL
  // found), Internal.
  static Result<std::unique_ptr<EmbeddedServer>> start(const std::filesystem::path& folder);
  ~EmbeddedServer();

  // libpq connection string for a login, while the server of `folder` runs (in this process or
  // another).
  static std::string conninfo(const std::filesystem::path& folder, std::string_view user);
  // The login that may do everything; its name is fixed at initdb.
  static constexpr std::string_view kSuperuser = "sentinel";

  pid_t pid() const { return pid_; }

 private:
  EmbeddedServer(std::filesystem::path folder, std::filesystem::path binaries, FileLock lock);
  Result<void> make_cluster();
  Result<void> write_settings() const;
  Result<void> wait_until_ready();
  void stop_leftovers() const;
  void supervise();

  std::filesystem::path folder_;   // --data
  std::filesystem::path cluster_;  // folder_/postgres
  std::filesystem::path binaries_;
  FileLock lock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  int failures_ = 0;     // ends in a row
  std::string failure_;  // why the first start did not work
  std::atomic<pid_t> pid_ = 0;
  std::thread supervisor_;
};

}  // namespace sentinel::postgres
