#include "http/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>

#include "base/log.hpp"
#include "http/address.hpp"
#include "http/compression.hpp"
#include "http/http2_connection.hpp"
#include "http/listener_owner.hpp"
#include "http/request_reader.hpp"

namespace sentinel::http {

namespace {

namespace beast = boost::beast;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kCompressFrom = 1400;
constexpr int kCompressLevel = 4;
constexpr int kTurnedAwayMax = 256;

class ChunkedStream : public BodyStream {
 public:
  ChunkedStream(RequestStream& stream, std::chrono::seconds limit)
      : stream_(stream), limit_(limit) {}

  Task<Result<void>> write(std::string piece) override {
    if (piece.empty()) co_return Result<void>{};  // an empty chunk would end the body
    co_return co_await send(fmt::format("{:x}\r\n", piece.size()) + piece + "\r\n");
  }

  Task<Result<void>> finish() { co_return co_await send("0\r\n\r\n"); }

 private:
  Task<Result<void>> send(std::string text) {
    stream_.expires_after(limit_);
    auto [error, size] = co_await asio::async_write(stream_, asio::buffer(text), kAwait);
    if (error) co_return fail(ErrorCode::Unavailable, "client_gone", error.message());
    co_return Result<void>{};
  }

  RequestStream& stream_;
  std::chrono::seconds limit_;
};

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::Get;
    case beast::http::verb::head:
      return Method::Head;
    case beast::http::verb::post:
      return Method::Post;
    default:
      return Method::Other;
  }
}

Request to_request(RequestParser& parser, std::string remote_address) {
  auto& message = parser.get();
  Request request;
  request.method = method_of(message.method());
  std::string_view target(message.target().data(), message.target().size());
  size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != target.npos) request.query = target.substr(mark + 1);
  request.headers.reserve(8);
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  request.body = std::move(message.body());
  request.remote_address = std::move(remote_address);
  return request;
}

bool compressible(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("application/json") ||
         type.starts_with("application/problem") || type.starts_with("application/x-ndjson");
}

std::string head(const Response& response, bool keep_alive) {
  std::string text;
  text.reserve(256 + response.body.size());
  auto reason = beast::http::obsolete_reason(static_cast<beast::http::status>(response.status));
  fmt::format_to(std::back_inserter(text), "HTTP/1.1 {} {}\r\n", response.status,
                 std::string_view(reason.data(), reason.size()));
  if (response.status != 204 && response.status != 304) {
    fmt::format_to(std::back_inserter(text), "Content-Type: {}\r\n", response.content_type);
    if (response.stream) {
      text += "Transfer-Encoding: chunked\r\n";
    } else {
      fmt::format_to(std::back_inserter(text), "Content-Length: {}\r\n", response.body.size());
    }
  }
  for (const auto& [name, value] : response.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!keep_alive) text += "Connection: close\r\n";
  text += "\r\n";
  return text;
}

// Closing with unread bytes would reset the connection and could take our answer with it.
Task<void> discard_rest(RequestStream& stream, size_t bytes_max) {
  beast::error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream.expires_after(std::chrono::seconds{5});
  std::string sink(std::min<size_t>(bytes_max, 64 * 1024), '\0');
  for (size_t total = 0; total < bytes_max;) {
    auto [error, size] = co_await stream.async_read_some(asio::buffer(sink), kAwait);
    if (error) break;
    total += size;
  }
}

// What the connections of a server share.
struct Shared {
  const Handler& handler;
  const Refuse& refuse;
  const ServerLimits& limits;
  MemoryBudget& bodies;
  std::atomic<int>& requests;
  const std::atomic<bool>& stopping;
};

class Connection {
 public:
  Connection(Server::Socket socket, Shared shared)
      : stream_(std::move(socket)),
        shared_(shared),
        limits_(shared.limits),
        reader_(stream_, limits_) {
    beast::error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    stream_.socket().non_blocking(true, ignored);
    auto remote = stream_.socket().remote_endpoint(ignored);
    if (!ignored) remote_address_ = remote.address().to_string();
  }

  Task<void> run() {
    while (co_await one_exchange()) {
    }
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
  }

 private:
  // Whether the connection stays open for another request.
  Task<bool> one_exchange() {
    RequestParser parser;
    MemoryLease lease(&shared_.bodies);
    if (!co_await reader_.wait()) co_return false;
    auto read = co_await reader_.read_header(parser);
    if (!read) co_return co_await refuse(parser, read.error());
    if (auto expect = parser.get()[beast::http::field::expect];
        beast::iequals(expect, "100-continue")) {
      co_await asio::async_write(stream_, asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25),
                                 kAwait);
    }
    read = co_await reader_.read_body(parser, lease);
    if (!read) co_return co_await refuse(parser, read.error());

