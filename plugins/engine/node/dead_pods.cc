#include "dead_pods.h"

#include <algorithm>

namespace stave::node {

std::vector<std::string> choosePods(std::vector<DeadPod> dead, size_t limit) {
  std::vector<std::string> chosen;
  if (dead.size() <= limit) return chosen;
  std::sort(dead.begin(), dead.end(),
            [](auto& left, auto& right) { return left.finishedAt < right.finishedAt; });
  for (size_t i = 0; i + limit < dead.size(); ++i) chosen.push_back(dead[i].key);
  return chosen;
}

}  // namespace stave::node
