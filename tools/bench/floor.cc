// The system's own share of a container, as a program: what any platform has to ask of the kernel
// to run one command in a container, and nothing else. No library, no daemon, no records, no
// filter.
//
// usage: floor SCRATCH LOWER CGROUP COMMAND...
//
// Makes a network namespace with its loopback interface up, a cgroup in each hierarchy of version
// 1, an overlay of the directory LOWER, the other namespaces with the usual file systems, runs the
// command in it, waits, and removes everything. SCRATCH is a directory of its own.
#include <fcntl.h>
#include <ftw.h>
#include <linux/if.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <string>
#include <vector>

namespace {

constexpr const char* hierarchies[] = {"cpu",     "cpuacct", "cpuset", "memory",
                                       "devices", "freezer", "blkio",  "pids"};
constexpr int failedSetup = 125;

void check(long result, const char* what) {
  if (result >= 0) return;
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(failedSetup);
}

void makeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) check(-1, path.c_str());
}

void raiseLoopback() {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  check(fd, "socket");
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  check(ioctl(fd, SIOCSIFFLAGS, &request), "raising lo");
  close(fd);
}

/// The cgroup's directories; a group of cpuset has no processors until it is given some.
std::vector<std::string> makeCgroups(const std::string& name) {
  std::vector<std::string> made;
  for (const char* hierarchy : hierarchies) {
    std::string mount = std::string("/sys/fs/cgroup/") + hierarchy;
    if (access((mount + "/cgroup.procs").c_str(), F_OK) != 0) continue;
    made.push_back(mount + "/" + name);
    makeDirectory(made.back());
    if (strcmp(hierarchy, "cpuset") != 0) continue;
    for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
      char text[256];
      int from = open((mount + file).c_str(), O_RDONLY | O_CLOEXEC);
      int to = open((made.back() + file).c_str(), O_WRONLY | O_CLOEXEC);
      check(write(to, text, static_cast<size_t>(read(from, text, sizeof(text)))), file);
      close(from);
      close(to);
    }
  }
  return made;
}

std::vector<int> openTasks(const std::vector<std::string>& groups) {
  std::vector<int> files;
  for (auto& group : groups) {
    files.push_back(open((group + "/tasks").c_str(), O_WRONLY | O_CLOEXEC));
    check(files.back(), group.c_str());
  }
  return files;
}

/// The quickest way there is: a thread that enters by itself waits for nobody.
void enterCgroups(const std::vector<int>& tasks) {
  for (int file : tasks) check(write(file, "0", 1), "entering a cgroup");
}

void removeCgroups(const std::vector<std::string>& groups) {
  for (auto& group : groups) check(rmdir(group.c_str()), group.c_str());
}

void mountOver(const char* type, const char* target, unsigned long flags, const char* options) {
  check(mount(type, target, type, flags, options), target);
}

void makeDevices() {
  struct Device {
    const char* path;
    unsigned minor;
  };
  for (auto [path, minor] : {Device{"dev/null", 3}, Device{"dev/zero", 5}, Device{"dev/full", 7},
                             Device{"dev/random", 8}, Device{"dev/urandom", 9}}) {
    check(mknod(path, S_IFCHR | 0666, makedev(1, minor)), path);
  }
  check(mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0)), "dev/tty");
}

/// In the new namespaces: the root file system and what every container finds in it.
void enterRoot(const std::string& scratch, const std::string& lower) {
  std::string root = scratch + "/root";
  std::string options = "lowerdir=" + lower + ",upperdir=" + scratch + "/upper,workdir=" + scratch +
                        "/work,redirect_dir=nofollow,index=off,metacopy=off";
  check(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "making / private");
  mountOver("overlay", root.c_str(), 0, options.c_str());
  check(chdir(root.c_str()), root.c_str());
  constexpr unsigned long quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  mountOver("proc", "proc", quiet, nullptr);
  mountOver("sysfs", "sys", quiet | MS_RDONLY, nullptr);
  mountOver("tmpfs", "dev", MS_NOSUID, "mode=755,size=65536k");
  for (const char* directory : {"dev/pts", "dev/shm", "dev/mqueue"}) makeDirectory(directory);
  mountOver("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
  mountOver("tmpfs", "dev/shm", quiet, "mode=1777,size=64m");
  mountOver("mqueue", "dev/mqueue", quiet, nullptr);
  makeDevices();
  check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  check(umount2(".", MNT_DETACH), "leaving the old root");
  check(chdir("/"), "chdir");
}

[[noreturn]] void becomeCommand(char** command) {
  check(syscall(SYS_unshare, CLONE_NEWCGROUP), "unshare");
  execv(command[0], command);
  fprintf(stderr, "floor: exec %s: %s\n", command[0], strerror(errno));
  _exit(127);
}

int removeEntry(const char* path, const struct stat*, int, struct FTW*) {
  return remove(path);
}

int run(const std::string& scratch, const std::string& lower, const char* cgroup, char** command) {
  for (const char* directory : {"", "/root", "/upper", "/work"}) makeDirectory(scratch + directory);
  check(unshare(CLONE_NEWNET), "unshare");
  raiseLoopback();
  auto groups = makeCgroups(cgroup);
  auto tasks = openTasks(groups);
  clone_args arguments{};
  arguments.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  arguments.exit_signal = SIGCHLD;
  long pid = syscall(SYS_clone3, &arguments, sizeof(arguments));
  check(pid, "clone3");
  if (pid == 0) {
    enterRoot(scratch, lower);
    enterCgroups(tasks);
    becomeCommand(command);
  }
  int status = 0;
  check(waitpid(static_cast<pid_t>(pid), &status, 0), "waitpid");
  removeCgroups(groups);
  nftw(scratch.c_str(), removeEntry, 16, FTW_DEPTH | FTW_PHYS);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int count, char** words) {
  if (count >= 5) return run(words[1], words[2], words[3], words + 4);
  fprintf(stderr, "usage: floor SCRATCH LOWER CGROUP COMMAND...\n");
  return 2;
}
