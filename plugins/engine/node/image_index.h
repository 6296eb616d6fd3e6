#pragma once

#include <stave/image/config.h>

#include <map>

#include "image_failures.h"
#include "mirror.h"

namespace stave::node {

/// An image that is here, unpacked, as running it needs it.
struct ReadyImage {
  std::string name;
  std::string manifestDigest;
  std::string configDigest;
  std::string chainId;  ///< of the topmost layer; empty: it has no layer
  image::ImageConfig config;
};

using ReadyImagePointer = std::shared_ptr<const ReadyImage>;

/// The images of this machine by all the names that people give them.
class ImageIndex {
 public:
  explicit ImageIndex(Mirror& images);

  /// Null: it is not here, or not yet.
  ReadyImagePointer ready(const std::string& name) const;
  ReadyImagePointer byId(const std::string& configDigest) const;
  ObjectPointer object(const std::string& name) const { return images_.find(name); }

  /// The name of the Image object that a user means: full or short reference, id or the beginning
  /// of one. Fails [not-found], [conflict] if a beginning fits several images, [invalid].
  std::string resolve(const std::string& reference) const;

  /// The same for an image that need not be here: then its normalized reference. Fails [invalid].
  std::string wanted(const std::string& reference) const;

  const std::map<std::string, ObjectPointer>& all() const { return images_.all(); }

  ImageFailures& failures() { return failures_; }
  const ImageFailures& failures() const { return failures_; }

 private:
  std::string find(const std::string& reference) const;  ///< empty: not here
  std::string findById(std::string_view beginning) const;
  void note(const ObjectPointer& object, bool removed);

  Mirror& images_;
  std::map<std::string, ReadyImagePointer> ready_;
  ImageFailures failures_;
};

}  // namespace stave::node
