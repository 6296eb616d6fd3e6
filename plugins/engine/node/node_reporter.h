#pragma once

#include "object_writer.h"

namespace stave::node {

/// Says through a Node object that this node is alive, and what it has.
class NodeReporter {
 public:
  NodeReporter(Environment& environment, ObjectWriter& writer, std::function<size_t()> podCount);

  /// Goes on for ever.
  Task<> run();

 private:
  Task<> report();
  Task<ObjectPointer> find();

  Environment& environment_;
  ObjectWriter& writer_;
  std::function<size_t()> podCount_;
};

/// The number of kibibytes in a line of /proc/meminfo, in bytes; 0: there is no such line.
uint64_t memoryLine(std::string_view file, std::string_view name);

/// A value of /etc/os-release, without its quotes.
std::string releaseValue(std::string_view file, std::string_view name);

}  // namespace stave::node
