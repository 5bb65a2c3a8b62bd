#include "collectors/sources/process_table.hpp"

#include "collector_test_support.hpp"

namespace sentinel::collectors {
namespace {

using testing::FakeProc;
using testing::FakeProcess;

TEST(ProcessTable, ListsProcessesInOrderAndFindsThem) {
  FakeProc proc;
  proc.put({.pid = 30});
  proc.put({.pid = 7, .name = "seven"});
  proc.put({.pid = 100});
  proc.folder().write("meminfo", "not a process");
  ProcessTable table(proc.root());
  table.refresh();
  ASSERT_EQ(table.all().size(), 3u);
  EXPECT_EQ(table.all()[0].stat.pid, 7);
  EXPECT_EQ(table.all()[0].name_text(), "seven");
  EXPECT_EQ(table.all()[2].stat.pid, 100);
  EXPECT_NE(table.find(30), nullptr);
  EXPECT_EQ(table.find(31), nullptr);
  EXPECT_EQ(table.find(30, 999), nullptr) << "the same pid, another process";
}

TEST(ProcessTable, TellsWhoWasBornSinceThePassBefore) {
  FakeProc proc;
  proc.put({.pid = 10});
  ProcessTable table(proc.root());
  table.refresh();
  EXPECT_TRUE(table.first_pass());
  proc.put({.pid = 11});
  table.refresh();
  EXPECT_FALSE(table.find(10)->born);
  EXPECT_TRUE(table.find(11)->born);
  table.refresh();
  EXPECT_FALSE(table.find(11)->born);
}

TEST(ProcessTable, ForgetsWhoEnded) {
  FakeProc proc;
  proc.put({.pid = 10});
  proc.put({.pid = 11});
  ProcessTable table(proc.root());
  table.refresh();
  proc.end(10);
  table.refresh();
  EXPECT_EQ(table.find(10), nullptr);
  EXPECT_NE(table.find(11), nullptr);
}

TEST(ProcessTable, TakesAReusedPidForANewProcess) {
  FakeProc proc;
  proc.put({.pid = 10, .name = "old", .start = 100});
  ProcessTable table(proc.root());
  table.refresh();
  table.refresh();
  proc.put({.pid = 10, .name = "new", .start = 500});
  table.refresh();
  EXPECT_TRUE(table.find(10)->born);
  EXPECT_EQ(table.find(10)->name_text(), "new");
  EXPECT_EQ(table.find(10, 100), nullptr);
}

TEST(ProcessTable, ReadsWatchedProcessesInEveryPass) {
  FakeProc proc;
  proc.put({.pid = 10, .cpu = 1});
  ProcessTable table(proc.root());
  table.refresh();
  table.watch(*table.find(10));
  table.watch(*table.find(10));
  for (uint64_t ticks = 2; ticks < 40; ++ticks) {
    proc.put({.pid = 10, .cpu = ticks});
    table.refresh();
    ASSERT_EQ(table.find(10)->stat.cpu_ticks, ticks);
  }
}

TEST(ProcessTable, LooksAtOthersNowAndThen) {
  FakeProc proc;
  proc.put({.pid = 10, .name = "sh"});
  ProcessTable table(proc.root());
  for (int i = 0; i < 5; ++i) table.refresh();
  proc.put({.pid = 10, .name = "agent"});
  int passes = 0;
  while (table.find(10)->name_text() != "agent" && passes < 20) {
    table.refresh();
    ++passes;
  }
  EXPECT_GT(passes, 0);
  EXPECT_LE(passes, 16);
}

TEST(ProcessTable, GivesTheCommandLineWithSpaces) {
  FakeProc proc;
  proc.put({.pid = 10, .command = std::string("python3\0train.py\0", 17)});
  proc.put({.pid = 11});
  ProcessTable table(proc.root());
  table.refresh();
  EXPECT_EQ(table.command_line(*table.find(10)), "python3 train.py");
  EXPECT_EQ(table.command_line(*table.find(11)), "");
}

TEST(ProcessTable, KnowsWhatAProcessShares) {
  FakeProc proc;
  uint64_t pages = 20 * 1024 * 1024 / static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  proc.put({.pid = 10, .pages = pages});
  proc.put({.pid = 11, .pages = 3});
  proc.folder().write("10/smaps_rollup", "00-ff ---p [rollup]\nRss: 20000 kB\nPss: 5000 kB\n");
  ProcessTable table(proc.root());
  table.refresh();
  SteadyTime now{std::chrono::hours{1}};
  EXPECT_EQ(table.shared_bytes(*table.find(10), now), 15000u * 1024);
  EXPECT_EQ(table.shared_bytes(*table.find(11), now), 0u) << "small ones are not asked";
  proc.folder().write("10/smaps_rollup", "Rss: 20000 kB\nPss: 20000 kB\n");
  EXPECT_EQ(table.shared_bytes(*table.find(10), now + std::chrono::seconds{5}), 15000u * 1024)
      << "an answer is kept";
  EXPECT_EQ(table.shared_bytes(*table.find(10), now + std::chrono::hours{1}), 0u);
}

TEST(ProcessTable, IsEmptyWhereThereIsNoProc) {
  ProcessTable table("/nowhere");
  table.refresh();
  EXPECT_TRUE(table.all().empty());
}

TEST(ProcessTable, SeesThisProcessInTheRealProc) {
  ProcessTable table;
  table.refresh();
  auto* self = table.find(getpid());
  ASSERT_NE(self, nullptr);
  EXPECT_EQ(self->stat.parent, getppid());
  EXPECT_EQ(self->stat.session, getsid(0));
  EXPECT_GT(self->stat.resident_pages, 0u);
  EXPECT_FALSE(table.command_line(*self).empty());
  table.watch(*self);
  table.refresh();
  ASSERT_NE(table.find(getpid()), nullptr);
  EXPECT_FALSE(table.find(getpid())->born);
}

}  // namespace
}  // namespace sentinel::collectors
