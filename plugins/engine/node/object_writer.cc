#include "object_writer.h"

#include <stave/error.h>

#include "text.h"

namespace stave::node {

namespace {

kj::Promise<void> unless(kj::Promise<void> work, ErrorCode tolerated) {
  return work.catch_([tolerated](kj::Exception&& exception) {
    if (codeOf(exception) != tolerated) kj::throwRecoverableException(kj::mv(exception));
  });
}

void nameObject(schema::ObjectRef::Builder target, const ObjectCopy& object) {
  auto from = object.metadata();
  target.setKind(from.getKind());
  target.setNamespace(from.getNamespace());
  target.setName(from.getName());
  target.setUid(from.getUid());
  target.setRevision(from.getRevision());
}

}  // namespace

ObjectWriter::CommitRequest ObjectWriter::begin(const ObjectCopy& object, schema::Change::Op op,
                                                const std::string& reason) {
  auto request = environment_.objects.commitRequest();
  auto change = request.initChanges(1)[0];
  change.setOp(op);
  auto metadata = change.initObject().initMetadata();
  auto from = object.metadata();
  metadata.setKind(from.getKind());
  metadata.setNamespace(from.getNamespace());
  metadata.setName(from.getName());
  metadata.setUid(from.getUid());
  auto cause = request.initCause();
  cause.setReason(reason.c_str());
  nameObject(cause.initObject(), object);
  return request;
}

ObjectWriter::CommitRequest ObjectWriter::beginCreate(const std::string& kind,
                                                      const std::string& name,
                                                      const std::string& reason,
                                                      const ObjectPointer& because) {
  auto request = environment_.objects.commitRequest();
  auto change = request.initChanges(1)[0];
  change.setOp(schema::Change::Op::CREATE);
  auto metadata = change.initObject().initMetadata();
  metadata.setKind(kind.c_str());
  metadata.setName(name.c_str());
  metadata.initFinalizers(1).set(0, finalizerName);
  auto cause = request.initCause();
  cause.setReason(reason.c_str());
  if (because != nullptr) nameObject(cause.initObject(), *because);
  return request;
}

ObjectWriter::CommitRequest ObjectWriter::beginUpdate(const ObjectCopy& object,
                                                      const std::string& reason) {
  auto request = begin(object, schema::Change::Op::UPDATE, reason);
  auto from = object.metadata();
  auto metadata = request.getChanges()[0].getObject().getMetadata();
  metadata.setRevision(from.getRevision());
  metadata.setLabels(from.getLabels());
  metadata.setAnnotations(from.getAnnotations());
  metadata.setOwners(from.getOwners());
  metadata.setFinalizers(from.getFinalizers());
  return request;
}

kj::Promise<void> ObjectWriter::addFinalizer(const ObjectCopy& object) {
  if (object.hasFinalizer(finalizerName) || object.deleted()) return kj::READY_NOW;
  auto request = begin(object, schema::Change::Op::ADD_FINALIZER, "the engine cleans up after it");
  request.getChanges()[0].setFinalizer(finalizerName);
  return sendUnlessGone(kj::mv(request));
}

kj::Promise<void> ObjectWriter::removeFinalizer(const ObjectCopy& object) {
  auto request = begin(object, schema::Change::Op::REMOVE_FINALIZER, "the engine has cleaned up");
  request.getChanges()[0].setFinalizer(finalizerName);
  return sendUnlessGone(kj::mv(request));
}

kj::Promise<void> ObjectWriter::remove(const ObjectCopy& object, const std::string& reason) {
  return sendUnlessGone(begin(object, schema::Change::Op::DELETE, reason));
}

kj::Promise<void> ObjectWriter::removeUnlessChanged(const ObjectCopy& object,
                                                    const std::string& reason) {
  auto request = begin(object, schema::Change::Op::DELETE, reason);
  auto metadata = request.getChanges()[0].getObject().getMetadata();
  metadata.setRevision(object.metadata().getRevision());
  return tellIfFull(sendUnlessChanged(kj::mv(request)), object, reason);
}

kj::Promise<void> ObjectWriter::tellIfFull(kj::Promise<void> writing, const ObjectCopy& object,
                                           std::string reason) {
  auto topic = "object/" + text(object.metadata().getKind()) + "/" + object.key() + "/unwritten";
  return writing.catch_([&events = environment_.events, topic = std::move(topic),
                         reason = std::move(reason)](kj::Exception&& exception) mutable {
    if (codeOf(exception) == ErrorCode::EXHAUSTED) {
      auto request = events.publishRequest();
      request.setTopic(topic.c_str());
      auto attribute = request.initAttributes(1)[0];
      attribute.setKey("message");
      attribute.setValue((reason + "; this cannot be written down: " + textOf(exception)).c_str());
      request.send().ignoreResult().detach([](kj::Exception&&) {});
    }
    kj::throwRecoverableException(kj::mv(exception));
  });
}

kj::Promise<void> ObjectWriter::sendUnlessGone(CommitRequest request) {
  return unless(request.send().ignoreResult(), ErrorCode::NOT_FOUND);
}

kj::Promise<void> ObjectWriter::sendUnlessChanged(CommitRequest request) {
  return unless(sendUnlessGone(kj::mv(request)), ErrorCode::CONFLICT);
}

kj::Promise<void> ObjectWriter::sendUnlessThere(CommitRequest request) {
  return unless(request.send().ignoreResult(), ErrorCode::ALREADY_EXISTS);
}

}  // namespace stave::node
