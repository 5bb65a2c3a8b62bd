// One trouble after another, in an order that chance makes, under a load that goes on: in the end
// every acknowledged record is stored, and none twice. With one metrics-api, and with two of them
// on one database, whose clients go to the other one when the first does not answer.
// SENTINEL_CHAOS_STEPS makes it longer, SENTINEL_CHAOS_SEED repeats one.
#include <csignal>
#include <cstdlib>
#include <functional>

#include "faults/load.hpp"
#include "faults/small_disk.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;

constexpr size_t kRecordsBetween = 60;

int number_from(const char* variable, int fallback) {
  const char* wanted = std::getenv(variable);
  return wanted ? std::stoi(wanted) : fallback;
}

// A metrics-api of its own process, with a spool of its own, on somebody else's database.
class Replica {
 public:
  Replica(const SentinelUp& sentinel, std::string spool)
      : database_url_(postgres::EmbeddedServer::conninfo(sentinel.data(),
                                                         postgres::EmbeddedServer::kSuperuser)),
        spool_(std::move(spool)) {}

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  bool running() { return process_ && !process_->ended(); }

  // As whatever restarts a service does: again, until it stays. It ends at once while PostgreSQL
  // answers with something that no wait would mend, as it does in the midst of its own end.
  void start() {
    const bool up = holds_soon([&] {
      process_.reset();
      process_ = std::make_unique<ChildProcess>(std::vector<std::string>{
          program("sentinel-metrics-api"), "--database-url", database_url_, "--listen",
          fmt::format("127.0.0.1:{}", port_), "--spool", spool_});
      return process_->wait_for("listens on port");
    });
    if (!up) throw std::runtime_error("metrics-api did not come up: " + process_->errors());
  }
  void kill() {
    process_->signal(SIGKILL);
    ASSERT_TRUE(process_->wait());
  }
  std::optional<int> stop() {
    process_->signal(SIGTERM);
    return process_->wait();
  }

 private:
  const std::string database_url_, spool_;
  const uint16_t port_ = free_port();
  std::unique_ptr<ChildProcess> process_;
};

// With `true`: two replicas.
class Chaos : public ::testing::TestWithParam<bool> {
 protected:
  TemporaryFolder folder_;
  SmallDisk disk_{folder_.path() / "disk", 600};
  SentinelUp sentinel_{folder_.path() / "disk" / "data", {}};
  Replica replica_{sentinel_, (folder_.path() / "disk" / "spool-of-the-replica").string()};
  Ledger ledger_;

  struct Trouble {
    std::string name;
    std::function<void()> make;
  };

  std::vector<Trouble> troubles() {
    std::vector<Trouble> all = {
        {"PostgreSQL is killed", [this] { signal_postmaster(SIGKILL); }},
        {"PostgreSQL is stopped at once", [this] { signal_postmaster(SIGQUIT); }},
        {"PostgreSQL is stopped", [this] { signal_postmaster(SIGINT); }},
        {"one backend of PostgreSQL is killed", [this] { kill_a_backend(); }},
        {"PostgreSQL stands still", [this] { stand_still(); }},
        {"PostgreSQL is slow", [this] { be_slow(); }},
        {"sentinel is killed", [this] { kill_sentinel(); }},
        {"sentinel and PostgreSQL are killed",
         [this] {
           signal_postmaster(SIGKILL);
           kill_sentinel();
         }},
        {"sentinel is stopped and started",
         [this] {
           ASSERT_EQ(sentinel_.stop(), 0);
           sentinel_.start();
         }},
        {"PostgreSQL stays away, and sentinel is killed meanwhile", [this] { be_away(); }},
    };
    if (disk_.mounted()) all.push_back({"the disk is full", [this] { be_full(); }});
    if (!GetParam()) return all;
    all.push_back({"the replica is killed", [this] { kill_replica(); }});
    all.push_back({"the replica and PostgreSQL are killed", [this] {
                     signal_postmaster(SIGKILL);
                     kill_replica();
                   }});
    all.push_back({"both replicas are killed", [this] {
                     replica_.kill();
                     kill_sentinel();
                     replica_.start();
                   }});
    all.push_back({"the replica is stopped and started", [this] {
                     ASSERT_EQ(replica_.stop(), 0);
                     replica_.start();
                   }});
    return all;
  }

