#include "base/log.hpp"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include "base/json_writer.hpp"
#include "base/time.hpp"

namespace sentinel::log {

namespace {

struct Output {
  std::shared_ptr<spdlog::logger> logger;
  std::string service;
  Format format = Format::Text;

  Output() {
    logger = std::make_shared<spdlog::logger>(
        "sentinel", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>());
    logger->set_pattern("%v");
    logger->flush_on(spdlog::level::debug);
  }
};

Output& output() {
  static Output instance;
  return instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::Debug:
      return spdlog::level::debug;
    case Level::Info:
      return spdlog::level::info;
    case Level::Warning:
      return spdlog::level::warn;
    case Level::Error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warning:
      return "warning";
    case Level::Error:
      return "error";
  }
  return "error";
}

}  // namespace

void configure(std::string_view service, Level level, Format format) {
  output().service = service;
  output().format = format;
  output().logger->set_level(to_spdlog(level));
}

void write(Level level, std::string_view message) {
  auto& out = output();
  if (!out.logger->should_log(to_spdlog(level))) return;
  if (out.format == Format::Text) {
    out.logger->log(to_spdlog(level), "{} {:<7} {}",
                    format_rfc3339(std::chrono::floor<std::chrono::seconds>(now())), name_of(level),
                    message);
    return;
  }
  JsonWriter json;
  json.begin_object()
      .field("ts", format_rfc3339(now()))
      .field("level", name_of(level))
      .field("service", out.service)
      .field("msg", message)
      .end_object();
  out.logger->log(to_spdlog(level), "{}", json.text());
}

}  // namespace sentinel::log
