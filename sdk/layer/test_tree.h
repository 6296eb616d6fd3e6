#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <utility>
#include <vector>

#include "stave/layer/apply.h"

/// For the tests of this folder: a directory that goes away, and archives put together in memory.
namespace stave::layer {

class TestTree : public testing::Test {
 protected:
  TestTree() {
    char pattern[] = "/tmp/stave-layer-XXXXXX";
    path_ = mkdtemp(pattern);
  }
  ~TestTree() override { os::removeTree(path_); }

  std::string path_;
};

class OnePiece final : public PieceSource {
 public:
  explicit OnePiece(std::string_view bytes) : bytes_(bytes) {}
  std::string_view next() override { return std::exchange(bytes_, {}); }

 private:
  std::string_view bytes_;
};

inline Entry entryOf(const std::string& path, EntryType type = EntryType::file,
                     const std::string& target = "") {
  Entry entry;
  entry.path = path;
  entry.type = type;
  entry.linkTarget = target;
  entry.mode = 0755;
  return entry;
}

/// Files have their own path as content.
inline std::string tarOf(std::vector<Entry> entries) {
  std::string bytes;
  TarWriter writer([&](std::string_view part) { bytes.append(part); });
  for (auto& entry : entries) {
    if (entry.type == EntryType::file) entry.size = entry.path.size();
    writer.add(entry);
    if (entry.type == EntryType::file) writer.data(entry.path);
  }
  writer.finish();
  return bytes;
}

inline void applyTo(const std::string& directory, const std::string& tar, RootedWriter& writer) {
  OnePiece source(tar);
  JobControl control;
  applyTar(source, writer, control);
}

inline os::Fd directoryOf(const std::string& path) {
  return os::open(path, O_PATH | O_DIRECTORY);
}

}  // namespace stave::layer
