#include "kernel/config/toml_check.h"

#include <algorithm>

#include "stave/error.h"

namespace stave::config {

namespace {

constexpr size_t tripleSize = 3;

/// Walks over the text as the parser does. Where the text is wrong the two may part, and then the
/// parser has stopped already.
class Scanner {
 public:
  Scanner(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  void run() {
    while (at_ < text_.size()) {
      char letter = text_[at_];
      if (letter == '"' || letter == '\'') {
        skipText(letter);
      } else if (letter == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') take();
      } else {
        if (static_cast<unsigned char>(letter) >= 0x80) {
          refuse("characters outside ASCII stand in quotation marks or in comments");
        }
        take();
      }
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorCode::INVALID, name_ + ":" + std::to_string(line_) + ": " + why);
  }

  void take() {
    auto letter = static_cast<unsigned char>(text_[at_]);
    bool allowed = letter == '\t' || letter == '\n' || letter == '\r';
    if (!allowed && (letter < 0x20 || letter == 0x7f)) {
      refuse("the control character " + std::to_string(letter) +
             " has no place in a configuration");
    }
    if (letter == '\n') ++line_;
    ++at_;
  }

  bool isTriple(char quote) const {
    return text_.substr(at_, tripleSize) == std::string(tripleSize, quote);
  }

  void skipText(char quote) {
    bool lines = isTriple(quote);
    at_ += lines ? tripleSize : 1;
    while (at_ < text_.size()) {
      if (lines ? isTriple(quote) : text_[at_] == quote) break;
      if (!lines && text_[at_] == '\n') return;  // not ended: the parser says so
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) take();
      take();
    }
    at_ = std::min(at_ + (lines ? tripleSize : 1), text_.size());
    // A text of several lines may end with quotation marks of its own.
    for (int own = 0; lines && own < 2 && at_ < text_.size() && text_[at_] == quote; ++own) ++at_;
  }

  std::string_view text_;
  const std::string& name_;
  size_t at_ = 0;
  size_t line_ = 1;
};

}  // namespace

void checkCharacters(std::string_view text, const std::string& name) {
  Scanner(text, name).run();
}

}  // namespace stave::config
