// What the collector reports, beside what an independent source says of the same process: the
// kernel's CPU clock of it, and the size of what it allocates.
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <functional>

#include "collector_test_support.hpp"
#include "collectors/sources/sampler.hpp"

namespace sentinel::collectors {
namespace {

using testing::Folder;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Busy for half of the time: whenever its own clock has fallen behind half of the wall clock.
[[noreturn]] void stay_half_busy() {
  double begin = cpu_seconds(CLOCK_MONOTONIC), used = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  while (true) {
    double elapsed = cpu_seconds(CLOCK_MONOTONIC) - begin;
    if (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - used >= elapsed / 2) {
      timespec pause{.tv_sec = 0, .tv_nsec = 5'000'000};
      nanosleep(&pause, nullptr);
    }
  }
}

void prctl_die_with_parent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

// Memory that is in use. AddressSanitizer must not see it: an eighth of it more would be its
// shadow.
__attribute__((no_sanitize("address"))) void use_memory(size_t size) {
  auto* memory = reinterpret_cast<volatile char*>(
      syscall(SYS_mmap, nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (size_t i = 0; i < size; i += 4096) memory[i] = 1;
}

// A child that runs `body` and is killed at the end. It makes system calls only: this process has
// threads.
class Child {
 public:
  explicit Child(const std::function<void()>& body) {
    pid_ = fork();
    if (pid_ == 0) {
      body();
      _exit(0);
    }
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

Sampler sampler_of(const Folder& folder, pid_t pid) {
  folder.write("pid", std::to_string(pid));
  return Sampler({{.name = "a", .match = ByPidFile{folder / "pid"}}}, Gpus("/nowhere"),
                 Cgroups(""));
}

TEST(Agreement, AHalfBusyLoopIsWithinThreePointsOverTenSeconds) {
  Folder folder;
  Child child(stay_half_busy);
  clockid_t clock{};
  ASSERT_EQ(clock_getcpuclockid(child.pid(), &clock), 0);
  auto sampler = sampler_of(folder, child.pid());
  double used_before = cpu_seconds(clock);
  auto begin = Clock::now();
  sampler.pass(begin);
  ASSERT_TRUE(sampler.sample(0, now()));
  timespec window{.tv_sec = 10,
                  .tv_nsec = 0};  // this is what is measured, not a wait for something
  clock_nanosleep(CLOCK_MONOTONIC, 0, &window, nullptr);
  auto end = Clock::now();
  sampler.pass(end);
  double used = cpu_seconds(clock) - used_before;
  auto sample = sampler.sample(0, now());
  ASSERT_TRUE(sample && sample->cpu_percent);
  auto processors = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  double reported = *sample->cpu_percent * processors;  // of one processor
  double independent = used / Seconds(end - begin).count() * 100;
  EXPECT_NEAR(reported, independent, 3);
  RecordProperty("reported", fmt::format("{:.2f}", reported));
  RecordProperty("independent", fmt::format("{:.2f}", independent));
}

TEST(Agreement, TwoHundredMegabytesAreWithinFivePercent) {
  Folder folder;
  int ask[2], answer[2];
  ASSERT_EQ(pipe(ask), 0);
  ASSERT_EQ(pipe(answer), 0);
  constexpr size_t size = 200'000'000;
  Child child([&] {
    char byte;
    if (read(ask[0], &byte, 1) != 1) return;
    use_memory(size);
    if (write(answer[1], "x", 1) == 1) pause();
  });
  auto sampler = sampler_of(folder, child.pid());
  sampler.pass(Clock::now());
  auto before = sampler.sample(0, now());
  ASSERT_EQ(write(ask[1], "x", 1), 1);
  char byte;
  ASSERT_EQ(read(answer[0], &byte, 1), 1);
  sampler.pass(Clock::now());
  auto after = sampler.sample(0, now());
  ASSERT_TRUE(before && after);
  auto grown = static_cast<double>(*after->memory_bytes - *before->memory_bytes);
  EXPECT_NEAR(grown, size, size * 0.05);
}

TEST(Agreement, MemoryThatAForkSharesCountsOnce) {
  Folder folder;
  constexpr size_t size = 100'000'000;
  int answer[2];
  ASSERT_EQ(pipe(answer), 0);
  Child child([&] {
    use_memory(size);
    prctl_die_with_parent();
    for (int i = 0; i < 3; ++i) {
      if (fork() != 0) continue;
      prctl_die_with_parent();
      if (write(answer[1], "x", 1) == 1) pause();
      _exit(0);
    }
    pause();
  });
  for (int i = 0; i < 3; ++i) {
    char byte;
    ASSERT_EQ(read(answer[0], &byte, 1), 1);
  }
  auto sampler = sampler_of(folder, child.pid());
  sampler.pass(Clock::now());
  auto sample = sampler.sample(0, now());
  ASSERT_TRUE(sample);
  EXPECT_EQ(sampler.tree(0)->size(), 4u);
  EXPECT_GT(*sample->memory_bytes, size);
  EXPECT_LT(*sample->memory_bytes, 2 * size) << "the sum of resident memory is four times the size";
}

TEST(Agreement, TimeOfChildrenThatEndedCounts) {
  Folder folder;
  int answer[2];
  ASSERT_EQ(pipe(answer), 0);
  auto spend = [](double seconds) {
    double begin = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    while (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - begin < seconds) {
    }
  };
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  Child child([&] {
    char byte;
    if (read(go[0], &byte, 1) != 1) return;
    for (int i = 0; i < 4; ++i) {
      pid_t worker = fork();
      if (worker == 0) {
        spend(0.1);
        _exit(0);
      }
      waitpid(worker, nullptr, 0);
    }
    if (write(answer[1], "x", 1) == 1) pause();
  });
  auto sampler = sampler_of(folder, child.pid());
  sampler.pass(Clock::now());
  ASSERT_TRUE(sampler.sample(0, now()));
  ASSERT_EQ(write(go[1], "x", 1), 1);
  char byte;
  ASSERT_EQ(read(answer[0], &byte, 1), 1);
  sampler.pass(Clock::now());
  ASSERT_TRUE(sampler.sample(0, now()));
  auto ticks = static_cast<double>(sampler.tree(0)->cpu_ticks());
  EXPECT_NEAR(ticks / static_cast<double>(sysconf(_SC_CLK_TCK)), 0.4, 0.1);
}

}  // namespace
}  // namespace sentinel::collectors
