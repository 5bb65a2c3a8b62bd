// What every command of an operator does around its work: reach the database, say who is there.
#pragma once

#include <boost/asio/io_context.hpp>
#include <string>

#include "apps/commands.hpp"
#include "apps/database_access.hpp"
#include "base/log.hpp"

namespace sentinel::apps {

// Who is at the terminal, for the audit trail.
std::string operator_name();

// Opens the database (starting the embedded one for a moment when nothing runs it) and does
// `work(context, access)` with it.
template <class Work>
int with_access(const Settings& settings, Work work) {
  log::configure("sentinel", log::Level::Warning, log::Format::Text);
  auto access = DatabaseAccess::open(settings.text("data"), settings.text("database_url"), false);
  if (!access) return report(access.error());
  if (auto prepared = access->prepare(); !prepared) return report(prepared.error());
  asio::io_context context{1};
  Result<void> done = work(context, *access);
  return done ? 0 : report(done.error());
}

// The same in a role: `work(context, database)`.
template <class Work>
int with_database(const Settings& settings, const std::string& role, Work work) {
  return with_access(settings, [&](asio::io_context& context, const DatabaseAccess& access) {
    postgres::Database database(access.endpoint(role));
    return Result<void>(work(context, database));
  });
}

}  // namespace sentinel::apps
