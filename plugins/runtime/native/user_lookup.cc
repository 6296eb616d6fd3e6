#include "user_lookup.h"

#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/entry.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace stave::native {

namespace {

constexpr size_t largestDatabase = 16 << 20;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<uint32_t> parseNumber(std::string_view text) {
  uint32_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (number > 0x7fff'ffff) return std::nullopt;
  return number;
}

/// The lines that have the fields we need; what else stands in the file is not ours to judge.
template <typename Visit>
void forEachEntry(std::string_view database, size_t fields, Visit visit) {
  for (auto line : split(database, '\n')) {
    auto parts = split(line, ':');
    if (parts.size() >= fields && !visit(parts)) return;
  }
}

struct User {
  std::string name;
  std::string home;
  uint32_t uid;
  uint32_t gid;
};

std::optional<User> findUser(const std::string& passwd, std::string_view nameOrNumber) {
  auto number = parseNumber(nameOrNumber);
  std::optional<User> found;
  forEachEntry(passwd, 6, [&](auto& parts) {
    auto uid = parseNumber(parts[2]);
    auto gid = parseNumber(parts[3]);
    if (!uid || !gid) return true;
    bool matches = parts[0] == nameOrNumber || (number && *uid == *number);
    if (matches) found = User{std::string(parts[0]), std::string(parts[5]), *uid, *gid};
    return !matches;
  });
  return found;
}

std::optional<uint32_t> findGroup(const std::string& group, std::string_view nameOrNumber) {
  std::optional<uint32_t> found;
  forEachEntry(group, 3, [&](auto& parts) {
    if (parts[0] == nameOrNumber) found = parseNumber(parts[2]);
    return !found;
  });
  return found ? found : parseNumber(nameOrNumber);
}

uint32_t groupNamed(const UserDatabase& database, std::string_view name) {
  auto gid = findGroup(database.group, name);
  if (gid) return *gid;
  fail(ErrorCode::INVALID,
       "unable to find group " + std::string(name) + ": no matching entries in group file");
}

void addGroup(Identity& identity, uint32_t gid) {
  auto& groups = identity.groups;
  if (std::find(groups.begin(), groups.end(), gid) == groups.end()) groups.push_back(gid);
}

void addMemberships(Identity& identity, const UserDatabase& database, const std::string& name) {
  forEachEntry(database.group, 4, [&](auto& parts) {
    auto members = split(parts[3], ',');
    auto gid = parseNumber(parts[2]);
    if (gid && std::find(members.begin(), members.end(), name) != members.end()) {
      addGroup(identity, *gid);
    }
    return true;
  });
}

std::string readBelow(int root, const std::string& path) {
  KJ_IF_MAYBE (file, os::openInRoot(root, path, O_RDONLY | O_NONBLOCK)) {
    struct stat found = os::statOf(*file);
    if (!S_ISREG(found.st_mode) || static_cast<size_t>(found.st_size) > largestDatabase) return {};
    return os::readAll(*file);
  }
  return {};
}

}  // namespace

UserDatabase readUserDatabase(int root) {
  return {readBelow(root, "etc/passwd"), readBelow(root, "etc/group")};
}

Identity lookUpUser(const UserDatabase& database, std::string_view user,
                    capnp::List<capnp::Text>::Reader additional) {
  size_t colon = user.find(':');
  std::string_view name = user.substr(0, colon);
  std::string_view group = colon == std::string_view::npos ? "" : user.substr(colon + 1);
  if (name.empty()) name = "0";
  Identity identity;
  auto found = findUser(database.passwd, name);
  if (found) {
    identity = {found->uid, found->gid, {}, found->home.empty() ? "/" : found->home};
  } else if (auto number = parseNumber(name)) {
    identity.uid = *number;
  } else {
    fail(ErrorCode::INVALID,
         "unable to find user " + std::string(name) + ": no matching entries in passwd file");
  }
  if (!group.empty()) {
    identity.gid = groupNamed(database, group);
  } else if (found) {
    addMemberships(identity, database, found->name);
  }
  addGroup(identity, identity.gid);
  for (auto name : additional) addGroup(identity, groupNamed(database, name.cStr()));
  return identity;
}

}  // namespace stave::native
