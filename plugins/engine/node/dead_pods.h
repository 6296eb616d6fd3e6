#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stave::node {

/// A stopped pod that nobody would miss: one that has an owner, or goes when done.
struct DeadPod {
  std::string key;
  int64_t finishedAt;
};

/// The oldest ones above the limit.
std::vector<std::string> choosePods(std::vector<DeadPod> dead, size_t limit);

}  // namespace stave::node
