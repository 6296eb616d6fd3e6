#pragma once

#include <stave/os/file.h>

#include "engine.h"

namespace stave::node {

/// The engine's RPC surface: each method forwards to the part that does it.
class Service final : public schema::Engine::Server {
 public:
  explicit Service(kj::Own<Engine> engine) : engine_(kj::mv(engine)) {}

  kj::Promise<void> attach(AttachContext context) override;
  kj::Promise<void> exec(ExecContext context) override;
  kj::Promise<void> logs(LogsContext context) override;
  kj::Promise<void> signal(SignalContext context) override;
  kj::Promise<void> statistics(StatisticsContext context) override;
  kj::Promise<void> top(TopContext context) override;
  kj::Promise<void> stat(StatContext context) override;
  kj::Promise<void> copyOut(CopyOutContext context) override;
  kj::Promise<void> copyIn(CopyInContext context) override;
  kj::Promise<void> changes(ChangesContext context) override;
  kj::Promise<void> exportRoot(ExportRootContext context) override;
  kj::Promise<void> commit(CommitContext context) override;
  kj::Promise<void> resize(ResizeContext context) override;
  kj::Promise<void> push(PushContext context) override;
  kj::Promise<void> saveImages(SaveImagesContext context) override;
  kj::Promise<void> loadImages(LoadImagesContext context) override;
  kj::Promise<void> importImage(ImportImageContext context) override;
  kj::Promise<void> history(HistoryContext context) override;
  kj::Promise<void> diskUsage(DiskUsageContext context) override;
  kj::Promise<void> prune(PruneContext context) override;
  kj::Promise<void> resolveImage(ResolveImageContext context) override;
  kj::Promise<void> checkImageUnused(CheckImageUnusedContext context) override;

 private:
  struct Endpoint {
    std::string network, id, interfaceName;
  };

  /// A container that runs. Fails [not-found], [conflict].
  schema::Container::Client running(const std::string& pod, const std::string& container);
  Task<> awaitPod(std::string pod);
  Task<> networkStatistics(std::shared_ptr<PodWorker> worker, StatisticsContext context);

  /// The root directory of a container, running or not.
  Task<os::Fd> rootOf(std::string pod, std::string container);
  Task<schema::RootFs::Client> snapshotOf(std::string pod, std::string container);
  Task<> sendTree(os::Fd root, std::string path, std::string base, schema::ByteStream::Client sink);
  std::string streamPath();

  kj::Own<Engine> engine_;
};

}  // namespace stave::node
