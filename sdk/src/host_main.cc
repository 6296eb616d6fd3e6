// stave-host FILE: serves one plug-in to the process at the other end of descriptor 3, and ends with it.
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>

#include "stave/error.h"
#include "stave/plugin_host.h"

namespace {

constexpr int socketNumber = 3;

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: stave-host PLUGIN.so   (started by staved, which speaks on descriptor 3)\n");
    return 2;
  }
  // A host lives no longer than the daemon, and its children must not inherit the daemon's socket.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (fcntl(socketNumber, F_SETFD, FD_CLOEXEC) < 0) {
    fprintf(stderr, "stave-host: descriptor 3 is not open; this program is started by staved\n");
    return 2;
  }
  // Each RPC message begins with a segment of 8 KiB; giving that memory back each time is what costs.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
  KJ_IF_MAYBE(exception, kj::runCatchingExceptions([&]() {
    stave::servePlugin(argv[1], kj::AutoCloseFd(socketNumber));
  })) {
    fprintf(stderr, "stave-host: %s\n", stave::textOf(*exception).c_str());
    _exit(1);
  }
  _exit(0);  // without destructors: worker threads may be in the middle of something
}
