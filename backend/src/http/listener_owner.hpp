// Who listens on a TCP port of this machine.
#pragma once

#include <cstdint>
#include <string>

namespace sentinel::http {

// "pid 1234 (nginx)", or "another process" when it cannot be seen (another user's).
std::string describe_listener(uint16_t port);

}  // namespace sentinel::http
