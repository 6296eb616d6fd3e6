#pragma once

#include <kj/common.h>
#include <stave/os/file.h>
#include <sys/stat.h>

#include <string>
#include <utility>
#include <vector>

/// Entries of a directory that is given as a descriptor, for trees whose content is not trusted: a
/// name here is one component and is never followed when it is a symbolic link. Every function
/// throws an error (stave/error.h) that names the entry.
namespace stave::os {

/// Opens `path` with `root` as the root directory: symbolic links and ".." are resolved inside it,
/// magic links and other file systems are refused. Null when it does not exist. Empty: `root`
/// itself. Fails [invalid] when something on the way is no directory or the links go in a circle.
kj::Maybe<Fd> openInRoot(int root, const std::string& path, int flags);

/// Creates a regular file for writing. Null when there is something of that name.
kj::Maybe<Fd> createFileAt(int directory, const std::string& name, mode_t mode);

kj::Maybe<struct stat> statAt(int directory, const std::string& name);  ///< null: nothing there
struct stat statOf(int fd);
bool makeDirectoryAt(int directory, const std::string& name, mode_t mode);  ///< false: it exists
void makeSymlinkAt(const std::string& target, int directory, const std::string& name);
void makeNodeAt(int directory, const std::string& name, mode_t mode, dev_t device);
void makeLinkAt(int fromDirectory, const std::string& fromName, int directory,
                const std::string& name);
std::string readLinkAt(int directory, const std::string& name);

/// Removes what is there, a directory with all below it. Nothing there: fine.
void removeAt(int directory, const std::string& name);

/// Names, sorted, without . and ..
std::vector<std::string> namesIn(int directory);

/// Owner, permissions, times. The `...At` forms work on a link itself.
void setOwner(int fd, uid_t uid, gid_t gid);
void setOwnerAt(int directory, const std::string& name, uid_t uid, gid_t gid);
void setMode(int fd, mode_t mode);
void setModeAt(int directory, const std::string& name, mode_t mode);  ///< not on a link
void setModified(int fd, timespec modified);                          ///< the access time too
void setModifiedAt(int directory, const std::string& name, timespec modified);

/// syncfs(2): everything written to the file system so far survives a power failure.
void syncFileSystem(int fd);

using Attributes = std::vector<std::pair<std::string, std::string>>;

/// Extended attributes, sorted by name. Through a path below /proc, so that links, devices and
/// descriptors opened with O_PATH have theirs too. A file system without them: none.
Attributes attributesAt(int directory, const std::string& name);

/// Returns false when the file system does not support this attribute.
bool setAttributeAt(int directory, const std::string& name, const std::string& attribute,
                    const std::string& value);
void removeAttributeAt(int directory, const std::string& name, const std::string& attribute);
bool setAttribute(int fd, const std::string& attribute, const std::string& value);

}  // namespace stave::os
