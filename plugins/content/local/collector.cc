#include "collector.h"

#include <algorithm>

namespace stave::local {

std::vector<std::string> chooseVictims(const std::map<std::string, BlobFile>& blobs,
                                       const std::function<bool(const std::string&)>& mayGo,
                                       const CollectionGoal& goal) {
  uint64_t total = 0;
  std::vector<const std::pair<const std::string, BlobFile>*> candidates;
  for (auto& blob : blobs) {
    total += blob.second.size;
    if (blob.second.created <= goal.youngest && mayGo(blob.first)) candidates.push_back(&blob);
  }
  std::sort(candidates.begin(), candidates.end(),
            [](auto* left, auto* right) { return left->second.created < right->second.created; });
  std::vector<std::string> victims;
  for (auto* candidate : candidates) {
    if (total <= goal.bytes && goal.bytes > 0) break;
    total -= candidate->second.size;
    victims.push_back(candidate->first);
  }
  return victims;
}

}  // namespace stave::local
