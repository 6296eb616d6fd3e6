#include "signals.h"

#include <signal.h>
#include <string.h>

#include <charconv>

#include "flags.h"

namespace stave::cli {

int parseSignal(const std::string& text) {
  int number = 0;
  auto end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end && number > 0 && number < NSIG) return number;
  std::string name;
  for (char letter : text) name += static_cast<char>(::toupper(static_cast<unsigned char>(letter)));
  if (name.compare(0, 3, "SIG") == 0) name.erase(0, 3);
  for (number = 1; number < NSIG; ++number) {
    auto known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  if (name.compare(0, 5, "RTMIN") == 0 || name.compare(0, 5, "RTMAX") == 0) {
    int offset = name.size() > 5 ? ::atoi(name.c_str() + 5) : 0;
    number = (name[3] == 'I' ? SIGRTMIN : SIGRTMAX) + offset;
    if (number >= SIGRTMIN && number <= SIGRTMAX) return number;
  }
  throw UsageError("there is no signal \"" + text + "\"");
}

}  // namespace stave::cli
