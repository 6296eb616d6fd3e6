#pragma once

#include <stave/schema/plugin.capnp.h>

#include <string>
#include <string_view>

namespace stave {

/// The daemon's log: lines on standard error, where systemd and people look for them.
void log(schema::LogLevel level, std::string_view source, std::string_view message);

/// Lines below this level are dropped.
void setLogLevel(schema::LogLevel level);

/// "message key=value key=value".
std::string withFields(std::string_view message, capnp::List<schema::KeyValue>::Reader fields);

}  // namespace stave
