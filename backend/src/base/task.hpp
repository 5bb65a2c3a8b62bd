// The coroutine type of every function that waits.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/result.hpp"

namespace sentinel {

namespace asio = boost::asio;

template <class T = void>
using Task = asio::awaitable<T, asio::any_io_executor>;

}  // namespace sentinel
