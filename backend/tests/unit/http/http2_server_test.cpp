// HTTP/2 over real sockets: clients that hang up, limits on time and connections, and the end of a
// server.
#include <gmock/gmock.h>

#include "http/server.hpp"
#include "support/child_process.hpp"
#include "support/http2_frames.hpp"
#include "unit/http/server_fixture.hpp"

namespace sentinel::http {
namespace {

using namespace sentinel::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Http2ServerTest : public ServerTest {
 protected:
  Http2ServerTest() { start({}); }

  void start(ServerLimits limits) {
    server_ =
        std::make_unique<Server>([this](Request& request) { return answer(request); }, limits, 2);
    auto port =
        server_->listen_http2("127.0.0.1:0", {[this](Request& request) { return answer(request); },
                                              [](const Error& error) { return problem(error); }});
    ASSERT_TRUE(port) << port.error().message;
    port_ = *port;
    server_->start();
  }
  bool all_gone() {
    return holds_soon([&] { return server_->connections() == 0; });
  }
};

TEST_F(Http2ServerTest, GivesTheHandlerEveryPartOfARequest) {
  Http2Client client(port_);
  client.send(post(1, "/a%20b?x=1", "body", {{"x-test", "value"}}));
  const auto& answer = client.read_answer_to(1);
  EXPECT_EQ(answer.header(":status"), "200");
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(answer.body, "2|/a%20b|x=1|value|body");
}

TEST_F(Http2ServerTest, AnswersWhatIsDoneBeforeWhatIsNot) {
  Http2Client client(port_);
  client.send(post(1, "/slow", ""));
  slow_began_.wait();
  for (int32_t id = 3; id < 400; id += 2) {
    client.send(post(id, "/count", ""));
    EXPECT_EQ(client.read_answer_to(id).body, std::to_string(id / 2));
  }
  release_ = true;
  EXPECT_EQ(client.read_answer_to(1).body, "late");
}

TEST_F(Http2ServerTest, SurvivesAHandlerThatThrows) {
  Http2Client client(port_);
  client.send(post(1, "/throw", "") + post(3, "/count", ""));
  EXPECT_EQ(client.read_answer_to(1).header(":status"), "500");
  EXPECT_EQ(client.read_answer_to(3).body, "1");
}

TEST_F(Http2ServerTest, TellsAClientOfHttp1WhereItIs) {
  HttpConnection client(port_);
  client.send(to_wire("POST", "/v1/traces", std::string(100'000, 'x'), {}));
  auto answer = client.read_head();
  EXPECT_EQ(answer.status, 505);
  EXPECT_THAT(client.read_to_end(), HasSubstr("This port speaks HTTP/2 without TLS"));
  EXPECT_TRUE(all_gone());
}

TEST_F(Http2ServerTest, LetsAClientHangUpAtAnyMoment) {
  HttpConnection{port_}.cut();
  HttpConnection silent(port_);
  silent.end_sending();
  silent.read_to_end();
  auto wire = client_preface() + post(1, "/x", std::string(100, 'x'));
  for (size_t size = 1; size < wire.size(); size += 7) {
    HttpConnection connection(port_);
    connection.send(wire.substr(0, size));
    connection.cut();
  }
  EXPECT_TRUE(all_gone());
  Http2Client client(port_);
  client.send(post(1, "/count", ""));
  EXPECT_EQ(client.read_answer_to(1).body, "1");
}

TEST_F(Http2ServerTest, EndsAHandlerThoughItsClientIsGone) {
  Http2Client client(port_);
  client.send(post(1, "/slow", "") + post(3, "/count", ""));
  client.read_answer_to(3);
  slow_began_.wait();
  client.cut();
  EXPECT_EQ(server_->connections(), 1);  // as long as its handler runs
  release_ = true;
  EXPECT_TRUE(all_gone());
}

TEST_F(Http2ServerTest, ClosesAConnectionThatIsIdleTooLong) {
  start({.idle_max = 1s});
  Http2Client client(port_);
  client.send(post(1, "/count", ""));
  client.read_answer_to(1);
  EXPECT_EQ(client.read_goaway().reason, "idle for 1 s");
  EXPECT_TRUE(client.at_end());
  HttpConnection silent(port_);
  silent.read_to_end();
  EXPECT_TRUE(all_gone());
}

TEST_F(Http2ServerTest, RefusesARequestThatDoesNotArrive) {
  start({.idle_max = 60s, .http2 = {.transfer_max = 1s}});
  Http2Client client(port_);
  client.send(post_headers(1, "/x") + data(1, "half"));
  EXPECT_EQ(client.read_answer_to(1).header(":status"), "408");
}

TEST_F(Http2ServerTest, ClosesAConnectionThatDoesNotRead) {
  start({.idle_max = 60s, .http2 = {.transfer_max = 1s}});
  constexpr uint32_t kWide = 0x7fff0000;
  Http2Client client(port_, setting(4, kWide));
  client.send(frame(FrameType::WindowUpdate, 0, 0, big_endian(kWide - 65'535)));
  for (int32_t id = 1; id < 200; id += 2) client.send(post(id, "/large", ""));
  EXPECT_TRUE(all_gone());
}

TEST_F(Http2ServerTest, TakesNoMoreConnectionsThanItMay) {
  start({.connections_max = 2});
  Http2Client first(port_), second(port_);
  for (auto* client : {&first, &second}) {
    client->send(post(1, "/count", ""));
    client->read_answer_to(1);
  }
  HttpConnection third(port_);
  EXPECT_TRUE(third.at_end());
}

TEST_F(Http2ServerTest, CountsBodiesWithThoseOfOtherConnections) {
  start({.bodies_bytes_max = 50'000});
  Http2Client first(port_), second(port_);
  first.send(post_headers(1, "/x") + data(1, std::string(16'000, 'x')) +
             data(1, std::string(14'000, 'x')));
  ASSERT_TRUE(holds_soon([&] { return server_->body_bytes() == 30'000; }));
  second.send(post(1, "/x", std::string(30'000, 'x')));
  EXPECT_EQ(second.read_answer_to(1).header(":status"), "503");
  first.send(data(1, "", true));
  EXPECT_EQ(first.read_answer_to(1).header(":status"), "200");
  EXPECT_TRUE(holds_soon([&] { return server_->body_bytes() == 0; }));
  second.send(post(3, "/x", std::string(30'000, 'x')));
  EXPECT_EQ(second.read_answer_to(3).header(":status"), "200");
}

TEST_F(Http2ServerTest, EndsAFlood) {
  Http2Client client(port_);
  std::string pings;
  for (int i = 0; i < 2000; ++i) pings += frame(FrameType::Ping, 0, 0, "12345678");
  client.try_send(pings);
  EXPECT_EQ(client.read_goaway().code, Http2Error::EnhanceYourCalm);
  EXPECT_TRUE(all_gone());
}

TEST_F(Http2ServerTest, SaysGoodbyeAndLetsRequestsEndWhenItStops) {
  HttpConnection unheard(port_);
  Http2Client idle(port_), busy(port_);
  for (auto* client : {&idle, &busy}) {
    client->send(post(1, "/count", ""));
    client->read_answer_to(1);
  }
  busy.send(post(3, "/slow", ""));
  slow_began_.wait();
  std::thread stopping([&] { server_->stop(); });
  EXPECT_EQ(idle.read_goaway().reason, "the server stops");
  EXPECT_EQ(busy.read_goaway().last_stream, 3);
  unheard.read_to_end();
  release_ = true;
  EXPECT_EQ(busy.read_answer_to(3).body, "late");
  EXPECT_TRUE(busy.at_end());
  busy.cut();
  idle.cut();
  stopping.join();
  EXPECT_EQ(server_->connections(), 0);
}

// After the time it gives them; the sanitizers see what is left behind.
TEST_F(Http2ServerTest, EndsThoughAHandlerDoesNot) {
  Http2Client client(port_);
  client.send(post(1, "/slow", "") + post_headers(3, "/x") + data(3, "half"));
  slow_began_.wait();
  server_.reset();
  client.read_goaway();
  client.read_to_end();
}

}  // namespace
}  // namespace sentinel::http
