// A connection that breaks at the worst moment: after the server did it, before the client knows.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <thread>

#include "support/test_database.hpp"

namespace sentinel::testing {

// Stands between a service and its server, and hangs up once instead of passing a piece on.
class CuttingProxy {
 public:
  using Local = asio::local::stream_protocol;
  // Whether to hang up at this piece, which is an answer of the server's or comes from the client.
  using Cuts = std::function<bool(bool answer, std::string_view piece)>;

  // At the answer that holds `words`.
  explicit CuttingProxy(std::string words)
      : CuttingProxy("sentinel_metrics_api",
                     [words = std::move(words)](bool answer, std::string_view piece) {
                       return answer && piece.find(words) != std::string_view::npos;
                     }) {}
  CuttingProxy(std::string role, Cuts cuts) : role_(std::move(role)), cuts_(std::move(cuts)) {
    auto conninfo = TestDatabase::shared().endpoint("").conninfo;
    auto begin = conninfo.find('\'') + 1;
    upstream_ = conninfo.substr(begin, conninfo.find('\'', begin) - begin) + "/.s.PGSQL.5432";
    acceptor_.open();
    acceptor_.bind((folder_.path() / ".s.PGSQL.5432").string());
    acceptor_.listen();
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~CuttingProxy() {
    context_.stop();
    thread_.join();
  }
  postgres::Endpoint endpoint() const {
    return {fmt::format("host='{}' dbname=sentinel user={}", folder_.path().string(), role_), role_,
            "through-the-proxy"};
  }
  bool has_cut() const { return cut_; }

 private:
  struct Pair {
    Local::socket client, server;
    void close() {
      boost::system::error_code ignored;
      client.close(ignored);
      server.close(ignored);
    }
  };

  Task<void> accept() {
    for (;;) {
      auto pair = std::make_shared<Pair>(co_await acceptor_.async_accept(asio::use_awaitable),
                                         Local::socket(context_));
      co_await pair->server.async_connect(upstream_, asio::use_awaitable);
      asio::co_spawn(context_, pump(pair, pair->client, pair->server, false), asio::detached);
      asio::co_spawn(context_, pump(pair, pair->server, pair->client, true), asio::detached);
    }
  }
  Task<void> pump(std::shared_ptr<Pair> pair, Local::socket& from, Local::socket& to,
                  bool answers) {
    std::string piece(64 * 1024, '\0');
    for (;;) {
      auto [error, size] =
          co_await from.async_read_some(asio::buffer(piece), asio::as_tuple(asio::use_awaitable));
      if (error) break;
      if (!cut_ && cuts_(answers, std::string_view(piece).substr(0, size))) {
        cut_ = true;
        break;
      }
      auto [failed, written] = co_await asio::async_write(to, asio::buffer(piece, size),
                                                          asio::as_tuple(asio::use_awaitable));
      if (failed) break;
    }
    pair->close();
  }

  TemporaryFolder folder_;
  std::string role_;
  Cuts cuts_;
  Local::endpoint upstream_;
  asio::io_context context_{1};
  Local::acceptor acceptor_{context_};
  std::atomic<bool> cut_ = false;
  std::thread thread_;
};

}  // namespace sentinel::testing
