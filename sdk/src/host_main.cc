// stave-host [--no-network] [--capabilities=A,B] FILE: serves one plug-in to the process at the
// other end of descriptor 3, and ends with it. Before any code of the plug-in runs it gives up what
// the plug-in was not granted; with --capabilities=all it keeps everything, as a driver that makes
// mounts needs it.
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "stave/error.h"
#include "stave/os/privileges.h"
#include "stave/plugin_host.h"

namespace {

using namespace stave;

constexpr int socketNumber = 3;
constexpr std::string_view capabilitiesOption = "--capabilities=";

struct Arguments {
  bool network = true;
  std::vector<std::string> capabilities{"all"};
  std::string file;
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    auto end = std::min(text.find(','), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i++) {
    std::string_view word = argv[i];
    if (word == "--no-network") {
      arguments.network = false;
    } else if (word.starts_with(capabilitiesOption)) {
      arguments.capabilities = split(word.substr(capabilitiesOption.size()));
    } else {
      arguments.file = word;
    }
  }
  return arguments;
}

void giveUpPrivileges(const Arguments& arguments) {
  auto keep = os::capabilitySet(arguments.capabilities);
  bool all = keep == os::capabilitySet({"all"});
  if (!arguments.network) os::leaveNetwork();
  if (all) return;
  os::leaveMountNamespace();
  os::keepCapabilities(keep);
  os::refuseDangerousCalls();
}

}  // namespace

int main(int argc, char** argv) {
  auto arguments = parse(argc, argv);
  if (arguments.file.empty()) {
    fprintf(stderr,
            "usage: stave-host PLUGIN.so   (started by staved, which speaks on descriptor 3)\n");
    return 2;
  }
  // A host lives no longer than the daemon, and its children must not inherit the daemon's socket.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (fcntl(socketNumber, F_SETFD, FD_CLOEXEC) < 0) {
    fprintf(stderr, "stave-host: descriptor 3 is not open; this program is started by staved\n");
    return 2;
  }
  // Each RPC message begins with a segment of 8 KiB; giving that memory back each time is what
  // costs.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 giveUpPrivileges(arguments);
                 servePlugin(arguments.file, kj::AutoCloseFd(socketNumber));
               })) {
    fprintf(stderr, "stave-host: %s: %s\n", arguments.file.c_str(), textOf(*exception).c_str());
    _exit(1);
  }
  _exit(0);  // without destructors: worker threads may be in the middle of something
}
