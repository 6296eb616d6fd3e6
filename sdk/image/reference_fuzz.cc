#include <kj/exception.h>
#include <stave/image/platform.h>
#include <stave/image/reference.h>

#include <cstddef>
#include <cstdint>

/// A reference that is taken has a normal form that does not change any more.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace stave::image;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    std::string normalized = parseReference(bytes).text();
    if (parseReference(normalized).text() != normalized) __builtin_trap();
  } catch (const kj::Exception&) {
  }
  try {
    parsePlatform(bytes);
  } catch (const kj::Exception&) {
  }
  return 0;
}
