#pragma once

#include <stave/task.h>

#include "environment.h"
#include "object_copy.h"

namespace stave::node {

/// Changes objects, each change with its cause.
class ObjectWriter {
 public:
  explicit ObjectWriter(Environment& environment) : environment_(environment) {}

  /// Replaces the status. Gone meanwhile: nothing happens. When the store has no room for it, who
  /// waits for it hears so from the bus: "object/KIND/KEY/unwritten", with a message that begins
  /// with `reason`.
  template <typename Status>
  kj::Promise<void> status(const ObjectCopy& object, typename Status::Reader status,
                           const std::string& reason) {
    auto request = beginStatus<Status>(object, status, reason);
    return tellIfFull(sendUnlessGone(kj::mv(request)), object, reason);
  }

  /// The same, and from now on the object's deletion waits for the engine.
  template <typename Status>
  kj::Promise<void> statusHolding(const ObjectCopy& object, typename Status::Reader status,
                                  const std::string& reason) {
    auto request = beginStatus<Status>(object, status, reason);
    request.getChanges()[0].setFinalizer(finalizerName);
    return tellIfFull(sendUnlessGone(kj::mv(request)), object, reason);
  }

  /// Notes in the status why a deleted object is still there.
  template <typename Status>
  kj::Promise<void> removalFailure(const ObjectCopy& object, const std::string& failure) {
    auto before = object.status<Status>();
    if (before.getRemovalFailure() == failure.c_str()) return kj::READY_NOW;
    auto request = begin(object, schema::Change::Op::STATUS, "its removal failed: " + failure);
    auto target = request.getChanges()[0].getObject().getStatus();
    target.template setAs<Status>(before);
    target.template getAs<Status>().setRemovalFailure(failure.c_str());
    return sendUnlessGone(kj::mv(request));
  }

  /// Makes an object. Exists already: nothing happens.
  template <typename Spec>
  kj::Promise<void> create(const std::string& kind, const std::string& name,
                           typename Spec::Reader spec, const std::string& reason,
                           const ObjectPointer& because = nullptr) {
    auto request = beginCreate(kind, name, reason, because);
    request.getChanges()[0].getObject().getSpec().template setAs<Spec>(spec);
    return sendUnlessThere(kj::mv(request));
  }

  /// The same for an object that the engine does not hold back when it is deleted.
  template <typename Spec>
  kj::Promise<void> createPlain(const std::string& kind, const std::string& name,
                                typename Spec::Reader spec, const std::string& reason) {
    auto request = beginCreate(kind, name, reason, nullptr);
    request.getChanges()[0].getObject().getMetadata().disownFinalizers();
    request.getChanges()[0].getObject().getSpec().template setAs<Spec>(spec);
    return sendUnlessThere(kj::mv(request));
  }

  /// Replaces the spec and leaves the rest. Changed or gone meanwhile: nothing happens.
  template <typename Spec>
  kj::Promise<void> update(const ObjectCopy& object, typename Spec::Reader spec,
                           const std::string& reason) {
    auto request = beginUpdate(object, reason);
    request.getChanges()[0].getObject().getSpec().template setAs<Spec>(spec);
    return sendUnlessChanged(kj::mv(request));
  }

  /// Creates the object or replaces its spec.
  template <typename Spec>
  kj::Promise<void> apply(const std::string& kind, const std::string& name,
                          typename Spec::Reader spec, const std::string& reason) {
    auto request = beginCreate(kind, name, reason, nullptr);
    request.getChanges()[0].setOp(schema::Change::Op::APPLY);
    request.getChanges()[0].getObject().getSpec().template setAs<Spec>(spec);
    return request.send().ignoreResult();
  }

  kj::Promise<void> addFinalizer(const ObjectCopy& object);
  kj::Promise<void> removeFinalizer(const ObjectCopy& object);
  kj::Promise<void> remove(const ObjectCopy& object, const std::string& reason);
  /// Of what the engine has cleaned up already: deletes it with its last status, and does not hold
  /// it back. When the store has no room for that, it is told as with `status`.
  template <typename Status>
  kj::Promise<void> removeCleaned(const ObjectCopy& object, typename Status::Reader status,
                                  const std::string& reason) {
    auto request = begin(object, schema::Change::Op::DELETE, reason);
    request.getChanges()[0].setFinalizer(finalizerName);
    request.getChanges()[0].getObject().getStatus().template setAs<Status>(status);
    return tellIfFull(sendUnlessGone(kj::mv(request)), object, reason);
  }

  /// Changed or gone meanwhile: nothing happens. No room for it is told as for a status.
  kj::Promise<void> removeUnlessChanged(const ObjectCopy& object, const std::string& reason);

 private:
  using CommitRequest =
      capnp::Request<schema::Objects::CommitParams, schema::Objects::CommitResults>;

  CommitRequest begin(const ObjectCopy& object, schema::Change::Op op, const std::string& reason);
  CommitRequest beginCreate(const std::string& kind, const std::string& name,
                            const std::string& reason, const ObjectPointer& because);
  CommitRequest beginUpdate(const ObjectCopy& object, const std::string& reason);
  template <typename Status>
  CommitRequest beginStatus(const ObjectCopy& object, typename Status::Reader status,
                            const std::string& reason) {
    auto request = begin(object, schema::Change::Op::STATUS, reason);
    request.getChanges()[0].getObject().getStatus().template setAs<Status>(status);
    return request;
  }
  kj::Promise<void> tellIfFull(kj::Promise<void> writing, const ObjectCopy& object,
                               std::string reason);
  static kj::Promise<void> sendUnlessChanged(CommitRequest request);
  static kj::Promise<void> sendUnlessGone(CommitRequest request);
  static kj::Promise<void> sendUnlessThere(CommitRequest request);

  Environment& environment_;
};

}  // namespace stave::node
