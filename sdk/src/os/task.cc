#include <errno.h>
#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/task.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stave::os {

namespace {

bool signalled(int result, int number) {
  if (result == 0) return true;
  if (errno == ESRCH) return false;
  if (errno == EINVAL) fail(ErrorCode::INVALID, "there is no signal " + std::to_string(number));
  failErrno("sending signal " + std::to_string(number), errno);
}

}  // namespace

bool signalPidfd(int pidfd, int number) {
  return signalled(static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0)),
                   number);
}

bool signalProcess(pid_t pid, int number) {
  return signalled(kill(pid, number), number);
}

uint64_t startTicks(pid_t pid) {
  int fd = ::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  Fd file(fd);
  char data[1024];
  ssize_t size = read(file, data, sizeof(data));
  std::string_view text(data, size > 0 ? static_cast<size_t>(size) : 0);
  // The name, in parentheses, may hold anything; the start is the 20th field after it.
  size_t at = text.rfind(')');
  for (int field = 0; field < 20 && at != std::string_view::npos; field++)
    at = text.find(' ', at + 1);
  return at == std::string_view::npos ? 0 : strtoull(data + at + 1, nullptr, 10);
}

void reapIfChild(pid_t pid) {
  waitpid(pid, nullptr, WNOHANG);
}

Fd memoryFile(const std::string& name, std::string_view content) {
  int fd = memfd_create(name.c_str(), MFD_CLOEXEC);
  if (fd < 0) failErrno("making a file in memory", errno);
  Fd file(fd);
  writeAll(file, content.data(), content.size());
  lseek(file, 0, SEEK_SET);
  return file;
}

Fd sealedProgram(const std::string& path) {
  std::string content = readFile(path);
  int fd = memfd_create(path.substr(path.rfind('/') + 1).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) failErrno("making a file in memory", errno);
  Fd file(fd);
  writeAll(file, content.data(), content.size());
  fchmod(file, 0555);
  fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
  return file;
}

size_t readStart(int fd, void* data, size_t size) {
  ssize_t got = pread(fd, data, size, 0);
  if (got < 0) failErrno("reading descriptor " + std::to_string(fd), errno);
  return static_cast<size_t>(got);
}

void writeStart(int fd, const void* data, size_t size) {
  ssize_t written = pwrite(fd, data, size, 0);
  if (written != static_cast<ssize_t>(size)) {
    failErrno("writing to descriptor " + std::to_string(fd), written < 0 ? errno : ENOSPC);
  }
}

Fd openNamespace(pid_t pid, const std::string& kind) {
  return open("/proc/" + std::to_string(pid) + "/ns/" + kind, O_RDONLY);
}

DeviceFile deviceFile(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) < 0) failErrno("looking at the device " + path, errno);
  if (!S_ISCHR(found.st_mode) && !S_ISBLK(found.st_mode)) return {};
  return {found.st_mode, major(found.st_rdev), minor(found.st_rdev),
          found.st_uid,  found.st_gid,         found.st_rdev};
}

unsigned kernelVersion() {
  utsname name{};
  uname(&name);
  unsigned major = 0;
  unsigned minor = 0;
  sscanf(name.release, "%u.%u", &major, &minor);
  return major * 1000 + minor;
}

}  // namespace stave::os
