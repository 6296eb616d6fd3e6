#include <cstddef>
#include <cstdint>

#include "challenge.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view header(reinterpret_cast<const char*>(data), size);
  for (auto& challenge : stave::oci::parseChallenges(header)) {
    if (challenge.scheme.empty()) __builtin_trap();
  }
  return 0;
}
