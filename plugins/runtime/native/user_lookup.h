#pragma once

#include <capnp/list.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stave::native {

/// Who a process runs as.
struct Identity {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> groups;
  std::string home = "/";
};

/// Content of the container's own user data base; empty when it has none.
struct UserDatabase {
  std::string passwd;
  std::string group;
};

/// Reads etc/passwd and etc/group of a root directory without leaving it.
UserDatabase readUserDatabase(int root);

/// "name", "uid", "name:group", "uid:gid", empty for root. A name must be in the data base, a
/// number need not. Without a group it is the user's own, and the groups that list the user are
/// added, as are `additional` (names or numbers). Fails [invalid] with docker's wording.
Identity lookUpUser(const UserDatabase& database, std::string_view user,
                    capnp::List<capnp::Text>::Reader additional);

}  // namespace stave::native
