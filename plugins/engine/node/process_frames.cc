#include "process_frames.h"

#include <algorithm>

namespace stave::node {

namespace {

constexpr size_t headerSize = 8;
constexpr size_t bufferSize = 16 * 1024;
constexpr unsigned char endOfStream = 3;

struct Header {
  unsigned char stream;
  size_t length;
};

Header parse(const unsigned char* bytes) {
  size_t length = 0;
  for (int i = 4; i < 8; ++i) length = length << 8 | bytes[i];
  return {bytes[0], length};
}

}  // namespace

Task<std::string> readOutput(kj::Own<kj::AsyncIoStream> socket, size_t limit) {
  std::string output;
  auto buffer = kj::heapArray<char>(bufferSize);
  for (;;) {
    unsigned char bytes[headerSize];
    size_t got = co_await socket->tryRead(bytes, headerSize, headerSize);
    if (got < headerSize) break;
    auto header = parse(bytes);
    while (header.length > 0) {
      size_t want = std::min(header.length, bufferSize);
      size_t read = co_await socket->tryRead(buffer.begin(), want, want);
      if (read < want) co_return kj::mv(output);
      header.length -= read;
      if (header.stream == endOfStream) continue;
      output.append(buffer.begin(), std::min(read, limit - output.size()));
    }
  }
  co_return kj::mv(output);
}

}  // namespace stave::node
