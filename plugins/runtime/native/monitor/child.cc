#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

namespace stave::monitor {

namespace {

/// In the order of plan::Operation.
constexpr StepFunction functions[] = {
    steps::joinNamespaces, steps::unshare,          steps::awaitMaps,     steps::enterCgroups,
    steps::hostname,       steps::domainname,       steps::makePrivate,   steps::createTree,
    steps::pivotRoot,      steps::attachTree,       steps::makeDirectory, steps::makeSymlink,
    steps::makeDevice,     steps::maskPath,         steps::readOnlyPath,  steps::readOnlyRoot,
    steps::writeFile,      steps::workingDirectory, steps::limit,         steps::streams,
    steps::bounding,       steps::identity,         steps::findCommand,   steps::noNewPrivileges,
    steps::seccomp,        steps::capabilities,
};
static_assert(sizeof(functions) / sizeof(*functions) ==
              static_cast<size_t>(plan::Operation::capabilities) + 1);

bool runSteps(Child& child, bool early) {
  for (uint32_t number = 0; number < child.plan.header().stepCount; number++) {
    const plan::Step& step = child.plan.step(number);
    if (((step.flags & plan::byMonitor) != 0) != early) continue;
    child.currentStep = number;
    long result = functions[static_cast<uint32_t>(step.operation)](child, step);
    if (result >= 0) continue;
    report(plan::ReportKind::failure, number, -result, 0);
    return false;
  }
  return true;
}

void restoreSignals() {
  uint64_t none = 0;
  sys::invoke(__NR_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof(none));
}

/// argv of the command, after the four words for the init program if there is one: its name, the
/// file that it executes, and then the command's own.
const char** argumentsOf(Child& child) {
  const plan::Header& header = child.plan.header();
  bool init = header.initProgram >= 0;
  const char** list = allocatePointers(header.argumentCount + 2);
  if (list == nullptr) return nullptr;
  if (init) {
    list[0] = "stave-init";
    list[1] = child.command;
  }
  pointersTo(child.plan.text(header.arguments), header.argumentCount, list + (init ? 2 : 0));
  return list;
}

long execute(Child& child, const char** arguments, const char** environment) {
  int init = child.plan.descriptor(child.plan.header().initProgram);
  if (init >= 0) {
    return sys::invoke(__NR_execveat, init, "", arguments, environment, AT_EMPTY_PATH);
  }
  return sys::invoke(__NR_execve, child.command, arguments, environment);
}

}  // namespace

void run(Child& child) {
  sys::invoke(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (!runSteps(child, false)) sys::exit(125);
  const plan::Header& header = child.plan.header();
  const char** arguments = argumentsOf(child);
  const char** environment = allocatePointers(header.environmentCount);
  if (arguments == nullptr || environment == nullptr) sys::exit(125);
  pointersTo(child.plan.text(header.environment), header.environmentCount, environment);
  sys::invoke(__NR_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
  say(child.channel, Word::prepared);
  if (!hear(child.channel, Word::start)) sys::exit(125);
  restoreSignals();
  int error = static_cast<int>(-execute(child, arguments, environment));
  sys::write(child.channel, &error, sizeof(error));
  sys::exit(126);
}

bool runEarlySteps(Plan& plan) {
  Child self{plan, -1, {-1, -1, -1}};
  return runSteps(self, true);
}

bool hear(int channel, Word expected) {
  char word = 0;
  long size = 0;
  do {
    size = sys::read(channel, &word, 1);
  } while (size == -EINTR);
  return size == 1 && word == static_cast<char>(expected);
}

void say(int channel, Word word) {
  sys::write(channel, &word, 1);
}

void sayWith(int channel, Word word, int fd) {
  iovec part{&word, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  auto header = reinterpret_cast<cmsghdr*>(control);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &fd, sizeof(fd));
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  sys::invoke(__NR_sendmsg, channel, &message, 0);
}

void report(plan::ReportKind kind, uint32_t step, long error, int value) {
  plan::Report text{kind, step, static_cast<int32_t>(error), value};
  sys::write(plan::reportFd, &text, sizeof(text));
}

}  // namespace stave::monitor
