#include "collectors/sources/process_tree.hpp"

#include "collector_test_support.hpp"

namespace sentinel::collectors {
namespace {

using testing::FakeProc;
using testing::FakeProcess;

class ProcessTreeTest : public ::testing::Test {
 protected:
  void pass(ProcessTree& tree) {
    table_.refresh();
    tree.update(table_, cgroups_);
  }

  FakeProc proc_;
  ProcessTable table_{proc_.root()};
  Cgroups cgroups_{""};
};

TEST_F(ProcessTreeTest, HoldsTheMatchedProcessAndItsDescendants) {
  proc_.put({.pid = 9, .name = "agent", .parent = 8});
  proc_.put({.pid = 8, .name = "other"});
  proc_.put({.pid = 5, .name = "grandchild", .parent = 20});  // a lower pid than its parent's
  proc_.put({.pid = 20, .name = "child", .parent = 9});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  EXPECT_TRUE(tree.running());
  EXPECT_EQ(tree.size(), 3u);
  EXPECT_EQ(tree.root(), 9);
  EXPECT_TRUE(tree.contains(5));
  EXPECT_FALSE(tree.contains(8));
}

TEST_F(ProcessTreeTest, ComparesNamesAsTheKernelCutsThem) {
  proc_.put({.pid = 9, .name = "research-agent-"});
  ProcessTree tree(ByName{"research-agent-number-one"});
  pass(tree);
  EXPECT_TRUE(tree.running());
}

TEST_F(ProcessTreeTest, MatchesTheCommandLine) {
  proc_.put({.pid = 9, .command = std::string("python3\0train.py\0", 17)});
  proc_.put({.pid = 10, .command = std::string("python3\0serve.py\0", 17)});
  auto pattern = Pattern::compile("python3 (train|tune)\\.py$");
  ASSERT_TRUE(pattern);
  ProcessTree tree(ByCommandLine{*pattern});
  pass(tree);
  EXPECT_EQ(tree.size(), 1u);
  EXPECT_EQ(tree.root(), 9);
}

TEST_F(ProcessTreeTest, FollowsAPidFile) {
  proc_.put({.pid = 9});
  proc_.put({.pid = 10});
  proc_.folder().write("agent.pid", " 9\n");
  ProcessTree tree(ByPidFile{proc_.folder() / "agent.pid"});
  pass(tree);
  EXPECT_EQ(tree.root(), 9);
  proc_.end(9);
  proc_.folder().write("agent.pid", "10");
  pass(tree);
  EXPECT_EQ(tree.root(), 10);
  proc_.end(10);
  proc_.folder().write("agent.pid", "\n");
  pass(tree);
  EXPECT_FALSE(tree.running());
  EXPECT_EQ(tree.root(), std::nullopt);
}

TEST_F(ProcessTreeTest, RootIsTheMatchedProcessThatStartedFirst) {
  proc_.put({.pid = 9, .start = 300});
  proc_.put({.pid = 10, .start = 200});
  proc_.put({.pid = 11, .name = "child", .parent = 9, .start = 100});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  EXPECT_EQ(tree.root(), 10);
}

TEST_F(ProcessTreeTest, DoesNotRunWhenOnlyAZombieIsLeft) {
  proc_.put({.pid = 9, .state = 'Z'});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  EXPECT_FALSE(tree.running());
}

TEST_F(ProcessTreeTest, KeepsAnOrphan) {
  proc_.put({.pid = 9});
  proc_.put({.pid = 10, .name = "child", .parent = 9});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  proc_.end(9);
  proc_.put({.pid = 10, .name = "child", .parent = 1});
  pass(tree);
  EXPECT_TRUE(tree.contains(10));
  EXPECT_EQ(tree.root(), 10);
}

TEST_F(ProcessTreeTest, TakesAnOrphanThatWasNeverSeenByItsGroup) {
  proc_.put({.pid = 1, .name = "init"});
  proc_.put({.pid = 3, .name = "shell", .session = 3});
  proc_.put({.pid = 9, .parent = 3, .group = 9, .session = 3});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  proc_.put({.pid = 12, .name = "orphan", .parent = 1, .group = 9, .session = 3});
  // `agent | tee`: of the same group, and the shell's child.
  proc_.put({.pid = 13, .name = "tee", .parent = 3, .group = 9, .session = 3});
  pass(tree);
  EXPECT_TRUE(tree.contains(12));
  EXPECT_FALSE(tree.contains(13));
}

TEST_F(ProcessTreeTest, TakesAnOrphanOfASessionWhoseLeaderJustEnded) {
  proc_.put({.pid = 1, .name = "init"});
  proc_.put({.pid = 9});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  proc_.end(9);
  proc_.put({.pid = 12, .name = "daemon", .parent = 1, .group = 12, .session = 9});
  pass(tree);
  EXPECT_TRUE(tree.contains(12));
}

TEST_F(ProcessTreeTest, DoesNotTakeAReusedPidForItsMember) {
  proc_.put({.pid = 9});
  proc_.put({.pid = 10, .name = "child", .parent = 9, .cpu = 50});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  proc_.end(10);
  pass(tree);
  proc_.put({.pid = 10, .name = "stranger", .parent = 1, .cpu = 5000, .start = 900});
  pass(tree);
  EXPECT_FALSE(tree.contains(10));
  EXPECT_EQ(tree.cpu_ticks(), 0u);
}

TEST_F(ProcessTreeTest, CountsTimeSinceItWasFirstSeen) {
  proc_.put({.pid = 9, .cpu = 1000, .waited = 500});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 0u);
  proc_.put({.pid = 9, .cpu = 1030, .waited = 500});
  proc_.put({.pid = 10, .parent = 9, .cpu = 7});  // all of a newborn's time is new
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 37u);
}

