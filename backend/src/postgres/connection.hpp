// One connection to PostgreSQL, driven by coroutines on one executor. The only code that talks to
// libpq.
//
// A connection does one thing at a time. When a coroutine is abandoned in the middle (its client
// went away), `idle()` stays false and the connection must be thrown away, which also cancels what
// the server was doing.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/task.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "postgres/rows.hpp"

struct pg_conn;

namespace sentinel::postgres {

struct EmbeddedSql;

// Parameters of a statement in PostgreSQL's text form; nullopt is NULL.
class Params {
 public:
  Params() = default;
  template <class... Args>
  explicit Params(Args&&... args) {
    (add(std::forward<Args>(args)), ...);
  }

  Params& add(std::nullopt_t) { return push(std::nullopt); }
  Params& add(std::string text) { return push(std::move(text)); }
  Params& add(std::string_view text) { return push(std::string(text)); }
  Params& add(const char* text) { return push(std::string(text)); }
  Params& add(const Uuid& id) { return push(format_uuid(id)); }
  Params& add(Timestamp time) { return push(format_rfc3339(time)); }
  Params& add(bool flag) { return push(flag ? "t" : "f"); }
  template <class T>
    requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
  Params& add(T number) {
    return push(std::to_string(number));
  }
  template <class T>
  Params& add(const std::optional<T>& maybe) {
    return maybe ? add(*maybe) : push(std::nullopt);
  }

  const std::vector<std::optional<std::string>>& values() const { return values_; }

 private:
  Params& push(std::optional<std::string> value) {
    values_.push_back(std::move(value));
    return *this;
  }
  std::vector<std::optional<std::string>> values_;
};

// bytea in text form: \x0123…
std::string to_bytea(std::string_view bytes);
// {"a","b"} for text[] and, with ids, uuid[].
std::string to_array(const std::vector<std::string>& items);
// A quoted SQL literal, for the few statements that take no parameters (COPY). Expects valid UTF-8
// without NUL.
std::string to_literal(std::string_view text);

// The SQLSTATE of a failure that the server reported; empty otherwise.
std::string_view sqlstate(const Error& error);

class Connection {
 public:
  // `conninfo` is a libpq connection string or URL; `role` (may be empty) becomes the current role
  // and `application` shows in pg_stat_activity. Errors: Unavailable, Unauthenticated (password),
  // PermissionDenied (role).
  static Task<Result<std::unique_ptr<Connection>>> open(std::string conninfo, std::string role,
                                                        std::string application);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One statement with parameters $1, $2, ….
  Task<Result<Rows>> execute(std::string_view sql, Params params = Params{});
  // The same of a statement of sql/, which is prepared the first time: most of them take longer to
  // parse and plan than to run.
  Task<Result<Rows>> execute(const EmbeddedSql& query, Params params = Params{});

  // One or several statements without parameters, in one implicit transaction unless they say
  // otherwise. Gives the last answer. Each COPY … FROM STDIN among them reads the next of `copies`,
  // whose bytes must stay until the answer.
  Task<Result<Rows>> run(std::string_view sql, std::vector<std::string_view> copies = {});

  // COPY … TO STDOUT. begin_copy_out() once, then next_copy_chunk() until it gives an empty text.
  Task<Result<void>> begin_copy_out(std::string_view sql);
  Task<Result<std::string>> next_copy_chunk(size_t bytes_min);

  bool idle() const;           // nothing is under way and the connection is not broken
  void cancel();               // asks the server to stop the running statement
  int server_version() const;  // 150020 for 15.20

  // How long one operation may take before it fails as Unavailable. Default 60 s; the server's own
  // statement_timeout should be shorter.
  void set_time_limit(Microseconds limit) { time_limit_ = limit; }

 private:
  class Operation;
  Connection(pg_conn* connection, asio::any_io_executor executor);
  Task<Result<void>> poll_until_connected();
  Task<Result<void>> wait_readable();
  Task<Result<void>> flush();
  Task<Result<pg_result*>> next_result();
  Task<Result<Rows>> collect(std::vector<std::string_view> copies);
  Task<Result<bool>> read_copy_data(std::string& to, size_t bytes_min);
  Task<Result<void>> send_copy_data(std::string_view copy_data);
  std::unexpected<Error> connection_error();

  pg_conn* connection_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer timer_;
  Microseconds time_limit_ = std::chrono::seconds{60};
  // Number of the operation under way: a timer that fires late sees that it is not its own any
  // more.
  std::shared_ptr<uint64_t> operation_ = std::make_shared<uint64_t>(0);
  std::unordered_set<std::string_view> prepared_;  // names of statements of sql/
  bool busy_ = false;
  bool copying_out_ = false;
};

}  // namespace sentinel::postgres
