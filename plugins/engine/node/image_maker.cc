#include "image_maker.h"

#include <fcntl.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/image/blobs.h>
#include <stave/image/digest.h>
#include <stave/image/manifest.h>
#include <stave/image/reference.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>
#include <zlib.h>

#include "image_changes.h"
#include "text.h"

namespace stave::node {

namespace {

constexpr size_t pieceSize = 256 * 1024;
constexpr int fastest = 1;

struct PackedLayer {
  std::string path;
  std::string diffId;
  std::string digest;
  uint64_t size = 0;
};

/// Ends zlib's state with the scope.
struct Deflater {
  z_stream stream{};
  Deflater() {
    constexpr int gzipWindow = 15 + 16, memoryLevel = 8;
    int result =
        deflateInit2(&stream, fastest, Z_DEFLATED, gzipWindow, memoryLevel, Z_DEFAULT_STRATEGY);
    if (result != Z_OK) fail(ErrorCode::EXHAUSTED, "no memory to compress a layer");
  }
  ~Deflater() noexcept { deflateEnd(&stream); }
};

/// Compresses a tar beside itself; computes both digests on the way.
PackedLayer pack(const std::string& tarFile) {
  PackedLayer layer;
  layer.path = tarFile + ".gz";
  auto from = os::open(tarFile, O_RDONLY);
  auto to = os::open(layer.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  image::Hasher plain, packed;
  Deflater deflater;
  std::string in(pieceSize, '\0'), out(pieceSize, '\0');
  for (uint64_t offset = 0;;) {
    auto got = os::readAt(from.get(), in.data(), in.size(), offset);
    offset += got;
    plain.update(in.data(), got);
    deflater.stream.next_in = reinterpret_cast<Bytef*>(in.data());
    deflater.stream.avail_in = got;
    do {
      deflater.stream.next_out = reinterpret_cast<Bytef*>(out.data());
      deflater.stream.avail_out = out.size();
      deflate(&deflater.stream, got == 0 ? Z_FINISH : Z_NO_FLUSH);
      auto made = out.size() - deflater.stream.avail_out;
      packed.update(out.data(), made);
      os::writeAll(to.get(), out.data(), made);
      layer.size += made;
    } while (deflater.stream.avail_out == 0);
    if (got == 0) break;
  }
  layer.diffId = plain.finish();
  layer.digest = packed.finish();
  return layer;
}

void copyFile(const std::string& path, int to, uint64_t offset) {
  auto from = os::open(path, O_RDONLY);
  std::string buffer(pieceSize, '\0');
  while (auto got = os::readAt(from.get(), buffer.data(), buffer.size(), offset)) {
    os::writeAllAt(to, buffer.data(), got, offset);
    offset += got;
  }
}

Task<> storeFile(Environment& environment, PackedLayer layer) {
  auto request = environment.drivers.content.ingestRequest();
  request.setDigest(layer.digest.c_str());
  request.setSize(layer.size);
  request.setOwner("commit");
  auto response = co_await request.send();
  auto state = response.getUnion();
  if (state.isExists()) co_return;
  if (state.isBusy()) {
    co_await state.getBusy().waitRequest().send();
    co_return;
  }
  auto ingest = state.getWriter();
  auto opened = co_await ingest.fileRequest().send();
  auto offset = opened.getOffset();
  auto file = co_await takeFd(opened.getFile(), "ingest of a layer");
  auto shared = std::make_shared<kj::AutoCloseFd>(kj::mv(file));
  auto copying = environment.workers.run(
      [layer, shared, offset]() { copyFile(layer.path, shared->get(), offset); });
  co_await kj::mv(copying);
  auto commit = ingest.commitRequest();
  commit.setDigest(layer.digest.c_str());
  commit.setSize(layer.size);
  commit.setVerified(offset == 0);
  co_await commit.send();
}

/// The manifest and configuration of what the new image stands on.
struct Base {
  image::Manifest manifest;
  image::ImageConfig config;
};

Task<Base> loadBase(Environment& environment, std::string digest) {
  Base base;
  base.manifest.mediaType = image::media::ociManifest;
  base.config.platform = image::hostPlatform();
  if (digest.empty()) co_return std::move(base);
  auto bytes = co_await image::loadBlob(environment.drivers.content, digest);
  base.manifest = image::parseManifest(bytes, digest);
  auto configDigest = base.manifest.config.digest;
  auto config = co_await image::loadBlob(environment.drivers.content, configDigest);
  base.config = image::parseConfig(config, configDigest);
  co_return std::move(base);
}

void addLayer(Base& base, const PackedLayer& layer, const ImageRecipe& recipe, int64_t now) {
  bool docker = base.manifest.mediaType == image::media::dockerManifest;
  auto type = docker ? image::media::dockerLayer : image::media::ociLayerGzip;
  base.manifest.layers.push_back(
      {.mediaType = std::string(type), .digest = layer.digest, .size = layer.size});
  base.config.diffIds.push_back(layer.diffId);
  base.config.created = formatTime(now);
  base.config.author = recipe.author;
  base.config.history.push_back({.created = base.config.created,
                                 .createdBy = recipe.createdBy,
                                 .author = recipe.author,
                                 .comment = recipe.comment});
  applyChanges(base.config.run, recipe.changes);
}

}  // namespace

Task<MadeImage> makeImage(Engine& engine, std::string tarFile, ImageRecipe recipe) {
  auto& environment = engine.environment();
  auto base = co_await loadBase(environment, recipe.base);
  auto packing = environment.workers.run([tarFile]() { return pack(tarFile); });
  auto layer = co_await kj::mv(packing);
  auto cleanUp = kj::defer([path = layer.path]() { os::removeFile(path); });
  addLayer(base, layer, recipe, environment.now());
  auto config = image::write(base.config);
  MadeImage made;
  made.configDigest = image::digestOf(config);
  bool docker = base.manifest.mediaType == image::media::dockerManifest;
  auto configType = docker ? image::media::dockerConfig : image::media::ociConfig;
  base.manifest.config = image::Descriptor{};
  base.manifest.config.mediaType = configType;
  base.manifest.config.digest = made.configDigest;
  base.manifest.config.size = config.size();
  auto manifest = image::write(base.manifest);
  made.manifestDigest = image::digestOf(manifest);

  std::vector<std::string> digests{made.configDigest, made.manifestDigest, layer.digest};
  std::string owner = "commit";
  auto hold = co_await image::holdImage(environment.drivers.content, digests, owner);
  co_await storeFile(environment, layer);
  co_await image::storeBlob(environment.drivers.content, made.configDigest, config, owner);
  co_await image::storeBlob(environment.drivers.content, made.manifestDigest, manifest, owner);

  made.name = made.configDigest;
  if (!recipe.reference.empty()) made.name = image::parseReference(recipe.reference).text();
  co_await engine.makeImage(made.name, made.manifestDigest, recipe.createdBy);
  co_return std::move(made);
}

}  // namespace stave::node
