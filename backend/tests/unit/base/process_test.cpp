#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "support/test_database.hpp"

namespace sentinel {
namespace {

using sentinel::testing::TemporaryFolder;

int run_shell(const std::filesystem::path& log, const std::string& script) {
  auto pid = start_process({"/bin/sh", "-c", script}, log, SIGKILL);
  EXPECT_TRUE(pid) << pid.error().message;
  return pid ? wait_for_exit(*pid) : -1;
}

TEST(StartProcess, GivesTheExitStatusAndAppendsTheOutput) {
  TemporaryFolder folder;
  auto log = folder.path() / "log";
  EXPECT_EQ(run_shell(log, "echo out; echo err >&2; exit 3"), 3);
  EXPECT_EQ(run_shell(log, "echo more"), 0);
  EXPECT_EQ(read_file(log), "out\nerr\nmore\n");
}

TEST(StartProcess, GivesItNoInput) {
  TemporaryFolder folder;
  EXPECT_EQ(run_shell(folder.path() / "log", "read line"), 1);
}

TEST(StartProcess, GivesItNoFileOrSocketOfOurs) {
  TemporaryFolder folder;
  const int ours = open("/dev/null", O_RDONLY);  // inherited unless somebody prevents it
  ASSERT_GT(ours, 2);
  EXPECT_EQ(run_shell(folder.path() / "log", "cd /proc/self/fd && echo *"), 0);
  close(ours);
  EXPECT_THAT(read_file(folder.path() / "log"), ::testing::StartsWith("0 1 2"));
  EXPECT_EQ(read_file(folder.path() / "log").find(fmt::format(" {} ", ours)), std::string::npos);
}

TEST(StartProcess, AsksForASignalWhenTheParentEnds) {
  TemporaryFolder folder;
  // A parent of its own, since the one of this test must live.
  pid_t parent = fork();
  if (parent == 0) {
    auto child = start_process({"/bin/sleep", "300"}, folder.path() / "log", SIGKILL);
    std::ofstream(folder.path() / "pid") << (child ? *child : 0);
    _exit(0);
  }
  EXPECT_EQ(wait_for_exit(parent), 0);
  pid_t child = std::stoi(read_file(folder.path() / "pid"));
  ASSERT_GT(child, 0);
  // The child is of init now; it is gone or a zombie soon.
  auto running = [&] {
    auto state = read_file("/proc/" + std::to_string(child) + "/stat");
    return !state.empty() && state.find(") Z ") == state.npos;
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (running() && std::chrono::steady_clock::now() < deadline) usleep(1000);
  EXPECT_FALSE(running());
}

TEST(StartProcess, GivesA127WhenThereIsNoSuchProgram) {
  TemporaryFolder folder;
  auto pid = start_process({"/nowhere/at-all"}, folder.path() / "log", SIGKILL);
  ASSERT_TRUE(pid);
  EXPECT_EQ(wait_for_exit(*pid), 127);
}

TEST(StartProcess, SaysWhereItCannotWriteTheLog) {
  auto pid = start_process({"/bin/true"}, "/nowhere/at-all/log", SIGKILL);
  ASSERT_FALSE(pid);
  EXPECT_EQ(pid.error().message, "cannot write /nowhere/at-all/log: No such file or directory");
}

TEST(WaitForExit, GivesTheSignalThatEndedIt) {
  TemporaryFolder folder;
  EXPECT_EQ(run_shell(folder.path() / "log", "kill -TERM $$"), 128 + SIGTERM);
}

TEST(FileLock, IsHeldByOneAtATime) {
  TemporaryFolder folder;
  auto file = folder.path() / "lock";
  auto held = FileLock::take(file);
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(read_file(file), std::to_string(getpid()));
  auto second = FileLock::take(file);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  EXPECT_EQ(second.error().message, "Sentinel runs on " + folder.path().string() +
                                        " already (pid " + std::to_string(getpid()) +
                                        "); stop it first, or choose another folder with --data");
}

TEST(FileLock, IsFreeWhenItsHolderEnds) {
  TemporaryFolder folder;
  auto file = folder.path() / "lock";
  {
    auto held = FileLock::take(file);
    ASSERT_TRUE(held);
    FileLock moved = std::move(*held);
    EXPECT_FALSE(FileLock::take(file));
  }
  EXPECT_TRUE(FileLock::take(file));
}

TEST(FileLock, SaysWhyItCannotBeTaken) {
  auto lock = FileLock::take("/nowhere/at-all/lock");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().message, "cannot open /nowhere/at-all/lock: No such file or directory");
}

TEST(ReadFile, GivesEveryByteAndNothingOfAMissingFile) {
  TemporaryFolder folder;
  const std::string bytes("a\0b\r\n\xff", 6);
  std::ofstream(folder.path() / "file", std::ios::binary) << bytes;
  EXPECT_EQ(read_file(folder.path() / "file"), bytes);
  EXPECT_EQ(read_file(folder.path() / "missing"), "");
}

TEST(BecomeUnprivileged, SaysWhichFolderItCannotMake) {
  TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "in the way";
  auto done = become_unprivileged(folder.path() / "file" / "data");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "folder_unusable");
  EXPECT_EQ(
      done.error().message,
      "cannot make the folder " + (folder.path() / "file" / "data").string() + ": Not a directory");
}

// In a child, since a change of user is for good.
TEST(BecomeUnprivileged, LeavesNoRootBehind) {
  TemporaryFolder folder;
  auto data = folder.path() / "data";
  chmod(folder.path().c_str(), 0755);
  std::filesystem::create_directories(data);
  std::ofstream(data / "old") << "of before";
  pid_t child = fork();
  if (child == 0) {
    bool done =
        become_unprivileged(data).has_value() && geteuid() != 0 && getegid() != 0 && setuid(0) != 0;
    std::ofstream(data / "new") << "of after";
    _exit(done && read_file(data / "new") == "of after" ? 0 : 1);
  }
  if (geteuid() == 0) {
    EXPECT_EQ(wait_for_exit(child), 0);
    struct stat status{};
    ASSERT_EQ(stat((data / "old").c_str(), &status), 0);
    EXPECT_NE(status.st_uid, 0u);
  } else {
    // Without root there is nothing to give up, and setuid(0) is refused anyway.
    EXPECT_EQ(wait_for_exit(child), 0);
  }
}

TEST(BecomeUnprivileged, BecomesWhoOwnsTheFolder) {
  TemporaryFolder folder;
  chmod(folder.path().c_str(), 0755);
  const auto data = folder.path() / "data";
  std::filesystem::create_directories(data);
  if (geteuid() != 0) GTEST_SKIP() << "needs the right to become another user";
  const auto* games = getpwnam("games");
  ASSERT_NE(games, nullptr);
  ASSERT_EQ(chown(data.c_str(), games->pw_uid, games->pw_gid), 0);
  pid_t child = fork();
  if (child == 0) _exit(become_unprivileged(data) && geteuid() == games->pw_uid ? 0 : 1);
  EXPECT_EQ(wait_for_exit(child), 0);
}

TEST(BecomeUnprivileged, RefusesAFolderThatTheUserCannotReach) {
  TemporaryFolder folder;
  chmod(folder.path().c_str(), 0700);
  pid_t child = fork();
  if (child == 0) {
    auto done = become_unprivileged(folder.path() / "data");
    if (geteuid() != 0) _exit(0);  // not root: nothing is refused
    _exit(!done && done.error().message.find(folder.path().string() + " is closed to others") !=
                       std::string::npos
              ? 0
              : 1);
  }
  EXPECT_EQ(wait_for_exit(child), 0);
}

}  // namespace
}  // namespace sentinel