TEST_F(ProcessTreeTest, CountsAChildThatCameAndWentBetweenTwoPasses) {
  proc_.put({.pid = 9});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  proc_.put({.pid = 9, .waited = 40});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 40u);
}

TEST_F(ProcessTreeTest, CountsAChildOnceThoughItsParentInheritsItsTime) {
  proc_.put({.pid = 9});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  proc_.put({.pid = 10, .parent = 9, .cpu = 30});
  pass(tree);
  proc_.end(10);  // with 35 ticks in all
  proc_.put({.pid = 9, .waited = 35});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 35u);
}

TEST_F(ProcessTreeTest, WaitsOnePassForTheParentToInherit) {
  proc_.put({.pid = 9});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  proc_.put({.pid = 10, .parent = 9, .cpu = 30});
  pass(tree);
  proc_.end(10);
  pass(tree);  // the parent was read before it waited
  proc_.put({.pid = 9, .waited = 35});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 35u);
  // What nobody waited for in time is not held against later children.
  proc_.put({.pid = 11, .parent = 9, .cpu = 5});
  pass(tree);
  proc_.end(11);
  pass(tree);
  pass(tree);
  proc_.put({.pid = 9, .waited = 45});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 50u);
}

TEST_F(ProcessTreeTest, PassesTimeUpThroughParentsThatEndedAsWell) {
  proc_.put({.pid = 9});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  proc_.put({.pid = 10, .parent = 9, .cpu = 10});
  proc_.put({.pid = 11, .parent = 10, .cpu = 20});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 30u);
  proc_.end(10);
  proc_.end(11);
  proc_.put({.pid = 9, .waited = 32});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 32u);
}

TEST_F(ProcessTreeTest, NeverFalls) {
  proc_.put({.pid = 9, .cpu = 100});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  proc_.put({.pid = 9, .cpu = 110});
  pass(tree);
  proc_.put({.pid = 9, .cpu = 109});  // the kernel may take a tick back
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 10u);
  proc_.put({.pid = 9, .cpu = 111});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 11u);
}

TEST_F(ProcessTreeTest, ChildrenOfAWaitingParentAreTheTree) {
  proc_.put({.pid = 50, .name = "collector", .cpu = 1000, .waited = 500});
  proc_.put({.pid = 60, .name = "command", .parent = 50, .cpu = 3});
  ProcessTree tree(ByParent{50});
  pass(tree);
  EXPECT_EQ(tree.root(), 60);
  proc_.put({.pid = 60, .name = "command", .parent = 50, .cpu = 13});
  proc_.put({.pid = 50, .name = "collector", .cpu = 2000, .waited = 500});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 10u) << "the parent's own time is not the agent's";
  proc_.end(60);
  proc_.put({.pid = 61, .name = "orphan", .parent = 50, .cpu = 1});
  proc_.put({.pid = 50, .name = "collector", .cpu = 2000, .waited = 515});
  pass(tree);
  EXPECT_EQ(tree.cpu_ticks(), 13u) << "ten, two more before its end, and the orphan's one";
  EXPECT_TRUE(tree.contains(61));
}

TEST_F(ProcessTreeTest, AddsMemoryAndCountsSharedPagesOnce) {
  auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  uint64_t pages = 20 * 1024 * 1024 / page;
  proc_.put({.pid = 9, .pages = pages});
  ProcessTree tree(ByName{"agent"});
  pass(tree);
  SteadyTime now{std::chrono::hours{1}};
  proc_.folder().write("9/smaps_rollup", "Rss: 20480 kB\nPss: 12288 kB\n");
  EXPECT_EQ(tree.memory_bytes(table_, now), pages * page) << "one process shares with nobody";
  proc_.put({.pid = 10, .parent = 9, .pages = pages});
  proc_.folder().write("10/smaps_rollup", "Rss: 20480 kB\nPss: 12288 kB\n");
  pass(tree);
  EXPECT_EQ(tree.memory_bytes(table_, now), 2 * 12288u * 1024);
}

TEST(Pattern, SaysWhatIsWrong) {
  auto pattern = Pattern::compile("(train");
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().message, "'(train' is not a regular expression: Unmatched ( or \\(");
}

}  // namespace
}  // namespace sentinel::collectors
