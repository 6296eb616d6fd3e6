#pragma once

#include <string>

/// Btrfs subvolumes through the kernel's own calls. Every function throws an error that names the
/// path.
namespace stave::btrfs {

/// Whether the path lies on Btrfs.
bool isBtrfs(const std::string& path);

bool isSubvolume(const std::string& path);
void createSubvolume(const std::string& path);
void snapshotSubvolume(const std::string& source, const std::string& path);

/// Also with content, which must not be a subvolume itself.
void deleteSubvolume(const std::string& path);

}  // namespace stave::btrfs
