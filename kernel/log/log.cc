#include "kernel/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace stave {

namespace {

spdlog::level::level_enum levelOf(schema::LogLevel level) {
  switch (level) {
    case schema::LogLevel::TRACE:
      return spdlog::level::trace;
    case schema::LogLevel::DEBUG:
      return spdlog::level::debug;
    case schema::LogLevel::INFO:
      return spdlog::level::info;
    case schema::LogLevel::WARNING:
      return spdlog::level::warn;
    default:
      return spdlog::level::err;
  }
}

/// The daemon has one thread and one standard error; the logger is made on first use.
spdlog::logger& logger() {
  static spdlog::logger instance = [] {
    spdlog::logger made("staved", std::make_shared<spdlog::sinks::stderr_sink_st>());
    made.set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
    return made;
  }();
  return instance;
}

}  // namespace

void log(schema::LogLevel level, std::string_view source, std::string_view message) {
  logger().log(levelOf(level), "{}: {}", source, message);
}

void setLogLevel(schema::LogLevel level) {
  logger().set_level(levelOf(level));
}

std::string withFields(std::string_view message, capnp::List<schema::KeyValue>::Reader fields) {
  std::string text(message);
  for (auto field : fields) {
    text += ' ';
    text += field.getKey().cStr();
    text += '=';
    text += field.getValue().cStr();
  }
  return text;
}

}  // namespace stave