    bool keep_alive = parser.get().keep_alive() && !shared_.stopping;
    auto request = to_request(parser, remote_address_);
    request.body_lease = std::move(lease);
    ++shared_.requests;
    auto response = co_await answer(request);
    bool sent = response.stream ? co_await send_stream(request, response)
                                : co_await send(request, response, keep_alive);
    co_return sent&& keep_alive;
  }

  Task<Response> answer(Request& request) {
    request.body_unpacked_bytes_max = limits_.body_unpacked_bytes_max;
    try {
      co_return co_await shared_.handler(request);
    } catch (const std::exception& exception) {
      // Not the whole path: a key may be part of it.
      log::error("a request of {} failed: {}", request.path.substr(0, request.path.find('/', 1)),
                 exception.what());
      co_return problem(
          Error{ErrorCode::Internal, "internal", "the server failed; its log says more"});
    }
  }

  Task<bool> send(const Request& request, Response& response, bool keep_alive) {
    const bool packed = std::ranges::any_of(
        response.headers, [](const auto& h) { return h.first == "Content-Encoding"; });
    if (!packed && response.body.size() >= kCompressFrom && compressible(response.content_type) &&
        request.header("accept-encoding").find("gzip") != std::string_view::npos) {
      response.body = gzip(response.body, kCompressLevel);
      response.headers.emplace_back("Content-Encoding", "gzip");
      response.headers.emplace_back("Vary", "Accept-Encoding");
    }
    auto text = head(response, keep_alive);
    if (request.method != Method::Head && response.status != 204 && response.status != 304)
      text += response.body;
    const bool sent = co_await write(text);
    --shared_.requests;
    co_return sent;
  }

  // Mostly the socket takes it all at once, and nothing has to wait.
  Task<bool> write(std::string_view text) {
    beast::error_code error;
    const size_t sent = stream_.socket().write_some(asio::buffer(text), error);
    if (error && error != asio::error::would_block) co_return false;
    if (!error && sent == text.size()) co_return true;
    stream_.expires_after(limits_.send_max);
    auto [write_error, size] =
        co_await asio::async_write(stream_, asio::buffer(text.substr(error ? 0 : sent)), kAwait);
    stream_.expires_never();
    co_return !write_error;
  }

  // A stream may be without end, so it does not hold up a stop; the connection ends with it.
  Task<bool> send_stream(const Request& request, Response& response) {
    --shared_.requests;
    auto text = head(response, false);
    stream_.expires_after(limits_.send_max);
    auto [error, size] = co_await asio::async_write(stream_, asio::buffer(text), kAwait);
    if (error || request.method == Method::Head) co_return false;
    stream_.expires_never();
    ChunkedStream body(stream_, limits_.send_max);
    auto streamed = co_await response.stream(body);
    if (!streamed) {
      // Reset, so that not even a client that ignores the missing last chunk takes it for complete.
      beast::error_code ignored;
      stream_.socket().set_option(asio::socket_base::linger(true, 0), ignored);
      stream_.socket().close(ignored);
      co_return false;
    }
    co_await body.finish();
    co_return false;
  }

  Task<bool> refuse(RequestParser& parser, Error error) {
    if (error.reason == "client_gone") co_return false;
    const bool known = shared_.refuse && !parser.get().target().empty();
    auto response =
        known ? shared_.refuse(to_request(parser, remote_address_), error) : problem(error);
    auto text = head(response, false) + response.body;
    stream_.expires_after(limits_.send_max);
    co_await asio::async_write(stream_, asio::buffer(text), kAwait);
    co_await discard_rest(stream_, 8 * limits_.body_bytes_max);
    co_return false;
  }

  RequestStream stream_;
  const Shared shared_;
  const ServerLimits& limits_;
  RequestReader reader_;
  std::string remote_address_;
};

}  // namespace

Server::Server(Handler handler, ServerLimits limits, unsigned threads)
    : handler_(std::move(handler)),
      limits_(limits),
      bodies_(limits.bodies_bytes_max, "bodies_limit", "the bodies of the requests under way"),
      connections_(limits.connections_max, limits.connections_per_address_max) {
  for (unsigned i = 0; i < std::max(threads, 1u); ++i) {
    contexts_.push_back(std::make_unique<asio::io_context>(1));
  }
  http2_connections_.resize(contexts_.size());
}

