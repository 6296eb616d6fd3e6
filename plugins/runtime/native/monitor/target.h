#pragma once

#include <stdint.h>

/// Paths inside the container. The root directory is the container's already, so no path can leave
/// it; magic links of /proc, which could, are never followed. Functions return a descriptor or
/// -errno.
namespace stave::monitor {

/// O_PATH descriptor of what is there. `flags`: plan::StepFlag.
long openTarget(const char* path, uint32_t flags);

/// The same; what is missing is made, directories with mode 0755.
long openOrMake(const char* path, uint32_t flags);

/// Makes the directories of a path as far as they are missing; also behind dangling links.
long makeDirectories(int base, const char* path, unsigned mode, int depth = 0);

/// The directory that holds the last component; made if missing.
long openParent(const char* path);

/// "c" of "/a/b/c".
const char* lastComponent(const char* path);

bool isDirectory(int fd);

}  // namespace stave::monitor
