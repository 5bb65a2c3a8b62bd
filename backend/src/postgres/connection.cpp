#include "postgres/connection.hpp"

#include <libpq-fe.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>
#include <utility>

#include "postgres/embedded_sql.hpp"

namespace sentinel::postgres {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view kSqlstatePrefix = "sqlstate_";
constexpr auto kOpenLimit = std::chrono::seconds{10};
// Requests to cancel that wait for a server at the same time; it notices an abandoned connection
// without them too.
constexpr int kCancelsMax = 8;
std::atomic<int> cancels = 0;

// As libpq wants them; of `params`, which has to stay.
std::vector<const char*> pointers_to(const Params& params) {
  std::vector<const char*> values;
  values.reserve(params.values().size());
  for (const auto& value : params.values()) values.push_back(value ? value->c_str() : nullptr);
  return values;
}

std::string trimmed(const char* message) {
  std::string text = message ? message : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

ErrorCode code_of(std::string_view state) {
  std::string_view kind = state.substr(0, 2);
  if (state == "23505") return ErrorCode::Conflict;
  if (state == "42501") return ErrorCode::PermissionDenied;
  if (kind == "28") return ErrorCode::Unauthenticated;
  // Connection trouble, lack of resources, operator intervention (shutdown, cancel): all pass.
  if (kind == "08" || kind == "53" || kind == "57" || state == "25006" || state == "40001" ||
      state == "40P01" || state == "55P03") {
    return ErrorCode::Unavailable;
  }
  return ErrorCode::Internal;
}

std::unexpected<Error> result_error(const PGresult* result) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string state = field ? field : "08006";
  return fail(code_of(state), std::string(kSqlstatePrefix) + state,
              message ? trimmed(message) : trimmed(PQresultErrorMessage(result)));
}

// A server that was reached says "…FATAL:  28P01: sentence", since open() asks for verbose errors;
// one that was not gives libpq's own sentence and perhaps a question after it.
std::unexpected<Error> open_error(std::string message) {
  constexpr std::string_view kFatal = "FATAL:  ";
  size_t fatal = message.rfind(kFatal);
  size_t begin = fatal == message.npos ? 0 : fatal + kFatal.size();
  auto line = message.substr(begin, message.find('\n', begin) - begin);
  if (fatal == message.npos || line.size() < 7 || line.substr(5, 2) != ": ") {
    return fail(
        ErrorCode::Unavailable, "database_unavailable",
        line.empty() ? "the database did not answer in time" : "no PostgreSQL answers: " + line);
  }
  auto state = line.substr(0, 5);
  auto sentence = line.substr(7);
  auto code = state == "3D000" ? ErrorCode::NotFound : code_of(state);
  if (code == ErrorCode::Unauthenticated) sentence = "the database refuses this login: " + sentence;
  if (code == ErrorCode::PermissionDenied)
    sentence = "the database login lacks a right: " + sentence;
  return fail(code, std::string(kSqlstatePrefix) + state, sentence);
}

}  // namespace

// Marks an operation as under way, and limits how long it may wait: on expiry the wait on the
// socket is cancelled.
class Connection::Operation {
 public:
  explicit Operation(Connection& connection)
      : connection_(connection), alive_(connection.operation_) {
    connection_.busy_ = true;
    const uint64_t number = ++*connection_.operation_;
    connection_.timer_.expires_after(connection_.time_limit_);
    connection_.timer_.async_wait(
        [&connection, number,
         weak = std::weak_ptr(connection_.operation_)](boost::system::error_code error) {
          auto current = weak.lock();
          if (!error && current && *current == number) connection.socket_.cancel(error);
        });
  }
  ~Operation() {
    // A coroutine that is dropped with its io_context may outlive the connection that it waits for.
    auto current = alive_.lock();
    if (!current) return;
    ++*current;
    connection_.timer_.cancel();
  }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  void done() { connection_.busy_ = false; }

 private:
  Connection& connection_;
  std::weak_ptr<uint64_t> alive_;
};

std::string_view sqlstate(const Error& error) {
  std::string_view reason = error.reason;
  return reason.starts_with(kSqlstatePrefix) ? reason.substr(kSqlstatePrefix.size())
                                             : std::string_view{};
}

Connection::Connection(pg_conn* connection, asio::any_io_executor executor)
    : connection_(connection), socket_(executor), timer_(executor) {}

Connection::~Connection() {
  if (busy_ && PQstatus(connection_) == CONNECTION_OK) cancel();
  if (socket_.is_open()) socket_.release();
  PQfinish(connection_);
}

std::unexpected<Error> Connection::connection_error() {
  auto message = trimmed(PQerrorMessage(connection_));
  if (message.empty()) {
    return fail(ErrorCode::Unavailable, "database_timed_out",
                "the database did not answer in time");
  }
  return fail(ErrorCode::Unavailable, "database_unavailable", message);
}

