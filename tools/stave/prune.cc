#include "prune.h"

#include <stave/error.h>
#include <stave/os/terminal.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "output.h"
#include "session.h"

namespace stave::cli {

namespace {

struct PruneFlags {
  bool force = false;
  std::vector<std::string> filters;
};

void takeFilters(const std::vector<std::string>& filters, schema::PruneWhat::Builder what) {
  std::vector<std::string> labels;
  for (auto& filter : filters) {
    auto equals = filter.find('=');
    auto key = filter.substr(0, equals);
    auto value = equals == std::string::npos ? std::string() : filter.substr(equals + 1);
    if (key == "until") {
      what.setUntil(parseTime(value));
    } else if (key == "label") {
      labels.push_back(value);
    } else if (key == "label!") {
      labels.push_back("!" + value);
    } else {
      failFlag("--filter", filter, "there are until=TIME, label=KEY[=VALUE], label!=KEY");
    }
  }
  auto target = what.initLabels(labels.size());
  for (unsigned i = 0; i < target.size(); ++i) target.set(i, labels[i]);
}

bool confirmed() {
  if (!os::isTerminal(STDIN_FILENO)) return true;
  printError("This removes what nothing uses. Go on? [y/N] ");
  int answer = ::getchar();
  return answer == 'y' || answer == 'Y';
}

}  // namespace

Action makePrune(Flags& flags, std::function<void(schema::PruneWhat::Builder)> choose) {
  auto options = std::make_shared<PruneFlags>();
  flags.toggle("-f,--force", options->force, "Do not ask");
  flags.texts("--filter", options->filters, "Only what until=TIME, label=KEY[=VALUE] allow",
              "filter");
  return [options, choose](Session& session, const Words&) {
    if (!options->force && !confirmed()) return 1;
    auto request = session.client().engine().pruneRequest();
    auto what = request.initWhat();
    choose(what);
    takeFilters(options->filters, what);
    auto reply = session.wait(request.send());
    for (auto name : reply.getRemoved()) print(std::string(name.cStr()) + "\n");
    print("Total reclaimed space: " + humanBytes(double(reply.getBytes())) + "\n");
    return 0;
  };
}

Action makeDeleteOf(Flags& flags, const char* kind) {
  auto force = std::make_shared<bool>(false);
  flags.toggle("-f,--force", *force, "What is not there is no error");
  return [force, kind](Session& session, const Words& words) {
    return forEach(words, [&](const std::string& word) {
      KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                     deleteObject(session, session.find(kind, word), "stave delete " + word);
                   })) {
        bool gone = codeOf(*exception) == ErrorCode::NOT_FOUND;
        if (!gone || !*force) kj::throwFatalException(kj::mv(*exception));
      }
      print(word + "\n");
    });
  };
}

}  // namespace stave::cli
