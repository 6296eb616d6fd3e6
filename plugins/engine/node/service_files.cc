// The part of the RPC surface that is about the files of containers.

#include <fcntl.h>
#include <stave/capability.h>
#include <stave/error.h>

#include "container_files.h"
#include "image_maker.h"
#include "service_server.h"
#include "temporary_stream.h"
#include "text.h"

namespace stave::node {

namespace {

void fillInfo(schema::PathInfo::Builder target, const FileInfo& info) {
  target.setName(info.name.c_str());
  target.setSize(info.size);
  target.setMode(info.mode);
  target.setModified(info.modified);
  target.setLinkTarget(info.linkTarget.c_str());
}

/// Resumes a container when the work for which it was paused is over, however it ended.
class Pause {
 public:
  explicit Pause(schema::Container::Client container) : container_(kj::mv(container)) {}
  ~Pause() noexcept {
    container_.resumeRequest().send().ignoreResult().detach([](auto&&) {});
  }
  KJ_DISALLOW_COPY(Pause);

 private:
  schema::Container::Client container_;
};

}  // namespace

std::string Service::streamPath() {
  return engine_->environment().statePath + "/streams";
}

Task<schema::RootFs::Client> Service::snapshotOf(std::string pod, std::string container) {
  auto worker = engine_->pods().find(pod);
  if (worker->containerState(container).phase == ContainerPhase::absent) {
    fail(ErrorCode::CONFLICT, "pod " + pod + " has no files yet: it is not created");
  }
  auto there = worker->control(container).open();
  co_await kj::mv(there.made);
  co_return there.root;
}

Task<os::Fd> Service::rootOf(std::string pod, std::string container) {
  auto worker = engine_->pods().find(pod);
  if (worker->containerState(container).alive()) {
    auto client = worker->control(container).client();
    auto response = co_await client.namespacesRequest().send();
    auto fd = co_await takeFd(response.getRoot(), "root of " + pod);
    co_return kj::mv(fd);
  }
  auto root = co_await snapshotOf(pod, container);
  auto mounted = co_await root.mountRequest().send();
  auto fd = co_await takeFd(mounted.getTree(), "root of " + pod);
  co_return kj::mv(fd);
}

kj::Promise<void> Service::stat(StatContext context) {
  return async([this, context]() mutable -> Task<> {
    auto path = text(context.getParams().getPath());
    auto root = co_await rootOf(text(context.getParams().getPod()),
                                text(context.getParams().getContainer()));
    fillInfo(context.getResults().initInfo(), fileInfo(root.get(), path));
  });
}

Task<> Service::sendTree(os::Fd root, std::string path, std::string base,
                         schema::ByteStream::Client sink) {
  os::makeDirectories(streamPath(), 0700);
  auto file = temporaryName(streamPath());
  auto cleanUp = kj::defer([file]() { os::removeFile(file); });
  auto shared = std::make_shared<os::Fd>(kj::mv(root));
  auto writing = engine_->environment().workers.run([file, shared, path, base]() {
    auto tar = os::open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    writeTree(shared->get(), path, base,
              [&](std::string_view bytes) { os::writeAll(tar.get(), bytes.data(), bytes.size()); });
  });
  co_await kj::mv(writing);
  co_await sendFile(file, sink);
}

kj::Promise<void> Service::copyOut(CopyOutContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto path = text(params.getPath());
    auto root = co_await rootOf(text(params.getPod()), text(params.getContainer()));
    auto info = fileInfo(root.get(), path);
    fillInfo(context.getResults().initInfo(), info);
    std::string base = info.name == "/" ? std::string() : info.name;
    co_await sendTree(kj::mv(root), path, base, params.getSink());
  });
}

kj::Promise<void> Service::copyIn(CopyInContext context) {
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto path = text(params.getPath());
    auto root = co_await rootOf(text(params.getPod()), text(params.getContainer()));
    auto info = fileInfo(root.get(), path);
    if (!S_ISDIR(info.mode) && !S_ISLNK(info.mode)) {
      fail(ErrorCode::INVALID, path + " in the container is not a directory");
    }
    UnpackOptions options{.keepOwners = params.getKeepOwners(),
                          .noOverwriteDirectory = params.getNoOverwriteDirectory()};
    auto shared = std::make_shared<os::Fd>(kj::mv(root));
    auto complete = [this, shared, path, options](std::string file) {
      return engine_->environment().workers.run([shared, path, options, file]() {
        readTree(shared->get(), path, os::open(file, O_RDONLY), options);
      });
    };
    auto failed = [](const kj::Exception&) {};
    context.getResults().setSink(intoFile(streamPath(), complete, failed));
  });
}

kj::Promise<void> Service::changes(ChangesContext context) {
  return async([this, context]() mutable -> Task<> {
    auto root = co_await snapshotOf(text(context.getParams().getPod()),
                                    text(context.getParams().getContainer()));
    auto response = co_await root.changesRequest().send();
    context.getResults().setChanges(response.getChanges());
  });
}

kj::Promise<void> Service::exportRoot(ExportRootContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto snapshot = co_await snapshotOf(text(params.getPod()), text(params.getContainer()));
    auto mount = snapshot.mountRequest();
    mount.setReadOnly(true);
    auto mounted = co_await mount.send();
    auto root = co_await takeFd(mounted.getTree(), "root");
    std::string path = "/", base;
    co_await sendTree(kj::mv(root), path, base, params.getSink());
  });
}

kj::Promise<void> Service::commit(CommitContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    auto options = params.getOptions();
    auto pod = text(params.getPod()), container = text(params.getContainer());
    auto worker = engine_->pods().find(pod);
    auto& record = worker->containerRecord(container);
    if (record.image == nullptr) fail(ErrorCode::CONFLICT, "the container's image is not here");
    ImageRecipe recipe{.base = record.image->manifestDigest,
                       .reference = text(options.getReference()),
                       .author = text(options.getAuthor()),
                       .comment = text(options.getMessage()),
                       .createdBy = "commit of " + pod,
                       .changes = texts(options.getChanges())};
    kj::Own<Pause> paused;
    if (options.getPause() && worker->containerState(container).phase == ContainerPhase::running) {
      auto client = worker->control(container).client();
      co_await client.pauseRequest().send();
      paused = kj::heap<Pause>(client);
    }
    auto root = co_await snapshotOf(pod, container);
    auto diff = root.diffRequest();
    auto made = std::make_shared<MadeImage>();
    auto complete = [this, recipe, made](std::string file) -> kj::Promise<void> {
      kj::Promise<MadeImage> making = makeImage(*engine_, file, recipe);
      return making.then([made](MadeImage result) { *made = std::move(result); });
    };
    auto failed = [](const kj::Exception&) {};
    diff.setSink(intoFile(streamPath(), complete, failed));
    co_await diff.send();
    context.getResults().setImageId(made->configDigest.c_str());
    context.getResults().setManifest(made->manifestDigest.c_str());
  });
}

}  // namespace stave::node
