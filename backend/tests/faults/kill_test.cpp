// kill -9 of `sentinel up`, of its postmaster, and of both, under load: what was answered with 201
// is there after the restart, and nothing is there twice.
#include <csignal>
#include <cstdlib>

#include "faults/load.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;

constexpr int kClients = 4;
constexpr size_t kRecordsBetweenKills = 60;

enum class Victim { Sentinel, Postmaster, Both };

int rounds() {
  const char* wanted = std::getenv("SENTINEL_KILL_ROUNDS");  // more of them in a soak
  return wanted ? std::stoi(wanted) : 10;
}

void kill_and_restart(SentinelUp& sentinel, Victim victim) {
  const pid_t postmaster = postmaster_of(sentinel.data());
  ASSERT_GT(postmaster, 1);
  if (victim != Victim::Sentinel) ASSERT_EQ(kill(postmaster, SIGKILL), 0);
  if (victim != Victim::Postmaster) sentinel.process().signal(SIGKILL);
  if (victim == Victim::Postmaster) return;  // sentinel starts it again by itself
  ASSERT_EQ(sentinel.process().wait(), 128 + SIGKILL);
  sentinel.start();
}

TEST(Kill, LosesAndDoublesNothingThatWasAcknowledged) {
  auto& sentinel = shared_sentinel();
  Ledger ledger;
  {
    Load load(sentinel, ledger, kClients);
    for (int round = 0; round < rounds(); ++round) {
      ASSERT_TRUE(ledger.wait_for_more(kRecordsBetweenKills))
          << "no progress before round " << round;
      ASSERT_NO_FATAL_FAILURE(kill_and_restart(sentinel, static_cast<Victim>(round % 3)))
          << "round " << round;
    }
    ASSERT_TRUE(ledger.wait_for_more(kRecordsBetweenKills)) << "no progress after the last kill";
    ASSERT_TRUE(load.finish()) << "a request was never answered with 201";
  }
  expect_exactly_once(sentinel, ledger);

  // Once more with nobody sending: what was acknowledged is on the disk, not in a memory.
  ASSERT_NO_FATAL_FAILURE(kill_and_restart(sentinel, Victim::Both));
  expect_exactly_once(sentinel, ledger);
  EXPECT_EQ(sentinel.stop(), 0);
  EXPECT_TRUE(postgres_on(sentinel.data()).empty());
}

TEST(Kill, DuringTheFirstStartLeavesNothingHalfDone) {
  SentinelUp sentinel;
  sentinel.launch();
  ASSERT_TRUE(sentinel.process().wait_for("making the database"));
  // Somewhere in the middle: its folder has begun to fill.
  ASSERT_TRUE(holds_soon([&] {
    for (const auto& entry : std::filesystem::directory_iterator(sentinel.data())) {
      if (std::filesystem::exists(entry.path() / "PG_VERSION")) return true;
    }
    return false;
  }));
  sentinel.process().signal(SIGKILL);
  ASSERT_TRUE(sentinel.process().wait());
  EXPECT_FALSE(std::filesystem::exists(sentinel.data() / "postgres"));
  sentinel.start();
  EXPECT_EQ(sentinel.query("SELECT max(gen) FROM generation").integer(0, 0), 1);
  EXPECT_EQ(sentinel.stop(), 0);
}

}  // namespace
}  // namespace sentinel
