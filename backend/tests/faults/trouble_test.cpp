// Trouble that is not a kill: a database that freezes, goes away or has no room, and clients that
// talk nonsense.
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <csignal>

#include "faults/load.hpp"
#include "faults/small_disk.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;
using asio::ip::tcp;
namespace fs = std::filesystem;

Result<http::ClientResponse> get(const SentinelUp& sentinel, const std::string& target) {
  http::Client client(test_context().get_executor(), *http::parse_url(sentinel.url()));
  http::ClientRequest request;
  request.target = target;
  return run(client.send(request, kHangGuard / 2));
}

TEST(Trouble, AFrozenDatabaseDelaysAndLosesNothing) {
  auto& sentinel = shared_sentinel();
  Ledger ledger;
  {
    Load load(sentinel, ledger, 4, std::chrono::seconds{1});
    ASSERT_TRUE(ledger.wait_for_more(60));
    auto frozen = postgres_on(sentinel.data());
    for (pid_t pid : frozen) kill(pid, SIGSTOP);
    EXPECT_TRUE(ledger.wait_for_answers(0, 8));  // requests that got no answer in their second
    for (pid_t pid : frozen) kill(pid, SIGCONT);
    ASSERT_TRUE(ledger.wait_for_more(60)) << "no recovery";
    ASSERT_TRUE(load.finish());
  }
  expect_exactly_once(sentinel, ledger);
}

TEST(Trouble, AFrozenDatabaseDoesNotHoldUpTheEnd) {
  auto& sentinel = shared_sentinel();
  Ledger ledger;
  {
    Load load(sentinel, ledger, 4, std::chrono::seconds{20});
    ASSERT_TRUE(ledger.wait_for_more(60));
    for (pid_t pid : postgres_on(sentinel.data())) kill(pid, SIGSTOP);
    // Those in a commit and those behind them are told within the time of one.
    EXPECT_TRUE(ledger.wait_for_answers(202, 8));
    EXPECT_EQ(sentinel.stop(), 0);
    EXPECT_TRUE(postgres_on(sentinel.data()).empty());
    sentinel.start();
    ASSERT_TRUE(ledger.wait_for_more(60)) << "no recovery";
    ASSERT_TRUE(load.finish());
  }
  expect_exactly_once(sentinel, ledger);
}

TEST(Trouble, ADatabaseThatIsGoneIs202AndStoredWhenItIsBack) {
  auto& sentinel = shared_sentinel();
  Ledger ledger;
  {
    Load load(sentinel, ledger, 4, std::chrono::seconds{20});
    ASSERT_TRUE(ledger.wait_for_more(60));
    auto control = sentinel.data() / "postgres" / "global" / "pg_control";
    fs::rename(control, control.string() + ".away");
    kill(postmaster_of(sentinel.data()), SIGKILL);
    EXPECT_TRUE(ledger.wait_for_answers(202, 100));
    auto health = get(sentinel, "/api/v1/health");
    ASSERT_TRUE(health);
    EXPECT_EQ(health->status, 503);
    EXPECT_NE(health->body.find(R"("status":"failing")"), std::string::npos) << health->body;
    auto page = get(sentinel, "/");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 200);  // the dashboard needs no database to say so
    fs::rename(control.string() + ".away", control);
    ASSERT_TRUE(ledger.wait_for_more(60)) << "no recovery";
    ASSERT_TRUE(load.finish());
  }
  expect_exactly_once(sentinel, ledger);
}

TEST(Trouble, AKillWhileTheDatabaseIsGoneLosesNothingOfTheSpool) {
  auto& sentinel = shared_sentinel();
  Ledger ledger;
  {
    Load load(sentinel, ledger, 4, std::chrono::seconds{20});
    ASSERT_TRUE(ledger.wait_for_more(60));
    auto control = sentinel.data() / "postgres" / "global" / "pg_control";
    fs::rename(control, control.string() + ".away");
    kill(postmaster_of(sentinel.data()), SIGKILL);
    EXPECT_TRUE(ledger.wait_for_answers(202, 100));
    sentinel.process().signal(SIGKILL);
    ASSERT_TRUE(sentinel.process().wait());
    fs::rename(control.string() + ".away", control);
    sentinel.start();
    ASSERT_TRUE(ledger.wait_for_more(60)) << "no recovery";
    ASSERT_TRUE(load.finish());
  }
  expect_exactly_once(sentinel, ledger);
}

