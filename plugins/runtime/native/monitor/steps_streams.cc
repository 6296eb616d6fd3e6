#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "child.h"
#include "target.h"
#include "text.h"

namespace stave::monitor {

namespace {

struct Owner {
  unsigned user;
  unsigned group;
};

Owner ownerOf(const plan::Step& step) {
  return {static_cast<unsigned>(step.first >> 32), static_cast<unsigned>(step.first & 0xffff'ffff)};
}

void setSize(int terminal, uint16_t width, uint16_t height) {
  if (width == 0 || height == 0) return;
  winsize size{height, width, 0, 0};
  sys::invoke(__NR_ioctl, terminal, TIOCSWINSZ, &size);
}

/// Makes the terminal visible as /dev/console.
long showConsole(int master) {
  unsigned number = 0;
  long result = sys::invoke(__NR_ioctl, master, TIOCGPTN, &number);
  if (result < 0) return result;
  SmallText<32> path;
  path.add("/dev/pts/").add(static_cast<uint64_t>(number));
  sys::Fd tree(
      sys::invoke(__NR_open_tree, AT_FDCWD, path.text(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!tree.open()) return tree.error();
  sys::Fd target(openOrMake("/dev/console", plan::targetIsFile));
  if (!target.open()) return target.error();
  return sys::invoke(__NR_move_mount, tree.get(), "", target.get(), "",
                     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

long becomeStream(int fd, int number) {
  return sys::invoke(__NR_dup3, fd, number, 0);
}

long openTerminal(Child& child, Owner owner) {
  const plan::Header& header = child.plan.header();
  sys::Fd master(sys::openAt(AT_FDCWD, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master.open()) return master.error();
  int unlocked = 0;
  long result = sys::invoke(__NR_ioctl, master.get(), TIOCSPTLCK, &unlocked);
  if (result < 0) return result;
  sys::Fd peer(sys::invoke(__NR_ioctl, master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!peer.open()) return peer.error();
  setSize(master.get(), header.width, header.height);
  if (!child.plan.has(plan::isExec)) result = showConsole(master.get());
  if (result < 0) return result;
  result = sys::invoke(__NR_fchown, peer.get(), owner.user, -1);
  if (result < 0 && result != -EPERM) return result;
  result = sys::invoke(__NR_ioctl, peer.get(), TIOCSCTTY, 0);
  if (result < 0) return result;
  sayWith(child.channel, Word::prepared, master.get());
  for (int number = 0; number < 3; number++) becomeStream(peer.get(), number);
  return 0;
}

long usePipe(int pipe, int number, Owner owner) {
  if (pipe >= 0) {
    sys::invoke(__NR_fchown, pipe, owner.user, owner.group);
    return becomeStream(pipe, number);
  }
  sys::Fd null(sys::openAt(AT_FDCWD, "/dev/null", (number == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
  return null.open() ? becomeStream(null.get(), number) : null.error();
}

}  // namespace

long steps::streams(Child& child, const plan::Step& step) {
  sys::invoke(__NR_setsid);
  Owner owner = ownerOf(step);
  if (child.plan.has(plan::terminal)) return openTerminal(child, owner);
  for (int number = 0; number < 3; number++) {
    long result = usePipe(child.streams[number], number, owner);
    if (result < 0) return result;
  }
  return 0;
}

}  // namespace stave::monitor
