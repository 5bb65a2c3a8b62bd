// The binary that is shipped, started as people start it.
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

namespace sentinel::collectors {
namespace {

const std::string kBinary = std::string(SENTINEL_BINARIES) + "/sentinel-collector";

// Runs a shell command; gives its exit code and what it wrote on stdout and stderr.
std::pair<int, std::string> shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string text;
  std::array<char, 4096> piece;
  while (size_t size = fread(piece.data(), 1, piece.size(), pipe)) text.append(piece.data(), size);
  int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text};
}

TEST(CollectorBinary, LinksNoDatabaseClient) {
  auto [code, libraries] = shell("ldd " + kBinary);
  EXPECT_EQ(code, 0);
  EXPECT_NE(libraries.find("libc.so"), std::string::npos) << libraries;
  EXPECT_EQ(libraries.find("libpq"), std::string::npos) << libraries;
}

TEST(CollectorBinary, TellsItsVersionAndHelp) {
  EXPECT_EQ(shell(kBinary + " --version").second, "sentinel-collector " SENTINEL_VERSION "\n");
  auto [code, text] = shell(kBinary + " --help");
  EXPECT_EQ(code, 0);
  EXPECT_NE(text.find("SENTINEL_COLLECTOR_SERVER"), std::string::npos);
}

TEST(CollectorBinary, ExitsWithTwoWhenItIsToldWrongly) {
  auto [code, text] = shell(kBinary + " --sever x");
  EXPECT_EQ(code, 2);
  EXPECT_EQ(text, "sentinel-collector: unknown option --sever\nHINT: sentinel-collector --help\n");
}

TEST(CollectorBinary, HealthAsksTheServer) {
  auto [code, text] = shell(kBinary + " health --server http://127.0.0.1:1");
  EXPECT_EQ(code, 1);
  EXPECT_TRUE(text.starts_with("http://127.0.0.1:1: ")) << text;
}

TEST(CollectorBinary, RunPassesInputOutputAndExitCodeThrough) {
  auto run = kBinary + " run --name x --server http://127.0.0.1:1 --log-level error -- ";
  auto [code, text] = shell("echo hello | " + run + "sh -c 'cat; echo problem >&2; exit 9'");
  EXPECT_EQ(code, 9);
  EXPECT_EQ(text, "hello\nproblem\n");
  EXPECT_EQ(shell(run + "sh -c 'kill -TERM $$'").first, 128 + 15);
  EXPECT_EQ(shell(run + "/nowhere/agent").first, 127);
}

// On a terminal the command must be its foreground to read from it.
TEST(CollectorBinary, RunHandsTheTerminalToTheCommand) {
  int terminal = -1;
  pid_t pid = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) {
    alarm(60);  // a hang guard; it outlives exec
    execl(kBinary.c_str(), kBinary.c_str(), "run", "--name", "x", "--server", "http://127.0.0.1:1",
          "--log-level", "error", "--", "sh", "-c", "read x; echo got $x; exit 5", nullptr);
    _exit(99);
  }
  ASSERT_GT(pid, 0);
  ASSERT_EQ(write(terminal, "typed\n", 6), 6);
  std::string text;
  std::array<char, 4096> piece;
  // Reading fails when the last one has closed the terminal.
  for (ssize_t size; (size = read(terminal, piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<size_t>(size));
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  close(terminal);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5) << text;
  EXPECT_NE(text.find("got typed"), std::string::npos) << text;
}

}  // namespace
}  // namespace sentinel::collectors
