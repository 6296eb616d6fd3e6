#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <string>
#include <utility>

#include "stave/error.h"
#include "stave/layer/apply.h"

// Applies whatever comes as a tar to a directory and looks whether anything appeared outside it.

namespace {

using namespace stave;
using namespace stave::layer;

class OnePiece final : public PieceSource {
 public:
  explicit OnePiece(std::string_view bytes) : bytes_(bytes) {}
  std::string_view next() override { return std::exchange(bytes_, {}); }

 private:
  std::string_view bytes_;
};

void apply(const std::string& directory, std::string_view tar, Whiteouts whiteouts) {
  os::makeDirectories(directory);
  try {
    OnePiece source(tar);
    JobControl control;
    RootedWriter writer(os::open(directory, O_PATH | O_DIRECTORY), whiteouts);
    applyTar(source, writer, control);
  } catch (const kj::Exception& exception) {
    // A refusal is a good answer; a defect of ours is not.
    if (codeOf(exception) == ErrorCode::INTERNAL) {
      fprintf(stderr, "%s\n", textOf(exception).c_str());
      abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  char pattern[] = "/tmp/stave-fuzz-XXXXXX";
  std::string outer = mkdtemp(pattern);
  std::string_view tar(reinterpret_cast<const char*>(data), size);
  apply(outer + "/overlay", tar, Whiteouts::overlay);
  apply(outer + "/apply", tar, Whiteouts::apply);
  if (os::listDirectory(outer) != std::vector<std::string>{"apply", "overlay"}) abort();
  os::removeTree(outer);
  return 0;
}
