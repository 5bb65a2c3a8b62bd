// A server that writes down what it gets, and waits that end.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "http/client.hpp"
#include "http/server.hpp"

namespace sentinel::collectors::testing {

constexpr auto kHangGuard = std::chrono::seconds{60};

struct Received {
  http::Method method;
  std::string path;
  std::string query;
  std::string body;
  std::string authorization;
};

// Stores every request and answers as told.
class TestServer {
 public:
  using Answer = std::function<http::Response(const http::Request&)>;

  TestServer() : TestServer(default_answer) {}
  explicit TestServer(Answer answer) : answer_(std::move(answer)) { start("127.0.0.1:0"); }

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  http::Url parsed() const { return {.host = "127.0.0.1", .port = port_, .path = {}}; }
  int connections() const { return static_cast<int>(server_->connections()); }

  void answer_with(Answer answer) {
    std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void stop() { server_.reset(); }
  void start_again() { start(fmt::format("127.0.0.1:{}", port_)); }

  std::vector<Received> received(std::string_view path = {}) {
    std::lock_guard lock(mutex_);
    return filtered(path);
  }
  // Waits until `count` requests came to `path`.
  std::vector<Received> wait_for(std::string_view path, size_t count) {
    std::unique_lock lock(mutex_);
    bool came = changed_.wait_for(lock, kHangGuard, [&] { return filtered(path).size() >= count; });
    EXPECT_TRUE(came) << path << " was not called " << count << " times";
    return filtered(path);
  }
  // All bodies that came to `path`, one after the other.
  std::string bodies(std::string_view path) {
    std::string all;
    for (const auto& one : received(path)) all += one.body;
    return all;
  }

  static http::Response default_answer(const http::Request& request) {
    if (request.path == "/api/v1/collection") {
      return http::json(200, R"({"agent":"a","enabled":true,"interval_s":0.2})");
    }
    return http::json(201, R"({"accepted":1,"duplicates":0,"rejected":[]})");
  }
  static http::Response problem(int status, const std::string& detail) {
    auto response =
        http::json(status, fmt::format(R"({{"type":"about:blank","detail":"{}"}})", detail));
    response.content_type = "application/problem+json";
    return response;
  }

 private:
  void start(const std::string& address) {
    auto handler = [this](http::Request& request) -> Task<http::Response> {
      std::lock_guard lock(mutex_);
      received_.push_back({.method = request.method,
                           .path = request.path,
                           .query = request.query,
                           .body = request.body,
                           .authorization = std::string(request.header("authorization"))});
      auto response = answer_(request);
      changed_.notify_all();
      co_return response;
    };
    server_ = std::make_unique<http::Server>(handler, http::ServerLimits{}, 1);
    auto port = server_->listen(address);
    if (!port) throw std::runtime_error(port.error().message);
    port_ = *port;
    server_->start();
  }
  std::vector<Received> filtered(std::string_view path) const {
    std::vector<Received> out;
    for (const auto& one : received_) {
      if (path.empty() || one.path == path) out.push_back(one);
    }
    return out;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Received> received_;
  Answer answer_;
  uint16_t port_ = 0;
  std::unique_ptr<http::Server> server_;
};

// Works on the context until `done` says so.
template <class Done>
void work_until(asio::io_context& context, Done done) {
  auto guard = std::chrono::steady_clock::now() + kHangGuard;
  while (!done()) {
    ASSERT_LT(std::chrono::steady_clock::now(), guard) << "it did not come to that in 60 s";
    context.restart();
    context.run_one_for(std::chrono::milliseconds{20});
  }
}

template <class T>
T work(asio::io_context& context, Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(
      context, [&]() -> Task<void> { result.emplace(co_await std::move(task)); }, asio::detached);
  work_until(context, [&] { return result.has_value(); });
  return std::move(*result);
}

}  // namespace sentinel::collectors::testing
