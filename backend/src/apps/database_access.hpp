// Reaches the database that the settings name: the embedded one of a data folder, or any other by
// its URL.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "postgres/embedded_server.hpp"
#include "postgres/pool.hpp"

namespace sentinel::apps {

class DatabaseAccess {
 public:
  // Starts the embedded server of `folder` unless another process runs it (`exclusive` makes that
  // an error), or, with a URL, only remembers it. As root, becomes the unprivileged user first when
  // the embedded server is wanted. Errors: see EmbeddedServer::start and become_unprivileged.
  static Result<DatabaseAccess> open(const std::filesystem::path& folder, const std::string& url,
                                     bool exclusive);

  // For one of the service roles, or "" for the login that migrates.
  postgres::Endpoint endpoint(const std::string& role) const;

  // Creates or updates the schema; waits for a server that is still starting. Errors: sentences for
  // a wrong version, a wrong password, missing rights, no server.
  Result<void> prepare() const;

 private:
  std::filesystem::path folder_;
  std::string url_;
  std::unique_ptr<postgres::EmbeddedServer> embedded_;
};

}  // namespace sentinel::apps
