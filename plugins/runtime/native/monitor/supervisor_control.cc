#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "child.h"
#include "supervisor.h"

namespace stave::monitor {

namespace {

struct Message {
  plan::ControlRequest request;
  int fd = -1;
};

long receive(int socket, Message& received) {
  iovec part{&received.request, sizeof(received.request)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  long size = sys::invoke(__NR_recvmsg, socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size > 0 && message.msg_controllen >= CMSG_LEN(sizeof(int))) {
    memcpy(&received.fd, CMSG_DATA(reinterpret_cast<cmsghdr*>(control)), sizeof(received.fd));
  }
  return size;
}

}  // namespace

void Supervisor::acceptControl() {
  sys::Fd accepted(sys::invoke(__NR_accept4, listener_.fd.get(), nullptr, nullptr,
                               SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!accepted.open()) return;
  for (Watch& control : controls_) {
    if (control.fd.open()) continue;
    control.fd = static_cast<sys::Fd&&>(accepted);
    return;
  }
}

void Supervisor::serveControl(Watch& control) {
  Message message;
  long size = receive(control.fd.get(), message);
  if (size == -EAGAIN || size == -EINTR) return;
  if (size <= 0) {
    if (starter_ >= 0 && &controls_[starter_] == &control) starter_ = -1;
    control.fd.reset();
    bool neverStarted = status_.value.phase == plan::Phase::created;
    if (has(plan::isExec) && neverStarted) sys::invoke(__NR_kill, pid_, SIGKILL);
    return;
  }
  control.number = message.request.number;
  bool whole = size == static_cast<long>(sizeof(message.request));
  int error = whole ? carryOut(control, message.request, message.fd) : EINVAL;
  if (error >= 0) answer(control, control.number, error);
}

/// Returns errno for the answer; -1: the answer comes later.
int Supervisor::carryOut(Watch& control, const plan::ControlRequest& request, int fd) {
  if (request.kind == plan::Request::attach) return attach(fd);
  if (fd >= 0) sys::close(fd);
  switch (request.kind) {
    case plan::Request::start:
      if (status_.value.phase != plan::Phase::created) return EBUSY;
      starter_ = static_cast<int>(&control - controls_);
      startNumber_ = control.number;
      startChild();
      return -1;
    case plan::Request::resize:
      return resize(request.width, request.height);
    case plan::Request::reopenLog:
      log_.reopen();
      return 0;
    default:
      return EINVAL;
  }
}

void Supervisor::answer(Watch& control, uint32_t number, int error) {
  plan::ControlReply reply{number, error, pid_};
  sys::invoke(__NR_sendto, control.fd.get(), &reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL,
              nullptr, 0);
}

int Supervisor::attach(int fd) {
  if (fd < 0) return EBADF;
  for (Attachment& attachment : attachments_) {
    if (attachment.open()) continue;
    attachment.begin(fd);
    if (has(plan::isExec)) attachment.becomeLossless();
    return 0;
  }
  sys::close(fd);
  return EMFILE;
}

int Supervisor::resize(uint16_t width, uint16_t height) {
  if (!terminal_.fd.open()) return ENOTTY;
  winsize size{height, width, 0, 0};
  return static_cast<int>(-sys::invoke(__NR_ioctl, terminal_.fd.get(), TIOCSWINSZ, &size));
}

}  // namespace stave::monitor
