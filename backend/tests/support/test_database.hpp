// A throw-away PostgreSQL for tests: a real cluster in a fresh folder, migrated, one for each test
// program, gone at its end.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "postgres/embedded_server.hpp"
#include "postgres/pool.hpp"

namespace sentinel::testing {

// Runs a coroutine to its end on an io_context of its own.
template <class T>
T run(asio::io_context& context, Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(
      context, [&]() -> Task<void> { result.emplace(co_await std::move(task)); }, asio::detached);
  context.restart();
  context.run_for(std::chrono::seconds{60});  // a hang guard, never reached by a test that passes
  if (!result) throw std::runtime_error("the coroutine did not end within 60 s");
  return std::move(*result);
}

// The io_context that run(task) uses; objects that keep connections must be gone before the program
// ends.
asio::io_context& test_context();

template <class T>
T run(Task<T> task) {
  return run(test_context(), std::move(task));
}

// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class TestDatabase {
 public:
  static TestDatabase& shared();

  // `role` is one of sentinel_metrics_api, sentinel_db_api, sentinel_worker, sentinel_owner, or
  // empty for the superuser.
  postgres::Endpoint endpoint(std::string_view role) const;

  // Statements as the superuser; fails the test program when they fail.
  postgres::Rows execute(std::string_view sql);

  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  TestDatabase();
  TemporaryFolder folder_;
  std::unique_ptr<postgres::EmbeddedServer> server_;
};

}  // namespace sentinel::testing
