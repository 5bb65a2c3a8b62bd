// Programs under test as child processes, and `sentinel up` above all: what they print, how they
// end, what they leave.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/test_database.hpp"

namespace sentinel::testing {

constexpr auto kHangGuard = std::chrono::seconds{60};

// Polls `condition` until it holds; false when the hang guard ends first. For what other processes
// do, which nothing announces.
template <class Condition>
bool holds_soon(Condition condition, std::chrono::steady_clock::duration limit = kHangGuard) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

class ChildProcess {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  // `command[0]` is a path, or a name that PATH knows. `environment` comes on top of this process's
  // own.
  explicit ChildProcess(const std::vector<std::string>& command,
                        const Environment& environment = {}, std::string input = {});
  ~ChildProcess();  // kill -9 when it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool ended();
  // Its exit status (128 + signal when a signal ended it); nothing when it does not end within the
  // limit.
  std::optional<int> wait(std::chrono::steady_clock::duration limit = kHangGuard);
  // Waits until it printed `text` on stdout or stderr; false when it ended or the limit passed
  // before.
  bool wait_for(std::string_view text, std::chrono::steady_clock::duration limit = kHangGuard);
  std::string output();  // stdout so far
  std::string errors();  // stderr so far

 private:
  void follow(int output, int errors);

  pid_t pid_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_, errors_;
  std::optional<int> status_;
  std::thread follower_;
};

struct Outcome {
  int status = -1;
  std::string output;
  std::string errors;
};

// Runs a program to its end.
Outcome run_program(const std::vector<std::string>& command,
                    const ChildProcess::Environment& environment = {}, std::string input = {});

// The path of one of the programs that are under test.
std::string program(std::string_view name);

// A TCP port of loopback that nobody listens on, outside of the range that outgoing connections
// take theirs from.
uint16_t free_port();

// Processes called postgres that work on the cluster in this data folder; and the postmaster that
// its pid file names.
std::vector<pid_t> postgres_on(const std::filesystem::path& data);
pid_t postmaster_of(const std::filesystem::path& data);

// `sentinel up` on a data folder and a port that stay the same when it is started again.
class SentinelUp {
 public:
  // Further flags, such as --threads 1.
  explicit SentinelUp(std::vector<std::string> more = {});
  SentinelUp(std::filesystem::path data, std::vector<std::string> more);
  // `sentinel demo` in the same way.
  static SentinelUp demo(std::vector<std::string> more) { return {{}, std::move(more), "demo"}; }
  ~SentinelUp();

  // Starts it and waits until it is up. Throws with what it said when it is not.
  void start(const ChildProcess::Environment& environment = {});
  // Starts it without waiting.
  ChildProcess& launch(const ChildProcess::Environment& environment = {});
  ChildProcess& process() { return *process_; }
  bool running() { return process_ && !process_->ended(); }
  // SIGTERM; gives the exit status.
  std::optional<int> stop();

  const std::filesystem::path& data() const { return data_; }
  uint16_t port() const { return port_; }
  std::string url() const;
  // What `sentinel keys create` prints, made once for each scope.
  const std::string& key(const std::string& scope = "ingest");
  // A statement as the database's superuser.
  postgres::Rows query(const std::string& sql) const;

 private:
  SentinelUp(std::filesystem::path data, std::vector<std::string> more, std::string command);

  TemporaryFolder folder_;
  std::filesystem::path data_;
  uint16_t port_;
  std::vector<std::string> more_;
  std::string command_;
  std::unique_ptr<ChildProcess> process_;
  std::map<std::string, std::string> keys_;
};

}  // namespace sentinel::testing
