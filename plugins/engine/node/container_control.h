#pragma once

#include <stave/task.h>

#include <functional>
#include <vector>

#include "attachments.h"
#include "environment.h"

namespace stave::node {

/// The ids that a pod with a user namespace of its own has on the host.
inline constexpr uint32_t firstOutsideId = 1u << 20;
inline constexpr uint32_t outsideIds = 1u << 16;
void fillIdMappings(capnp::List<schema::IdMapping>::Builder mappings);  ///< of one element

/// One container's calls on storage and runtime, and the watch for its end.
class ContainerControl {
 public:
  struct Exit {
    int32_t code = 0;
    bool oomKilled = false;
    int64_t startedAt = 0;
    int64_t finishedAt = 0;
    std::string message;
  };
  struct File {
    std::string target;
    std::string content;
  };
  /// Contents that were not known when the container was created; failing when it is not to start.
  using LateFiles = std::function<kj::Promise<std::vector<File>>()>;
  using OnExit = std::function<void(const Exit& exit)>;

  ContainerControl(Environment& environment, std::string id, OnExit onExit)
      : environment_(environment), id_(std::move(id)), onExit_(std::move(onExit)) {}

  const std::string& id() const { return id_; }

  /// May be used at once; `made` fails if it does not come to be.
  struct FileSystem {
    schema::RootFs::Client root;
    kj::Promise<void> made;
  };
  /// Makes the writable file system on a chain of layers.
  FileSystem prepare(const std::string& chainId, bool shiftedIds);
  /// The one that is there. Fails [not-found].
  FileSystem open();

  /// Tells the runtime that `run` will come. Kept until then or until `release`.
  void reserve(const std::string& cgroupParent);
  void release() { reservation_ = nullptr; }

  /// Asks the runtime for the container and starts it once `late` is there; whoever attached before
  /// is joined to it first. Nothing waits for an answer in between. A container of an earlier
  /// attempt is replaced. The process id.
  Task<int32_t> run(std::function<void(schema::ContainerSpec::Builder)> fill, LateFiles late,
                    Attachments& attachments);

  Task<> signal(int number, bool all);
  Task<> pause();
  Task<> resume();

  /// Has the runtime forget it; its file system stays.
  Task<> discard();
  Task<> removeSnapshot();

  /// Goes on with a container that the runtime knows from before.
  void adopt(schema::Container::Client container);

  /// Fails [conflict] if the runtime has no such container now.
  schema::Container::Client client();
  bool exists() const { return container_ != nullptr; }

 private:
  void watch();
  Task<int32_t> attempt(std::function<void(schema::ContainerSpec::Builder)>& fill, LateFiles& late,
                        Attachments& attachments);
  Task<> awaitExit(schema::Container::Client container);
  /// After the runtime began anew; nothing if it does not know the container.
  Task<kj::Maybe<schema::Container::Client>> findAgain();
  Task<bool> askExit(schema::Container::Client container);
  void noteExit(schema::ExitStatus::Reader status);

  Environment& environment_;
  std::string id_;
  OnExit onExit_;
  kj::Maybe<schema::Container::Client> container_;
  kj::Maybe<schema::Reservation::Client> reservation_;
  bool lost_ = false;  ///< it stands for one that is being looked for
  kj::Promise<void> watching_ = nullptr;
};

}  // namespace stave::node
