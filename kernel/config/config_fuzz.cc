#include <kj/exception.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "kernel/config/config.h"
#include "stave/error.h"

namespace {

using namespace stave;

/// What is wrong with a configuration is said with its place, and is never a defect of ours.
void mustBlameTheText(const kj::Exception& exception) {
  if (codeOf(exception) != ErrorCode::INVALID && codeOf(exception) != ErrorCode::NOT_FOUND) abort();
  if (textOf(exception).find("fuzz.toml") == std::string::npos) abort();
}

void interpretTwice(std::string_view text) {
  auto once = config::interpret(config::parseToml(text, "fuzz.toml"), "/usr/bin");
  auto again = config::interpret(config::parseToml(text, "fuzz.toml"), "/usr/bin");
  if (!config::differencesOutsidePlugins(once, again).empty()) abort();
  if (once.plugins.size() != again.plugins.size()) abort();
  for (size_t i = 0; i < once.plugins.size(); i++) {
    if (!once.plugins[i].sameHost(again.plugins[i])) abort();
    if (!once.plugins[i].sameSettings(again.plugins[i])) abort();
  }
}

}  // namespace

/// A configuration is refused with a reason, or means the same each time it is read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.find("include") != text.npos) return 0;  // would read files of this machine
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { interpretTwice(text); })) {
    mustBlameTheText(*exception);
  }
  return 0;
}
