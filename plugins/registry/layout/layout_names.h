#pragma once

#include <stave/image/digest.h>
#include <stave/image/manifest.h>

#include <string>

/// The fixed names of the OCI image layout specification.
namespace stave::layout {

inline constexpr const char* layoutFile = "oci-layout";
inline constexpr const char* indexFile = "index.json";
inline constexpr const char* layoutVersion = R"({"imageLayoutVersion":"1.0.0"})";
inline constexpr const char* shortNameAnnotation = "org.opencontainers.image.ref.name";
inline constexpr const char* fullNameAnnotation = "io.containerd.image.name";

inline std::string blobFile(const std::string& text) {
  image::Digest digest = image::parseDigest(text, "image layout");
  return "blobs/" + digest.algorithm + "/" + digest.hex;
}

inline std::string annotationOf(const image::Descriptor& entry, const char* name) {
  auto found = entry.annotations.find(name);
  return found == entry.annotations.end() ? "" : found->second;
}

inline std::string shortNameOf(const image::Descriptor& entry) {
  return annotationOf(entry, shortNameAnnotation);
}

/// The full name, if some tool has left it there, else the short one.
inline std::string nameOf(const image::Descriptor& entry) {
  std::string full = annotationOf(entry, fullNameAnnotation);
  return full.empty() ? shortNameOf(entry) : full;
}

}  // namespace stave::layout
