// Log lines as JSON, one a line, on stderr: {"ts":…,"level":…,"service":…,"msg":…}. Never a secret,
// never a body.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace sentinel::log {

enum class Level { Debug, Info, Warning, Error };
enum class Format { Json, Text };

// Once, at start, before any other thread. Until then lines go out as text under no name.
void configure(std::string_view service, Level level, Format format);

void write(Level level, std::string_view message);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::Debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::Info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::Warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::Error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace sentinel::log
