#include "service_images.h"

#include <capnp/message.h>
#include <stave/error.h>
#include <stave/image/reference.h>
#include <stave/os/file.h>

#include "plain_file.h"
#include "temporary_stream.h"
#include "text.h"

namespace stave::node {

namespace {

constexpr const char* layoutPlugin = "layout";

schema::ImageStatus::Reader statusOf(Engine& engine, const std::string& name) {
  return engine.images().object(name)->status<schema::ImageStatus>();
}

/// Puts one image of an archive into content and wants an object for it.
Task<std::string> loadOne(Engine& engine, std::string source, std::string name) {
  auto registry = engine.environment().drivers.registry(layoutPlugin);
  auto request = registry.pullRequest();
  request.setReference(source.c_str());
  auto pulled = co_await request.send();
  auto image = pulled.getImage();
  auto id = text(image.getConfig().getDigest());
  std::string objectName = id;
  if (!name.empty() && name[0] != '@') objectName = image::parseReference(name).text();
  std::string reason = "loaded from an archive";
  co_await engine.makeImage(objectName, text(image.getManifest().getDigest()), reason);
  co_return std::move(objectName);
}

Task<Names> namesIn(Engine& engine, std::string source) {
  auto registry = engine.environment().drivers.registry(layoutPlugin);
  auto request = registry.imagesRequest();
  request.setReference(source.c_str());
  auto response = co_await request.send();
  auto names = texts(response.getReferences());
  if (names.empty()) names.emplace_back();
  co_return std::move(names);
}

/// An archive of either sort: its kind and what is in it.
Task<std::pair<std::string, Names>> recognize(Engine& engine, std::string file) {
  std::string refusal;
  for (std::string kind : {"docker-archive:", "oci-archive:"}) {
    std::string source = kind + file;
    try {
      auto names = co_await namesIn(engine, source);
      co_return std::make_pair(source, names);
    } catch (const kj::Exception& exception) {
      refusal += refusal.empty() ? "" : "; ";
      refusal += textOf(exception);
    }
  }
  fail(ErrorCode::INVALID, "neither a docker archive nor an OCI layout: " + refusal);
}

}  // namespace

Task<std::string> pushImage(Engine& engine, schema::Engine::PushParams::Reader params) {
  auto name = engine.images().resolve(text(params.getImage()));
  auto target = text(params.getTarget());
  auto registry = engine.environment().drivers.registry(text(params.getRegistry()));
  auto request = registry.pushRequest();
  request.setManifestDigest(statusOf(engine, name).getManifestDigest());
  request.setReference((target.empty() ? name : target).c_str());
  request.setCredentials(params.getCredentials());
  request.setProgress(params.getProgress());
  auto response = co_await request.send();
  co_return text(response.getDigest());
}

Task<> saveImages(Engine& engine, Names images, bool docker, schema::ByteStream::Client sink) {
  auto directory = engine.environment().statePath + "/streams";
  os::makeDirectories(directory, 0700);
  auto path = temporaryName(directory);
  auto cleanUp = kj::defer([path]() { os::removeFile(path); });
  std::string kind = docker ? "docker-archive:" : "oci-archive:";
  auto registry = engine.environment().drivers.registry(layoutPlugin);
  for (auto& each : images) {
    auto name = engine.images().resolve(each);
    auto request = registry.pushRequest();
    request.setManifestDigest(statusOf(engine, name).getManifestDigest());
    std::string target = kind + path;
    if (name.rfind("sha256:", 0) != 0) target += ":" + name;
    request.setReference(target.c_str());
    co_await request.send();
  }
  co_await sendFile(path, sink);
}

void fillHistory(Engine& engine, const std::string& image,
                 schema::Engine::HistoryResults::Builder results) {
  auto name = engine.images().resolve(image);
  auto status = statusOf(engine, name);
  auto config = image::parseConfig(view(status.getConfig()), "image " + name);
  auto layers = status.getLayers();
  auto entries = results.initEntries(config.history.size());
  uint32_t layer = 0;
  for (size_t i = 0; i < config.history.size(); ++i) {
    auto& from = config.history[i];
    auto entry = entries[entries.size() - 1 - i];  // newest first, as people read it
    entry.setCreated(parseTime(from.created));
    entry.setCreatedBy(from.createdBy.c_str());
    entry.setComment(from.comment.c_str());
    entry.setEmpty(from.emptyLayer);
    if (!from.emptyLayer && layer < layers.size()) entry.setSize(layers[layer++].getUnpackedSize());
  }
  if (entries.size() == 0) return;
  entries[0].setImageId(status.getConfigDigest());
  Names tags;
  for (auto& [key, object] : engine.images().all()) {
    auto other = object->status<schema::ImageStatus>().getConfigDigest();
    if (other == status.getConfigDigest() && key.rfind("sha256:", 0) != 0) tags.push_back(key);
  }
  setTexts(tags, [&](auto n) { return entries[0].initTags(n); });
}

Task<LoadedImages> loadArchive(Engine& engine, std::string file,
                               kj::Maybe<schema::ProgressSink::Client> progress) {
  auto inflating = engine.environment().workers.run([file]() { inflateInPlace(file); });
  co_await kj::mv(inflating);
  auto archive = co_await recognize(engine, file);
  LoadedImages loaded;
  for (auto& name : archive.second) {
    std::string source = archive.first;
    if (!name.empty()) source += ":" + name;
    auto object = co_await loadOne(engine, source, name);
    loaded.names.push_back(object);
    loaded.ids.push_back(text(statusOf(engine, object).getConfigDigest()));
  }
  co_return std::move(loaded);
}

}  // namespace stave::node
