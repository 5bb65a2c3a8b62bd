// `run` and `watch` as a whole, in this process, against a server that writes down what it gets.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "collector_test_support.hpp"
#include "collectors/footprint.hpp"
#include "collectors/pipeline.hpp"
#include "collectors/runner.hpp"
#include "collectors/sources/proc_text.hpp"
#include "recording_server.hpp"

namespace sentinel::collectors {
namespace {

using testing::Folder;
using testing::TestServer;

constexpr auto kEvents = "/api/v1/events";

class RunTest : public ::testing::Test {
 protected:
  Settings settings() {
    Settings out;
    out.server = server_.parsed();
    out.server_text = server_.url();
    out.host_name = "box";
    out.buffer_memory_kb = 1024;
    out.buffer_size_mb = 1;
    out.key = Key::from_text("k");
    return out;
  }
  int run(std::vector<std::string> command) { return run_command(settings(), "coder", command); }
  int run_shell(const std::string& script) { return run({"sh", "-c", script}); }

  // Whether a child of a child of this process is the program `name`.
  static bool has_grandchild(std::string_view name) {
    std::map<pid_t, pid_t> parents;
    std::vector<pid_t> named;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "stat");
      std::string line;
      std::getline(file, line);
      auto stat = parse_process_stat(line);
      if (!stat) continue;
      parents[stat->pid] = stat->parent;
      if (stat->name == name) named.push_back(stat->pid);
    }
    return std::ranges::any_of(named, [&](pid_t pid) { return parents[parents[pid]] == getpid(); });
  }

  // Runs beside the test and sends `signal` to this process once the shell waits for its `sleep`:
  // one that comes while a shell starts a command is kept by it until that command has ended.
  int run_and_signal(const std::string& script, int signal) {
    int code = -1;
    std::thread runner([&] { code = run_shell(script); });
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (!has_grandchild("sleep")) {
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
      if (std::chrono::steady_clock::now() < patience) continue;
      ADD_FAILURE() << "the shell never came to its sleep";
      break;
    }
    kill(getpid(), signal);
    runner.join();
    return code;
  }

  TestServer server_;
};

TEST_F(RunTest, ReportsStartAndStop) {
  EXPECT_EQ(run_shell("exit 0"), 0);
  auto text = server_.bodies(kEvents);
  EXPECT_NE(text.find(R"("agent_id":"coder","type":"started")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("message":"sh -c exit 0")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("type":"stopped")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("message":"exit code 0","attributes":{"host":"box","pid":)"),
            std::string::npos)
      << text;
}

TEST_F(RunTest, ReportsAnErrorWithItsExitCode) {
  EXPECT_EQ(run_shell("exit 3"), 3);
  auto text = server_.bodies(kEvents);
  EXPECT_NE(text.find(R"("type":"error")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("message":"exit code 3")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("exit_code":3)"), std::string::npos) << text;
}

TEST_F(RunTest, ReportsASignalThatKilledIt) {
  EXPECT_EQ(run_shell("kill -9 $$"), 128 + 9);
  auto text = server_.bodies(kEvents);
  EXPECT_NE(text.find(R"("type":"error")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("message":"killed by signal 9")"), std::string::npos) << text;
}

TEST_F(RunTest, PassesSignalsOnToTheWholeGroup) {
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) {
    // The shell's child is of the group too: the shell would otherwise wait for it.
    EXPECT_EQ(run_and_signal("sleep 600; exit 5", signal), 128 + signal);
    auto text = server_.bodies(kEvents);
    EXPECT_NE(text.find(R"("type":"stopped")"), std::string::npos) << text;
    EXPECT_EQ(text.find(R"("type":"error")"), std::string::npos) << text;
  }
}

TEST_F(RunTest, ACommandMayAnswerASignalItsOwnWay) {
  Folder folder;
  auto fifo = folder / "ready";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  int code = -1;
  std::thread runner([&] {
    code =
        run_shell(fmt::format("trap 'exit 7' TERM; echo > {}; while :; do sleep 0.05; done", fifo));
  });
  std::ifstream(fifo).get();  // waits for the trap
  kill(getpid(), SIGTERM);
  runner.join();
  EXPECT_EQ(code, 7);
  EXPECT_NE(server_.bodies(kEvents).find(R"("message":"exit code 7")"), std::string::npos);
}

TEST_F(RunTest, GivesTheCommandItsEnvironment) {
  setenv("SENTINEL_AGENT", "another", 1);
  EXPECT_EQ(
      run_shell(fmt::format("test \"$SENTINEL_AGENT $SENTINEL_URL\" = 'coder {}'", server_.url())),
      0);
  unsetenv("SENTINEL_AGENT");
}

TEST_F(RunTest, SamplesTheTreeWhileItRuns) {
  Folder folder;
  auto fifo = folder / "go";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  int code = -1;
  std::thread runner([&] { code = run_shell(fmt::format("read x < {}", fifo)); });
  server_.wait_for("/api/v1/metrics", 3);
  std::ofstream(fifo) << "\n";
  runner.join();
  EXPECT_EQ(code, 0);
  // A request that took long carries several samples.
  std::vector<std::string> samples;
  for (const auto& request : server_.received("/api/v1/metrics")) {
    for (size_t begin = request.body.find('{'); begin != std::string::npos;) {
      auto end = request.body.find("},{", begin);
      samples.push_back(request.body.substr(begin, end - begin));
      begin = end == std::string::npos ? end : end + 2;
    }
  }
  ASSERT_GE(samples.size(), 3u);
  EXPECT_EQ(samples[0].find("cpu_usage_percent"), std::string::npos) << "the first has no CPU";
  EXPECT_NE(samples[1].find("cpu_usage_percent"), std::string::npos);
  for (const char* part :
       {R"("kind":"sample")", R"("host":"box")", "process_id", "memory_usage_mb", "record_id"}) {
    EXPECT_NE(samples[1].find(part), std::string::npos) << part;
  }
}

