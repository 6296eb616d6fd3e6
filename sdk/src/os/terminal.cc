#include <stave/error.h>
#include <stave/os/terminal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace stave::os {

bool isTerminal(int fd) {
  return ::isatty(fd) == 1;
}

TerminalSize terminalSize(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_col, size.ws_row};
}

RawMode::RawMode(int fd) : fd_(fd), before_{} {
  if (::tcgetattr(fd, &before_) != 0) {
    failErrno("reading the terminal's mode of descriptor " + std::to_string(fd), errno);
  }
  auto raw = before_;
  ::cfmakeraw(&raw);
  if (::tcsetattr(fd, TCSANOW, &raw) != 0) {
    failErrno("setting the terminal of descriptor " + std::to_string(fd) + " to raw mode", errno);
  }
}

RawMode::~RawMode() {
  ::tcsetattr(fd_, TCSANOW, &before_);
}

}  // namespace stave::os
