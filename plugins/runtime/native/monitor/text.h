#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Small text work without a C library.
namespace stave::monitor {

/// Text of bounded length in place; what does not fit is cut.
template <size_t capacity>
class SmallText {
 public:
  SmallText& add(const char* text) { return add(text, strlen(text)); }
  SmallText& add(const char* text, size_t size) {
    for (size_t i = 0; i < size && size_ + 1 < capacity; i++) data_[size_++] = text[i];
    data_[size_] = 0;
    return *this;
  }
  SmallText& add(uint64_t number) {
    char digits[20];
    size_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    while (count > 0) add(&digits[--count], 1);
    return *this;
  }

  const char* text() const { return data_; }
  size_t size() const { return size_; }

 private:
  size_t size_ = 0;
  char data_[capacity] = {};
};

/// The number that follows `key` and a space at the beginning of a line; 0 if there is none.
inline uint64_t numberAfter(const char* data, size_t size, const char* key) {
  size_t length = strlen(key);
  for (size_t i = 0; i + length < size; i++) {
    bool lineStart = i == 0 || data[i - 1] == '\n';
    if (!lineStart || memcmp(data + i, key, length) != 0 || data[i + length] != ' ') continue;
    uint64_t number = 0;
    for (size_t at = i + length + 1; at < size && data[at] >= '0' && data[at] <= '9'; at++) {
      number = number * 10 + static_cast<uint64_t>(data[at] - '0');
    }
    return number;
  }
  return 0;
}

}  // namespace stave::monitor
