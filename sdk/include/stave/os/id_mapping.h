#pragma once

#include <stave/os/file.h>

#include <cstdint>
#include <string>
#include <vector>

namespace stave::os {

struct IdRange {
  uint32_t inside;
  uint32_t outside;
  uint32_t count;
  bool operator==(const IdRange&) const = default;
};

struct IdMappings {
  std::vector<IdRange> uids;
  std::vector<IdRange> gids;
  bool empty() const { return uids.empty() && gids.empty(); }
  bool operator==(const IdMappings&) const = default;
};

/// A user namespace with these mappings and nobody in it, for id-mapped mounts. Both lists have a
/// line at least. Fails [invalid] when the kernel refuses a line.
Fd makeUserNamespace(const IdMappings& mappings);

}  // namespace stave::os
