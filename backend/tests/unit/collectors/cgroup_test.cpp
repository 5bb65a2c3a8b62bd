#include "collectors/sources/cgroup.hpp"

#include <algorithm>

#include "collector_test_support.hpp"

namespace sentinel::collectors {
namespace {

using testing::Folder;

TEST(Cgroups, FindsTheMount) {
  constexpr auto mounts =
      "proc /proc proc rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n"
      "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
  EXPECT_EQ(Cgroups::mounted(mounts).root(), "/sys/fs/cgroup/unified");
  EXPECT_EQ(Cgroups::mounted("proc /proc proc rw 0 0\n").root(), "");
}

TEST(Cgroups, FindsThePathOfAProcess) {
  EXPECT_EQ(Cgroups::path_of("4:memory:/x\n0::/system.slice/a.service\n"),
            "/system.slice/a.service");
  EXPECT_EQ(Cgroups::path_of("4:memory:/x\n"), "");
}

TEST(Cgroups, TakesTheSmallestQuotaOnTheWayUp) {
  Folder root;
  root.write("a/b/cpu.max", "max 100000\n");
  root.write("a/cpu.max", "150000 100000\n");
  root.write("c/cpu.max", "50000 100000\n");
  root.write("c/d/cpu.max", "200000 100000\n");
  Cgroups cgroups(root.path());
  EXPECT_DOUBLE_EQ(cgroups.processors_max("/a/b").value(), 1.5);
  EXPECT_DOUBLE_EQ(cgroups.processors_max("/c/d").value(), 0.5);
  EXPECT_EQ(cgroups.processors_max("/e"), std::nullopt);
  EXPECT_EQ(cgroups.processors_max(""), std::nullopt);
  EXPECT_EQ(Cgroups("").processors_max("/a/b"), std::nullopt);
}

TEST(Cgroups, TakesAQuotaThatIsNotOneForNone) {
  Folder root;
  root.write("a/cpu.max", "many 100000\n");
  root.write("b/cpu.max", "100000 0\n");
  Cgroups cgroups(root.path());
  EXPECT_EQ(cgroups.processors_max("/a"), std::nullopt);
  EXPECT_EQ(cgroups.processors_max("/b"), std::nullopt);
}

TEST(Cgroups, ReadsTheTimeUsed) {
  Folder root;
  root.write("a/cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
  root.write("b/cpu.stat", "user_usec 1\n");
  root.write("c/cpu.stat", "usage_usec x\n");
  Cgroups cgroups(root.path());
  EXPECT_DOUBLE_EQ(cgroups.cpu_seconds("/a").value(), 2.5);
  EXPECT_EQ(cgroups.cpu_seconds("/b"), std::nullopt);
  EXPECT_EQ(cgroups.cpu_seconds("/c"), std::nullopt);
  EXPECT_EQ(cgroups.cpu_seconds("/d"), std::nullopt);
  EXPECT_EQ(Cgroups("").cpu_seconds("/a"), std::nullopt);
}

TEST(Cgroups, ListsProcessesOfTheWholeSubtree) {
  Folder root;
  root.write("a/cgroup.procs", "10\n11\n");
  root.write("a/b/cgroup.procs", "12\n");
  auto pids = Cgroups(root.path()).processes("a");
  std::ranges::sort(pids);
  EXPECT_EQ(pids, (std::vector<pid_t>{10, 11, 12}));
  EXPECT_TRUE(Cgroups("").processes("a").empty());
}

}  // namespace
}  // namespace sentinel::collectors
