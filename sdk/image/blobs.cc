#include <stave/capability.h>
#include <stave/error.h>
#include <stave/image/blobs.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>

namespace stave::image {

namespace {

kj::StringPtr pointer(const std::string& text) {
  return {text.c_str(), text.size()};
}

/// The writer's end, or nothing if the blob is there.
Task<kj::Maybe<schema::Ingest::Client>> beginIngest(schema::Content::Client content,
                                                    std::string digest, uint64_t size,
                                                    std::string owner) {
  for (;;) {
    auto request = content.ingestRequest();
    request.setDigest(pointer(digest));
    request.setSize(size);
    request.setOwner(pointer(owner));
    auto reply = co_await request.send();
    auto state = reply.getUnion();
    if (state.isExists()) co_return kj::Maybe<schema::Ingest::Client>(nullptr);
    if (state.isWriter()) co_return kj::Maybe<schema::Ingest::Client>(state.getWriter());
    auto waiter = state.getBusy();
    co_await waiter.waitRequest().send().ignoreResult();
  }
}

}  // namespace

Task<> storeBlob(schema::Content::Client content, std::string digest, std::string bytes,
                 std::string owner) {
  auto begun = co_await beginIngest(content, digest, bytes.size(), owner);
  KJ_IF_MAYBE (found, begun) {
    schema::Ingest::Client ingest = *found;
    auto reply = co_await ingest.fileRequest().send();
    auto file = co_await takeFd(reply.getFile(), "the ingest of a blob");
    os::writeAllAt(file.get(), bytes.data(), bytes.size(), 0);
    os::truncate(file.get(), bytes.size());
    auto commit = ingest.commitRequest();
    commit.setDigest(pointer(digest));
    commit.setSize(bytes.size());
    commit.setVerified(true);
    co_await commit.send().ignoreResult();
  }
}

Task<> storeDocuments(schema::Content::Client content,
                      std::vector<std::pair<std::string, std::string>> documents,
                      std::string owner) {
  for (auto& [digest, bytes] : documents) co_await storeBlob(content, digest, bytes, owner);
}

Task<std::string> loadBlob(schema::Content::Client content, std::string digest, uint64_t limit) {
  auto request = content.openRequest();
  request.setDigest(pointer(digest));
  auto reply = co_await request.send();
  uint64_t size = reply.getSize();
  if (size > limit) {
    fail(ErrorCode::INVALID, "blob " + digest + ": " + std::to_string(size) +
                                 " bytes are more than the " + std::to_string(limit) + " allowed");
  }
  auto file = co_await takeFd(reply.getBlob(), "a blob");
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    size_t got = os::readAt(file.get(), bytes.data() + done, size - done, done);
    if (got == 0) fail(ErrorCode::INTERNAL, "blob " + digest + " is shorter than content says");
    done += got;
  }
  co_return bytes;
}

Task<schema::Hold::Client> holdImage(schema::Content::Client content,
                                     std::vector<std::string> digests, std::string name) {
  auto request = content.holdRequest();
  request.setName(pointer(name));
  auto list = request.initDigests(digests.size());
  for (size_t i = 0; i < digests.size(); ++i) list.set(i, pointer(digests[i]));
  auto reply = co_await request.send();
  co_return reply.getHold();
}

std::vector<std::string> digestsOf(const Resolved& image) {
  std::vector<std::string> result;
  for (auto& [digest, bytes] : image.documents) result.push_back(digest);
  for (const Descriptor& layer : image.parsed.layers) result.push_back(layer.digest);
  return result;
}

Platform readPlatform(schema::Platform::Reader platform) {
  return {platform.getOs().cStr(), platform.getArchitecture().cStr(), platform.getVariant().cStr()};
}

void fill(const Platform& platform, schema::Platform::Builder target) {
  target.setOs(pointer(platform.os));
  target.setArchitecture(pointer(platform.architecture));
  target.setVariant(pointer(platform.variant));
}

void fill(const Descriptor& descriptor, schema::Descriptor::Builder target) {
  target.setMediaType(pointer(descriptor.mediaType));
  target.setDigest(pointer(descriptor.digest));
  target.setSize(descriptor.size);
  auto annotations = target.initAnnotations(descriptor.annotations.size());
  unsigned i = 0;
  for (auto& [key, value] : descriptor.annotations) {
    annotations[i].setKey(pointer(key));
    annotations[i++].setValue(pointer(value));
  }
  if (descriptor.platform) fill(*descriptor.platform, target.initPlatform());
}

void fill(const Resolved& image, schema::ResolvedImage::Builder target) {
  target.setReference(pointer(image.reference));
  fill(image.manifest, target.initManifest());
  fill(image.parsed.config, target.initConfig());
  fill(image.index, target.initIndex());
  auto layers = target.initLayers(image.parsed.layers.size());
  for (size_t i = 0; i < image.parsed.layers.size(); ++i) fill(image.parsed.layers[i], layers[i]);
  auto diffIds = target.initDiffIds(image.config.diffIds.size());
  for (size_t i = 0; i < image.config.diffIds.size(); ++i)
    diffIds.set(i, pointer(image.config.diffIds[i]));
  target.setConfigJson(
      {reinterpret_cast<const kj::byte*>(image.configBytes.data()), image.configBytes.size()});
}

}  // namespace stave::image
