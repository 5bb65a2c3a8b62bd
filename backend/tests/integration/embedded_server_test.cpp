// The private PostgreSQL: made on first start, found again, never fought, and gone at the end.
#include "postgres/embedded_server.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/secret.hpp"
#include "support/child_process.hpp"

namespace sentinel::postgres {
namespace {

using namespace sentinel::testing;
namespace fs = std::filesystem;

// A statement that computes for hours and so notices nothing around it.
constexpr std::string_view kBusy =
    "SELECT count(*) FROM (SELECT generate_series(1, 1000000000000)) busy";

class EmbeddedServerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    TestDatabase::shared();  // PostgreSQL does not run as root; nor does this program from here on
    folder_ = std::make_unique<TemporaryFolder>();
    fs::create_directories(data());
  }
  static void TearDownTestSuite() { folder_.reset(); }
  void TearDown() override {
    unsetenv("SENTINEL_POSTGRES_BIN");
    for (pid_t pid : postgres_on(data())) kill(pid, SIGKILL);  // of a test that failed
    fs::remove(data() / "postgres" / "local.conf");
  }

  // One folder for all: to make a cluster takes long.
  static fs::path data() { return folder_->path() / "data"; }
  static std::string conninfo() {
    return EmbeddedServer::conninfo(data(), EmbeddedServer::kSuperuser);
  }

  static std::unique_ptr<EmbeddedServer> started(const fs::path& data) {
    auto server = EmbeddedServer::start(data);
    if (!server) throw std::runtime_error(server.error().message);
    return std::move(*server);
  }

  static Result<std::string> ask(const std::string& info, const std::string& sql) {
    auto connection = run(Connection::open(info, "", "test"));
    if (!connection) return forward(connection);
    auto rows = run((*connection)->run(sql));
    if (!rows) return forward(rows);
    return rows->size() > 0 ? std::string(rows->text(0, 0)) : std::string();
  }
  static std::string ask(const std::string& sql) {
    auto answer = ask(conninfo(), sql);
    return answer ? *answer : answer.error().message;
  }

  // The folder of the PostgreSQL that is used.
  static fs::path binaries(const EmbeddedServer& server) {
    return fs::read_symlink(fmt::format("/proc/{}/exe", server.pid())).parent_path();
  }
  std::unique_ptr<ChildProcess> by_hand(const fs::path& binaries) const {
    auto child = std::make_unique<ChildProcess>(std::vector<std::string>{
        (binaries / "postgres").string(), "-D", (data() / "postgres").string()});
    if (!holds_soon([] { return ask("SELECT 1") == "1"; }))
      throw std::runtime_error("no server by hand");
    return child;
  }
  std::unique_ptr<ChildProcess> busy_session(int number) const {
    auto name = fmt::format("busy{}", number);
    auto child = std::make_unique<ChildProcess>(std::vector<std::string>{
        "psql", conninfo() + " application_name=" + name, "-c", std::string(kBusy)});
    auto active = fmt::format(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' AND state = 'active'",
        name);
    if (!holds_soon([&] { return ask(active) == "1"; }))
      throw std::runtime_error("no busy session");
    return child;
  }

  static void keep_an_answer() {
    EXPECT_EQ(
        ask("DROP TABLE IF EXISTS public.kept; CREATE TABLE public.kept AS SELECT 42 AS answer;"
            "SELECT answer FROM public.kept"),
        "42");
  }
  static std::string kept_answer() { return ask("SELECT answer FROM public.kept"); }

 private:
  static inline std::unique_ptr<TemporaryFolder> folder_;
};

