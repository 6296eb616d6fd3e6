#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/image/reference.h>

#include <algorithm>
#include <cctype>

namespace stave::image {

namespace {

constexpr std::string_view defaultDomain = "docker.io";
constexpr std::string_view officialPrefix = "library/";
constexpr size_t maxNameLength = 255;
constexpr size_t maxTagLength = 128;

bool isLowerAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool isAlphanumeric(char c) {
  return isLowerAlphanumeric(c) || (c >= 'A' && c <= 'Z');
}
bool isDigitCharacter(char c) {
  return c >= '0' && c <= '9';
}

/// One attempt to read a reference: knows the whole text for its errors.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Reference parse();

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorCode::INVALID,
         "image reference \"" + std::string(text_.substr(0, 300)) + "\": " + why);
  }
  void takeDigest();
  void takeTag();
  void takeDomain();
  void checkDomain() const;
  void checkHost(std::string_view host) const;
  void checkPath() const;
  void checkComponent(std::string_view component) const;
  void checkSeparator(std::string_view component, size_t from, size_t to) const;

  std::string_view text_;
  std::string_view rest_;
  Reference result_;
};

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

void Parser::takeDigest() {
  size_t at = rest_.find('@');
  if (at == std::string_view::npos) return;
  std::string_view digest = rest_.substr(at + 1);
  if (!isDigest(digest)) {
    parseDigest(digest, "image reference \"" + std::string(text_.substr(0, 300)) + "\"");
  }
  result_.digest = digest;
  rest_ = rest_.substr(0, at);
}

void Parser::takeTag() {
  size_t colon = rest_.rfind(':');
  size_t slash = rest_.rfind('/');
  if (colon == std::string_view::npos) return;
  if (slash != std::string_view::npos && colon < slash) return;  // it is a port
  std::string_view tag = rest_.substr(colon + 1);
  if (tag.empty()) refuse("the tag after the colon is empty");
  if (tag.size() > maxTagLength) refuse("the tag is longer than 128 characters");
  if (!isTag(tag)) {
    refuse("tag " + quoted(tag) +
           " may hold letters, digits, '_', '.' and '-' only, and not begin with '.' or '-'");
  }
  result_.tag = tag;
  rest_ = rest_.substr(0, colon);
}

/// The first component is a registry if it cannot be a part of a path: docker's rule.
void Parser::takeDomain() {
  size_t slash = rest_.find('/');
  std::string_view first = rest_.substr(0, slash);
  bool named =
      slash != std::string_view::npos &&
      (first.find_first_of(".:[") != std::string_view::npos || first == "localhost" ||
       std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
  result_.domain = named ? first : defaultDomain;
  if (named) rest_ = rest_.substr(slash + 1);
  if (result_.domain == "index.docker.io") result_.domain = defaultDomain;
  bool official = result_.domain == defaultDomain && rest_.find('/') == std::string_view::npos;
  result_.path = std::string(official ? officialPrefix : "") + std::string(rest_);
}

void Parser::checkHost(std::string_view host) const {
  if (host.empty()) refuse("the registry's host name is empty");
  if (host.front() == '[') {
    bool closed = host.size() > 2 && host.back() == ']';
    auto inside = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) || c == ':'; };
    if (!closed || !std::all_of(host.begin() + 1, host.end() - 1, inside)) {
      refuse("registry host " + quoted(host) + " is not an IPv6 address in brackets");
    }
    return;
  }
  for (size_t begin = 0; begin <= host.size();) {
    size_t end = std::min(host.find('.', begin), host.size());
    std::string_view label = host.substr(begin, end - begin);
    bool good = !label.empty() && label.front() != '-' && label.back() != '-' &&
                std::all_of(label.begin(), label.end(),
                            [](char c) { return isAlphanumeric(c) || c == '-'; });
    if (!good) refuse("registry host " + quoted(host) + " is not a host name");
    begin = end + 1;
  }
}

