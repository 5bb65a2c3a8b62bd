// Runs one coroutine to its end in a program that has no server, such as a command.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "base/task.hpp"

namespace sentinel::apps {

template <class T>
T run_now(asio::io_context& context, Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(
      context, [&]() -> Task<void> { result.emplace(co_await std::move(task)); }, asio::detached);
  context.restart();
  context.run();
  return std::move(*result);
}

}  // namespace sentinel::apps
