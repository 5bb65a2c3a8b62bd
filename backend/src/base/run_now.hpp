// Runs one coroutine to its end, on a thread that has nothing else to do: a command, a writer.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "base/task.hpp"

namespace sentinel {

template <class T>
T run_now(asio::io_context& context, Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(
      context, [&]() -> Task<void> { result.emplace(co_await std::move(task)); }, asio::detached);
  context.restart();
  context.run();
  return std::move(*result);
}

}  // namespace sentinel
