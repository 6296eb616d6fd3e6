#include "challenge.h"

#include <algorithm>
#include <cctype>

namespace stave::oci {

namespace {

bool isTokenCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool isToken68Character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool atEnd() const { return rest_.empty(); }
  bool atWordEnd() const { return atEnd() || std::string_view(" \t,").find(peek()) != rest_.npos; }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool skip(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skipSpace() {
    while (skip(' ') || skip('\t')) {
    }
  }
  void skipSeparators() {
    while (skip(' ') || skip('\t') || skip(',')) {
    }
  }

  template <typename Predicate>
  std::string takeWhile(Predicate&& predicate) {
    size_t length = 0;
    while (length < rest_.size() && predicate(rest_[length])) ++length;
    std::string taken(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return taken;
  }

  /// The text inside quotation marks, backslashes undone. false: the closing mark is missing.
  bool takeQuoted(std::string& value) {
    skip('"');
    while (!atEnd() && peek() != '"') {
      skip('\\');
      if (atEnd()) return false;
      value += peek();
      rest_.remove_prefix(1);
    }
    return skip('"');
  }

  std::string_view rest() const { return rest_; }
  void rewind(std::string_view rest) { rest_ = rest; }

 private:
  std::string_view rest_;
};

/// NAME = VALUE. false, and nothing taken, if something else stands there.
bool takeParameter(Scanner& scanner, Challenge& challenge) {
  std::string_view before = scanner.rest();
  std::string name = scanner.takeWhile(isTokenCharacter), value;
  scanner.skipSpace();
  bool good = !name.empty() && scanner.skip('=');
  if (good) {
    scanner.skipSpace();
    if (scanner.peek() == '"') {
      good = scanner.takeQuoted(value);
    } else {
      value = scanner.takeWhile(isTokenCharacter);
      good = !value.empty();
    }
  }
  if (!good) {
    scanner.rewind(before);
    return false;
  }
  challenge.parameters.emplace(lowered(name), std::move(value));
  return true;
}

/// A token68 stands alone: what follows it is the end or a comma.
bool takeToken68(Scanner& scanner, Challenge& challenge) {
  std::string_view before = scanner.rest();
  std::string token = scanner.takeWhile(isToken68Character);
  scanner.skipSpace();
  if (token.empty() || (!scanner.atEnd() && scanner.peek() != ',')) {
    scanner.rewind(before);
    return false;
  }
  challenge.token = std::move(token);
  return true;
}

void takeParameters(Scanner& scanner, Challenge& challenge) {
  scanner.skipSpace();
  bool first = true;
  while (!scanner.atEnd()) {
    if (!takeParameter(scanner, challenge)) {
      if (first) takeToken68(scanner, challenge);
      return;
    }
    first = false;
    scanner.skipSeparators();
  }
}

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
  auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

std::vector<Challenge> parseChallenges(std::string_view header) {
  std::vector<Challenge> result;
  Scanner scanner(header);
  for (;;) {
    scanner.skipSeparators();
    Challenge challenge;
    challenge.scheme = lowered(scanner.takeWhile(isTokenCharacter));
    if (challenge.scheme.empty() || !scanner.atWordEnd()) return result;
    takeParameters(scanner, challenge);
    result.push_back(std::move(challenge));
  }
}

}  // namespace stave::oci
