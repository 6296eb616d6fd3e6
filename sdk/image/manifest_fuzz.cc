#include <kj/exception.h>
#include <stave/image/config.h>
#include <stave/image/manifest.h>

#include <cstddef>
#include <cstdint>

/// Whatever is read can be written, and is read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace stave::image;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto attempt = [](auto&& action) {
    try {
      action();
    } catch (const kj::Exception&) {
    }
  };
  auto mustBeStable = [](auto&& parse, std::string_view input) {
    std::string once = write(parse(input, "fuzz"));
    if (write(parse(once, "fuzz")) != once) __builtin_trap();
  };
  attempt([&] { mediaTypeOf(bytes, "", "fuzz"); });
  attempt([&] { mustBeStable(parseManifest, bytes); });
  attempt([&] { mustBeStable(parseIndex, bytes); });
  attempt([&] { mustBeStable(parseConfig, bytes); });
  return 0;
}
