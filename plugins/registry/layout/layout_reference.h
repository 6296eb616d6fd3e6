#pragma once

#include <string>
#include <string_view>

namespace stave::layout {

/// "oci:PATH[:TAG]", "oci-archive:PATH[:TAG]", "docker-archive:PATH[:NAME]". A path has no colon.
struct LayoutReference {
  enum class Kind { directory, ociArchive, dockerArchive };

  Kind kind = Kind::directory;
  std::string path;  ///< absolute
  std::string
      name;  ///< which image in it; empty: the only one; "@2": the third in a docker archive

  std::string text() const;
};

/// Fails [invalid] with what is wrong.
LayoutReference parseLayoutReference(std::string_view text);

}  // namespace stave::layout
