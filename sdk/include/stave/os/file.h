#pragma once

#include <kj/io.h>
#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Files and directories. Every function throws an error (stave/error.h) that names the path.
namespace stave::os {

using Fd = kj::AutoCloseFd;

/// open(2) with O_CLOEXEC added.
Fd open(const std::string& path, int flags, mode_t mode = 0644);
Fd openAt(int directory, const std::string& path, int flags, mode_t mode = 0644);
Fd duplicate(int fd);

std::string readFile(const std::string& path);
std::string readAll(int fd);
bool exists(const std::string& path);

/// Writes into an existing file (proc, sysfs, cgroup) in one write.
void writeFile(const std::string& path, std::string_view content);

/// Writes beside `path` and renames: readers see the old or the new, also after a power failure if
/// `durable`.
void replaceFile(const std::string& path, std::string_view content, mode_t mode = 0644,
                 bool durable = false);

void makeDirectories(const std::string& path, mode_t mode = 0755);
void removeTree(
    const std::string& path);  ///< does not follow links nor cross file systems; gone: fine
bool removeFile(const std::string& path);                         ///< false: it was not there
std::vector<std::string> listDirectory(const std::string& path);  ///< sorted, without . and ..
void rename(const std::string& from, const std::string& to);
void writeAll(int fd, const void* data, size_t size);
uint64_t diskUsage(const std::string& path);       ///< bytes allocated below, hard links once
uint64_t availableBytes(const std::string& path);  ///< of its file system
std::string selfPath();                            ///< of the running executable

}  // namespace stave::os
