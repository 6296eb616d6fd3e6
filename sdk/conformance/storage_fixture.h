#pragma once

#include <stave/conformance/subject.h>
#include <stave/layer/tar.h>
#include <stave/schema/storage.capnp.h>

#include <string>
#include <vector>

/// The storage driver under test with plain values in place of messages, and layers made for it.
namespace stave::conformance {

/// A layer put together in memory. What is not said of an entry: owner root, a fixed time.
class LayerTar {
 public:
  LayerTar& directory(const std::string& path, mode_t mode = 0755);
  LayerTar& file(const std::string& path, const std::string& content, mode_t mode = 0644);
  LayerTar& symlink(const std::string& path, const std::string& target);
  LayerTar& hardLink(const std::string& path, const std::string& target);
  LayerTar& whiteout(const std::string& path);  ///< ".wh." is put before the last name
  LayerTar& opaque(const std::string& path);
  LayerTar& add(layer::Entry entry, const std::string& content = {});
  std::string bytes() const;

 private:
  std::vector<std::pair<layer::Entry, std::string>> entries_;
};

inline constexpr time_t layerTime = 1'600'000'000;

std::string gzip(const std::string& bytes);
std::string digestOf(const std::string& bytes);

/// "sha256:" and 64 digits that stand for a word; drivers do not compute chain ids.
std::string chainId(const std::string& word);

/// An anonymous file.
kj::AutoCloseFd fileWith(const std::string& bytes);

struct UnpackOptions {
  std::string parent;
  std::string mediaType;
  std::string diffId;
};

using UnpackPromise = capnp::RemotePromise<schema::Storage::UnpackResults>;

schema::Storage::Client storage();
UnpackPromise startUnpack(const std::string& chain, kj::AutoCloseFd blob, uint64_t size,
                          const UnpackOptions& options = {});
UnpackPromise startUnpack(const std::string& chain, const std::string& bytes,
                          const UnpackOptions& options = {});
void unpack(const std::string& chain, const std::string& bytes, const std::string& parent = {});
ErrorCode refusalToUnpack(const std::string& bytes, const UnpackOptions& options = {});
bool hasLayer(const std::string& chain);

schema::RootFs::Client prepare(const std::string& snapshot, const std::string& parent);
void removeSnapshot(const std::string& snapshot);
schema::RootFs::Client view(const std::string& chain);
kj::AutoCloseFd mountRoot(schema::RootFs::Client root, bool readOnly = false);

/// A view's mount.
kj::AutoCloseFd see(const std::string& chain);

/// "A /new", "C /changed", "D /gone", each on a line.
std::string changesOf(schema::RootFs::Client root);

struct Diff {
  std::string bytes;
  std::string diffId;
  uint64_t size;
};
Diff diffOf(schema::RootFs::Client root);

std::string read(int tree, const std::string& path);
void write(int tree, const std::string& path, const std::string& content);
struct stat statOf(int tree,
                   const std::string& path);  ///< not following; fails when it is not there
bool exists(int tree, const std::string& path);
std::string namesIn(int tree, const std::string& path = ".");  ///< "a b c"

/// Everything below a tree in text: names, kinds, owners, permissions, times, sizes, targets, link
/// counts, contents' digests, extended attributes. Two equal trees have equal text.
std::string describe(int tree);

}  // namespace stave::conformance
