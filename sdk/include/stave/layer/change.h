#pragma once

#include <stave/layer/tar.h>

#include <string>
#include <vector>

namespace stave::layer {

struct Change {
  enum Kind { modified, added, deleted };
  std::string path;  ///< inside the root, without a leading slash
  Kind kind;
};

/// Sorts so that a directory comes before what is in it.
void sortChanges(std::vector<Change>& changes);

/// Compares two whole trees: kind, owner, permissions, times, size, target, device, attributes.
std::vector<Change> compareTrees(int before, int after);

/// What an overlay's upper directory says of the tree below it; null: there is none.
std::vector<Change> upperChanges(int upper, kj::Maybe<const os::Fd&> below);

/// Writes changes of the tree at `root` as a layer. Deterministic: the same changes give the same
/// bytes. Marks of overlayfs are left out. A file that vanishes meanwhile is left out; one whose
/// size changes while it is written is padded or cut.
void writeDiff(int root, const std::vector<Change>& changes, TarWriter& writer);

/// Copies everything below one directory into another, empty one: owners, permissions, times,
/// attributes, hard links, holes. Shares the data blocks where the file system can.
void copyTree(int from, int to);

}  // namespace stave::layer