TEST_F(EmbeddedServerTest, MakesAClusterThatListensOnASocketAlone) {
  auto server = started(data());
  EXPECT_EQ(ask("SHOW listen_addresses"), "");
  EXPECT_EQ(ask("SHOW data_checksums"), "on");
  EXPECT_EQ(ask("SHOW server_encoding"), "UTF8");
  EXPECT_EQ(ask("SHOW timezone"), "UTC");
  EXPECT_EQ(ask("SHOW fsync"), "on");
  EXPECT_EQ(ask("SHOW synchronous_commit"), "on");
  struct stat status{};
  ASSERT_EQ(stat((data() / "postgres" / ".s.PGSQL.5432").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 077, 0u);
  ASSERT_EQ(stat((data() / "postgres").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 077, 0u);
  EXPECT_EQ(server->pid(), postmaster_of(data()));
}

TEST_F(EmbeddedServerTest, IsTunedForTheMachineAndByItsOperator) {
  const long memory = sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE) / 1024);
  {
    auto server = started(data());
    EXPECT_EQ(
        ask("SELECT setting::bigint * 8 / 1024 FROM pg_settings WHERE name = 'shared_buffers'"),
        std::to_string(std::clamp(memory / 8, 64L, 2048L)));
    EXPECT_EQ(ask("SHOW wal_compression"), "lz4");  // as Debian builds it
    std::ofstream(data() / "postgres" / "local.conf") << "work_mem = 5MB\nshared_buffers = 70MB\n";
  }
  auto server = started(data());
  EXPECT_EQ(ask("SHOW work_mem"), "5MB");
  EXPECT_EQ(ask("SHOW shared_buffers"), "70MB");
}

TEST_F(EmbeddedServerTest, KeepsItsDataOverARestartAndLeavesNothingRunning) {
  {
    auto server = started(data());
    keep_an_answer();
  }
  EXPECT_TRUE(postgres_on(data()).empty());
  EXPECT_FALSE(fs::exists(data() / "postgres" / "postmaster.pid"));
  auto server = started(data());
  EXPECT_EQ(kept_answer(), "42");
}

TEST_F(EmbeddedServerTest, RefusesASecondStartOnTheSameFolder) {
  auto server = started(data());
  auto second = EmbeddedServer::start(data());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  EXPECT_EQ(second.error().reason, "folder_in_use");
  EXPECT_EQ(second.error().message, fmt::format("Sentinel runs on {} already (pid {}); stop it "
                                                "first, or choose another folder with --data",
                                                data().string(), getpid()));
  EXPECT_EQ(ask("SELECT 1"), "1");
}

TEST_F(EmbeddedServerTest, StopsAPostmasterThatAnEarlierProcessLeft) {
  fs::path used;
  {
    auto server = started(data());
    used = binaries(*server);
  }
  auto leftover = by_hand(used);
  keep_an_answer();
  auto server = started(data());
  EXPECT_EQ(leftover->wait(), 0);  // in good order, not killed
  EXPECT_NE(server->pid(), leftover->pid());
  EXPECT_EQ(kept_answer(), "42");
}

TEST_F(EmbeddedServerTest, StopsAFrozenPostmasterThatAnEarlierProcessLeft) {
  fs::path used;
  {
    auto server = started(data());
    used = binaries(*server);
  }
  auto leftover = by_hand(used);
  for (pid_t pid : postgres_on(data())) kill(pid, SIGSTOP);
  auto server = started(data());
  EXPECT_EQ(leftover->wait(), 0);
  EXPECT_EQ(ask("SELECT 1"), "1");
}

TEST_F(EmbeddedServerTest, EndsBackendsWhosePostmasterIsGone) {
  fs::path used;
  {
    auto server = started(data());
    used = binaries(*server);
  }
  auto leftover = by_hand(used);
  auto first = busy_session(1), second = busy_session(2);
  leftover->signal(SIGKILL);
  ASSERT_TRUE(leftover->wait());
  ASSERT_FALSE(postgres_on(data()).empty());
  auto server = started(data());
  EXPECT_EQ(ask("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'busy%'"), "0");
  EXPECT_TRUE(first->wait());
  EXPECT_TRUE(second->wait());
}

TEST_F(EmbeddedServerTest, StartsAKilledPostmasterAgainThoughASessionIsBusy) {
  auto server = started(data());
  keep_an_answer();
  auto busy = busy_session(1);
  for (int round = 0; round < 2; ++round) {
    const pid_t before = server->pid();
    ASSERT_EQ(kill(before, SIGKILL), 0);
    EXPECT_TRUE(holds_soon([&] { return server->pid() != before && kept_answer() == "42"; }));
  }
  EXPECT_TRUE(busy->wait());
}

