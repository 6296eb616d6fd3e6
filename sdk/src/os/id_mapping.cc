#include "stave/os/id_mapping.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "stave/error.h"

namespace stave::os {

namespace {

/// A process that does nothing in a user namespace of its own until it is destroyed. It sends no
/// signal when it ends, so that nobody else's waiting is disturbed.
class NamespaceHolder {
 public:
  NamespaceHolder() {
    clone_args arguments{};
    arguments.flags = CLONE_NEWUSER;
    pid_ = pid_t(syscall(SYS_clone3, &arguments, sizeof(arguments)));
    if (pid_ < 0) failErrno("making a user namespace", errno);
    if (pid_ == 0) {
      // Ends with the thread that made it, also when that one is killed.
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (getppid() != 1) pause();
      _exit(0);
    }
  }
  ~NamespaceHolder() {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
    }
  }
  std::string path() const { return "/proc/" + std::to_string(pid_); }

 private:
  pid_t pid_;
};

void writeMap(const std::string& path, const std::vector<IdRange>& ranges) {
  std::string text;
  for (auto& range : ranges) {
    text += std::to_string(range.inside) + " " + std::to_string(range.outside) + " " +
            std::to_string(range.count) + "\n";
  }
  auto fd = open(path, O_WRONLY);
  if (write(fd, text.data(), text.size()) >= 0) return;
  if (errno == EINVAL) fail(ErrorCode::INVALID, "the kernel refuses the id mapping:\n" + text);
  failErrno("writing the id mapping to " + path, errno);
}

}  // namespace

Fd makeUserNamespace(const IdMappings& mappings) {
  NamespaceHolder holder;
  writeMap(holder.path() + "/uid_map", mappings.uids);
  writeMap(holder.path() + "/gid_map", mappings.gids);
  return open(holder.path() + "/ns/user", O_RDONLY);
}

}  // namespace stave::os
