#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "blob_directory.h"

namespace stave::local {

/// What a collection is to achieve.
struct CollectionGoal {
  uint64_t bytes = 0;            ///< remove until all blobs together are no more than this; 0: all
  int64_t youngest = INT64_MAX;  ///< leave blobs alone that were created after this time
};

/// The blobs to remove, the oldest first. `mayGo` is false for those that something holds.
std::vector<std::string> chooseVictims(const std::map<std::string, BlobFile>& blobs,
                                       const std::function<bool(const std::string&)>& mayGo,
                                       const CollectionGoal& goal);

}  // namespace stave::local
