// A real client of gRPC, @grpc/grpc-js, as a process of its own (grpc_client.mjs says what a call
// is).
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/child_process.hpp"
#include "support/json.hpp"

namespace sentinel::testing {

inline ChildProcess grpc_client(uint16_t port, const std::vector<std::string>& calls) {
  std::string input;
  for (const auto& call : calls) input += call + '\n';
  return ChildProcess({"node", SENTINEL_SOURCES "/tests/support/grpc_client.mjs",
                       fmt::format("127.0.0.1:{}", port)},
                      {}, input);
}

// Lines of the client's output, one for each call that ended, in that order.
inline std::vector<Json> grpc_outcomes(ChildProcess& client) {
  EXPECT_EQ(client.wait(2 * kHangGuard), 0) << client.errors();
  std::vector<Json> all;
  const auto output = client.output();
  for (size_t begin = 0, end; (end = output.find('\n', begin)) != output.npos; begin = end + 1)
    all.push_back(Json::parse(output.substr(begin, end - begin)));
  return all;
}

}  // namespace sentinel::testing
