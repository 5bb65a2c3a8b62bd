#include "collectors/sources/sampler.hpp"

#include "collector_test_support.hpp"

namespace sentinel::collectors {
namespace {

using std::chrono::seconds;
using testing::FakeProc;
using testing::Folder;

constexpr SteadyTime kStart{std::chrono::hours{1}};
const double kProcessors = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
const double kTicks = static_cast<double>(sysconf(_SC_CLK_TCK));

Gpus no_gpu() { return Gpus("/nowhere/nvml.so"); }

TEST(Sampler, TheHostHasNoCpuAtFirst) {
  FakeProc proc;
  proc.folder().write("stat", "cpu  100 0 0 900 0 0 0 0 0 0\n");
  proc.folder().write("meminfo", "MemTotal: 1000 kB\nMemAvailable: 250 kB\n");
  Sampler sampler({{.name = "host:a", .match = std::nullopt}}, no_gpu(), Cgroups(""), proc.root());
  sampler.pass(kStart);
  auto first = sampler.sample(0, now());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->agent, "host:a");
  EXPECT_EQ(first->cpu_percent, std::nullopt);
  EXPECT_EQ(first->memory_bytes, 750u * 1024);
  EXPECT_EQ(first->process, std::nullopt);
  EXPECT_FALSE(first->gpu);
  proc.folder().write("stat", "cpu  130 0 0 970 0 0 0 0 0 0\n");
  sampler.pass(kStart + seconds{1});
  EXPECT_DOUBLE_EQ(sampler.sample(0, now())->cpu_percent.value(), 30);
  EXPECT_EQ(sampler.tree(0), nullptr);
}

TEST(Sampler, AHostThatCannotBeReadGivesNoValues) {
  FakeProc proc;
  Sampler sampler({{.name = "host:a", .match = std::nullopt}}, no_gpu(), Cgroups(""), proc.root());
  sampler.pass(kStart);
  auto sample = sampler.sample(0, now());
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->cpu_percent, std::nullopt);
  EXPECT_EQ(sample->memory_bytes, std::nullopt);
}

TEST(Sampler, AnAgentHasThePercentOfAllProcessors) {
  FakeProc proc;
  proc.put({.pid = 9, .pages = 100});
  Sampler sampler({{.name = "a", .match = ByName{"agent"}}}, no_gpu(), Cgroups(""), proc.root());
  sampler.pass(kStart);
  auto first = sampler.sample(0, now());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->cpu_percent, std::nullopt);
  EXPECT_EQ(first->process, 9);
  EXPECT_EQ(first->memory_bytes, 100u * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)));
  proc.put({.pid = 9, .cpu = static_cast<uint64_t>(kTicks), .pages = 100});
  sampler.pass(kStart + seconds{2});
  EXPECT_NEAR(sampler.sample(0, now())->cpu_percent.value(), 100 / 2.0 / kProcessors, 1e-9);
}

TEST(Sampler, PercentIsClamped) {
  FakeProc proc;
  proc.put({.pid = 9});
  Sampler sampler({{.name = "a", .match = ByName{"agent"}}}, no_gpu(), Cgroups(""), proc.root());
  sampler.pass(kStart);
  sampler.sample(0, now());
  proc.put({.pid = 9, .cpu = 1'000'000});
  sampler.pass(kStart + seconds{1});
  EXPECT_DOUBLE_EQ(sampler.sample(0, now())->cpu_percent.value(), 100);
}

TEST(Sampler, AnAgentThatDoesNotRunHasNoSampleAndBeginsAnew) {
  FakeProc proc;
  proc.put({.pid = 9});
  Sampler sampler({{.name = "a", .match = ByName{"agent"}}}, no_gpu(), Cgroups(""), proc.root());
  sampler.pass(kStart);
  EXPECT_TRUE(sampler.sample(0, now()));
  proc.end(9);
  sampler.pass(kStart + seconds{1});
  EXPECT_FALSE(sampler.sample(0, now()));
  proc.put({.pid = 10});
  sampler.pass(kStart + seconds{2});
  auto again = sampler.sample(0, now());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->process, 10);
  EXPECT_EQ(again->cpu_percent, std::nullopt);
}

TEST(Sampler, AQuotaIsWhatTheAgentMayUse) {
  FakeProc proc;
  Folder cgroups;
  cgroups.write("box/cpu.max", "50000 100000\n");
  proc.put({.pid = 9});
  proc.folder().write("9/cgroup", "0::/box\n");
  Sampler sampler({{.name = "a", .match = ByName{"agent"}}}, no_gpu(), Cgroups(cgroups.path()),
                  proc.root());
  sampler.pass(kStart);
  sampler.sample(0, now());
  proc.put({.pid = 9, .cpu = static_cast<uint64_t>(kTicks / 4)});
  sampler.pass(kStart + seconds{1});
  EXPECT_NEAR(sampler.sample(0, now())->cpu_percent.value(), 50, 1e-9);
}

TEST(Sampler, AGroupCountsItsTimeItself) {
  FakeProc proc;
  Folder cgroups;
  cgroups.write("box/cgroup.procs", "9\n77\n");  // 77 is not to be seen
  cgroups.write("box/cpu.max", "100000 100000\n");
  cgroups.write("box/cpu.stat", "usage_usec 1000000\n");
  proc.put({.pid = 9});
  Sampler sampler({{.name = "a", .match = ByCgroup{"box"}}}, no_gpu(), Cgroups(cgroups.path()),
                  proc.root());
  sampler.pass(kStart);
  ASSERT_TRUE(sampler.sample(0, now()));
  ASSERT_NE(sampler.tree(0), nullptr);
  EXPECT_EQ(sampler.tree(0)->size(), 1u);
  cgroups.write("box/cpu.stat", "usage_usec 1250000\n");
  sampler.pass(kStart + seconds{1});
  EXPECT_NEAR(sampler.sample(0, now())->cpu_percent.value(), 25, 1e-9);
  // Without the account the ticks take over, beginning anew.
  fs::remove(cgroups.path() / "box/cpu.stat");
  sampler.pass(kStart + seconds{2});
  EXPECT_EQ(sampler.sample(0, now())->cpu_percent, std::nullopt);
}

TEST(Sampler, GpuFieldsComeFromTheStandIn) {
  setenv("NVML_STAND_IN", "gpu 0 40 1000; process 0 9 30 600", 1);
  FakeProc proc;
  proc.put({.pid = 9});
  Sampler sampler(
      {{.name = "host:a", .match = std::nullopt}, {.name = "a", .match = ByName{"agent"}}},
      Gpus(SENTINEL_NVML_STAND_IN), Cgroups(""), proc.root());
  sampler.pass(kStart);
  auto host = sampler.sample(0, now());
  auto agent = sampler.sample(1, now());
  unsetenv("NVML_STAND_IN");
  EXPECT_DOUBLE_EQ(host->gpu->percent.value(), 40);
  EXPECT_EQ(host->gpu->memory_bytes, 1000u);
  EXPECT_DOUBLE_EQ(agent->gpu->percent.value(), 30);
  EXPECT_EQ(agent->gpu->memory_bytes, 600u);
}

TEST(Sampler, TheRealHostHasMemoryAndAName) {
  EXPECT_FALSE(host_name().empty());
  EXPECT_GT(Host().memory_used_bytes().value(), 0u);
  EXPECT_GT(Host().cpu()->total, 0u);
}

}  // namespace
}  // namespace sentinel::collectors
