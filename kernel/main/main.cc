// staved: reads the configuration, wires the parts of the kernel and runs them until it is told to
// end.
#include <kj/async-unix.h>
#include <malloc.h>
#include <signal.h>
#include <stave/error.h>
#include <stave/loop.h>

#include <cstdio>

#include "kernel/config/config.h"
#include "kernel/log/log.h"
#include "kernel/main/daemon.h"
#include "kernel/main/options.h"
#include "kernel/plugin/config_check.h"

namespace {

using namespace stave;

constexpr auto version = "0.1.0";

kj::Promise<void> endOnSignal(Loop& loop, Daemon& daemon) {
  auto told = [&daemon](siginfo_t&& info) {
    log(schema::LogLevel::INFO, "kernel", "signal " + std::to_string(info.si_signo) + ": ending");
    daemon.shutdown();
  };
  return loop.port()
      .onSignal(SIGTERM)
      .exclusiveJoin(loop.port().onSignal(SIGINT))
      .then(kj::mv(told));
}

kj::Promise<void> reloadOnSignal(Loop& loop, Daemon& daemon) {
  return loop.port()
      .onSignal(SIGHUP)
      .then([&](siginfo_t&&) { return daemon.reloadAndLog(); })
      .then([&]() { return reloadOnSignal(loop, daemon); });
}

void run(config::Config config, const std::string& path) {
  for (int number : {SIGTERM, SIGINT, SIGHUP}) kj::UnixEventPort::captureSignal(number);
  Loop loop;
  Daemon daemon(loop, std::move(config), path);
  auto ending = endOnSignal(loop, daemon).eagerlyEvaluate(nullptr);
  auto reloading = reloadOnSignal(loop, daemon).eagerlyEvaluate(nullptr);
  auto wanted = daemon.wanted().fork();
  loop.wait(daemon.start().exclusiveJoin(wanted.addBranch()));
  loop.wait(wanted.addBranch());
  loop.wait(daemon.stop());
}

int act(const Options& options) {
  switch (options.action) {
    case Options::Action::help:
      printf("%s", usage);
      return 0;
    case Options::Action::version:
      printf("staved %s\n", version);
      return 0;
    case Options::Action::printDefaultConfig:
      printf("%.*s", int(config::defaultConfig().size()), config::defaultConfig().data());
      return 0;
    case Options::Action::checkConfig: {
      auto config = config::load(options.config);
      Loop loop;
      auto problems = plugin::checkConfig(loop, config);
      for (auto& problem : problems) fprintf(stderr, "staved: %s\n", problem.c_str());
      if (problems.empty())
        printf("the configuration is good: %zu plug-ins\n", config.plugins.size());
      return problems.empty() ? 0 : 1;
    }
    case Options::Action::run:
      run(config::load(options.config), options.config);
      return 0;
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  auto options = parseOptions(argc, argv);
  if (!options.error.empty()) {
    fprintf(stderr, "staved: %s\n%s", options.error.c_str(), usage);
    return 2;
  }
  // Each RPC message begins with a segment of 8 KiB; giving that memory back each time is what
  // costs.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
  int status = 1;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { status = act(options); })) {
    fprintf(stderr, "staved: %s\n", textOf(*exception).c_str());
  }
  return status;
}
