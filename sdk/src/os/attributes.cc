#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "stave/error.h"
#include "stave/os/entry.h"

namespace stave::os {

namespace {

std::string procPath(int directory, const std::string& name) {
  return "/proc/self/fd/" + std::to_string(directory) + "/" + name;
}

/// Asks for the size and then for the value, again when it grew in between. False: there is none.
template <typename Read>
bool readSized(std::string& value, const std::string& path, Read read) {
  while (true) {
    ssize_t size = read(nullptr, 0);
    if (size >= 0) {
      value.resize(size);
      size = size == 0 ? 0 : read(value.data(), value.size());
    }
    if (size >= 0) {
      value.resize(size);
      return true;
    }
    if (errno == ENODATA || errno == EOPNOTSUPP) return false;
    if (errno != ERANGE) failErrno("reading extended attributes of " + path, errno);
  }
}

std::vector<std::string> namesOf(const std::string& path) {
  std::string list;
  std::vector<std::string> names;
  readSized(list, path,
            [&](char* buffer, size_t size) { return llistxattr(path.c_str(), buffer, size); });
  for (size_t start = 0; start < list.size();) {
    names.emplace_back(list.c_str() + start);
    start += names.back().size() + 1;
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool setResult(int result, const std::string& attribute, const std::string& where) {
  if (result == 0) return true;
  if (errno == EOPNOTSUPP) return false;
  if (errno == EINVAL || errno == ERANGE || errno == E2BIG) {
    fail(ErrorCode::INVALID, "the extended attribute \"" + attribute + "\" of " + where +
                                 " is none that the system takes: " + strerror(errno));
  }
  failErrno("setting the extended attribute " + attribute + " of " + where, errno);
}

}  // namespace

Attributes attributesAt(int directory, const std::string& name) {
  Attributes attributes;
  auto path = procPath(directory, name);
  for (auto& attribute : namesOf(path)) {
    std::string value;
    bool found = readSized(value, path, [&](char* buffer, size_t size) {
      return lgetxattr(path.c_str(), attribute.c_str(), buffer, size);
    });
    if (found) attributes.emplace_back(attribute, std::move(value));
  }
  return attributes;
}

bool setAttributeAt(int directory, const std::string& name, const std::string& attribute,
                    const std::string& value) {
  auto path = procPath(directory, name);
  int result = lsetxattr(path.c_str(), attribute.c_str(), value.data(), value.size(), 0);
  return setResult(result, attribute, name);
}

void removeAttributeAt(int directory, const std::string& name, const std::string& attribute) {
  auto path = procPath(directory, name);
  if (lremovexattr(path.c_str(), attribute.c_str()) == 0 || errno == ENODATA) return;
  failErrno("removing the extended attribute " + attribute + " of " + name, errno);
}

bool setAttribute(int fd, const std::string& attribute, const std::string& value) {
  int result = fsetxattr(fd, attribute.c_str(), value.data(), value.size(), 0);
  return setResult(result, attribute, "descriptor " + std::to_string(fd));
}

}  // namespace stave::os
