#include "image_source.h"

#include <stave/error.h>
#include <stave/image/reference.h>

namespace stave::layout {

std::string normalizedName(const std::string& name) {
  try {
    return image::parseReference(name).text();
  } catch (const kj::Exception&) {
    return name;  // a tag alone, or a name of another sort
  }
}

void failUnknownName(const std::string& place, const std::string& name,
                     const std::vector<std::string>& known) {
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
  std::string what = name.empty() ? "has more than one image, say which" : "has no image " + name;
  fail(name.empty() ? ErrorCode::INVALID : ErrorCode::NOT_FOUND,
       place + ": " + what + "; there are: " + (list.empty() ? "none" : list));
}

std::unique_ptr<ImageSource> openSource(const LayoutReference& reference) {
  switch (reference.kind) {
    case LayoutReference::Kind::directory:
      return openLayout(openDirectory(reference.path), reference.text());
    case LayoutReference::Kind::ociArchive:
      return openLayout(openTar(reference.path), reference.text());
    case LayoutReference::Kind::dockerArchive:
      return openDockerArchive(openTar(reference.path), reference.text());
  }
  fail(ErrorCode::INTERNAL, "image source of an unknown kind");
}

}  // namespace stave::layout
