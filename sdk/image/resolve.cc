#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/image/resolve.h>

#include <algorithm>
#include <optional>

namespace stave::image {

namespace {

constexpr unsigned maxNesting = 4;
constexpr const char* attestation = "vnd.docker.reference.type";

class Resolver {
 public:
  Resolver(std::string reference, const Platform& wanted, const Fetch& fetch)
      : wanted_(wanted), fetch_(fetch) {
    result_.reference = std::move(reference);
  }

  Resolved run(const Document& root);

 private:
  /// false: nothing in it suits.
  bool descend(const Document& document, unsigned depth);
  bool descendInto(const Descriptor& descriptor, unsigned depth);
  bool chooseFrom(const Index& index, unsigned depth);
  bool take(const Document& document);
  std::string fetchVerified(const Descriptor& descriptor, std::string_view kind);
  void checkConfigType(const Descriptor& config) const;
  [[noreturn]] void failUnsuitable() const;

  Platform wanted_;
  const Fetch& fetch_;
  Resolved result_;
  bool insideIndex_ = false;
  std::vector<std::string> offered_;
};

Descriptor describe(const Document& document) {
  return {document.mediaType, document.digest, document.bytes.size(), {}, {}, {}};
}

std::string Resolver::fetchVerified(const Descriptor& descriptor, std::string_view kind) {
  std::string what = std::string(kind) + " " + descriptor.digest + " of " + result_.reference;
  if (descriptor.size > maxManifestSize) {
    fail(ErrorCode::INVALID, what + ": " + std::to_string(descriptor.size) +
                                 " bytes are more than the " + std::to_string(maxManifestSize) +
                                 " allowed");
  }
  std::string bytes = fetch_(descriptor);
  if (bytes.size() != descriptor.size) {
    fail(ErrorCode::INVALID, what + ": has " + std::to_string(bytes.size()) +
                                 " bytes, announced were " + std::to_string(descriptor.size));
  }
  std::string algorithm = parseDigest(descriptor.digest, what).algorithm;
  std::string computed = digestOf(bytes, algorithm);
  if (computed != descriptor.digest) {
    fail(ErrorCode::INVALID, what + ": what came has digest " + computed);
  }
  result_.documents.emplace_back(descriptor.digest, bytes);
  return bytes;
}

void Resolver::checkConfigType(const Descriptor& config) const {
  bool image = config.mediaType == media::ociConfig || config.mediaType == media::dockerConfig ||
               config.mediaType == "application/octet-stream";
  if (!image) {
    fail(ErrorCode::UNSUPPORTED, result_.reference +
                                     ": is not a container image but an artifact (" +
                                     config.mediaType + ")");
  }
}

bool Resolver::take(const Document& document) {
  std::string what = "manifest " + document.digest + " of " + result_.reference;
  Manifest manifest = parseManifest(document.bytes, what);
  checkConfigType(manifest.config);
  size_t before = result_.documents.size();
  std::string bytes = fetchVerified(manifest.config, "configuration");
  ImageConfig config = parseConfig(bytes, "configuration of " + result_.reference);
  bool anything = wanted_.architecture.empty() && !insideIndex_;
  if (!anything && suitability(wanted_, config.platform) == 0) {
    offered_.push_back(config.platform.text());
    result_.documents.resize(before);
    return false;
  }
  if (config.diffIds.size() != manifest.layers.size()) {
    fail(ErrorCode::INVALID, what + ": has " + std::to_string(manifest.layers.size()) +
                                 " layers, but its configuration " +
                                 std::to_string(config.diffIds.size()));
  }
  result_.manifest = describe(document);
  result_.parsed = std::move(manifest);
  result_.config = std::move(config);
  result_.configBytes = std::move(bytes);
  return true;
}

bool Resolver::descendInto(const Descriptor& descriptor, unsigned depth) {
  size_t before = result_.documents.size();
  std::string what = descriptor.digest + " of " + result_.reference;
  std::string bytes = fetchVerified(descriptor, "manifest");
  std::string type = mediaTypeOf(bytes, descriptor.mediaType, what);
  if (descend({std::move(bytes), std::move(type), descriptor.digest}, depth + 1)) return true;
  result_.documents.resize(before);
  return false;
}

/// First what says that it suits, the best in front; then what says nothing, in its order.
bool Resolver::chooseFrom(const Index& index, unsigned depth) {
  std::vector<std::pair<unsigned, const Descriptor*>> candidates;
  for (const Descriptor& entry : index.manifests) {
    bool image = (isManifestType(entry.mediaType) || isIndexType(entry.mediaType)) &&
                 !entry.annotations.contains(attestation);
    if (!image) continue;
    unsigned value = entry.platform ? suitability(wanted_, *entry.platform) : 0;
    if (entry.platform) offered_.push_back(entry.platform->text());
    if (value > 0 || !entry.platform) candidates.emplace_back(value, &entry);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](auto& left, auto& right) { return left.first > right.first; });
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](auto& candidate) { return descendInto(*candidate.second, depth); });
}

bool Resolver::descend(const Document& document, unsigned depth) {
  if (!isIndexType(document.mediaType)) return take(document);
  if (depth > maxNesting) {
    fail(ErrorCode::INVALID, result_.reference + ": indexes are nested more than 4 deep");
  }
  insideIndex_ = true;
  return chooseFrom(
      parseIndex(document.bytes, "index " + document.digest + " of " + result_.reference), depth);
}

void Resolver::failUnsuitable() const {
  std::string list;
  for (const std::string& platform : offered_) list += (list.empty() ? "" : ", ") + platform;
  fail(ErrorCode::UNSUPPORTED, result_.reference + ": no image for " + normalize(wanted_).text() +
                                   "; there are: " + (list.empty() ? "none" : list));
}

Resolved Resolver::run(const Document& root) {
  result_.documents.emplace_back(root.digest, root.bytes);
  result_.index = describe(root);
  if (!descend(root, 0)) failUnsuitable();
  return std::move(result_);
}

}  // namespace

Document makeDocument(std::string bytes, std::string_view typeHint, std::string_view expectedDigest,
                      std::string_view what) {
  std::string algorithm = "sha256";
  if (!expectedDigest.empty()) algorithm = parseDigest(expectedDigest, what).algorithm;
  std::string digest = digestOf(bytes, algorithm);
  if (!expectedDigest.empty() && digest != expectedDigest) {
    fail(ErrorCode::INVALID, std::string(what) + ": what came has digest " + digest +
                                 ", expected was " + std::string(expectedDigest));
  }
  std::string type = mediaTypeOf(bytes, typeHint, what);
  return {std::move(bytes), std::move(type), std::move(digest)};
}

Resolved resolveImage(std::string reference, Document root, const Platform& wanted,
                      const Fetch& fetch) {
  return Resolver(std::move(reference), wanted, fetch).run(root);
}

}  // namespace stave::image
