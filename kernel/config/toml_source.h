#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stave::config {

/// One value of a TOML file, with the place where it was written.
struct Value {
  std::vector<std::string> key;  ///< {"storage", "overlay", "isolation"}
  std::string json;              ///< "\"inline\""
  std::string file;
  uint32_t line = 0;

  std::string dottedKey() const;
  std::string place() const { return file + ":" + std::to_string(line); }
};

struct Source {
  std::vector<Value> values;       ///< in no particular order; each key once
  std::vector<std::string> files;  ///< read, in order
};

/// Reads a file and, before it, the files that its `include` names (relative to it; each may
/// include others). A later value replaces an earlier one of the same key; lists are replaced
/// whole. Fails [invalid] with file and line for bad TOML, [not-found] for a missing file.
Source readToml(const std::string& path);

/// The same for text that came from somewhere else; `name` stands for the file in errors.
Source parseToml(std::string_view text, const std::string& name);

}  // namespace stave::config