Server::~Server() { stop(); }

Result<uint16_t> Server::listen(const std::string& address) {
  return listen(address, std::nullopt);
}

Result<uint16_t> Server::listen_http2(const std::string& address, Http2Service service) {
  return listen(address, std::optional(std::move(service)));
}

Result<uint16_t> Server::listen(const std::string& address, std::optional<Http2Service> http2) {
  auto endpoint = parse_address(address);
  if (!endpoint) return forward(endpoint);
  tcp::acceptor acceptor(*contexts_.front());
  boost::system::error_code error;
  acceptor.open(endpoint->protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(1024, error);
  if (error == asio::error::address_in_use) {
    return fail(ErrorCode::Conflict, "port_taken",
                fmt::format("port {} is taken by {}", endpoint->port(),
                            describe_listener(endpoint->port())));
  }
  if (error) {
    return fail(ErrorCode::InvalidArgument, "address_unusable",
                fmt::format("cannot listen on {}: {}", address, error.message()));
  }
  uint16_t port = acceptor.local_endpoint().port();
  listeners_.push_back(std::make_unique<Listener>(std::move(acceptor), std::move(http2)));
  return port;
}

void Server::start() {
  for (auto& listener : listeners_) {
    asio::co_spawn(*contexts_.front(), accept_loop(*listener), asio::detached);
  }
  for (auto& context : contexts_) {
    threads_.emplace_back([&context] {
      auto guard = asio::make_work_guard(*context);
      context->run();
    });
  }
}

Task<void> Server::accept_loop(Listener& listener) {
  while (listener.acceptor.is_open()) {
    const size_t index = next_context_++ % contexts_.size();
    auto& context = *contexts_[index];
    auto [error, socket] = co_await listener.acceptor.async_accept(context, kAwait);
    if (error == asio::error::operation_aborted) break;
    if (error) {
      // Out of descriptors, mostly: let some go before the next try.
      asio::steady_timer pause(*contexts_.front(), std::chrono::milliseconds{50});
      co_await pause.async_wait(kAwait);
      continue;
    }
    const auto remote = socket.remote_endpoint(error);
    if (error) continue;  // gone again
    auto entered = connections_.enter(remote.address());
    if (!entered) {
      // The others are closed without a word, and those of HTTP/2, who would not understand it.
      if (turned_away_ >= kTurnedAwayMax || listener.http2) continue;
      asio::co_spawn(context, turn_away(std::move(socket), entered.error()), asio::detached);
      continue;
    }
    auto served = listener.http2 ? serve_http2(std::move(socket), *listener.http2, index)
                                 : serve(std::move(socket));
    asio::co_spawn(context, count(std::move(served), remote.address()), asio::detached);
  }
}

Task<void> Server::count(Task<void> served, asio::ip::address address) {
  co_await std::move(served);
  connections_.leave(address);
}

Task<void> Server::serve(Socket socket) {
  Connection connection(std::move(socket),
                        {handler_, refuse_, limits_, bodies_, requests_, stopping_});
  co_await connection.run();
}

Task<void> Server::serve_http2(tcp::socket socket, const Http2Service& service, size_t context) {
  ++requests_;
  auto connection = std::make_shared<Http2Connection>(std::move(socket), service, limits_);
  http2_connections_[context].insert(connection.get());
  if (stopping_) connection->shut_down();
  co_await connection->run();
  http2_connections_[context].erase(connection.get());
  --requests_;
}

Task<void> Server::turn_away(Socket socket, Error error) {
  ++turned_away_;
  {
    RequestStream stream(std::move(socket));
    auto response = problem(error);
    auto text = head(response, false) + response.body;
    stream.expires_after(std::chrono::seconds{1});
    co_await asio::async_write(stream, asio::buffer(text), kAwait);
    co_await discard_rest(stream, limits_.header_bytes_max);
  }
  --turned_away_;
}

void Server::stop() {
  if (stopping_.exchange(true)) return;
  asio::post(*contexts_.front(), [this] {
    for (auto& listener : listeners_) {
      boost::system::error_code ignored;
      listener->acceptor.close(ignored);
    }
  });
  for (size_t i = 0; i < contexts_.size(); ++i) {
    asio::post(*contexts_[i], [this, i] {
      for (auto* connection : http2_connections_[i]) connection->shut_down();
    });
  }
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (!threads_.empty() && requests_ > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  for (auto& context : contexts_) context->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace sentinel::http
