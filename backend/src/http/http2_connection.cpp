#include "http/http2_connection.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/log.hpp"

namespace sentinel::http {

namespace {

using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kReadSize = 16 * 1024;
constexpr size_t kFramesWaitingMax = 200;
// For the client to read what was said last, and to close.
constexpr std::chrono::seconds kLinger{1};

constexpr std::string_view kNotHttp1 =
    "HTTP/1.1 505 HTTP Version Not Supported\r\n"
    "Content-Type: text/plain\r\n"
    "Connection: close\r\n\r\n"
    "This port speaks HTTP/2 without TLS, as gRPC does. HTTP/1.1 has another port.\n";

}  // namespace

Http2Connection::Http2Connection(tcp::socket socket, const Http2Service& service,
                                 const ServerLimits& limits, MemoryBudget& bodies)
    : socket_(std::move(socket)),
      service_(service),
      limits_(limits),
      session_(limits, bodies, service.refuse, std::chrono::steady_clock::now()),
      changed_(socket_.get_executor(), Time::max()),
      alarm_(socket_.get_executor()) {
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  auto remote = socket_.remote_endpoint(ignored);
  if (!ignored) remote_address_ = remote.address().to_string();
}

Task<void> Http2Connection::run() {
  spawn(write());
  spawn(watch());
  co_await read();
  closed_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  alarm_.cancel();
  notify();
  while (running_ > 0) co_await change();
}

void Http2Connection::shut_down() {
  heard_ = true;  // also to who has said nothing yet
  session_.shut_down(std::chrono::steady_clock::now());
  notify();
}

Task<void> Http2Connection::read() {
  std::array<char, kReadSize> buffer;
  while (true) {
    auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer), kAwait);
    if (error) co_return;
    std::string_view bytes(buffer.data(), size);
    if (!heard_ && !Http2Session::begins(bytes)) co_await refuse_http1();
    heard_ = true;
    if (said_all_ || session_.over()) continue;
    session_.receive(bytes, std::chrono::steady_clock::now());
    for (auto& arrived : session_.take_arrived()) {
      arrived.request.remote_address = remote_address_;
      arrived.request.body_unpacked_bytes_max = limits_.body_unpacked_bytes_max;
      spawn(handle(arrived.stream, std::move(arrived.request)));
    }
    notify();
    while (!said_all_ && session_.frames_waiting() > kFramesWaitingMax) co_await change();
  }
}

Task<void> Http2Connection::write() {
  std::string out;
  while (!said_all_ && !closed_) {
    if (heard_) session_.fill(out, std::chrono::steady_clock::now());
    if (out.empty()) {
      if (session_.over()) break;
      co_await change();
      continue;
    }
    close_at_ = std::chrono::steady_clock::now() + limits_.http2.transfer_max;
    auto [error, size] = co_await asio::async_write(socket_, asio::buffer(out), kAwait);
    close_at_.reset();
    if (error) break;
    out.clear();
    notify();
  }
  end_sending();
}

// Sleeps no longer than the session or a write may be left alone.
Task<void> Http2Connection::watch() {
  while (!closed_) {
    auto now = std::chrono::steady_clock::now();
    if (close_at_ && *close_at_ <= now) {
      boost::system::error_code ignored;
      socket_.close(ignored);
      co_return;
    }
    session_.expire(now);
    notify();
    alarm_.expires_at(std::min(now + session_.expiry_pause(now), close_at_.value_or(Time::max())));
    co_await alarm_.async_wait(kAwait);
  }
}

Task<void> Http2Connection::handle(int32_t stream, Request request) {
  auto response = co_await answer(request);
  session_.respond(stream, std::move(response), std::chrono::steady_clock::now());
  notify();
}

Task<Response> Http2Connection::answer(Request& request) {
  try {
    co_return co_await service_.handler(request);
  } catch (const std::exception& exception) {
    log::error("{} failed: {}", request.path, exception.what());
    co_return service_.refuse(
        Error{ErrorCode::Internal, "internal", "the server failed; its log says more"});
  }
}

// OTLP over HTTP/1.1 sent to the port of gRPC is the mistake most often made here.
Task<void> Http2Connection::refuse_http1() {
  close_at_ = std::chrono::steady_clock::now() + kLinger;
  alarm_.cancel();
  co_await asio::async_write(socket_, asio::buffer(kNotHttp1), kAwait);
  end_sending();
}

// Closing with unread bytes would reset the connection and could take what was said with it.
void Http2Connection::end_sending() {
  said_all_ = true;
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  close_at_ = std::chrono::steady_clock::now() + kLinger;
  alarm_.cancel();
  notify();
}

void Http2Connection::spawn(Task<void> task) {
  ++running_;
  asio::co_spawn(socket_.get_executor(), std::move(task),
                 [self = shared_from_this()](const std::exception_ptr&) {
                   --self->running_;
                   self->notify();
                 });
}

Task<void> Http2Connection::change() { co_await changed_.async_wait(kAwait); }

}  // namespace sentinel::http