TEST_F(RunTest, ACommandThatIsNotThereGives127) {
  EXPECT_EQ(run({"/nowhere/agent"}), 127);
  EXPECT_TRUE(server_.received(kEvents).empty());
}

TEST_F(RunTest, ACommandThatIsNotExecutableGives126) {
  Folder folder;
  folder.write("agent", "");
  EXPECT_EQ(run({folder / "agent"}), 126);
}

TEST_F(RunTest, RunsWithoutAServerOrAKey) {
  server_.stop();
  auto without = settings();
  without.key = Key{};
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_command(without, "coder", {"sh", "-c", "exit 4"}), 4);
  auto text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("there is no key"), std::string::npos) << text;
  EXPECT_NE(text.find("could not be sent and are lost"), std::string::npos) << text;
}

TEST_F(RunTest, KeepsUnsentEventsInTheBufferFolderForTheNextTime) {
  Folder folder;
  auto with_folder = settings();
  with_folder.buffer_dir = folder.path();
  server_.stop();
  EXPECT_EQ(run_command(with_folder, "coder", {"sh", "-c", "exit 4"}), 4);
  server_.start_again();
  EXPECT_EQ(run_command(with_folder, "coder", {"sh", "-c", "exit 0"}), 0);
  EXPECT_NE(server_.bodies(kEvents).find(R"("message":"exit code 4")"), std::string::npos);
}

TEST_F(RunTest, ABufferFolderThatCannotBeUsedIsOnlyAWarning) {
  auto with_folder = settings();
  with_folder.buffer_dir = "/proc/nowhere";
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_command(with_folder, "coder", {"true"}), 0);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("cannot keep samples in /proc/nowhere"),
            std::string::npos);
}

TEST_F(RunTest, LeavesAnIgnoredSignalIgnored) {
  std::signal(SIGHUP, SIG_IGN);
  EXPECT_EQ(run_shell("kill -HUP $$; exit 6"), 6);
  std::signal(SIGHUP, SIG_DFL);
}

TEST_F(RunTest, WatchReportsTheHostAndItsAgents) {
  server_.answer_with([](const http::Request& request) {
    if (request.query == "agent=off")
      return http::json(200, R"({"agent":"off","enabled":false,"interval_s":1})");
    return TestServer::default_answer(request);
  });
  auto all = settings();
  all.agents.push_back({.name = "host:box", .match = std::nullopt});
  all.agents.push_back({.name = "off", .match = std::nullopt});
  for (int i = 0; i < 10; ++i)
    all.agents.push_back({.name = fmt::format("a{}", i), .match = ByName{"no such name"}});
  int code = -1;
  ::testing::internal::CaptureStderr();
  std::thread watcher([&] { code = watch(all); });
  auto received = server_.wait_for("/api/v1/metrics", 3);
  kill(getpid(), SIGTERM);
  watcher.join();
  auto text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(code, 0);
  EXPECT_NE(received[2].body.find(R"("agent_id":"host:box")"), std::string::npos);
  EXPECT_NE(received[2].body.find("cpu_usage_percent"), std::string::npos);
  EXPECT_EQ(server_.bodies("/api/v1/metrics").find(R"("agent_id":"off")"), std::string::npos);
  EXPECT_NE(text.find("watching host:box, off, a0"), std::string::npos) << text;
  EXPECT_NE(text.find(" and 2 more every 0.2 to 1 s; GPU: none ("), std::string::npos) << text;
}

TEST_F(RunTest, WatchWarnsWhenThereIsNoKeyAndGoesOn) {
  auto all = settings();
  all.key = Key{};
  all.agents.push_back({.name = "host:box", .match = std::nullopt});
  ::testing::internal::CaptureStderr();
  std::thread watcher([&] { watch(all); });
  server_.wait_for("/api/v1/metrics", 1);
  kill(getpid(), SIGTERM);
  watcher.join();
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("there is no key"), std::string::npos);
}

TEST(EndEvent, WhatWasAskedForIsNoError) {
  EXPECT_EQ(end_event("a", 1, {.exit_code = 0, .signal = 0}, 0).type, "stopped");
  EXPECT_EQ(end_event("a", 1, {.exit_code = 143, .signal = 15}, 15).type, "stopped");
  EXPECT_EQ(end_event("a", 1, {.exit_code = 143, .signal = 0}, 15).type, "stopped");
  EXPECT_EQ(end_event("a", 1, {.exit_code = 143, .signal = 15}, 0).type, "error");
  EXPECT_EQ(end_event("a", 1, {.exit_code = 137, .signal = 9}, 15).type, "error");
  EXPECT_EQ(end_event("a", 1, {.exit_code = 1, .signal = 0}, 15).type, "error");
}

TEST(SamplingLoop, TicksFallOnMultiplesOfTheInterval) {
  using std::chrono::milliseconds;
  auto next =
      SamplingLoop::next_tick(SteadyTime{milliseconds{10'300}}, std::chrono::duration<double>(0.5));
  EXPECT_EQ(next, SteadyTime{milliseconds{10'500}});
  EXPECT_EQ(SamplingLoop::next_tick(next, std::chrono::duration<double>(0.5)),
            SteadyTime{milliseconds{11'000}});
}

TEST(Footprint, TheProcessGoesOnAfterGivingMemoryBack) {
  release_startup_memory();
  EXPECT_EQ(fmt::format("{}", 7), "7");
}

}  // namespace
}  // namespace sentinel::collectors
