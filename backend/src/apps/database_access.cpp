#include "apps/database_access.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/run_now.hpp"
#include "postgres/migrations.hpp"
#include "services/prices/price_table.hpp"

namespace sentinel::apps {

namespace {

constexpr auto kStartLimit = std::chrono::seconds{60};
constexpr auto kPause = std::chrono::milliseconds{100};

// Waits for a server that says that it is starting; with `expected`, also for one that cannot be
// reached yet.
Task<Result<std::unique_ptr<postgres::Connection>>> open_when_started(postgres::Endpoint where,
                                                                      bool expected) {
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    auto opened = co_await postgres::Connection::open(where.conninfo, "", where.application);
    if (opened || std::chrono::steady_clock::now() > deadline) co_return opened;
    const auto& error = opened.error();
    const bool starting = postgres::sqlstate(error) == "57P03";
    const bool not_yet = error.code == ErrorCode::Unavailable || error.code == ErrorCode::NotFound;
    if (!starting && !(expected && not_yet)) co_return opened;
    timer.expires_after(kPause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace

Result<DatabaseAccess> DatabaseAccess::open(const std::filesystem::path& folder,
                                            const std::string& url, bool exclusive) {
  DatabaseAccess access;
  access.folder_ = folder;
  access.url_ = url;
  if (!url.empty()) return access;
  if (auto ready = become_unprivileged(folder); !ready) return forward(ready);
  auto server = postgres::EmbeddedServer::start(folder);
  if (!server && (exclusive || server.error().reason != "folder_in_use")) return forward(server);
  if (server) access.embedded_ = std::move(*server);
  return access;
}

postgres::Endpoint DatabaseAccess::endpoint(const std::string& role) const {
  auto application = role.empty() ? "sentinel" : role;
  if (!url_.empty()) return {url_, role, application};
  return {
      postgres::EmbeddedServer::conninfo(
          folder_, role.empty() ? postgres::EmbeddedServer::kSuperuser : std::string_view(role)),
      role, application};
}

Result<void> DatabaseAccess::prepare() const {
  asio::io_context context{1};
  auto where = endpoint("");
  auto connection = run_now(context, open_when_started(where, url_.empty() && !embedded_));
  if (!connection) {
    auto& error = connection.error();
    if (error.code == ErrorCode::Unauthenticated && !url_.empty()) {
      error.message +=
          "\nHINT: SENTINEL_DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE";
    }
    return forward(connection);
  }
  auto report = run_now(context, postgres::migrate(**connection));
  if (!report) return forward(report);
  postgres::Database database(endpoint("sentinel_db_api"));
  return run_now(context, prices::insert_bundled(database));
}

}  // namespace sentinel::apps
