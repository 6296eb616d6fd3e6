#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <string.h>

#include "plan_format.h"
#include "system.h"

namespace stave::monitor {

namespace {

constexpr int deepestLinks = 16;
constexpr size_t longestPath = 4096;

long openAt(int base, const char* path, uint64_t flags, uint64_t resolve) {
  open_how how{};
  how.flags = flags | O_PATH | O_CLOEXEC;
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  return sys::invoke(__NR_openat2, base, path, &how, sizeof(how));
}

/// One component: opened, made if it is missing, and made behind a link that points nowhere.
long enter(int directory, const char* name, unsigned mode, int depth) {
  long next = openAt(directory, name, O_DIRECTORY, 0);
  if (next != -ENOENT) return next;
  long made = sys::invoke(__NR_mkdirat, directory, name, mode);
  if (made == 0) return openAt(directory, name, O_DIRECTORY, 0);
  if (made != -EEXIST) return made;
  char link[longestPath];
  long size = sys::invoke(__NR_readlinkat, directory, name, link, sizeof(link) - 1);
  if (size < 0) return openAt(directory, name, O_DIRECTORY, 0);
  link[size] = 0;
  return makeDirectories(directory, link, mode, depth + 1);
}

/// Copies the next component and returns what follows it; null at the end.
const char* nextComponent(const char* path, char* name) {
  while (*path == '/') path++;
  if (*path == 0) return nullptr;
  size_t size = 0;
  while (*path != 0 && *path != '/' && size + 1 < 256) name[size++] = *path++;
  name[size] = 0;
  return path;
}

}  // namespace

long openTarget(const char* path, uint32_t flags) {
  return openAt(AT_FDCWD, path, 0,
                (flags & native::plan::noSymlinks) != 0 ? RESOLVE_NO_SYMLINKS : 0);
}

long openOrMake(const char* path, uint32_t flags) {
  long found = openTarget(path, flags);
  if (found != -ENOENT) return found;
  if ((flags & native::plan::targetIsFile) == 0) return makeDirectories(AT_FDCWD, path, 0755);
  sys::Fd parent(openParent(path));
  if (!parent.open()) return parent.error();
  const char* name = lastComponent(path);
  sys::Fd made(sys::openAt(parent.get(), name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
  if (!made.open()) return made.error();
  return openAt(parent.get(), name, O_NOFOLLOW, 0);
}

long makeDirectories(int base, const char* path, unsigned mode, int depth) {
  if (depth > deepestLinks) return -ELOOP;
  sys::Fd at(openAt(base, *path == '/' ? "/" : ".", O_DIRECTORY, 0));
  char name[256];
  while (at.open() && (path = nextComponent(path, name)) != nullptr) {
    at = sys::Fd(enter(at.get(), name, mode, depth));
  }
  return at.release();
}

long openParent(const char* path) {
  char parent[longestPath];
  size_t size = static_cast<size_t>(lastComponent(path) - path);
  if (size == 0 || size >= sizeof(parent)) return -ENAMETOOLONG;
  memcpy(parent, path, size);
  parent[size] = 0;
  return makeDirectories(AT_FDCWD, parent, 0755);
}

const char* lastComponent(const char* path) {
  const char* last = path;
  for (const char* at = path; *at != 0; at++) {
    if (*at == '/') last = at + 1;
  }
  return last;
}

bool isDirectory(int fd) {
  struct statx found {};
  long result = sys::invoke(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &found);
  return result == 0 && (found.stx_mode & S_IFMT) == S_IFDIR;
}

}  // namespace stave::monitor
