// Who takes too much: too many connections, headers or bytes, or too much time. Each is told which
// limit it is, and the others are served meanwhile.
#include <gmock/gmock.h>

#include "http/server.hpp"
#include "support/child_process.hpp"
#include "unit/http/server_fixture.hpp"

namespace sentinel::http {
namespace {

using namespace std::chrono_literals;
using sentinel::testing::holds_soon;

class ServerLimitsTest : public ServerTest {
 protected:
  static constexpr std::string_view kBegin =
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n";
  static constexpr auto kLong = 3600s;

  void others_are_served() const { EXPECT_EQ(client().get("/count").status, 200); }
};

TEST_F(ServerLimitsTest, TellsAConnectionTooManyThatItIs) {
  start({.connections_max = 2});
  HttpConnection first(port_), second(port_);
  for (auto* connection : {&first, &second}) {
    connection->send(to_wire("GET", "/count", "", {}));
    EXPECT_EQ(connection->read_answer().status, 200);
  }
  HttpConnection third(port_);
  auto answer = third.read_answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(problem_of(answer),
            "connections_limit: there are 2 connections, which is the limit of this node");
  EXPECT_TRUE(third.at_end());
  first.cut();
  ASSERT_TRUE(holds_soon([&] { return server_->connections() == 1; }));
  others_are_served();
}

TEST_F(ServerLimitsTest, TellsAnAddressThatItHasTooManyConnections) {
  start({.connections_per_address_max = 1});
  HttpConnection first(port_);
  first.send(to_wire("GET", "/count", "", {}));
  EXPECT_EQ(first.read_answer().status, 200);
  HttpConnection second(port_);
  auto answer = second.read_answer();
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(problem_of(answer),
            "connections_per_address_limit: there are 1 connections from 127.0.0.1, which is the "
            "limit of this node for one address");
  first.cut();
  ASSERT_TRUE(holds_soon([&] { return server_->connections() == 0; }));
  others_are_served();
}

TEST(ConnectionCountTest, CountsAnIpv6SubscriberAsOne) {
  auto address = [](const char* text) { return asio::ip::make_address(text); };
  ConnectionCount count(10, 1);
  EXPECT_TRUE(count.enter(address("2001:db8::1")));
  EXPECT_FALSE(count.enter(address("2001:db8::ffff")));
  EXPECT_TRUE(count.enter(address("2001:db8:0:1::1")));
  EXPECT_TRUE(count.enter(address("::ffff:192.0.2.1")));
  EXPECT_FALSE(count.enter(address("192.0.2.1")));
  count.leave(address("2001:db8::1"));
  EXPECT_TRUE(count.enter(address("2001:db8::ffff")));
  EXPECT_EQ(count.total(), 3u);
}

TEST_F(ServerLimitsTest, RefusesTooManyHeaders) {
  start({.headers_max = 10});
  Headers headers;
  for (int i = 0; i < 8; ++i) headers[fmt::format("X-{}", i)] = "1";
  const auto taken = client().get("/count", headers);
  EXPECT_EQ(taken.status, 200) << taken.body;
  for (int i = 8; i < 30; ++i) headers[fmt::format("X-{}", i)] = "1";
  auto answer = client().get("/count", headers);
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(
      problem_of(answer),
      ::testing::MatchesRegex("headers_limit: the request has 3. headers, the limit is 10"));
}

TEST_F(ServerLimitsTest, EndsAHeadThatDoesNotGetThere) {
  start({.idle_max = kLong, .header_max = 1s, .body_max = kLong});
  HttpConnection slow(port_);
  slow.send("GET /count HTTP/1.1\r\nX-Slow: ");
  others_are_served();
  auto answer = slow.read_answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(problem_of(answer),
            "request_too_slow: the request came too slowly: its head must be here within 1 s and "
            "come at 1024 bytes a second");
  EXPECT_TRUE(slow.at_end());
}

// The bytes of a body buy time. Two begin together: one goes on to come, the other does not.
TEST_F(ServerLimitsTest, EndsABodyThatComesTooSlowlyAndNoOther) {
  start({.idle_max = kLong, .body_max = kLong, .body_rate_min = 100, .body_grace = 1s});
  HttpConnection quick(port_), slow(port_);
  quick.send(std::string(kBegin) + std::string(59'999, 'q'));  // ten minutes' worth
  slow.send(std::string(kBegin) + "abc");
  others_are_served();
  auto answer = slow.read_answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(problem_of(answer).substr(0, 17), "request_too_slow:");
  EXPECT_TRUE(slow.at_end());
  quick.send("q");
  EXPECT_EQ(quick.read_answer().status, 200);
}

TEST_F(ServerLimitsTest, EndsABodyThatIsNotThereInTime) {
  start({.idle_max = kLong, .body_max = 1s, .body_rate_min = 1, .body_grace = kLong});
  HttpConnection slow(port_);
  slow.send(std::string(kBegin) + std::string(59'999, 'q'));
  EXPECT_EQ(slow.read_answer().status, 408);
  EXPECT_TRUE(slow.at_end());
}

TEST_F(ServerLimitsTest, KeepsNoTimeOfOneRequestForTheNext) {
  start({.idle_max = kLong, .header_max = 1s, .body_max = kLong});
  HttpConnection connection(port_), slow(port_);
  connection.send("GET /count HTTP/1.1\r\n");
  connection.send("\r\n");
  EXPECT_EQ(connection.read_answer().body, "1");
  slow.send("GET /count HTTP/1.1\r\n");
  EXPECT_EQ(slow.read_answer().status, 408);  // later than the time of the first request
  connection.send(to_wire("GET", "/count", "", {}));
  EXPECT_EQ(connection.read_answer().body, "2");
}

TEST_F(ServerLimitsTest, BoundsTheBodiesThatAreUnderWay) {
  start({.body_bytes_max = kBodyMax, .bodies_bytes_max = 100'000});
  HttpConnection first(port_), second(port_);
  first.send(std::string(kBegin) + std::string(59'999, 'a'));
  ASSERT_TRUE(holds_soon([&] { return server_->body_bytes() == 59'999; }));
  second.send(std::string(kBegin) + std::string(60'000, 'b'));
  auto answer = second.read_answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(
      problem_of(answer),
      "bodies_limit: the bodies of the requests under way may take 100000 bytes on this node, "
      "and there is not so much left; send it again in a moment");
  first.send("a");
  EXPECT_EQ(first.read_answer().status, 200);
  ASSERT_TRUE(holds_soon([&] { return server_->body_bytes() == 0; }));
  EXPECT_EQ(client().post("/x", std::string(60'000, 'b')).status, 200);
}

TEST_F(ServerLimitsTest, CountsABodyAsItIsUnpacked) {
  start({.body_bytes_max = kBodyMax, .bodies_bytes_max = 100'000});
  const Headers gzipped{{"Content-Encoding", "gzip"}};
  EXPECT_EQ(client().post("/g", gzip(std::string(99'000, 'x'), 6), gzipped).status, 200);
  auto answer = client().post("/g", gzip(std::string(101'000, 'x'), 6), gzipped);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(problem_of(answer).substr(0, 13), "bodies_limit:");
  EXPECT_TRUE(holds_soon([&] { return server_->body_bytes() == 0; }));
}

TEST_F(ServerLimitsTest, LetsAnotherAnswerWhatItRefuses) {
  std::mutex mutex;
  std::vector<std::string> told;
  Server server([this](Request& request) { return answer(request); },
                {.headers_max = 5, .body_bytes_max = 10}, 1);
  server.refuse_by([&](const Request& request, const Error& error) {
    std::lock_guard lock(mutex);
    told.push_back(request.path + " " + error.reason + " " + request.remote_address);
    return problem(error);
  });
  const auto port = server.listen("127.0.0.1:0").value();
  server.start();
  EXPECT_EQ(HttpClient(port).post("/big?x=1", "12345678901").status, 413);
  EXPECT_EQ(HttpClient(port).post("/small", "1234567890").status, 200);
  HttpConnection(port).cut();
  HttpConnection noise(port);
  noise.send("\x16\x03\x01\r\n\r\n");
  EXPECT_EQ(noise.read_answer().status, 400);
  EXPECT_THAT(told, ::testing::ElementsAre("/big body_too_large 127.0.0.1"));
}

}  // namespace
}  // namespace sentinel::http
