// Requests over real sockets: what a client may send, and what it gets.
#include "http/server.hpp"

#include "http/compression.hpp"
#include "http/response_writer.hpp"
#include "unit/http/server_fixture.hpp"

namespace sentinel::http {
namespace {

TEST_F(ServerTest, GivesTheHandlerEveryPartOfARequest) {
  auto answer = client().post("/a%20b?x=1&y=%C3", "body", {{"X-Test", "value"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "2|/a%20b|x=1&y=%C3|value|body");
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(client().get("/").body, "0|/|||");
  EXPECT_EQ(client().request("DELETE", "/", "", {}).body, "3|/|||");
}

TEST_F(ServerTest, KeepsAConnectionOpenForTheNextRequest) {
  HttpConnection connection(port_);
  for (int i = 1; i <= 5; ++i) {
    connection.send(to_wire("GET", "/count", "", {}));
    auto answer = connection.read_answer();
    EXPECT_EQ(answer.body, std::to_string(i));
    EXPECT_EQ(answer.header("connection"), "");
  }
}

TEST_F(ServerTest, ClosesWhenTheClientAsks) {
  HttpConnection connection(port_);
  connection.send(to_wire("GET", "/count", "", {{"Connection", "close"}}));
  EXPECT_EQ(connection.read_answer().header("connection"), "close");
  EXPECT_TRUE(connection.at_end());
}

TEST_F(ServerTest, ClosesAfterARequestOfHttp10) {
  HttpConnection connection(port_);
  connection.send("GET /count HTTP/1.0\r\n\r\n");
  EXPECT_EQ(connection.read_answer().body, "1");
  EXPECT_TRUE(connection.at_end());
}

TEST_F(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
  HttpConnection connection(port_);
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += to_wire("POST", "/p", std::to_string(i), {});
  connection.send(requests);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(connection.read_answer().body, fmt::format("2|/p|||{}", i));
}

TEST_F(ServerTest, ReadsARequestThatArrivesByteByByte) {
  HttpConnection connection(port_);
  for (char c : to_wire("POST", "/slowly", "abc", {{"X-Test", "v"}})) connection.send({&c, 1});
  EXPECT_EQ(connection.read_answer().body, "2|/slowly||v|abc");
}

TEST_F(ServerTest, ReadsAChunkedBody) {
  HttpConnection connection(port_);
  connection.send(
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\n\r\n");
  EXPECT_EQ(connection.read_answer().body, "2|/c|||abcdefgh");
}

TEST_F(ServerTest, SaysContinueToAClientThatWaitsForIt) {
  HttpConnection connection(port_);
  connection.send(
      "POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(connection.read_head().status, 100);
  connection.send("abc");
  EXPECT_EQ(connection.read_answer().body, "2|/e|||abc");
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  HttpConnection connection(port_);
  connection.send(to_wire("HEAD", "/large", "", {}) + to_wire("GET", "/count", "", {}));
  auto answer = connection.read_answer(true);
  EXPECT_EQ(answer.header("content-length"), "100000");
  EXPECT_EQ(connection.read_answer().body, "1");  // the next answer follows at once
}

TEST_F(ServerTest, SendsNoBodyWith204) {
  HttpConnection connection(port_);
  connection.send(to_wire("GET", "/nothing", "", {}) + to_wire("GET", "/count", "", {}));
  auto answer = connection.read_answer();
  EXPECT_EQ(answer.status, 204);
  EXPECT_FALSE(answer.headers.contains("content-length"));
  EXPECT_FALSE(answer.headers.contains("content-type"));
  EXPECT_EQ(connection.read_answer().body, "1");
}

TEST(ResponseWriter, TellsVaryOnce) {
  Response response = json(200, std::string(100'000, 'x'));
  response.headers.emplace_back("Vary", "Accept-Encoding");
  const auto text = whole({}, response, true);
  EXPECT_NE(text.find("Vary:"), std::string::npos);
  EXPECT_EQ(text.find("Vary:"), text.rfind("Vary:"));
}

TEST_F(ServerTest, PacksLargeAnswersForThoseWhoTakeIt) {
  auto packed = client().get("/large", {{"Accept-Encoding", "gzip, deflate"}});
  EXPECT_EQ(packed.header("content-encoding"), "gzip");
  EXPECT_EQ(packed.header("vary"), "Accept-Encoding");
  EXPECT_LT(packed.body.size(), 1000u);
  EXPECT_EQ(gunzip(packed.body, 200'000).value(), std::string(100'000, 'x'));
  packed = client().get("/large", {{"Accept-Encoding", "gzip, deflate, br, zstd"}});
  EXPECT_EQ(packed.header("content-encoding"), "zstd");
  EXPECT_LT(packed.body.size(), 1000u);
  EXPECT_EQ(unzstd(packed.body, 200'000).value(), std::string(100'000, 'x'));
  auto plain = client().get("/large", {{"Accept-Encoding", "gzip;q=0, identity"}});
  EXPECT_EQ(plain.header("content-encoding"), "");
  EXPECT_EQ(plain.header("vary"), "Accept-Encoding");  // a cache must not give it to everybody
  EXPECT_EQ(plain.body.size(), 100'000u);
  EXPECT_EQ(client().get("/large").body.size(), 100'000u);
  EXPECT_EQ(client().get("/count", {{"Accept-Encoding", "gzip"}}).header("content-encoding"), "");
}

TEST_F(ServerTest, UnpacksABody) {
  auto answer = client().post("/g", gzip("packed text", 6), {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(answer.body, "2|/g|||packed text");
  EXPECT_EQ(client().post("/g", gzip("loud", 6), {{"Content-Encoding", "GZIP"}}).body,
            "2|/g|||loud");
  EXPECT_EQ(client().post("/g", "plain", {{"Content-Encoding", "identity"}}).body, "2|/g|||plain");
}

TEST_F(ServerTest, RefusesABodyThatItCannotUnpack) {
  auto broken = client().post("/g", "no gzip", {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(broken.status, 400);
  EXPECT_EQ(problem_of(broken), "gzip_invalid: the body is not complete gzip");
  auto unknown = client().post("/g", "x", {{"Content-Encoding", "br"}});
  EXPECT_EQ(unknown.status, 415);
  EXPECT_EQ(problem_of(unknown),
            "encoding_unsupported: Content-Encoding br is not understood; send gzip, zstd or none");
  auto bomb = client().post("/g", gzip(std::string(kUnpackedMax + 1, '0'), 9),
                            {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(bomb.status, 413);
  EXPECT_EQ(problem_of(bomb), "body_too_large: the body unpacks to more than 262144 bytes");
  EXPECT_EQ(client()
                .post("/g", gzip(std::string(kUnpackedMax, '0'), 9), {{"Content-Encoding", "gzip"}})
                .status,
            200);
}

TEST_F(ServerTest, RefusesABodyOverTheLimit) {
  EXPECT_EQ(client().post("/b", std::string(kBodyMax, 'x')).status, 200);
  auto answer = client().post("/b", std::string(kBodyMax + 1, 'x'));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(problem_of(answer), "body_too_large: the body is over the limit of 65536 bytes");
}

TEST_F(ServerTest, RefusesAChunkedBodyOverTheLimit) {
  HttpConnection connection(port_);
  connection.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 9; ++i) connection.try_send("2000\r\n" + std::string(0x2000, 'x') + "\r\n");
  auto answer = connection.read_answer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(problem_of(answer), "body_too_large: the body is over the limit of 65536 bytes");
}

TEST_F(ServerTest, RefusesHeadersOverTheLimit) {
  auto answer = client().get("/h", {{"X-Long", std::string(kHeaderMax, 'x')}});
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(problem_of(answer), "header_too_large: the headers are over the limit of 4096 bytes");
  EXPECT_EQ(client().get("/h", {{"X-Test", std::string(kHeaderMax / 2, 'x')}}).status, 200);
}

TEST_F(ServerTest, RefusesWhatIsNoHttp) {
  for (std::string bytes : {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15),
                            std::string("GET\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
                            std::string("GET / HTTP/1.1\r\nno header\r\n\r\n"),
                            std::string("POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n"),
                            std::string("\0\0\0\0\r\n\r\n", 8)}) {
    HttpConnection connection(port_);
    connection.send(bytes);
    auto answer = connection.read_answer();
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(problem_of(answer).starts_with("http_invalid: this is not HTTP/1.1: "))
        << answer.body;
    EXPECT_TRUE(connection.at_end());
  }
  EXPECT_EQ(client().get("/count").body, "1");
}

TEST_F(ServerTest, AnswersTwoLengthsOfABodyWithARefusal) {
  HttpConnection connection(port_);
  connection.send("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde");
  EXPECT_EQ(connection.read_answer().status, 400);
}

TEST_F(ServerTest, SaysThatItFailedWhenAHandlerThrows) {
  auto answer = client().get("/throw");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(problem_of(answer), "internal: the server failed; its log says more");
}

TEST_F(ServerTest, StreamsPieceByPiece) {
  auto answer = client().get("/stream/3");
  EXPECT_EQ(answer.header("transfer-encoding"), "chunked");
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, "piece 0;piece 1;piece 2;");
}

TEST_F(ServerTest, CutsAStreamThatFailsSoThatNobodyTakesItForComplete) {
  auto answer = client().get("/stream-broken");
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.complete);
}

TEST_F(ServerTest, PacksStreamsButNotEvents) {
  auto answer = client().get("/stream/3", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.header("content-encoding"), "gzip");
  EXPECT_EQ(answer.header("vary"), "Accept-Encoding");
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(gunzip(answer.body, 1000).value_or(""), "piece 0;piece 1;piece 2;");
  answer = client().get("/stream/3", {{"Accept-Encoding", "zstd"}});
  EXPECT_EQ(answer.header("content-encoding"), "zstd");
  EXPECT_EQ(unzstd(answer.body, 1000).value_or(""), "piece 0;piece 1;piece 2;");
  answer = client().get("/stream-broken", {{"Accept-Encoding", "gzip"}});
  EXPECT_FALSE(answer.complete);
  EXPECT_FALSE(gunzip(answer.body, 1000));
  answer = client().get("/stream-broken", {{"Accept-Encoding", "zstd"}});
  EXPECT_FALSE(answer.complete);
  EXPECT_FALSE(unzstd(answer.body, 1000));
  answer = client().get("/stream-events", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.header("content-encoding"), "");
  EXPECT_EQ(answer.body, "piece 0;piece 1;piece 2;");
}

TEST_F(ServerTest, SendsAStreamOfKnownLengthAsItIs) {
  auto answer = client().get("/stream-known", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.header("content-length"), "4");
  EXPECT_EQ(answer.header("content-encoding"), "");
  EXPECT_EQ(answer.body, "four");
  EXPECT_THROW(client().get("/stream-short"), std::runtime_error);  // one byte never comes
}

TEST_F(ServerTest, SendsNoStreamToHead) {
  HttpConnection connection(port_);
  connection.send(to_wire("HEAD", "/stream/3", "", {}));
  EXPECT_EQ(connection.read_answer(true).header("transfer-encoding"), "chunked");
  EXPECT_EQ(connection.read_to_end(), "");
}

}  // namespace
}  // namespace sentinel::http
