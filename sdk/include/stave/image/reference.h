#pragma once

#include <string>
#include <string_view>

/// Image references as people write them: "debian", "localhost:5000/a/b:tag", "x@sha256:...".
namespace stave::image {

struct Reference {
  std::string domain;  ///< "docker.io", "localhost:5000"
  std::string path;    ///< "library/debian"
  std::string tag;     ///< "latest" when neither tag nor digest were given
  std::string digest;  ///< "sha256:..."; wins over the tag

  std::string name() const { return domain + "/" + path; }

  /// "docker.io/library/debian:12", "docker.io/library/debian@sha256:...", or with both.
  std::string text() const;

  /// What to ask a registry for: the digest, or the tag.
  const std::string& identifier() const { return digest.empty() ? tag : digest; }

  /// As people write it: without "docker.io/", "library/".
  std::string familiar() const;
};

/// Fails [invalid] with what is wrong at which part of the text.
Reference parseReference(std::string_view text);

/// A repository: a reference without tag and digest. Fails [invalid].
Reference parseRepository(std::string_view text);

bool isTag(std::string_view text);

}  // namespace stave::image