  void signal_postmaster(int number) {
    const pid_t postmaster = postmaster_of(sentinel_.data());
    if (postmaster > 1) kill(postmaster, number);
  }

  void kill_a_backend() {
    const pid_t postmaster = postmaster_of(sentinel_.data());
    for (pid_t pid : postgres_on(sentinel_.data())) {
      if (pid == postmaster) continue;
      kill(pid, SIGKILL);  // and the postmaster ends all the others
      return;
    }
  }

  void stand_still() {
    auto frozen = postgres_on(sentinel_.data());
    for (pid_t pid : frozen) kill(pid, SIGSTOP);
    EXPECT_TRUE(ledger_.wait_for_answers(202, 4));
    for (pid_t pid : frozen) kill(pid, SIGCONT);
  }

  // Nine tenths of the time it does nothing.
  void be_slow() {
    for (int i = 0; i < 20; ++i) {
      auto slow = postgres_on(sentinel_.data());
      for (pid_t pid : slow) kill(pid, SIGSTOP);
      std::this_thread::sleep_for(std::chrono::milliseconds{90});
      for (pid_t pid : slow) kill(pid, SIGCONT);
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  }

  void kill_sentinel() {
    sentinel_.process().signal(SIGKILL);
    ASSERT_TRUE(sentinel_.process().wait());
    sentinel_.start();
  }

  void kill_replica() {
    ASSERT_NO_FATAL_FAILURE(replica_.kill());
    replica_.start();
  }

  void be_away() {
    const auto control = sentinel_.data() / "postgres" / "global" / "pg_control";
    const auto away = control.string() + ".away";
    std::filesystem::rename(control, away);
    signal_postmaster(SIGKILL);
    EXPECT_TRUE(ledger_.wait_for_answers(202, 20));
    sentinel_.process().signal(SIGKILL);
    ASSERT_TRUE(sentinel_.process().wait());
    std::filesystem::rename(away, control);
    sentinel_.start();
  }

  void be_full() {
    disk_.fill();
    try {
      // Room in pages and segments made before is used up first; a new segment fits nowhere.
      sentinel_.query("SELECT pg_switch_wal()");
    } catch (const std::runtime_error&) {
      // PostgreSQL has found out by itself, and gone down.
    }
    EXPECT_TRUE(ledger_.wait_for_answers(503, 4));
    disk_.make_room();
  }
};

TEST_P(Chaos, LosesAndDoublesNothingThatWasAcknowledged) {
  const auto seed = static_cast<unsigned>(
      number_from("SENTINEL_CHAOS_SEED", static_cast<int>(std::random_device{}() >> 1)));
  const int steps = number_from("SENTINEL_CHAOS_STEPS", 12);
  std::mt19937 chance(seed);
  SCOPED_TRACE(fmt::format("SENTINEL_CHAOS_SEED={}", seed));
  sentinel_.start();
  std::vector<std::string> replicas;
  if (GetParam()) {
    replica_.start();
    replicas.push_back(replica_.url());
  }
  std::string story;
  {
    auto urls = replicas;
    urls.push_back(sentinel_.url());
    Load load(urls, sentinel_.key(), ledger_, 4, std::chrono::seconds{20});
    std::vector<Trouble> left;
    for (int step = 0; step < steps; ++step) {
      // Each of them comes before one comes again.
      if (left.empty()) {
        left = troubles();
        std::ranges::shuffle(left, chance);
      }
      auto trouble = std::move(left.back());
      left.pop_back();
      story += fmt::format("{}. {}\n", step + 1, trouble.name);
      SCOPED_TRACE(story);
      ASSERT_TRUE(ledger_.wait_for_more(kRecordsBetween)) << "no progress before the last step";
      trouble.make();
      if (HasFatalFailure()) return;
    }
    ASSERT_TRUE(ledger_.wait_for_more(kRecordsBetween)) << story << "no progress after all of it";
    ASSERT_TRUE(load.finish()) << story << "a request was never answered for";
  }
  SCOPED_TRACE(story);
  expect_exactly_once(sentinel_, ledger_, replicas);
  if (replica_.running()) EXPECT_EQ(replica_.stop(), 0);
  EXPECT_EQ(sentinel_.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Replicas, Chaos, ::testing::Bool(),
                         [](const auto& of) { return of.param ? "Two" : "One"; });

}  // namespace
}  // namespace sentinel
