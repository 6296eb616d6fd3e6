#pragma once

#include <kj/common.h>
#include <stave/os/file.h>

namespace stave::os {

/// Opens `path` as a process sees it whose root directory is `root`: symbolic links and ".." stay
/// inside, mounts are crossed, magic links are refused. Null when it does not exist. Empty: `root`
/// itself. Fails [invalid] when something on the way is no directory or the links go in a circle.
kj::Maybe<Fd> openWithin(int root, const std::string& path, int flags);

}  // namespace stave::os
