#include "collectors/sender/uplink.hpp"

#include "collector_test_support.hpp"
#include "recording_server.hpp"

namespace sentinel::collectors {
namespace {

using std::chrono::milliseconds;
using testing::Folder;
using testing::TestServer;
using testing::work;
using testing::work_until;

constexpr auto kMetrics = "/api/v1/metrics";
constexpr auto kCollection = "/api/v1/collection";
constexpr size_t kMemory = 1024 * 1024;

UplinkTiming quick() {
  return {.request_max = milliseconds{20'000},
          .poll_every = milliseconds{3'600'000},
          .retry_first = milliseconds{10},
          .retry_max = milliseconds{20},
          .key_retry = milliseconds{20}};
}

Item metric(int number) { return {.route = Route::Metrics, .json = std::to_string(number)}; }

class UplinkTest : public ::testing::Test {
 protected:
  ~UplinkTest() override {
    if (!uplink_) return;
    uplink_->stop();
    EXPECT_NO_FATAL_FAILURE(work_until(context_, [&] { return ended_ || !started_; }));
  }

  Uplink& make(Backlog backlog = Backlog(kMemory), UplinkTiming timing = quick(),
               std::vector<std::string> agents = {"coder"}) {
    uplink_.emplace(context_, server_.parsed(), Key::from_text("k"), std::move(backlog),
                    std::move(agents), timing);
    return *uplink_;
  }
  void start() {
    started_ = true;
    asio::co_spawn(
        context_,
        [&]() -> Task<void> {
          co_await uplink_->run();
          ended_ = true;
        },
        asio::detached);
  }
  void until_sent(uint64_t count) {
    work_until(context_, [&] { return uplink_->sent() >= count; });
  }

  TestServer server_;
  asio::io_context context_;
  std::optional<Uplink> uplink_;
  bool started_ = false;
  bool ended_ = false;
};

// Answers `status` to metrics and events, and lets questions pass.
TestServer::Answer refuse_data(int status, std::string detail, std::string retry_after = {}) {
  return [=](const http::Request& request) {
    if (request.path == kCollection) return TestServer::default_answer(request);
    auto response = TestServer::problem(status, detail);
    if (!retry_after.empty()) response.headers.emplace_back("Retry-After", retry_after);
    return response;
  };
}

TEST_F(UplinkTest, SendsWhatIsNewInOneRequest) {
  auto& uplink = make();
  for (int i = 1; i <= 3; ++i) uplink.add(metric(i));
  start();
  work_until(context_, [&] { return uplink.sent() > 0; });
  auto received = server_.received(kMetrics);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].body, "[1,2,3]");
  EXPECT_EQ(received[0].authorization, "Bearer k");
  EXPECT_TRUE(uplink.reached());
}

TEST_F(UplinkTest, SendsWhatComesWhileItWaits) {
  auto& uplink = make();
  start();
  work_until(context_, [&] { return uplink.reached(); });
  uplink.add(metric(1));
  until_sent(1);
  uplink.add(metric(2));
  until_sent(2);
  EXPECT_EQ(server_.bodies(kMetrics), "[1][2]");
}

TEST_F(UplinkTest, SendsEventsToTheirOwnPlace) {
  auto& uplink = make();
  uplink.add({.route = Route::Events, .json = "1"});
  uplink.add(metric(2));
  start();
  until_sent(2);
  EXPECT_EQ(server_.bodies("/api/v1/events"), "[1]");
  EXPECT_EQ(server_.bodies(kMetrics), "[2]");
}

TEST_F(UplinkTest, AsksHowToCollectEachAgent) {
  server_.answer_with([](const http::Request& request) {
    bool second = request.query == "agent=host%3Ab";
    return http::json(200, second ? R"({"agent":"host:b","enabled":false,"interval_s":5})"
                                  : R"({"agent":"a","enabled":true,"interval_s":1.5})");
  });
  auto& uplink = make(Backlog(kMemory), quick(), {"a", "host:b"});
  std::vector<size_t> changed;
  uplink.on_collection = [&](size_t agent, const Collection&) { changed.push_back(agent); };
  EXPECT_EQ(uplink.collection(0).interval, std::chrono::duration<double>(2));
  work(context_, [&]() -> Task<bool> {
    co_await uplink.ask(std::chrono::seconds{20});
    co_await uplink.ask(std::chrono::seconds{20});
    co_return true;
  }());
  EXPECT_EQ(changed, (std::vector<size_t>{0, 1})) << "the second time nothing changed";
  EXPECT_EQ(uplink.collection(0).interval, std::chrono::duration<double>(1.5));
  EXPECT_FALSE(uplink.collection(1).enabled);
}

TEST_F(UplinkTest, KeepsAskingByTheClock) {
  auto timing = quick();
  timing.poll_every = milliseconds{10};
  make(Backlog(kMemory), timing);
  start();
  work_until(context_, [&] { return server_.received(kCollection).size() >= 3; });
}

TEST_F(UplinkTest, TakesAnAnswerItCannotReadForNone) {
  server_.answer_with([](const http::Request&) { return http::json(200, "{}"); });
  auto& uplink = make();
  start();
  uplink.add(metric(1));
  until_sent(1);
  EXPECT_EQ(uplink.collection(0), Collection{});
}

TEST_F(UplinkTest, KeepsItsDefaultsWhereTheServerKnowsNoCollection) {
  server_.answer_with([](const http::Request& request) {
    return request.path == kCollection ? TestServer::problem(404, "there is nothing")
                                       : TestServer::default_answer(request);
  });
  auto& uplink = make();
  uplink.add(metric(1));
  start();
  until_sent(1);
}

TEST_F(UplinkTest, KeepsSamplesWhileTheServerIsGoneAndSendsThemInOrder) {
  auto& uplink = make();
  start();
  work_until(context_, [&] { return uplink.reached(); });
  server_.stop();
  for (int i = 1; i <= 3; ++i) {
    uplink.add(metric(i));
    work_until(context_, [&] { return uplink.backlog().size() == static_cast<uint64_t>(i); });
  }
  server_.start_again();
  until_sent(3);
  EXPECT_EQ(server_.bodies(kMetrics), "[1,2,3]");
  EXPECT_EQ(uplink.backlog().size(), 0u);
}

TEST_F(UplinkTest, SendsTheSameBytesAgainWhenTheServerIsBusy) {
  for (int status : {429, 503, 500}) {
    server_.answer_with(refuse_data(status, "busy"));
    auto before = server_.received(kMetrics).size();
    make();
    uplink_->add(metric(status));
    start();
    work_until(context_, [&] { return server_.received(kMetrics).size() >= before + 2; });
    server_.answer_with(TestServer::default_answer);
    until_sent(1);
    for (size_t i = before; i < server_.received(kMetrics).size(); ++i) {
      EXPECT_EQ(server_.received(kMetrics)[i].body, fmt::format("[{}]", status));
    }
    uplink_->stop();
    work_until(context_, [&] { return ended_; });
    ended_ = false;
  }
  started_ = false;
}

TEST_F(UplinkTest, WaitsAsLongAsTheServerAsks) {
  server_.answer_with(refuse_data(503, "busy", "30"));
  auto& uplink = make();
  uplink.add(metric(1));
  start();
  work_until(context_, [&] { return uplink.backlog().size() == 1; });
  uplink.add(metric(2));
  work_until(context_, [&] { return uplink.backlog().size() == 2; });
  EXPECT_EQ(server_.received(kMetrics).size(), 1u);
}

TEST_F(UplinkTest, TriesAgainWhenItsPauseWasOverBeforeItCouldWait) {
  server_.answer_with(refuse_data(503, "busy"));
  auto timing = quick();
  timing.retry_first = timing.retry_max = milliseconds{0};
  auto& uplink = make(Backlog(kMemory), timing);
  uplink.add(metric(1));
  start();
  work_until(context_, [&] { return server_.received(kMetrics).size() >= 3; });
  server_.answer_with(TestServer::default_answer);
  until_sent(1);
}

TEST_F(UplinkTest, NewSamplesDoNotWaitBehindOldOnes) {
  server_.answer_with(refuse_data(503, "busy"));
  auto timing = quick();
  auto& uplink = make(Backlog(8 * kMemory), timing);
  start();
  constexpr int kOld = 5000;  // more than fit in one request
  for (int i = 1; i <= kOld; ++i) uplink.add(metric(i));
  work_until(context_, [&] { return uplink.backlog().size() == kOld; });
  auto before = server_.received(kMetrics).size();
  server_.answer_with([&](const http::Request& request) {
    // Comes while the backlog is being sent.
    if (request.path == kMetrics && request.body.starts_with("[1,")) {
      asio::post(context_, [&] { uplink.add(metric(999'999)); });
    }
    return TestServer::default_answer(request);
  });
  work_until(context_, [&] { return uplink.backlog().size() == 0 && uplink.sent() >= 7; });
  work_until(context_,
             [&] { return server_.bodies(kMetrics).find("999999") != std::string::npos; });
  auto received = server_.received(kMetrics);
  size_t new_at = 0, last_old_at = 0;
  for (size_t i = before; i < received.size(); ++i) {
    if (received[i].body == "[999999]") new_at = i;
    if (received[i].body.ends_with(",5000]")) last_old_at = i;
  }
  EXPECT_GT(new_at, before);
  EXPECT_LT(new_at, last_old_at);
}

TEST_F(UplinkTest, DropsWhatTheServerRefusesForGood) {
  server_.answer_with(refuse_data(400, "cpu_usage_percent 130 is over 100"));
  ::testing::internal::CaptureStderr();
  auto& uplink = make();
  uplink.add(metric(1));
  start();
  work_until(context_, [&] { return uplink.refused() == 1; });
  server_.answer_with(TestServer::default_answer);
  uplink.add(metric(2));
  until_sent(1);
  auto text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("the server refused 1 records, which are dropped: 400: cpu_usage_percent 130 "
                      "is over 100"),
            std::string::npos)
      << text;
  EXPECT_EQ(server_.bodies(kMetrics), "[1][2]");
}

// A proxy without a backend, a redirection, another program on that port.
class UplinkStrangerTest : public UplinkTest, public ::testing::WithParamInterface<int> {};

TEST_P(UplinkStrangerTest, RefusesNothingForGood) {
  server_.answer_with([](const http::Request& request) {
    if (request.path == kCollection) return TestServer::default_answer(request);
    auto response = http::json(GetParam(), "<html>not here</html>");
    response.content_type = "text/html";
    return response;
  });
  auto& uplink = make();
  for (int i = 1; i <= 20; ++i) uplink.add(metric(i));
  start();
  work_until(context_, [&] { return server_.received(kMetrics).size() >= 2; });
  EXPECT_EQ(uplink.refused(), 0u);
  server_.answer_with(TestServer::default_answer);
  until_sent(20);
}

INSTANTIATE_TEST_SUITE_P(Statuses, UplinkStrangerTest, ::testing::Values(301, 400, 404, 413, 421),
                         ::testing::PrintToStringParamName());

TEST_F(UplinkTest, CountsRecordsThatWereRefusedAmongGoodOnes) {
  server_.answer_with([](const http::Request& request) {
    if (request.path == kCollection) return TestServer::default_answer(request);
    return http::json(
        201,
        R"({"accepted":1,"duplicates":0,"rejected":[{"index":1,"field":"x","reason":"x is bad"}]})");
  });
  auto& uplink = make();
  uplink.add(metric(1));
  uplink.add(metric(2));
  start();
  work_until(context_, [&] { return uplink.refused() == 1; });
  EXPECT_EQ(uplink.sent(), 1u);
}

TEST_F(UplinkTest, KeepsTryingWhileTheKeyIsRefusedAndReadsItAgain) {
  Folder folder;
  folder.write("key", "old");
  server_.answer_with([](const http::Request& request) {
    if (request.header("authorization") == "Bearer new") return TestServer::default_answer(request);
    return TestServer::problem(401, "the key is not known");
  });
  ::testing::internal::CaptureStderr();
  uplink_.emplace(context_, server_.parsed(), Key::from_file(folder / "key"), Backlog(kMemory),
                  std::vector<std::string>{"coder"}, quick());
  uplink_->add(metric(1));
  start();
  work_until(context_, [&] { return server_.received().size() >= 2; });
  EXPECT_EQ(uplink_->backlog().size(), 1u);
  folder.write("key", "new\n");
  until_sent(1);
  auto text = ::testing::internal::GetCapturedStderr();
  constexpr auto sentence = "the server refuses the key (401: the key is not known)";
  EXPECT_NE(text.find(sentence), std::string::npos) << text;
  EXPECT_EQ(text.find(sentence), text.rfind(sentence)) << "said once";
  EXPECT_NE(text.find("the server answers again"), std::string::npos);
}

TEST_F(UplinkTest, FinishSendsWhatIsLeft) {
  auto& uplink = make();
  start();
  work_until(context_, [&] { return uplink.reached(); });
  uplink.add(metric(1));
  EXPECT_EQ(work(context_, uplink.finish(std::chrono::seconds{20})), 0u);
  EXPECT_EQ(server_.bodies(kMetrics), "[1]");
}

TEST_F(UplinkTest, FinishTriesAgainWithinItsBound) {
  std::atomic<int> answers = 0;
  server_.answer_with([&](const http::Request& request) {
    if (request.path == kMetrics && ++answers <= 2) return TestServer::problem(503, "busy");
    return TestServer::default_answer(request);
  });
  auto& uplink = make();
  start();
  work_until(context_, [&] { return uplink.reached(); });
  uplink.add(metric(1));
  EXPECT_EQ(work(context_, uplink.finish(std::chrono::seconds{20})), 0u);
  EXPECT_EQ(server_.bodies(kMetrics), "[1][1][1]");
}

TEST_F(UplinkTest, FinishTriesAServerThatWasNeverThereOnlyOnce) {
  server_.stop();
  auto& uplink = make();
  start();
  uplink.add(metric(1));
  uplink.add(metric(2));
  auto begin = Uplink::Clock::now();
  EXPECT_EQ(work(context_, uplink.finish(std::chrono::seconds{50})), 2u);
  EXPECT_LT(Uplink::Clock::now() - begin, std::chrono::seconds{40});
}

TEST_F(UplinkTest, FinishLeavesTheRestOnDisk) {
  Folder folder;
  server_.stop();
  auto open = [&] {
    return Backlog(kMemory, std::move(SegmentQueue::open(folder.path(), kMemory).value()));
  };
  auto& uplink = make(open());
  uplink.add(metric(1));
  EXPECT_EQ(work(context_, uplink.finish(std::chrono::seconds{1})), 0u);
  uplink_.reset();
  server_.start_again();
  make(open());
  start();
  until_sent(1);
  EXPECT_EQ(server_.bodies(kMetrics), "[1]");
}

TEST(Collection, IsReadFromTheAnswer) {
  EXPECT_EQ(
      parse_collection(R"({"agent":"a","enabled":true,"interval_s":0.001})")->interval.count(),
      0.2);
  EXPECT_EQ(parse_collection(R"({"agent":"a","enabled":true,"interval_s":10})")->interval.count(),
            10);
  EXPECT_FALSE(parse_collection("no json"));
  EXPECT_FALSE(parse_collection(R"({"enabled":1,"interval_s":10})"));
}

TEST(ProblemSentence, IsTheDetailOrTheBeginning) {
  EXPECT_EQ(problem_sentence(R"({"detail":"too much"})"), "too much");
  EXPECT_EQ(problem_sentence("Bad Gateway\n<html>"), "Bad Gateway");
  EXPECT_EQ(problem_sentence(""), "no reason given");
}

TEST(Key, IsOneWordOfItsFile) {
  EXPECT_EQ(Key::from_text(" a b\r\nX: y").text(), "a");
  EXPECT_FALSE(Key::from_text(" \n").known());
  EXPECT_FALSE(Key::from_file("/nowhere").known());
}

}  // namespace
}  // namespace sentinel::collectors