void Parser::checkDomain() const {
  std::string_view domain = result_.domain;
  size_t bracket = domain.rfind(']');
  size_t colon = domain.find(':', bracket == std::string_view::npos ? 0 : bracket);
  checkHost(domain.substr(0, colon));
  if (colon == std::string_view::npos) return;
  std::string_view port = domain.substr(colon + 1);
  bool good = !port.empty() && port.size() <= 5 &&
              std::all_of(port.begin(), port.end(), isDigitCharacter) &&
              std::stoul(std::string(port)) <= 65535;
  if (!good) refuse("port " + quoted(port) + " of the registry is not a number up to 65535");
}

void Parser::checkSeparator(std::string_view component, size_t from, size_t to) const {
  std::string_view separator = component.substr(from, to - from);
  bool good = from > 0 && to < component.size() &&
              (separator == "." || separator == "_" || separator == "__" ||
               separator.find_first_not_of('-') == std::string_view::npos);
  if (!good) {
    refuse("path component " + quoted(component) +
           ": '.', '_', '__' or dashes may only stand between letters or digits");
  }
}

void Parser::checkComponent(std::string_view component) const {
  if (component.empty()) refuse("a component of the repository's path is empty");
  for (size_t i = 0; i < component.size();) {
    if (isLowerAlphanumeric(component[i])) {
      ++i;
      continue;
    }
    char c = component[i];
    if (c >= 'A' && c <= 'Z') {
      refuse("the repository's path " + quoted(result_.path) + " must be lower case");
    }
    if (c != '.' && c != '_' && c != '-') {
      refuse("path component " + quoted(component) + " has a character that is not allowed");
    }
    size_t end = i;
    while (end < component.size() && !isAlphanumeric(component[end]) &&
           std::string_view("._-").find(component[end]) != std::string_view::npos) {
      ++end;
    }
    checkSeparator(component, i, end);
    i = end;
  }
}

void Parser::checkPath() const {
  std::string_view path = result_.path;
  if (result_.domain.size() + 1 + path.size() > maxNameLength) {
    refuse("the name is longer than 255 characters");
  }
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find('/', begin), path.size());
    checkComponent(path.substr(begin, end - begin));
    begin = end + 1;
  }
}

Reference Parser::parse() {
  if (text_.empty()) refuse("it is empty");
  if (text_.size() == 64 && isDigest("sha256:" + std::string(text_))) {
    refuse("64 hexadecimal digits are an image id, not a name");
  }
  rest_ = text_;
  takeDigest();
  takeTag();
  if (rest_.empty()) refuse("the repository's name is missing");
  takeDomain();
  checkDomain();
  checkPath();
  return std::move(result_);
}

}  // namespace

bool isTag(std::string_view text) {
  auto inside = [](char c) { return isAlphanumeric(c) || c == '_' || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= maxTagLength && text.front() != '.' &&
         text.front() != '-' && std::all_of(text.begin(), text.end(), inside);
}

std::string Reference::text() const {
  std::string text = name();
  if (!tag.empty()) text += ":" + tag;
  if (!digest.empty()) text += "@" + digest;
  return text;
}

std::string Reference::familiar() const {
  std::string whole = text();
  if (domain != defaultDomain) return whole;
  std::string_view rest = std::string_view(whole).substr(domain.size() + 1);
  bool official = rest.starts_with(officialPrefix) &&
                  path.find('/', officialPrefix.size()) == std::string::npos;
  if (official) rest.remove_prefix(officialPrefix.size());
  return std::string(rest);
}

Reference parseReference(std::string_view text) {
  Reference reference = Parser(text).parse();
  if (reference.tag.empty() && reference.digest.empty()) reference.tag = "latest";
  return reference;
}

Reference parseRepository(std::string_view text) {
  Reference reference = Parser(text).parse();
  if (!reference.tag.empty() || !reference.digest.empty()) {
    fail(ErrorCode::INVALID,
         "repository \"" + std::string(text) + "\": a repository has no tag or digest");
  }
  return reference;
}

}  // namespace stave::image
