#include "http/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "collector_test_support.hpp"
#include "recording_server.hpp"

namespace sentinel::http {
namespace {

using asio::ip::tcp;
using collectors::testing::TestServer;
using collectors::testing::work;
using std::chrono::seconds;

// A server that says what it is told, whatever it is asked, and closes.
class RawServer {
 public:
  explicit RawServer(std::string answer)
      : answer_(std::move(answer)), acceptor_(context_, {asio::ip::make_address("127.0.0.1"), 0}) {
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::thread([this] { serve(); });
  }
  ~RawServer() {
    boost::system::error_code ignored;
    tcp::socket last(context_);
    stopping_ = true;
    last.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  uint16_t port() const { return port_; }

 private:
  void serve() {
    while (true) {
      boost::system::error_code error;
      tcp::socket socket(context_);
      acceptor_.accept(socket, error);
      if (stopping_) return;
      std::array<char, 4096> request;
      socket.read_some(asio::buffer(request), error);
      asio::write(socket, asio::buffer(answer_), error);
    }
  }
  std::string answer_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  uint16_t port_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

Url local(uint16_t port) { return {.host = "127.0.0.1", .port = port, .path = {}}; }
ClientRequest get(std::string target) {
  return {.method = Method::Get, .target = std::move(target), .body = {}, .headers = {}};
}

TEST(Url, IsTakenApart) {
  auto url = parse_url("http://metrics.example:5000/sentinel/").value();
  EXPECT_EQ(url.host, "metrics.example");
  EXPECT_EQ(url.port, 5000);
  EXPECT_EQ(url.path, "/sentinel");
  EXPECT_EQ(parse_url("http://h")->port, 80);
  EXPECT_EQ(parse_url("http://[::1]:90")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:90")->port, 90);
  EXPECT_EQ(parse_url("http://[::1]")->port, 80);
}

TEST(Url, SaysWhatIsWrong) {
  auto why = [](std::string_view text) {
    auto url = parse_url(text);
    return url ? "nothing" : url.error().message;
  };
  EXPECT_EQ(why("localhost:8000"),
            "'localhost:8000' is not a server address: write http://HOST:PORT");
  EXPECT_EQ(why("http://"), "'http://' is not a server address: the host is missing");
  EXPECT_EQ(why("http://h:0"),
            "'http://h:0' is not a server address: the port is a number from 1 to 65535");
  EXPECT_EQ(why("http://h:8x"),
            "'http://h:8x' is not a server address: the port is a number from 1 to 65535");
  EXPECT_EQ(why("http://[::1"), "'http://[::1' is not a server address: the bracket is not closed");
  EXPECT_EQ(why("http://u@h"),
            "'http://u@h' is not a server address: it may hold a host, a port and a path only");
}

TEST(PercentEncode, LeavesUnreservedCharactersOnly) {
  EXPECT_EQ(percent_encode("host:a b/é-._~9"), "host%3Aa%20b%2F%C3%A9-._~9");
}

TEST(Client, SendsAndKeepsTheConnection) {
  TestServer server;
  asio::io_context context;
  Client client(context.get_executor(), server.parsed());
  for (int i = 0; i < 3; ++i) {
    ClientRequest post{.method = Method::Post,
                       .target = "/api/v1/metrics?x=1",
                       .body = "[1]",
                       .headers = {{"Authorization", "Bearer k"}}};
    auto response = work(context, client.send(std::move(post), seconds{20}));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->header("content-type"), "application/json");
    EXPECT_EQ(response->header("x-none"), "");
    EXPECT_NE(response->body.find("accepted"), std::string::npos);
  }
  auto received = server.received("/api/v1/metrics");
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[0].method, Method::Post);
  EXPECT_EQ(received[0].query, "x=1");
  EXPECT_EQ(received[0].body, "[1]");
  EXPECT_EQ(received[0].authorization, "Bearer k");
  EXPECT_EQ(server.connections(), 1);
}

TEST(Client, PutsThePrefixBeforeTheTarget) {
  TestServer server;
  asio::io_context context;
  auto url = server.parsed();
  url.path = "/prefix";
  url.host = "localhost";  // a name, so the resolver is asked
  Client client(context.get_executor(), url);
  ASSERT_TRUE(work(context, client.send(get("/a"), seconds{20})));
  EXPECT_EQ(server.received("/prefix/a").size(), 1u);
}

TEST(Client, OpensAConnectionAgainThatTheServerClosed) {
  TestServer server;
  asio::io_context context;
  Client client(context.get_executor(), server.parsed());
  ASSERT_TRUE(work(context, client.send(get("/a"), seconds{20})));
  server.stop();
  server.start_again();
  auto response = work(context, client.send(get("/b"), seconds{20}));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(server.received("/b").size(), 1u);
}

TEST(Client, DoesNotRepeatWhatMayNotBeSentTwice) {
  TestServer server;
  asio::io_context context;
  Client client(context.get_executor(), server.parsed());
  ASSERT_TRUE(work(context, client.send(get("/a"), seconds{20})));
  server.stop();
  server.start_again();
  auto once = get("/b");
  once.repeatable = false;
  auto response = work(context, client.send(std::move(once), seconds{20}));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason, "connection_lost");
}

TEST(Client, SaysWhenNobodyListens) {
  asio::io_context context;
  Client client(context.get_executor(), local(1));
  auto response = work(context, client.send(get("/a"), seconds{20}));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(response.error().reason, "connection_failed");
  EXPECT_EQ(response.error().message, "no answer from 127.0.0.1:1: Connection refused");
}

TEST(Client, SaysWhenTheNameIsNotKnown) {
  asio::io_context context;
  Client client(context.get_executor(), {.host = "no-such-host.invalid", .port = 80, .path = {}});
  auto response = work(context, client.send(get("/a"), seconds{20}));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason, "connection_failed");
}

TEST(Client, GivesUpAtTheDeadline) {
  asio::io_context context;
  // Connections are made by the kernel; nobody answers.
  tcp::acceptor silent(context, {asio::ip::make_address("127.0.0.1"), 0});
  Client client(context.get_executor(), local(silent.local_endpoint().port()));
  auto response = work(context, client.send(get("/a"), std::chrono::milliseconds{50}));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason, "timed_out");
}

TEST(Client, RefusesAnAnswerOverTheLimit) {
  RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
  asio::io_context context;
  Client client(context.get_executor(), local(server.port()), 1000);
  auto response = work(context, client.send(get("/a"), seconds{20}));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::TooLarge);
}

TEST(Client, SaysWhenItIsNotHttp) {
  RawServer server("220 mail.example ESMTP\r\n\r\n");
  asio::io_context context;
  Client client(context.get_executor(), local(server.port()));
  auto response = work(context, client.send(get("/a"), seconds{20}));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason, "not_http");
}

TEST(Client, SaysWhenTheAnswerIsCut) {
  RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort");
  asio::io_context context;
  Client client(context.get_executor(), local(server.port()));
  auto response = work(context, client.send(get("/a"), seconds{20}));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason, "answer_cut");
}

TEST(Client, TakesAnAnswerThatClosesTheConnection) {
  RawServer server("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  asio::io_context context;
  Client client(context.get_executor(), local(server.port()));
  for (int i = 0; i < 2; ++i) {
    auto response = work(context, client.send(get("/a"), seconds{20}));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "ok");
  }
}

}  // namespace
}  // namespace sentinel::http
