#include "collectors/sources/proc_text.hpp"

#include <gtest/gtest.h>

namespace sentinel::collectors {
namespace {

TEST(ProcessStat, ReadsWhatTheKernelWrites) {
  auto stat = parse_process_stat(
      "4711 (python3) S 17 4710 4700 34816 4711 4194304 9 8 7 6 150 50 30 20 20 0 4 0 86421 222 "
      "333 "
      "18446744073709551615 1 1 0");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->pid, 4711);
  EXPECT_EQ(stat->name, "python3");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 17);
  EXPECT_EQ(stat->group, 4710);
  EXPECT_EQ(stat->session, 4700);
  EXPECT_EQ(stat->cpu_ticks, 200u);
  EXPECT_EQ(stat->waited_ticks, 50u);
  EXPECT_EQ(stat->start_ticks, 86421u);
  EXPECT_EQ(stat->resident_pages, 333u);
}

TEST(ProcessStat, TakesNamesWithSpacesAndParentheses) {
  auto stat = parse_process_stat("5 (a) R (b) Z 1 2 3 0 -1 0 0 0 0 0 1 2 3 4 0 0 1 0 9 0 8 0");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->name, "a) R (b");
  EXPECT_EQ(stat->state, 'Z');
  EXPECT_EQ(stat->parent, 1);
  EXPECT_EQ(stat->resident_pages, 8u);
}

TEST(ProcessStat, TakesNegativeCountersForZero) {
  auto stat = parse_process_stat("5 (a) R 1 2 3 0 -1 0 0 0 0 0 1 2 -3 -4 0 0 1 0 9 0 -8 0");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->waited_ticks, 0u);
  EXPECT_EQ(stat->resident_pages, 0u);
}

TEST(ProcessStat, RefusesWhatIsCutOrNoStat) {
  EXPECT_FALSE(parse_process_stat(""));
  EXPECT_FALSE(parse_process_stat("4711"));
  EXPECT_FALSE(parse_process_stat("4711 (python3"));
  EXPECT_FALSE(parse_process_stat("4711 (python3)"));
  EXPECT_FALSE(parse_process_stat("4711 )python3( S 1 2 3"));
  EXPECT_FALSE(parse_process_stat("4711 (python3) S 17 4710"));
  EXPECT_FALSE(parse_process_stat("x (python3) S 1 2 3 0 -1 0 0 0 0 0 1 2 3 4 0 0 1 0 9 0 8 0"));
}

TEST(HostCpu, CountsBusyWithoutIdleWaitingAndStolen) {
  auto cpu = parse_host_cpu("cpu  10 20 30 400 50 6 7 80 9 0\ncpu0 1 2 3 4\n");
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->busy, 10u + 20 + 30 + 6 + 7);
  EXPECT_EQ(cpu->total, 10u + 20 + 30 + 6 + 7 + 400 + 50 + 80);
}

TEST(HostCpu, RefusesOtherText) {
  EXPECT_FALSE(parse_host_cpu("cpu0 1 2 3"));
  EXPECT_FALSE(parse_host_cpu("cpu  1 2 3\n"));
}

TEST(HostMemory, IsTotalWithoutAvailable) {
  EXPECT_EQ(parse_memory_used("MemTotal:  1000 kB\nMemFree:  1 kB\nMemAvailable:  400 kB\n"),
            600u * 1024);
}

TEST(HostMemory, RefusesTextThatLacksALine) {
  EXPECT_FALSE(parse_memory_used("MemTotal:  1000 kB\n"));
  EXPECT_FALSE(parse_memory_used("MemTotal:  1000 kB\nMemAvailable:  2000 kB\n"));
  EXPECT_FALSE(parse_memory_used("MemTotal:  many\nMemAvailable:  2000 kB\n"));
}

TEST(Kilobytes, FindsTheWholeNameOnly) {
  EXPECT_EQ(parse_kilobytes("Pss_Dirty: 4 kB\nPss:  8 kB\n", "Pss"), 8u * 1024);
  EXPECT_FALSE(parse_kilobytes("Pss_Dirty: 4 kB\n", "Pss"));
}

}  // namespace
}  // namespace sentinel::collectors
