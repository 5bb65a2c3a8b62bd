// What `sentinel up` and `sentinel demo` have in common: everything in one process, for one
// machine.
#pragma once

#include "apps/stack.hpp"
#include "base/settings.hpp"

namespace sentinel::apps {

// Errors: a port that is taken, with the sentence that says by whom and what to do.
Result<void> check_port_free(const std::string& address);

// With the dashboard's files, without the database and the spool. Errors: InvalidArgument, NotFound
// (dashboard_missing).
Result<StackOptions> local_stack_options(const Settings& settings);

// http://HOST:PORT, as a browser on this machine reaches it.
std::string shown_address(const std::string& listen, uint16_t port);

// Where the dashboard of this data folder is, as print_welcome() noted it; where `sentinel up` has
// it by default when it did not.
std::string known_address(const std::string& data_folder);

// Prints and notes where the dashboard is, with a one-time link while there is no user, or always.
// Of a stack that has started, with db-api.
enum class Link { WithoutUsers, Always };
Result<void> print_welcome(Stack& stack, const Settings& settings, uint16_t port,
                           Link link = Link::WithoutUsers);

}  // namespace sentinel::apps