Task<Result<std::unique_ptr<Connection>>> Connection::open(std::string conninfo, std::string role,
                                                           std::string application) {
  // fallback_application_name and options come after the URL's own words, so the URL can still
  // override the first.
  std::string options = "-c search_path=sentinel -c timezone=UTC -c client_min_messages=warning";
  if (!role.empty()) options += " -c role=" + role;
  const char* keys[] = {"dbname", "fallback_application_name", "options", "client_encoding",
                        nullptr};
  const char* values[] = {conninfo.c_str(), application.c_str(), options.c_str(), "UTF8", nullptr};
  auto executor = co_await asio::this_coro::executor;
  std::unique_ptr<Connection> opened(
      new Connection(PQconnectStartParams(keys, values, 1), executor));
  if (!opened->connection_ || PQstatus(opened->connection_) == CONNECTION_BAD) {
    co_return open_error(PQerrorMessage(opened->connection_));
  }
  PQsetErrorVerbosity(opened->connection_, PQERRORS_VERBOSE);
  auto usual_limit = std::exchange(opened->time_limit_, kOpenLimit);
  auto connected = co_await opened->poll_until_connected();
  if (!connected) co_return forward(connected);
  opened->time_limit_ = usual_limit;
  PQsetErrorVerbosity(opened->connection_, PQERRORS_DEFAULT);
  PQsetnonblocking(opened->connection_, 1);
  PQsetNoticeReceiver(opened->connection_, [](void*, const PGresult*) {}, nullptr);
  co_return opened;
}

Task<Result<void>> Connection::poll_until_connected() {
  Operation operation(*this);
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;
       state = PQconnectPoll(connection_)) {
    if (state == PGRES_POLLING_FAILED) co_return open_error(PQerrorMessage(connection_));
    // The socket may change while connecting (several hosts, a retry without TLS): look it up each
    // time.
    if (socket_.is_open()) socket_.release();
    socket_.assign(PQsocket(connection_));
    auto direction = state == PGRES_POLLING_READING ? asio::posix::stream_descriptor::wait_read
                                                    : asio::posix::stream_descriptor::wait_write;
    auto [error] = co_await socket_.async_wait(direction, kAwait);
    if (error) {
      co_return fail(ErrorCode::Unavailable, "database_unavailable",
                     "the database did not accept a connection in time");
    }
  }
  if (socket_.is_open()) socket_.release();
  socket_.assign(PQsocket(connection_));
  operation.done();
  co_return Result<void>{};
}

Task<Result<void>> Connection::wait_readable() {
  auto [error] = co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
  if (error || PQconsumeInput(connection_) == 0) co_return connection_error();
  co_return Result<void>{};
}

Task<Result<void>> Connection::flush() {
  int left = 0;
  while ((left = PQflush(connection_)) == 1) {
    auto [error] = co_await socket_.async_wait(asio::posix::stream_descriptor::wait_write, kAwait);
    if (error) co_return connection_error();
    // The server may be waiting for us to read before it reads on.
    if (PQconsumeInput(connection_) == 0) co_return connection_error();
  }
  if (left < 0) co_return connection_error();
  co_return Result<void>{};
}

Task<Result<pg_result*>> Connection::next_result() {
  while (PQisBusy(connection_) != 0) {
    auto ready = co_await wait_readable();
    if (!ready) co_return forward(ready);
  }
  co_return PQgetResult(connection_);
}

Task<Result<void>> Connection::send_copy_data(std::string_view copy_data) {
  constexpr size_t kPiece = 1 << 20;
  for (size_t sent = 0; sent < copy_data.size(); sent += kPiece) {
    auto piece = copy_data.substr(sent, kPiece);
    if (PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size())) < 0) {
      co_return connection_error();
    }
    auto flushed = co_await flush();
    if (!flushed) co_return flushed;
  }
  if (PQputCopyEnd(connection_, nullptr) < 0) co_return connection_error();
  co_return co_await flush();
}

// Until there are so many bytes, whole rows; true when the COPY has no more.
Task<Result<bool>> Connection::read_copy_data(std::string& to, size_t bytes_min) {
  while (to.size() < bytes_min) {
    char* row = nullptr;
    const int size = PQgetCopyData(connection_, &row, 1);
    if (size > 0) {
      to.append(row, static_cast<size_t>(size));
      PQfreemem(row);
    } else if (size == 0) {
      auto ready = co_await wait_readable();
      if (!ready) co_return forward(ready);
    } else if (size == -1) {
      co_return true;
    } else {
      co_return connection_error();
    }
  }
  co_return false;
}