TEST_F(EmbeddedServerTest, UsesAShortSocketPathForADeepFolder) {
  TemporaryFolder folder;
  auto deep = folder.path() / std::string(60, 'd') / std::string(60, 'e');
  fs::create_directories(deep);
  auto sockets =
      fs::path("/tmp") / ("sentinel-" + sha256_hex((deep / "postgres").string()).substr(0, 16));
  auto info = EmbeddedServer::conninfo(deep, EmbeddedServer::kSuperuser);
  EXPECT_EQ(info, fmt::format("host='{}' dbname=sentinel user=sentinel", sockets.string()));
  {
    auto server = started(deep);
    EXPECT_EQ(ask(info, "SELECT 'deep'").value_or("no answer"), "deep");
    struct stat status{};
    ASSERT_EQ(stat(sockets.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 077, 0u);
  }
  // A folder of that name that others may write to is not trusted.
  fs::permissions(sockets, fs::perms::all);
  auto refused = EmbeddedServer::start(deep);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "folder_unsafe");
  EXPECT_EQ(refused.error().message, sockets.string() + " is not a private folder of this user");
  fs::remove_all(sockets);
}

TEST_F(EmbeddedServerTest, SaysThatPostgresIsMissing) {
  auto empty = data() / "empty";
  fs::create_directories(empty);
  setenv("SENTINEL_POSTGRES_BIN", empty.c_str(), 1);
  auto refused = EmbeddedServer::start(data());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(
      refused.error().message,
      fmt::format("SENTINEL_POSTGRES_BIN names {}, where there is no postgres", empty.string()));
}

// As after a reboot, or in a container whose first process buries nobody.
TEST_F(EmbeddedServerTest, StartsThoughAnEarlierPostmastersIdIsInUse) {
  {
    auto server = started(data());
    keep_an_answer();
  }
  ChildProcess other({"sleep", "3600"});
  for (std::string name : {"postmaster.pid", ".s.PGSQL.5432.lock"}) {
    std::ofstream(data() / "postgres" / name)
        << fmt::format("{}\n{}\n0\n5432\n{}\n", other.pid(), (data() / "postgres").string(),
                       (data() / "postgres").string());
  }
  auto server = started(data());
  EXPECT_EQ(kept_answer(), "42");
  EXPECT_FALSE(other.ended());
}

TEST_F(EmbeddedServerTest, ShowsWhyAClusterCannotBeMade) {
  TemporaryFolder empty;
  auto fake = empty.path() / "fake";
  fs::create_directories(fake);
  std::ofstream(fake / "postgres") << "#!/bin/sh\nexit 1\n";
  std::ofstream(fake / "initdb") << "#!/bin/sh\necho no room for a cluster\nexit 1\n";
  for (const char* name : {"postgres", "initdb"})
    fs::permissions(fake / name, fs::perms::owner_all);
  setenv("SENTINEL_POSTGRES_BIN", fake.c_str(), 1);
  auto refused = EmbeddedServer::start(empty.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "initdb failed:\nno room for a cluster\n");
  EXPECT_FALSE(fs::exists(empty.path() / "postgres"));
}

TEST_F(EmbeddedServerTest, SaysSoonThatAServerDoesNotStart) {
  {
    auto server = started(data());
  }
  std::ofstream(data() / "postgres" / "local.conf") << "no_such_setting = 1\n";
  auto refused = EmbeddedServer::start(data());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(refused.error().message, fmt::format("PostgreSQL ended with status 1; see {}",
                                                 (data() / "postgres.log").string()));
  EXPECT_NE(read_file(data() / "postgres.log").find("no_such_setting"), std::string::npos);
  fs::remove(data() / "postgres" / "local.conf");
  auto server = started(data());
  EXPECT_EQ(ask("SELECT 1"), "1");
}

TEST_F(EmbeddedServerTest, NeedsAFolderItMayWriteTo) {
  TemporaryFolder closed;
  fs::permissions(closed.path(), fs::perms::owner_read | fs::perms::owner_exec);
  auto refused = EmbeddedServer::start(closed.path());
  fs::permissions(closed.path(), fs::perms::owner_all);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, fmt::format("cannot open {}: Permission denied",
                                                 (closed.path() / "sentinel.lock").string()));
}

}  // namespace
}  // namespace sentinel::postgres
