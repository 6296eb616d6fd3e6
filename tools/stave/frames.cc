#include <stave/error.h>

#include "streams.h"

namespace stave::cli {

namespace {

constexpr size_t headerBytes = 8;
constexpr size_t longestFrame = 16 << 20;

}  // namespace

std::string frameOf(uint8_t stream, std::string_view bytes) {
  std::string frame{static_cast<char>(stream), 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(bytes.size() >> shift);
  return frame += bytes;
}

kj::Maybe<FrameReader::Frame> FrameReader::next() {
  if (buffer_.size() < headerBytes) return nullptr;
  size_t length = 0;
  for (size_t i = 4; i < headerBytes; ++i) length = length << 8 | uint8_t(buffer_[i]);
  if (length > longestFrame) {
    fail(ErrorCode::INVALID,
         "the process's stream is broken: a frame of " + std::to_string(length) + " bytes");
  }
  if (buffer_.size() < headerBytes + length) return nullptr;
  Frame frame{uint8_t(buffer_[0]), buffer_.substr(headerBytes, length)};
  buffer_.erase(0, headerBytes + length);
  return kj::mv(frame);
}

std::string DetachKeys::filter(std::string_view typed) {
  if (keys_.empty()) return std::string(typed);
  std::string passed;
  for (char key : typed) {
    if (key != keys_[matched_]) {
      passed.append(keys_, 0,
                    matched_);  // held back until it was clear that they are not the sequence
      matched_ = 0;
    }
    if (key != keys_[matched_]) {
      passed += key;
    } else if (++matched_ == keys_.size()) {
      detached_ = true;
      return passed;
    }
  }
  return passed;
}

}  // namespace stave::cli
