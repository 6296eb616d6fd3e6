#pragma once

#include <stave/layer/tar.h>
#include <stave/os/entry.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace stave::layer {

/// How a deletion is kept.
enum class Whiteouts {
  apply,   ///< the file is deleted: the tree below has the parent's content
  overlay  ///< the marks that overlayfs takes for a deletion: the tree below has one layer only
};

/// Makes the entries of a layer below one directory and nowhere else, whatever their names say:
/// symbolic links on the way are resolved with that directory as the root, names that leave it are
/// refused.
class RootedWriter {
 public:
  RootedWriter(os::Fd root, Whiteouts whiteouts);

  /// Makes one entry; an earlier one of the same path is replaced. Data comes from the reader.
  void add(const Entry& entry, TarReader& reader);

  /// After the last entry: the times of directories, which every entry inside them changes.
  void finish();

  /// Directories that the archive did not name but needed, in the order of their making. They have
  /// the owner root and the mode 0755. The root itself is not among them.
  const std::vector<std::string>& impliedDirectories() const { return implied_; }

  /// Whether the archive says what the root directory is like.
  bool rootNamed() const { return rootNamed_; }

  /// Whether the layer deletes everything below it. With Whiteouts::overlay the caller has to see
  /// to it: overlayfs knows no mark for the root.
  bool rootOpaque() const { return rootOpaque_; }

 private:
  struct Place {
    std::shared_ptr<os::Fd> directory;
    std::string name;
    std::string path;
    int in() const { return directory->get(); }
  };

  std::shared_ptr<os::Fd> directoryAt(const std::string& path);
  os::Fd makeDirectory(const std::string& path);
  Place placeOf(const std::string& path);
  void remember(const std::string& path);
  void clear(const Place& place);
  void forgetDirectories(const std::string& path);
  void prepareDirectory(const Place& place);

  void addRoot(const Entry& entry);
  void addDirectory(const Place& place, const Entry& entry);
  void addFile(const Place& place, const Entry& entry, TarReader& reader);
  void addHardLink(const Place& place, const Entry& entry);
  void addNode(const Place& place, const Entry& entry);
  void setAttributes(const Place& place, const Entry& entry);
  bool skipsAttribute(const Entry& entry, const std::string& attribute) const;

  bool addWhiteout(const Place& place);
  void hide(const Place& place);
  void hideContent(const std::string& path);
  bool madeHere(const std::string& path) const;

  os::Fd root_;
  Whiteouts whiteouts_;
  bool rootNamed_ = false;
  bool rootOpaque_ = false;
  std::unordered_map<std::string, std::shared_ptr<os::Fd>> directories_;  // by path, a few of them
  std::map<std::string, timespec> times_;                                 // of directories, by path
  std::set<std::string> made_;  // what this layer has made; kept for Whiteouts::apply only
  std::vector<std::string> implied_;
};

/// "usr/bin" from "./usr//lib/../bin/". The root is empty. Fails [invalid] when the name leaves the
/// root or has a NUL in it.
std::string cleanPath(std::string_view path);

/// "usr" of "usr/bin", empty for a name at the top.
std::string parentOf(const std::string& path);
std::string lastName(const std::string& path);

}  // namespace stave::layer
