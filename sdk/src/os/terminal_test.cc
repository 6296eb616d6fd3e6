#include <fcntl.h>
#include <gtest/gtest.h>
#include <kj/io.h>
#include <stave/error.h>
#include <stave/os/terminal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace stave::os {
namespace {

/// The controlling side of a new pseudo-terminal, and the side that a program sees.
struct PseudoTerminal {
  kj::AutoCloseFd controller{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  kj::AutoCloseFd terminal;

  PseudoTerminal() {
    EXPECT_EQ(::grantpt(controller.get()), 0);
    EXPECT_EQ(::unlockpt(controller.get()), 0);
    terminal = kj::AutoCloseFd(::open(::ptsname(controller.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  }
};

bool echoes(int fd) {
  termios mode{};
  EXPECT_EQ(::tcgetattr(fd, &mode), 0);
  return (mode.c_lflag & ECHO) != 0;
}

TEST(Terminal, IsKnownFromOthers) {
  PseudoTerminal pair;
  kj::AutoCloseFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_TRUE(isTerminal(pair.terminal.get()));
  EXPECT_FALSE(isTerminal(null.get()));
}

TEST(Terminal, HasASize) {
  PseudoTerminal pair;
  winsize size{.ws_row = 33, .ws_col = 101, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(::ioctl(pair.controller.get(), TIOCSWINSZ, &size), 0);
  EXPECT_EQ(terminalSize(pair.terminal.get()).width, 101);
  EXPECT_EQ(terminalSize(pair.terminal.get()).height, 33);
  EXPECT_EQ(terminalSize(-1).width, 0);
}

TEST(RawMode, EndsWithItsScope) {
  PseudoTerminal pair;
  EXPECT_TRUE(echoes(pair.terminal.get()));
  {
    RawMode raw(pair.terminal.get());
    EXPECT_FALSE(echoes(pair.terminal.get()));
  }
  EXPECT_TRUE(echoes(pair.terminal.get()));
}

TEST(RawMode, FailsWithoutATerminal) {
  kj::AutoCloseFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_THROW(RawMode raw(null.get()), kj::Exception);
}

}  // namespace
}  // namespace stave::os
