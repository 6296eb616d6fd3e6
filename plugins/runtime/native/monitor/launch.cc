#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "child.h"
#include "text.h"

namespace stave::monitor {

namespace {

using plan::MonitorWork;

bool failed(MonitorWork work, long error) {
  report(plan::ReportKind::failure, plan::notAStep, -error, static_cast<int>(work));
  return false;
}

struct Pipe {
  sys::Fd reading;
  sys::Fd writing;

  long make() {
    int ends[2];
    long result = sys::invoke(__NR_pipe2, ends, O_CLOEXEC);
    if (result < 0) return result;
    reading.reset(ends[0]);
    writing.reset(ends[1]);
    return 0;
  }
};

struct Connections {
  Pipe input;
  Pipe output;
  Pipe errors;
  sys::Fd ours;  ///< of the channel
  sys::Fd theirs;

  long make(const Plan& plan);
};

long Connections::make(const Plan& plan) {
  int ends[2];
  long result = sys::invoke(__NR_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
  if (result < 0) return result;
  ours.reset(ends[0]);
  theirs.reset(ends[1]);
  if (plan.has(plan::terminal)) return 0;
  if (plan.has(plan::openStdin) && (result = input.make()) < 0) return result;
  if (plan.has(plan::discardOutput)) return 0;
  if ((result = output.make()) < 0) return result;
  return errors.make();
}

bool joinNamespaces(const Plan& plan) {
  const plan::Header& header = plan.header();
  if (header.network >= 0) {
    long result = sys::invoke(__NR_setns, plan.descriptor(header.network), CLONE_NEWNET);
    if (result < 0) return failed(MonitorWork::joinNetwork, result);
  }
  if (header.pidNamespace >= 0) {
    long result = sys::invoke(__NR_setns, plan.descriptor(header.pidNamespace), CLONE_NEWPID);
    if (result < 0) return failed(MonitorWork::joinPid, result);
  }
  return true;
}

long cloneChild(const Plan& plan) {
  const plan::Header& header = plan.header();
  clone_args arguments{};
  arguments.flags = header.cloneFlags;
  arguments.exit_signal = SIGCHLD;
  if (header.cgroupDirectory >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(plan.descriptor(header.cgroupDirectory));
  }
  return sys::invoke(__NR_clone3, &arguments, sizeof(arguments));
}

long writeMap(long pid, const char* file, const char* lines, size_t size) {
  SmallText<64> path;
  path.add("/proc/").add(static_cast<uint64_t>(pid)).add(file);
  sys::Fd map(sys::openAt(AT_FDCWD, path.text(), O_WRONLY | O_CLOEXEC));
  if (!map.open()) return map.error();
  return sys::write(map.get(), lines, size);
}

/// Tells the child, which waits for it if it has a user namespace of its own.
bool mapUsers(const Plan& plan, long pid, int channel) {
  const plan::Header& header = plan.header();
  if (header.uidMap.size == 0) return true;
  long result = writeMap(pid, "/uid_map", plan.text(header.uidMap), header.uidMap.size);
  if (result >= 0) result = writeMap(pid, "/gid_map", plan.text(header.gidMap), header.gidMap.size);
  if (result < 0) return failed(MonitorWork::userMap, result);
  say(channel, Word::mapped);
  return true;
}

/// Waits for the word that the child is prepared; takes the terminal that may come before.
bool awaitPrepared(Launched& launched) {
  for (;;) {
    char word = 0;
    iovec part{&word, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    long size = sys::invoke(__NR_recvmsg, launched.channel.get(), &message, MSG_CMSG_CLOEXEC);
    if (size == -EINTR) continue;
    if (size != 1) return false;
    if (message.msg_controllen < CMSG_LEN(sizeof(int))) return true;
    int fd;
    memcpy(&fd, CMSG_DATA(reinterpret_cast<cmsghdr*>(control)), sizeof(fd));
    launched.terminal.reset(fd);
  }
}

/// The child is gone before it was prepared. It reported why itself, unless it was killed.
bool childFailed(long pid) {
  int status = 0;
  sys::invoke(__NR_wait4, pid, &status, 0, nullptr);
  if (!WIFEXITED(status)) failed(MonitorWork::died, -WTERMSIG(status));
  return false;
}

bool abandon(long pid) {
  sys::invoke(__NR_kill, pid, SIGKILL);
  sys::invoke(__NR_wait4, pid, nullptr, 0, nullptr);
  return false;
}

}  // namespace

bool launch(Plan& plan, Launched& launched) {
  Connections made;
  long result = made.make(plan);
  if (result < 0) return failed(MonitorWork::pipes, result);
  if (!joinNamespaces(plan) || !runEarlySteps(plan)) return false;
  long pid = cloneChild(plan);
  if (pid < 0) return failed(MonitorWork::clone, pid);
  if (pid == 0) {
    made.ours.reset();
    Child child{plan,
                made.theirs.get(),
                {made.input.reading.get(), made.output.writing.get(), made.errors.writing.get()}};
    run(child);
  }
  made.theirs.reset();
  launched.pid = static_cast<int>(pid);
  launched.channel = static_cast<sys::Fd&&>(made.ours);
  launched.input = static_cast<sys::Fd&&>(made.input.writing);
  launched.output = static_cast<sys::Fd&&>(made.output.reading);
  launched.errors = static_cast<sys::Fd&&>(made.errors.reading);
  if (!mapUsers(plan, pid, launched.channel.get())) return abandon(pid);
  return awaitPrepared(launched) || childFailed(pid);
}

}  // namespace stave::monitor
