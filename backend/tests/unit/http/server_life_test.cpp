// Clients that hang up, limits on time and connections, and the end of a server.
#include <gmock/gmock.h>

#include "http/address.hpp"
#include "http/server.hpp"
#include "unit/http/server_fixture.hpp"

namespace sentinel::http {
namespace {

using namespace std::chrono_literals;
using ::testing::MatchesRegex;

// Waits at most 60 s for something that no one tells us.
template <class Condition>
bool comes_true(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_F(ServerTest, LetsAClientHangUpAtAnyMoment) {
  HttpConnection{port_}.cut();
  HttpConnection silent(port_);
  silent.end_sending();
  EXPECT_TRUE(silent.at_end());
  auto wire = to_wire("POST", "/x", "abcdef", {});
  for (size_t size = 1; size < wire.size(); size += 7) {
    HttpConnection connection(port_);
    connection.send(wire.substr(0, size));
    connection.cut();
  }
  HttpConnection half(port_);
  half.send(wire.substr(0, wire.size() - 2));
  half.end_sending();
  EXPECT_TRUE(half.at_end());  // half a request gets no answer
  EXPECT_EQ(client().get("/count").body, "1");
  EXPECT_TRUE(comes_true([&] { return server_->connections() == 0; }));
}

TEST_F(ServerTest, TellsAStreamThatItsClientIsGone) {
  HttpConnection connection(port_);
  connection.send(to_wire("GET", "/stream-endless", "", {}));
  EXPECT_EQ(connection.read_head().status, 200);
  connection.cut();
  stream_ended_.wait();
}

TEST_F(ServerTest, CancelsWhatAnAnswerWaitsForWhenItsClientIsGone) {
  for (const auto* path : {"/stream-silent", "/stream-unmade"}) {
    start({});
    auto connection = std::make_unique<HttpConnection>(port_);
    connection->send(to_wire("GET", path, "", {}));
    stream_waits_.wait();
    connection.reset();  // closed in good order, which no write would notice
    EXPECT_TRUE(comes_true([&] { return server_->connections() == 0; })) << path;
    stream_ended_.wait();
  }
}

TEST_F(ServerTest, ClosesAConnectionThatIsIdleTooLong) {
  start({.idle_max = 1s});
  HttpConnection connection(port_);
  connection.send(to_wire("GET", "/count", "", {}));
  EXPECT_EQ(connection.read_answer().body, "1");
  EXPECT_TRUE(connection.at_end());
}

TEST_F(ServerTest, LetsARequestEndWhenItStops) {
  HttpConnection connection(port_);
  connection.send(to_wire("GET", "/slow", "", {}));
  slow_began_.wait();
  std::thread stopping([&] { server_->stop(); });
  // The port is closed first; only then may the request end.
  EXPECT_TRUE(comes_true([&] {
    try {
      HttpConnection attempt(port_);
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
  release_ = true;
  EXPECT_EQ(connection.read_answer().body, "late");
  stopping.join();
}

TEST_F(ServerTest, EndsStreamsAndIdleConnectionsWhenItStops) {
  HttpConnection idle(port_);
  HttpConnection stream(port_);
  stream.send(to_wire("GET", "/stream-endless", "", {}));
  EXPECT_EQ(stream.read_head().status, 200);
  server_->stop();
  server_->stop();  // again does no harm
  server_.reset();
  EXPECT_TRUE(idle.at_end());
  stream.read_to_end();
}

TEST_F(ServerTest, AnswersOnEveryAddressItListensOn) {
  Server server([this](Request& request) { return answer(request); }, {}, 1);
  auto first = server.listen("127.0.0.1:0");
  auto second = server.listen("localhost:0");
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  server.start();
  EXPECT_EQ(HttpClient(*first).get("/count").body, "1");
  EXPECT_EQ(HttpClient(*second).get("/count").body, "2");
}

TEST_F(ServerTest, NamesTheProcessThatHasThePort) {
  Server second([this](Request& request) { return answer(request); }, {}, 1);
  auto taken = second.listen(fmt::format("127.0.0.1:{}", port_));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::Conflict);
  EXPECT_EQ(taken.error().reason, "port_taken");
  EXPECT_THAT(taken.error().message,
              MatchesRegex(fmt::format("port {} is taken by pid {} \\(.+\\)", port_, getpid())));
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  Server server([this](Request& request) { return answer(request); }, {}, 1);
  auto foreign = server.listen("192.0.2.1:0");
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().message,
            "cannot listen on 192.0.2.1:0: Cannot assign requested address");
  auto nonsense = server.listen("nowhere");
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().message, "'nowhere' is not ADDRESS:PORT, such as 127.0.0.1:8000");
}

TEST(ParseAddress, ReadsAddressesAndPorts) {
  auto read = [](const std::string& text) {
    auto endpoint = parse_address(text);
    return endpoint ? fmt::format("{} {}", endpoint->address().to_string(), endpoint->port())
                    : endpoint.error().message;
  };
  EXPECT_EQ(read("127.0.0.1:8000"), "127.0.0.1 8000");
  EXPECT_EQ(read("0.0.0.0:0"), "0.0.0.0 0");
  EXPECT_EQ(read("localhost:80"), "127.0.0.1 80");
  EXPECT_EQ(read(":80"), "127.0.0.1 80");
  EXPECT_EQ(read("80"), "127.0.0.1 80");
  EXPECT_EQ(read("[::1]:443"), "::1 443");
  for (std::string text : {"", "localhost", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                           "127.0.0.1:80x", "example.org:80"}) {
    EXPECT_EQ(read(text), "'" + text + "' is not ADDRESS:PORT, such as 127.0.0.1:8000");
  }
}

}  // namespace
}  // namespace sentinel::http
