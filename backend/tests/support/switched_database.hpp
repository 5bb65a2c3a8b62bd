// The throw-away database as a service sees it that may lose it: through a socket that is there or
// not.
#pragma once

#include <fmt/format.h>

#include <filesystem>

#include "base/secret.hpp"
#include "support/test_database.hpp"

namespace sentinel::testing {

class SwitchedDatabase {
 public:
  explicit SwitchedDatabase(std::string role = "sentinel_metrics_api") : role_(std::move(role)) {
    auto conninfo = TestDatabase::shared().endpoint("").conninfo;
    auto begin = conninfo.find('\'') + 1;
    real_socket_ = conninfo.substr(begin, conninfo.find('\'', begin) - begin) + "/.s.PGSQL.5432";
    bring_back();
  }

  postgres::Endpoint endpoint() const {
    return {fmt::format("host='{}' dbname=sentinel user={}", folder_.path().string(), role_), role_,
            application_};
  }
  // Ends the connections too.
  void take_away() const {
    std::filesystem::remove(socket());
    TestDatabase::shared().execute(
        fmt::format("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
                    "application_name = '{}'",
                    application_));
  }
  void bring_back() const {
    if (!std::filesystem::is_symlink(socket())) {
      std::filesystem::create_symlink(real_socket_, socket());
    }
  }

 private:
  std::filesystem::path socket() const { return folder_.path() / ".s.PGSQL.5432"; }

  const std::string role_;
  TemporaryFolder folder_;
  std::string real_socket_;
  const std::string application_ = "switched-" + format_uuid(random_uuid());
};

}  // namespace sentinel::testing
