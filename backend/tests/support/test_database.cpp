#include "support/test_database.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

#include "base/log.hpp"
#include "postgres/migrations.hpp"
#include "services/prices/price_table.hpp"

namespace sentinel::testing {

namespace {

std::filesystem::path make_folder() {
  std::string pattern = "/tmp/sentinel-test-XXXXXX";
  if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a temporary folder");
  // PostgreSQL does not run as root: its user must get through here, and remove all of it in the
  // end.
  chmod(pattern.c_str(), 0711);
  const passwd* user = geteuid() == 0 ? getpwnam("postgres") : nullptr;
  if (user && chown(pattern.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("cannot give away a temporary folder");
  }
  return pattern;
}

template <class T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

void require(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().message);
}

}  // namespace

asio::io_context& test_context() {
  static asio::io_context context{1};
  return context;
}

TemporaryFolder::TemporaryFolder() : path_(make_folder()) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TestDatabase& TestDatabase::shared() {
  test_context();  // made before, so destroyed after
  static TestDatabase database;
  return database;
}

TestDatabase::TestDatabase() {
  log::configure("test", log::Level::Error, log::Format::Text);
  require(become_unprivileged(folder_.path() / "data"));
  server_ = require(postgres::EmbeddedServer::start(folder_.path() / "data"));
  auto endpoint = this->endpoint("");
  auto connection = require(run(postgres::Connection::open(endpoint.conninfo, "", "test")));
  require(run(postgres::migrate(*connection)));
  postgres::Database database(this->endpoint("sentinel_db_api"));
  require(run(prices::insert_bundled(database)));
}

postgres::Endpoint TestDatabase::endpoint(std::string_view role) const {
  bool login = !role.empty() && role != "sentinel_owner";
  return {postgres::EmbeddedServer::conninfo(folder_.path() / "data",
                                             login ? role : postgres::EmbeddedServer::kSuperuser),
          std::string(role), "test"};
}

postgres::Rows TestDatabase::execute(std::string_view sql) {
  auto endpoint = this->endpoint("");
  auto connection = require(run(postgres::Connection::open(endpoint.conninfo, "", "test")));
  return require(run(connection->run(sql)));
}

}  // namespace sentinel::testing
