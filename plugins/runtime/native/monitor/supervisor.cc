#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "text.h"

namespace stave::monitor {

namespace {

constexpr int mostRounds = 64;

void makeNonBlocking(int fd) {
  if (fd < 0) return;
  long flags = sys::invoke(__NR_fcntl, fd, F_GETFL);
  sys::invoke(__NR_fcntl, fd, F_SETFL, flags | O_NONBLOCK);
}

long watchChildren() {
  uint64_t set = uint64_t{1} << (SIGCHLD - 1);
  return sys::invoke(__NR_signalfd4, -1, &set, sizeof(set), SFD_CLOEXEC | SFD_NONBLOCK);
}

int codeOf(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Sends SIGKILL to each process in a list of numbers, one a line. Returns how many there were.
int killListed(const char* list, size_t size) {
  int count = 0;
  long pid = 0;
  for (size_t i = 0; i < size; i++) {
    if (list[i] >= '0' && list[i] <= '9') {
      pid = pid * 10 + (list[i] - '0');
    } else if (pid > 0) {
      sys::invoke(__NR_kill, pid, SIGKILL);
      count++;
      pid = 0;
    }
  }
  return count;
}

}  // namespace

Supervisor::Supervisor(Plan& plan, Launched& launched, StatusFile& status)
    : status_(status), flags_(plan.header().flags), pid_(launched.pid) {
  channel_.fd = static_cast<sys::Fd&&>(launched.channel);
  terminal_.fd = static_cast<sys::Fd&&>(launched.terminal);
  input_.fd = static_cast<sys::Fd&&>(launched.input);
  output_.fd = static_cast<sys::Fd&&>(launched.output);
  errors_.fd = static_cast<sys::Fd&&>(launched.errors);
  Watch* const streams[] = {&terminal_, &input_, &output_, &errors_};
  for (Watch* stream : streams) makeNonBlocking(stream->fd.get());
  signals_.fd.reset(static_cast<int>(watchChildren()));
  (has(plan::isExec) ? controls_[0] : listener_).fd.reset(plan::controlFd);
  keepDescriptors(plan);
}

void Supervisor::keepDescriptors(Plan& plan) {
  const plan::Header& header = plan.header();
  oomFile_.reset(plan.descriptor(header.oomFile));
  killFile_.reset(plan.descriptor(header.killFile));
  logDirectory_.reset(plan.descriptor(header.logDirectory));
  int kept[] = {oomFile_.get(), killFile_.get(), logDirectory_.get()};
  plan.closeDescriptors(kept, 3);
  size_t length =
      header.logName.size < sizeof(logName_) ? header.logName.size : sizeof(logName_) - 1;
  memcpy(logName_, plan.text(header.logName), length);
  logName_[length] = 0;
  log_.open(logDirectory_.get(), logName_, header.logBytes, header.logFiles);
}

void Supervisor::run() {
  if (has(plan::startAtOnce)) startChild();
  while (!exited_) {
    wait();
    dispatch();
  }
  finish();
}

void Supervisor::startChild() {
  status_.value.startedAt = now();
  status_.advance(plan::Phase::running);
  say(channel_.fd.get(), Word::start);
}

int Supervisor::watch(int fd, short events) {
  if (fd < 0) return -1;
  entries_[entryCount_] = {fd, events, 0};
  return entryCount_++;
}

void Supervisor::wait() {
  entryCount_ = 0;
  signals_.entry = watch(signals_.fd.get(), POLLIN);
  listener_.entry = watch(listener_.fd.get(), POLLIN);
  bool started = status_.value.phase == plan::Phase::running;
  channel_.entry = started ? watch(channel_.fd.get(), POLLIN) : -1;
  for (Watch& control : controls_) control.entry = watch(control.fd.get(), POLLIN);
  watchStreams();
  watchAttachments();
  long count = sys::invoke(__NR_ppoll, entries_, entryCount_, nullptr, nullptr, 0);
  if (count >= 0) return;
  for (int i = 0; i < entryCount_; i++) entries_[i].revents = 0;
}

void Supervisor::dispatch() {
  if (seen(channel_.entry) != 0) onStarted();
  for (int i = 0; i < mostAttachments; i++) {
    Attachment& attachment = attachments_[i];
    short events = seen(attachmentEntries_[i]);
    if ((events & POLLOUT) != 0) attachment.flush();
    if (attachment.open() && (events & (POLLIN | POLLHUP | POLLERR)) != 0) {
      takeInput(attachment, events);
    }
  }
  if (seen(input_.entry) != 0) flushInput();
  if (seen(terminal_.entry) & POLLOUT) flushInput();
  if (seen(terminal_.entry) & ~POLLOUT) readOutput(terminal_, plan::standardOutput);
  if (seen(output_.entry) != 0) readOutput(output_, plan::standardOutput);
  if (seen(errors_.entry) != 0) readOutput(errors_, plan::standardError);
  for (Watch& control : controls_) {
    if (seen(control.entry) != 0) serveControl(control);
  }
  if (seen(listener_.entry) != 0) acceptControl();
  if (seen(signals_.entry) != 0) reap();
}

void Supervisor::onStarted() {
  int error = 0;
  long size = sys::read(channel_.fd.get(), &error, sizeof(error));
  if (size != static_cast<long>(sizeof(error))) error = 0;
  status_.value.execError = error;
  channel_.fd.reset();
  if (starter_ >= 0) answer(controls_[starter_], startNumber_, error);
  starter_ = -1;
}

void Supervisor::reap() {
  signalfd_siginfo ignored;
  while (sys::read(signals_.fd.get(), &ignored, sizeof(ignored)) > 0) {
  }
  for (;;) {
    int status = 0;
    long pid = sys::invoke(__NR_wait4, -1, &status, WNOHANG, nullptr);
    if (pid <= 0) return;
    if (pid == pid_) recordExit(status);
  }
}

void Supervisor::recordExit(int status) {
  exited_ = true;
  if (channel_.fd.open() && status_.value.phase == plan::Phase::running) onStarted();
  int error = status_.value.execError;
  status_.value.code = error == 0 ? codeOf(status) : error == ENOENT ? 127 : 126;
  status_.value.finishedAt = now();
}

bool Supervisor::readOom() {
  if (!oomFile_.open()) return false;
  long size = sys::invoke(__NR_pread64, oomFile_.get(), chunk_, sizeof(chunk_), 0);
  return size > 0 && numberAfter(chunk_, static_cast<size_t>(size), "oom_kill") > 0;
}

/// Version 2 has a file for it. With version 1 processes may be made while the list is read, so it
/// is read until it is empty.
void Supervisor::killRest() {
  if (!has(plan::killRest) || !killFile_.open()) return;
  if (sys::write(killFile_.get(), "1", 1) == 1) return;
  for (int round = 0; round < mostRounds; round++) {
    long size = sys::invoke(__NR_pread64, killFile_.get(), chunk_, sizeof(chunk_), 0);
    if (size <= 0 || killListed(chunk_, static_cast<size_t>(size)) == 0) return;
    sys::invoke(__NR_wait4, -1, nullptr, 0, nullptr);
  }
}

void Supervisor::finish() {
  killRest();
  drain(terminal_, plan::standardOutput);
  drain(output_, plan::standardOutput);
  drain(errors_, plan::standardError);
  log_.finish(now());
  status_.value.oomKilled = readOom() ? 1 : 0;
  status_.advance(plan::Phase::stopped);
  for (Attachment& attachment : attachments_) attachment.becomeLossless();
  sayGoodbye();
}

}  // namespace stave::monitor
