// The ordinary end: SIGTERM under load, and what a first start, a second one and root leave behind.
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/process.hpp"
#include "faults/load.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;
namespace fs = std::filesystem;

// Five seconds for requests, then the writers and PostgreSQL's fast shutdown.
constexpr auto kGrace = std::chrono::seconds{30};

uid_t owner_of(const fs::path& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_uid : static_cast<uid_t>(-1);
}

uid_t user_of(pid_t process) { return owner_of(fmt::format("/proc/{}", process)); }

TEST(End, StopsCleanlyOnSigtermUnderLoad) {
  for (int number : {SIGTERM, SIGINT}) {
    auto& sentinel = shared_sentinel();
    Ledger ledger;
    std::vector<pid_t> processes = postgres_on(sentinel.data());
    ASSERT_FALSE(processes.empty());
    {
      Load load(sentinel, ledger, 4);
      ASSERT_TRUE(ledger.wait_for_more(100));
      sentinel.process().signal(number);
      EXPECT_EQ(sentinel.process().wait(kGrace), 0) << sentinel.process().errors();
      // Nothing is left of it the moment it ended.
      EXPECT_TRUE(postgres_on(sentinel.data()).empty());
      for (pid_t pid : processes) EXPECT_FALSE(fs::exists(fmt::format("/proc/{}", pid))) << pid;
      EXPECT_FALSE(fs::exists(sentinel.data() / "postgres" / "postmaster.pid"));
      sentinel.start();
      ASSERT_TRUE(load.finish());
    }
    expect_exactly_once(sentinel, ledger);
    EXPECT_EQ(sentinel.stop(), 0);
    EXPECT_EQ(sentinel.process().errors().find("left PostgreSQL"), std::string::npos);
  }
}

TEST(End, RefusesASecondStartOnTheSameFolder) {
  auto& first = shared_sentinel();
  SentinelUp second(first.data(), {});
  second.launch();
  EXPECT_EQ(second.process().wait(), 1);
  EXPECT_EQ(
      second.process().errors(),
      fmt::format(
          "sentinel: Sentinel runs on {} already (pid {}); stop it first, or choose another folder "
          "with --data\n",
          first.data().string(), first.process().pid()));
  EXPECT_EQ(first.query("SELECT 1").integer(0, 0), 1);
}

// Started by root it works as an unprivileged user; started by anybody else, as that user.
TEST(End, WorksAsRootAndAsAnyUser) {
  auto& sentinel = shared_sentinel();
  const uid_t worker = user_of(sentinel.process().pid());
  EXPECT_NE(worker, 0u);
  if (geteuid() != 0) EXPECT_EQ(worker, geteuid());
  EXPECT_EQ(owner_of(sentinel.data()), worker);
  EXPECT_EQ(owner_of(sentinel.data() / "postgres"), worker);
  for (pid_t pid : postgres_on(sentinel.data())) EXPECT_EQ(user_of(pid), worker);
}

TEST(End, SaysWhichFolderIsClosedToTheUserItWorksAs) {
  TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_all);
  SentinelUp sentinel(folder.path() / "data", {});
  if (geteuid() != 0) {
    sentinel.start();  // nobody to become: the folder is the user's own
    EXPECT_EQ(sentinel.stop(), 0);
    return;
  }
  const char* user = getpwnam("postgres") ? "postgres" : "nobody";
  sentinel.launch();
  EXPECT_EQ(sentinel.process().wait(), 1);
  EXPECT_EQ(
      sentinel.process().errors(),
      fmt::format(
          "sentinel: started by root, Sentinel works as user {}, who cannot reach {} because {} is "
          "closed to others\nHINT: --data /var/lib/sentinel\n",
          user, sentinel.data().string(), folder.path().string()));
}

TEST(End, StartsAgainAfterAForeignProcessGotThePidOfTheOldPostmaster) {
  auto& sentinel = shared_sentinel();
  auto pid_file = sentinel.data() / "postgres" / "postmaster.pid";
  auto text = read_file(pid_file);
  sentinel.process().signal(SIGKILL);
  ASSERT_TRUE(sentinel.process().wait());
  ASSERT_TRUE(holds_soon([&] { return postgres_on(sentinel.data()).empty(); }));
  // As after a reboot, or in a container, where ids begin at 1 again: the id now belongs to
  // somebody of the same user.
  const uid_t user = owner_of(sentinel.data());
  ChildProcess foreign({"setpriv", fmt::format("--reuid={}", user), "sleep", "1000"});
  ASSERT_TRUE(holds_soon(
      [&] { return read_file(fmt::format("/proc/{}/comm", foreign.pid())) == "sleep\n"; }));
  std::ofstream(pid_file) << foreign.pid() << text.substr(text.find('\n'));
  ASSERT_EQ(chown(pid_file.c_str(), user, static_cast<gid_t>(-1)), 0);
  sentinel.start();
  EXPECT_FALSE(foreign.ended());
  EXPECT_EQ(sentinel.stop(), 0);
}

}  // namespace
}  // namespace sentinel
