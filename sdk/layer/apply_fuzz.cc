#include <fcntl.h>
#include <stdlib.h>

#include <fstream>

#include "stave/error.h"
#include "stave/layer/apply.h"

// Applies whatever comes as a tar to a directory and looks whether anything appeared outside it.
// Run as `apply_fuzz --write-seeds DIRECTORY` it writes a few archives to begin with.

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

std::string tarOf(std::initializer_list<Entry> entries) {
  std::string bytes;
  TarWriter writer([&](std::string_view part) { bytes.append(part); });
  for (auto& entry : entries) {
    writer.add(entry);
    writer.data(std::string(entry.size, 'x'));
  }
  writer.finish();
  return bytes;
}

Entry entry(const char* path, EntryType type, const char* target = "", uint64_t size = 0) {
  Entry made;
  made.path = path;
  made.type = type;
  made.linkTarget = target;
  made.size = size;
  made.mode = 0755;
  return made;
}

void writeSeeds(const std::string& directory) {
  auto write = [&](const char* name, const std::string& bytes) {
    std::ofstream(directory + "/" + name, std::ios::binary) << bytes;
  };
  write("plain", tarOf({entry("d", EntryType::directory), entry("d/f", EntryType::file, "", 700)}));
  write("links",
        tarOf({entry("s", EntryType::symlink, "/etc"), entry("s/f", EntryType::file, "", 1),
               entry("h", EntryType::hardLink, "s/f")}));
  write("whiteouts",
        tarOf({entry("d/.wh.f", EntryType::file), entry("d/.wh..wh..opq", EntryType::file)}));
  auto extended = entry("x", EntryType::file, "", 3);
  extended.modified = {-5, 7};
  extended.attributes = {{"user.a", "b"}};
  write("pax", tarOf({extended, entry(std::string(300, 'n').c_str(), EntryType::fifo)}));
}

void apply(const std::string& directory, std::string_view tar, Whiteouts whiteouts) {
  os::makeDirectories(directory);
  try {
    OnePiece source(tar);
    JobControl control;
    RootedWriter writer(os::open(directory, O_PATH | O_DIRECTORY), whiteouts);
    applyTar(source, writer, control);
  } catch (const kj::Exception& exception) {
    // A refusal is a good answer; a defect of ours is not.
    if (textOf(exception).find("assert") != std::string::npos) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  if (*count == 3 && std::string((*arguments)[1]) == "--write-seeds") {
    writeSeeds((*arguments)[2]);
    exit(0);
  }
  return 0;
}

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
