#include "stave/name.h"

#include <algorithm>

#include "stave/error.h"

namespace stave {

namespace {

constexpr size_t maxNameBytes = 200;

bool isPlain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9');
}

bool mayFollow(char letter) {
  return isPlain(letter) || letter == '_' || letter == '.' || letter == '-';
}

}  // namespace

std::string fileName(std::string_view what, std::string_view name) {
  bool good = !name.empty() && name.size() <= maxNameBytes && isPlain(name[0]) &&
              std::all_of(name.begin(), name.end(), mayFollow);
  if (good) return std::string(name);
  fail(ErrorCode::INVALID,
       "\"" + std::string(name.substr(0, maxNameBytes)) + "\" is no name for " + std::string(what) +
           ": letters, digits, \"_\", \".\" and \"-\", of which the first is a letter or a digit, "
           "up to " +
           std::to_string(maxNameBytes));
}

}  // namespace stave
