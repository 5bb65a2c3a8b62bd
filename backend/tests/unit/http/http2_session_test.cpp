// One connection of HTTP/2 as bytes, with a clock of the test's own: what a client may send, what
// it gets, and every limit.
#include "http/http2_session.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/http2_frames.hpp"

namespace sentinel::http {
namespace {

using namespace sentinel::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr uint16_t kInitialWindow = 4;  // settings of RFC 9113
constexpr uint16_t kStreamsMax = 3;
constexpr uint16_t kHeaderListMax = 6;

class Http2SessionTest : public ::testing::Test {
 protected:
  static ServerLimits limits() {
    ServerLimits limits;
    limits.header_bytes_max = 2000;
    limits.body_bytes_max = 200'000;
    limits.idle_max = 75s;
    limits.http2.transfer_max = 30s;
    limits.http2 = {
        .streams_max = 5, .large_bodies_bytes_max = 400'000, .frames_unanswered_max = 100};
    return limits;
  }

  // What the client sends, and what it reads of the answer at once.
  void send(std::string_view bytes) {
    session_.receive(bytes, now_);
    for (auto& arrived : session_.take_arrived()) {
      EXPECT_TRUE(requests_.emplace(arrived.stream, std::move(arrived.request)).second);
    }
    read();
  }
  void read() {
    std::string out;
    do {
      out.clear();
      session_.fill(out, now_);
      reader_.take(out);
    } while (!out.empty());
  }
  void begin(std::string_view settings = {}) {
    send(client_preface(settings) + frame(FrameType::Settings, kAck, 0));
  }
  void answer(int32_t stream, Response response) {
    session_.respond(stream, std::move(response), now_);
    read();
  }
  void pass(std::chrono::steady_clock::duration time) {
    now_ += time;
    session_.expire(now_);
    read();
  }
  std::string refusal(int32_t stream) {
    const auto& answered = reader_.stream(stream);
    return fmt::format("{} {}", answered.header(":status"), answered.body);
  }
  // Sends a body in pieces as the windows allow; gives what could be sent.
  size_t send_as_allowed(int32_t stream, size_t size, bool end = true) {
    size_t sent = 0;
    while (sent < size) {
      const size_t room = Http2Session::kWindow + reader_.stream(stream).window_given - sent;
      const size_t piece = std::min({room, size - sent, size_t{10'000}});
      if (piece == 0) break;
      sent += piece;
      send(data(stream, std::string(piece, 'x'), end && sent == size));
    }
    return sent;
  }

  static inline const std::function<Response(const Error&)> kRefuse = [](const Error& error) {
    auto response = json(status_of(error.code), error.reason + ": " + error.message);
    response.trailers = {{"refused", "yes"}};
    return response;
  };

  const ServerLimits limits_ = limits();
  Http2Session::Time now_{1h};
  MemoryBudget bodies_{1'000'000, "bodies_limit", "the bodies of the requests under way"};
  Http2Session session_{limits_, bodies_, kRefuse, now_};
  std::map<int32_t, Request> requests_;
  Http2Reader reader_;
};

TEST_F(Http2SessionTest, GivesEveryPartOfARequest) {
  begin();
  auto wire = post_headers(1, "/a%20b?x=1&y=2", {{"x-test", "value"}, {"empty", ""}}) +
              data(1, "one ") + data(1, "two", true);
  for (char c : wire) {
    EXPECT_TRUE(requests_.empty());
    send({&c, 1});
  }
  ASSERT_EQ(requests_.count(1), 1u);
  auto& request = requests_[1];
  EXPECT_EQ(request.method, Method::Post);
  EXPECT_EQ(request.path, "/a%20b");
  EXPECT_EQ(request.query, "x=1&y=2");
  EXPECT_EQ(request.header("x-test"), "value");
  EXPECT_EQ(request.header("host"), "test");
  EXPECT_EQ(request.headers.size(), 3u);
  EXPECT_EQ(request.body, "one two");
  EXPECT_EQ(reader_.settings[kStreamsMax], 5u);
  EXPECT_EQ(reader_.settings[kHeaderListMax], 2000u);
}

TEST_F(Http2SessionTest, TakesHeadersInSeveralFramesPaddingAndTrailers) {
  begin();
  auto block = header_block(
      {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "test"}});
  send(frame(FrameType::Headers, 0, 1, block.substr(0, 5)) +
       frame(FrameType::Continuation, kEndHeaders, 1, block.substr(5)));
  std::string padded = std::string(1, '\5') + "body" + std::string(5, '\0');
  send(frame(FrameType::Data, kPadded, 1, padded));
  send(frame(FrameType::Headers, kEndHeaders | kEndStream, 1,
             header_block({{"x-trailer", "is nothing to us"}})));
  ASSERT_EQ(requests_.count(1), 1u);
  EXPECT_EQ(requests_[1].method, Method::Get);
  EXPECT_EQ(requests_[1].body, "body");
  EXPECT_EQ(requests_[1].header("x-trailer"), "");
}

TEST_F(Http2SessionTest, AnswersInAnyOrderWithHeadersBodyAndTrailers) {
  begin();
  send(post(1, "/first", "") + post(3, "/second", ""));
  Response second;
  second.content_type = "text/plain";
  second.headers = {{"X-Upper", "case"}};
  second.body = std::string(50'000, 'b');
  second.trailers = {{"grpc-status", "0"}};
  answer(3, second);
  EXPECT_FALSE(reader_.stream(1).ended);
  const auto& stream = reader_.stream(3);
  EXPECT_TRUE(stream.ended);
  EXPECT_EQ(stream.header(":status"), "200");
  EXPECT_EQ(stream.header("content-type"), "text/plain");
  EXPECT_EQ(stream.header("x-upper"), "case");
  EXPECT_EQ(stream.body, second.body);
  EXPECT_EQ(stream.trailer("grpc-status"), "0");
  Response nothing;
  nothing.status = 204;
  answer(1, nothing);
  EXPECT_TRUE(reader_.stream(1).ended);
  EXPECT_EQ(reader_.stream(1).header(":status"), "204");
  EXPECT_EQ(reader_.stream(1).headers.size(), 1u);
  EXPECT_EQ(reader_.stream(1).body, "");
}

TEST_F(Http2SessionTest, AnswersHeadWithoutABody) {
  begin();
  send(frame(
      FrameType::Headers, kEndHeaders | kEndStream, 1,
      header_block(
          {{":method", "HEAD"}, {":scheme", "http"}, {":path", "/"}, {":authority", "test"}})));
  answer(1, json(200, "a body"));
  EXPECT_TRUE(reader_.stream(1).ended);
  EXPECT_EQ(reader_.stream(1).body, "");
}

TEST_F(Http2SessionTest, RefusesAnAnswerPieceByPiece) {
  begin();
  send(post(1, "/", ""));
  Response response;
  response.stream = [](BodyStream&) -> Task<Result<void>> { co_return Result<void>{}; };
  answer(1, std::move(response));
  EXPECT_EQ(refusal(1), "500 internal: the server failed");
}

TEST_F(Http2SessionTest, RefusesHeadersOverTheLimitAndGoesOn) {
  begin();
  send(post_headers(1, "/", {{"x-long", std::string(2000, 'x')}}));
  EXPECT_EQ(refusal(1), "413 header_too_large: the headers are over the limit of 2000 bytes");
  EXPECT_EQ(reader_.stream(1).trailer("refused"), "yes");
  EXPECT_EQ(reader_.stream(1).reset, Http2Error::NoError);  // send no more of it
  send(data(1, "on its way already", true));
  send(post(3, "/", "", {{"x-long", std::string(1500, 'x')}}));
  EXPECT_FALSE(requests_.contains(1));
  EXPECT_TRUE(requests_.contains(3));
}

TEST_F(Http2SessionTest, EndsAConnectionWhoseHeadersGoOnForEver) {
  begin();
  send(frame(FrameType::Headers, 0, 1, header_block({{":method", "GET"}})));
  for (int i = 0; i < 20 && !session_.over(); ++i)
    send(frame(FrameType::Continuation, 0, 1, header_block({{"x", "y"}})));
  EXPECT_TRUE(session_.over());
  EXPECT_TRUE(requests_.empty());
}

TEST_F(Http2SessionTest, RefusesABodyOverTheLimit) {
  begin();
  send(post_headers(1, "/"));
  EXPECT_EQ(send_as_allowed(1, limits_.body_bytes_max), limits_.body_bytes_max);
  EXPECT_EQ(requests_[1].body.size(), limits_.body_bytes_max);
  answer(1, json(200, "{}"));
  send(post_headers(3, "/"));
  send_as_allowed(3, limits_.body_bytes_max + 1);
  EXPECT_EQ(refusal(3), "413 body_too_large: the body is over the limit of 200000 bytes");
  EXPECT_FALSE(requests_.contains(3));
}

TEST_F(Http2SessionTest, RefusesABodyThatTheBudgetHasNoRoomFor) {
  MemoryLease others(&bodies_);
  ASSERT_TRUE(others.hold(700'000));
  begin();
  send(post_headers(1, "/") + post_headers(3, "/"));
  EXPECT_EQ(send_as_allowed(1, 190'000, false), 190'000u);
  EXPECT_EQ(bodies_.bytes(), 890'000u);
  send_as_allowed(3, 190'000, false);
  EXPECT_EQ(refusal(3),
            "503 bodies_limit: the bodies of the requests under way may take 1000000 bytes on this "
            "node, and there is not so much left; send it again in a moment");
  EXPECT_EQ(bodies_.bytes(), 890'000u) << "what is refused takes nothing";
  send(post(5, "/", "small"));
  EXPECT_EQ(requests_[5].body, "small");
  send(data(1, "", true));
  EXPECT_EQ(requests_[1].body.size(), 190'000u);
  EXPECT_EQ(bodies_.bytes(), 890'005u) << "as long as somebody has the request";
  requests_.clear();
  EXPECT_EQ(bodies_.bytes(), 700'000u);
  send(post_headers(7, "/") + data(7, "half") + reset(7));
  EXPECT_EQ(bodies_.bytes(), 700'000u);
}

TEST_F(Http2SessionTest, LetsLargeBodiesTakeTurns) {
  begin();
  constexpr size_t kSize = 150'000;  // 400,000 bytes have room for two of up to 200,000
  for (int32_t id : {1, 3, 5, 7}) send(post_headers(id, "/"));
  EXPECT_EQ(send_as_allowed(1, 100'000, false), 100'000u);
  EXPECT_EQ(send_as_allowed(3, 100'000, false), 100'000u);
  // All windows of the others together are what this connection may cost beyond.
  EXPECT_EQ(send_as_allowed(5, kSize), Http2Session::kWindow);
  EXPECT_EQ(send_as_allowed(7, 60'000), 60'000u);  // fits its window
  EXPECT_TRUE(requests_.contains(7));
  EXPECT_EQ(reader_.stream(5).window_given, 0u);
  pass(29s);
  send(data(1, "end", true) + data(3, "end", true));
  pass(1h);  // the handlers' time, which is not counted; nor is the one's that waits
  EXPECT_EQ(reader_.stream(5).window_given, 0u);
  answer(1, json(200, "{}"));
  EXPECT_GE(reader_.stream(5).window_given, limits_.body_bytes_max - Http2Session::kWindow);
  send(data(5, std::string(kSize - Http2Session::kWindow, 'x'), true));
  EXPECT_EQ(requests_[5].body.size(), kSize);
}

TEST_F(Http2SessionTest, GivesTheTurnOfWhoIsGoneToTheNext) {
  begin();
  for (int32_t id : {1, 3, 5, 7, 9}) {
    send(post_headers(id, "/"));
    send_as_allowed(id, 100'000, false);
  }
  EXPECT_EQ(reader_.stream(5).window_given, 0u);
  send(reset(5));  // while it waits
  send(reset(1));
  EXPECT_GT(reader_.stream(7).window_given, 0u);
  EXPECT_EQ(reader_.stream(9).window_given, 0u);
  pass(31s);  // 3 and 7 have run out of their time
  EXPECT_THAT(refusal(3), HasSubstr("request_too_slow"));
  EXPECT_GT(reader_.stream(9).window_given, 0u);
}

TEST_F(Http2SessionTest, CountsPaddingAgainstNobody) {
  begin();
  send(post_headers(1, "/"));
  const std::string padded = std::string(1, '\xff') + "x" + std::string(255, '\0');
  for (int i = 0; i < 2000; ++i) send(frame(FrameType::Data, kPadded, 1, padded));
  send(data(1, "", true));
  EXPECT_EQ(requests_[1].body, std::string(2000, 'x'));
  EXPECT_FALSE(session_.over());
}

TEST_F(Http2SessionTest, TakesSoManyRequestsAtOnce) {
  begin();
  for (int32_t id : {1, 3, 5, 7, 9}) send(post(id, "/", ""));
  EXPECT_EQ(requests_.size(), 5u);
  answer(5, json(200, "{}"));
  send(post(11, "/", ""));
  EXPECT_EQ(requests_.size(), 6u);
  EXPECT_FALSE(session_.over());
  send(post(13, "/", ""));  // though it was told
  EXPECT_TRUE(reader_.goaway);
  EXPECT_EQ(requests_.size(), 6u);
}

// CVE-2023-44487: a stream that is taken back costs its client nothing, and its work goes on here.
TEST_F(Http2SessionTest, CountsRequestsWhoseClientTookThemBack) {
  begin();
  for (int32_t id : {1, 3, 5, 7, 9}) send(post(id, "/", "") + reset(id));
  EXPECT_EQ(requests_.size(), 5u);
  send(post(11, "/", ""));
  EXPECT_EQ(reader_.stream(11).reset, Http2Error::RefusedStream);
  EXPECT_EQ(requests_.size(), 5u);
  answer(3, json(200, "{}"));
  EXPECT_FALSE(reader_.stream(3).ended);
  send(post(13, "/", ""));
  EXPECT_TRUE(requests_.contains(13));
}

TEST_F(Http2SessionTest, EndsAFloodOfWhatIsNoRequest) {
  struct Flood {
    std::string_view name;
    std::string (*frames)(int32_t number);
  };
  const Flood floods[] = {
      {"ping", [](int32_t) { return frame(FrameType::Ping, 0, 0, "12345678"); }},
      {"settings", [](int32_t) { return frame(FrameType::Settings, 0, 0); }},
      {"window", [](int32_t) { return frame(FrameType::WindowUpdate, 0, 0, big_endian(1)); }},
      {"reset", [](int32_t i) { return post_headers(2 * i + 3, "/") + reset(2 * i + 3); }},
      {"refused",
       [](int32_t i) { return post_headers(2 * i + 3, "/", {{"x", std::string(2000, 'x')}}); }},
      {"empty data", [](int32_t) { return data(1, ""); }},
  };
  for (const auto& flood : floods) {
    SCOPED_TRACE(flood.name);
    Http2Session session(limits_, bodies_, kRefuse, now_);
    Http2Reader reader;
    std::string out;
    session.receive(client_preface() + post_headers(1, "/"), now_);
    int frames = 0;
    for (; !session.over() && frames < 1000; ++frames) {
      session.receive(flood.frames(frames), now_);
      session.fill(out, now_);
    }
    reader.take(out);
    EXPECT_LE(frames, 101);
    ASSERT_TRUE(reader.goaway);
    EXPECT_EQ(reader.goaway->code, Http2Error::EnhanceYourCalm);
    EXPECT_EQ(reader.goaway->reason, "over 100 frames without a request that was answered");
  }
}

TEST_F(Http2SessionTest, TakesPingsBetweenRequestsForEver) {
  begin();
  for (int32_t id = 1; id < 200; id += 2) {
    for (int i = 0; i < 50; ++i) send(frame(FrameType::Ping, 0, 0, "12345678"));
    send(post(id, "/", ""));
    answer(id, json(200, "{}"));
  }
  EXPECT_FALSE(session_.over());
  EXPECT_EQ(reader_.pings_acknowledged, 5000);
  EXPECT_TRUE(reader_.stream(199).ended);
}

// Nobody reads what is acknowledged.
TEST_F(Http2SessionTest, SaysHowMuchWaitsToBeRead) {
  begin();
  for (int i = 0; i < 50; ++i) session_.receive(frame(FrameType::Ping, 0, 0, "12345678"), now_);
  EXPECT_EQ(session_.frames_waiting(), 50u);
  read();
  EXPECT_EQ(session_.frames_waiting(), 0u);
}

TEST_F(Http2SessionTest, RefusesARequestThatIsTooSlow) {
  begin();
  send(post_headers(1, "/") + data(1, "half"));
  pass(29s);
  EXPECT_EQ(reader_.stream(1).headers.size(), 0u);
  pass(1s);
  EXPECT_EQ(refusal(1),
            "503 request_too_slow: the request did not arrive within the limit of 30 s");
  EXPECT_EQ(reader_.stream(1).reset, Http2Error::NoError);
  EXPECT_FALSE(session_.over());
}

TEST_F(Http2SessionTest, EndsAConnectionWhoseHeadersAreTooSlow) {
  begin();
  send(frame(FrameType::Headers, 0, 1, header_block({{":method", "GET"}})));
  pass(30s);
  EXPECT_TRUE(session_.over());
  ASSERT_TRUE(reader_.goaway);
  EXPECT_EQ(reader_.goaway->reason, "headers did not arrive within the limit of 30 s");
}

TEST_F(Http2SessionTest, ResetsAnAnswerThatIsNotTaken) {
  begin(setting(kInitialWindow, 10));
  send(post(1, "/", ""));
  pass(1h);  // the handler's time
  answer(1, json(200, "more than ten bytes"));
  EXPECT_EQ(reader_.stream(1).body, "more than ");
  pass(29s);
  EXPECT_FALSE(reader_.stream(1).reset);
  pass(1s);
  EXPECT_EQ(reader_.stream(1).reset, Http2Error::Cancel);
  EXPECT_FALSE(session_.over());
}

TEST_F(Http2SessionTest, EndsAnIdleConnection) {
  begin();
  pass(74s);
  send(post(1, "/", ""));
  pass(1h);
  answer(1, json(200, "{}"));
  pass(74s);
  EXPECT_FALSE(session_.over());
  EXPECT_EQ(session_.expiry_pause(now_), 1s);
  pass(1s);
  EXPECT_TRUE(session_.over());
  ASSERT_TRUE(reader_.goaway);
  EXPECT_EQ(reader_.goaway->code, Http2Error::NoError);
  EXPECT_EQ(reader_.goaway->reason, "idle for 75 s");
  EXPECT_EQ(reader_.goaway->last_stream, 1);
}

TEST_F(Http2SessionTest, LetsRequestsEndWhenItShutsDown) {
  begin();
  send(post(1, "/", "") + post_headers(3, "/") + data(3, "half "));
  session_.shut_down(now_);
  send(data(3, "and half", true) + post(5, "/", ""));
  ASSERT_TRUE(reader_.goaway);
  EXPECT_EQ(reader_.goaway->code, Http2Error::NoError);
  EXPECT_EQ(reader_.goaway->last_stream, 3);
  EXPECT_EQ(requests_[3].body, "half and half");
  EXPECT_FALSE(requests_.contains(5));  // to be sent again elsewhere
  answer(3, json(200, "{}"));
  EXPECT_FALSE(session_.over());
  answer(1, json(200, "{}"));
  EXPECT_TRUE(reader_.stream(1).ended);
  EXPECT_TRUE(reader_.stream(3).ended);
  EXPECT_TRUE(session_.over());
}

TEST_F(Http2SessionTest, EndsWithWhoBreaksTheProtocol) {
  begin();
  send(frame(FrameType::Data, 0, 0, "data of no stream"));
  EXPECT_TRUE(session_.over());
  EXPECT_EQ(reader_.goaway->code, Http2Error::ProtocolError);
}

TEST_F(Http2SessionTest, EndsWithWhoDoesNotSpeakHttp2) {
  send("PRI * HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(session_.over());
  EXPECT_TRUE(Http2Session::begins("P"));
  EXPECT_TRUE(Http2Session::begins(client_preface()));
  EXPECT_FALSE(Http2Session::begins("POST /v1/traces HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace sentinel::http