// Sends bytes as they are; gives the status line of the answer, or nothing when the server just
// hangs up.
std::string say(const SentinelUp& sentinel, std::string_view bytes, bool half_close = true) {
  asio::io_context context{1};
  tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"), sentinel.port()});
  boost::system::error_code error;
  asio::write(socket, asio::buffer(bytes), error);
  if (!half_close) return {};  // and gone, in the middle
  socket.shutdown(tcp::socket::shutdown_send, error);
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  return answer.substr(0, answer.find('\r'));
}

TEST(Trouble, GarbageAndHalfRequestsChangeNothing) {
  auto& sentinel = shared_sentinel();
  const auto& key = sentinel.key();
  const std::string head = fmt::format(
      "POST /api/v1/metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: "
      "application/json\r\n",
      key);
  const std::string record = R"({"agent_id":"half","latency_ms":1})";
  const std::string stored =
      "SELECT count(*) FROM record JOIN agent USING (agent_id) WHERE name = 'half'";
  EXPECT_EQ(say(sentinel, "\x16\x03\x01\x02\x01\x01"), "HTTP/1.1 400 Bad Request");  // TLS
  EXPECT_EQ(say(sentinel, "no HTTP at all\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(say(sentinel, std::string(64 * 1024, 'x')), "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(say(sentinel, "GET / HTTP/1.1\r\nX: " + std::string(32 * 1024, 'x')),
            "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(say(sentinel, head + "Content-Length: 99999999999\r\n\r\n{"),
            "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(say(sentinel, head + "Content-Length: -1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(say(sentinel, head + "Content-Length: 100\r\n\r\n" + record),
            "");  // a body cut off is nobody's record
  EXPECT_EQ(say(sentinel, head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + record),
            "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(say(sentinel, head + "Content-Length: 9\r\n\r\n{\"agent_i"),
            "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(
      say(sentinel, head + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x08"),
      "HTTP/1.1 400 Bad Request");
  for (size_t cut : {size_t{1}, size_t{20}, head.size(), head.size() + 5}) {
    say(sentinel, (head + "Content-Length: 34\r\n\r\n" + record).substr(0, cut), false);
  }
  EXPECT_EQ(sentinel.query(stored).integer(0, 0), 0);
  EXPECT_EQ(
      say(sentinel, head + fmt::format("Content-Length: {}\r\n\r\n{}", record.size(), record)),
      "HTTP/1.1 201 Created");
  EXPECT_EQ(sentinel.query(stored).integer(0, 0), 1);
}

TEST(Trouble, AFullDiskIs503UntilThereIsRoom) {
  TemporaryFolder folder;
  SmallDisk disk(folder.path() / "disk", 160);
  if (!disk.mounted()) {
    GTEST_SKIP() << "needs the right to mount a tmpfs: without one no disk can be filled";
  }
  SentinelUp sentinel(folder.path() / "disk" / "data", {});
  sentinel.start();
  Ledger ledger;
  {
    Load load(sentinel, ledger, 4, std::chrono::seconds{20});
    ASSERT_TRUE(ledger.wait_for_more(60));
    disk.fill();
    // Room in pages and segments made before is used up first; a new segment fits nowhere.
    try {
      sentinel.query("SELECT pg_switch_wal()");
    } catch (const std::runtime_error& refused) {
      // The load had come to the end of the last segment by itself: no room, or a server in the
      // middle of its restart.
      RecordProperty("refused", refused.what());
    }
    EXPECT_TRUE(ledger.wait_for_answers(503, 4));
    disk.make_room();
    ASSERT_TRUE(ledger.wait_for_more(60)) << "no recovery";
    ASSERT_TRUE(load.finish());
  }
  expect_exactly_once(sentinel, ledger);
}

}  // namespace
}  // namespace sentinel
