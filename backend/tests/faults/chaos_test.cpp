// One trouble after another, in an order that chance makes, under a load that goes on: in the end
// every acknowledged record is stored, and none twice. SENTINEL_CHAOS_STEPS makes it longer,
// SENTINEL_CHAOS_SEED repeats one.
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

class Chaos : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  SmallDisk disk_{folder_.path() / "disk", 600};
  SentinelUp sentinel_{folder_.path() / "disk" / "data", {}};
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

TEST_F(Chaos, LosesAndDoublesNothingThatWasAcknowledged) {
  const auto seed = static_cast<unsigned>(
      number_from("SENTINEL_CHAOS_SEED", static_cast<int>(std::random_device{}() >> 1)));
  const int steps = number_from("SENTINEL_CHAOS_STEPS", 12);
  std::mt19937 chance(seed);
  SCOPED_TRACE(fmt::format("SENTINEL_CHAOS_SEED={}", seed));
  sentinel_.start();
  std::string story;
  {
    Load load(sentinel_, ledger_, 4, std::chrono::seconds{20});
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
  expect_exactly_once(sentinel_, ledger_);
  EXPECT_EQ(sentinel_.stop(), 0);
}

}  // namespace
}  // namespace sentinel