Task<Result<Rows>> Connection::collect(std::vector<std::string_view> copies) {
  auto flushed = co_await flush();
  if (!flushed) co_return forward(flushed);
  Result<Rows> answer{};
  size_t copied = 0;
  for (;;) {
    auto result = co_await next_result();
    if (!result) {
      if (answer) co_return forward(result);
      break;  // the server has said why it hangs up
    }
    if (*result == nullptr) break;
    Rows rows(*result);
    switch (PQresultStatus(*result)) {
      case PGRES_COPY_IN: {
        auto sent = co_await send_copy_data(copied < copies.size() ? copies[copied] : "");
        ++copied;
        if (!sent) co_return forward(sent);
        break;
      }
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        if (answer) answer = std::move(rows);
        break;
      default:
        answer = result_error(*result);
    }
  }
  if (PQstatus(connection_) == CONNECTION_BAD) {
    // A terminated backend first sends its reason and then hangs up: that reason is the better
    // sentence.
    if (!answer) answer.error().code = ErrorCode::Unavailable;
    if (answer) co_return connection_error();
  }
  co_return answer;
}

Task<Result<Rows>> Connection::execute(std::string_view sql, Params params) {
  Operation operation(*this);
  const auto values = pointers_to(params);
  std::string statement(sql);
  if (PQsendQueryParams(connection_, statement.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) == 0) {
    co_return connection_error();
  }
  auto answer = co_await collect({});
  if (answer || PQtransactionStatus(connection_) != PQTRANS_ACTIVE) operation.done();
  co_return answer;
}

Task<Result<Rows>> Connection::execute(const EmbeddedSql& query, Params params) {
  Operation operation(*this);
  const std::string name(query.name);
  Result<Rows> answer{};
  if (!prepared_.contains(query.name)) {
    const std::string text(query.text);
    if (PQsendPrepare(connection_, name.c_str(), text.c_str(), 0, nullptr) == 0) {
      co_return connection_error();
    }
    answer = co_await collect({});
    if (answer) prepared_.insert(query.name);
  }
  if (answer) {
    const auto values = pointers_to(params);
    if (PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(values.size()),
                            values.data(), nullptr, nullptr, 0) == 0) {
      co_return connection_error();
    }
    answer = co_await collect({});
  }
  if (answer || PQtransactionStatus(connection_) != PQTRANS_ACTIVE) operation.done();
  co_return answer;
}

Task<Result<Rows>> Connection::run(std::string_view sql, std::vector<std::string_view> copies) {
  Operation operation(*this);
  std::string statement(sql);
  if (PQsendQuery(connection_, statement.c_str()) == 0) co_return connection_error();
  auto answer = co_await collect(std::move(copies));
  if (answer || PQtransactionStatus(connection_) != PQTRANS_ACTIVE) operation.done();
  co_return answer;
}

Task<Result<void>> Connection::begin_copy_out(std::string_view sql) {
  Operation operation(*this);
  std::string statement(sql);
  if (PQsendQuery(connection_, statement.c_str()) == 0) co_return connection_error();
  auto flushed = co_await flush();
  if (!flushed) co_return flushed;
  auto result = co_await next_result();
  if (!result) co_return forward(result);
  Rows owner(*result);
  if (PQresultStatus(*result) == PGRES_COPY_OUT) {
    copying_out_ = true;  // and busy until drained
    co_return Result<void>{};
  }
  auto refused = result_error(*result);
  while (auto rest = co_await next_result()) {
    if (*rest == nullptr) break;
    PQclear(*rest);
  }
  operation.done();
  co_return refused;
}

Task<Result<std::string>> Connection::next_copy_chunk(size_t bytes_min) {
  if (!copying_out_) co_return std::string{};
  Operation operation(*this);
  std::string chunk;
  auto ended = co_await read_copy_data(chunk, bytes_min);
  if (!ended) co_return forward(ended);
  if (*ended) {
    // All rows are here; the final status says whether the server agrees.
    copying_out_ = false;
    auto answer = co_await collect({});
    if (!answer) {
      if (PQtransactionStatus(connection_) != PQTRANS_ACTIVE) operation.done();
      co_return forward(answer);
    }
    operation.done();
  }
  co_return chunk;
}

bool Connection::idle() const {
  return !busy_ && PQstatus(connection_) == CONNECTION_OK &&
         PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

void Connection::cancel() {
  PGcancel* request = PQgetCancel(connection_);
  if (!request) return;
  // On a thread of its own: libpq waits for the server, and one that is frozen or cut off does not
  // answer.
  if (cancels.fetch_add(1) >= kCancelsMax) {
    --cancels;
    PQfreeCancel(request);
    return;
  }
  std::thread([request] {
    char reason[256];
    PQcancel(request, reason, sizeof reason);
    PQfreeCancel(request);
    --cancels;
  }).detach();
}

int Connection::server_version() const { return PQserverVersion(connection_); }

}  // namespace sentinel::postgres
