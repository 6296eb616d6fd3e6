#include "kernel/object/change.h"

#include <stave/error.h>
#include <stave/os/random.h>

#include <algorithm>

#include "kernel/object/change_draft.h"

namespace stave {

namespace {

constexpr size_t maximumObjectWords = 131'072;  // 1 MiB: every store takes that
constexpr size_t maximumLabelValue = 65'536;
constexpr size_t maximumAnnotationValue = 262'144;
constexpr size_t maximumOwners = 64;

using Op = schema::Change::Op;

KeyValues sortedKeyValues(capnp::List<schema::KeyValue>::Reader list) {
  KeyValues values;
  for (auto entry : list) values.emplace_back(view(entry.getKey()), view(entry.getValue()));
  return values;
}

/// Whoever removes a finalizer has cleaned up, and does so again if the removal is lost.
bool isDurable(schema::Change::Reader change) {
  bool cleaned = change.getOp() == Op::DELETE && change.getFinalizer().size() > 0;
  return change.getOp() != Op::STATUS && change.getOp() != Op::REMOVE_FINALIZER && !cleaned;
}

[[noreturn]] void notFound(const ObjectKey& key) {
  fail(ErrorCode::NOT_FOUND, key.text() + " does not exist");
}

}  // namespace

std::string newUid() {
  static constexpr char digits[] = "0123456789abcdef";
  std::string uid;
  for (unsigned char byte : os::randomBytes(32)) {
    uid += digits[byte >> 4];
    uid += digits[byte & 15];
  }
  return uid;
}

ChangeEvaluator::Draft ChangeEvaluator::newDraft() const {
  Draft draft;
  draft.uid = newUid();
  draft.created = stamp_.time;
  return draft;
}

ChangeEvaluator::Draft ChangeEvaluator::draftOf(const ObjectVersion& before) const {
  auto metadata = before.metadata();
  Draft draft;
  draft.uid = std::string(before.uid());
  draft.generation = metadata.getGeneration();
  draft.created = metadata.getCreated();
  draft.deleted = metadata.getDeleted();
  draft.labels = sortedKeyValues(metadata.getLabels());
  draft.annotations = sortedKeyValues(metadata.getAnnotations());
  for (auto owner : metadata.getOwners()) {
    draft.owners.push_back(
        {{std::string(view(owner.getKind())), std::string(view(owner.getNamespace())),
          std::string(view(owner.getName()))},
         std::string(view(owner.getUid()))});
  }
  for (auto finalizer : metadata.getFinalizers()) draft.finalizers.emplace_back(view(finalizer));
  draft.spec = before.object().getSpec();
  draft.status = before.object().getStatus();
  draft.createdBy = metadata.getCreatedBy();
  return draft;
}

Outcome ChangeEvaluator::evaluate(const ObjectKey& key, schema::Change::Reader change,
                                  const std::vector<Outcome>& earlier) {
  Outcome outcome;
  outcome.key = key;
  outcome.before = cache_.find(key);
  checkPreconditions(key, change, outcome.before);
  if (outcome.before == nullptr) checkNewName(kinds_, key);
  Draft draft = outcome.before != nullptr ? draftOf(*outcome.before) : newDraft();
  Draft original = draft;
  edit(key, change, outcome.before, earlier, draft);
  bool metadataChanged = draft.metadataDiffers(original);
  if (draft.removed) {
    outcome.effect = Outcome::Effect::remove;
  } else if (outcome.before == nullptr || draft.specChanged || draft.statusChanged ||
             metadataChanged) {
    outcome.effect = Outcome::Effect::put;
  } else {
    return outcome;
  }
  if (draft.specChanged || outcome.before == nullptr) ++draft.generation;
  outcome.durable = isDurable(change);
  outcome.message = write(key, draft);
  if (outcome.message->sizeInWords() > maximumObjectWords) {
    fail(ErrorCode::INVALID, key.text() + ": the object is larger than 1 MiB");
  }
  return outcome;
}

void ChangeEvaluator::checkPreconditions(const ObjectKey& key, schema::Change::Reader change,
                                         const VersionPtr& before) const {
  Op op = change.getOp();
  if (op > Op::REMOVE_FINALIZER) {
    fail(ErrorCode::INVALID, key.text() + ": the change has an unknown op");
  }
  if (op == Op::CREATE) {
    if (before != nullptr) fail(ErrorCode::ALREADY_EXISTS, key.text() + " exists already");
    return;
  }
  auto metadata = change.getObject().getMetadata();
  uint64_t wanted = metadata.getRevision();
  std::string_view uid = view(metadata.getUid());
  if (before == nullptr) {
    if (op != Op::APPLY) notFound(key);
    if (wanted == 0 && uid.empty()) return;
    fail(ErrorCode::CONFLICT,
         key.text() + " is gone, but the change was made for revision " + std::to_string(wanted));
  }
  if (wanted != 0 && wanted != before->revision()) {
    fail(ErrorCode::CONFLICT, key.text() + " is at revision " + std::to_string(before->revision()) +
                                  ", but the change was made for " + std::to_string(wanted) +
                                  "; read it again and decide");
  }
  if (!uid.empty() && uid != before->uid()) {
    fail(ErrorCode::CONFLICT, key.text() + " is another object than the one with the uid " +
                                  std::string(uid.substr(0, 64)));
  }
}

void ChangeEvaluator::edit(const ObjectKey& key, schema::Change::Reader change,
                           const VersionPtr& before, const std::vector<Outcome>& earlier,
                           Draft& draft) {
  auto object = change.getObject();
  std::string finalizer(view(change.getFinalizer()));
  auto listed = std::find(draft.finalizers.begin(), draft.finalizers.end(), finalizer);
  switch (change.getOp()) {
    case Op::CREATE:
      takeStatus(key, object, draft);
      [[fallthrough]];
    case Op::UPDATE:
      draft.finalizers = checkedFinalizers(key, object.getMetadata().getFinalizers());
      takeOwners(key, object, earlier, draft);
      takeLabels(key, object, draft);
      takeSpec(key, object, before, draft);
      draft.removed = draft.deleted != 0 && draft.finalizers.empty();
      return;
    case Op::APPLY:
      if (draft.deleted != 0) {
        fail(ErrorCode::CONFLICT, key.text() + " is being deleted; apply it when it is gone");
      }
      if (before == nullptr) {
        draft.finalizers = checkedFinalizers(key, object.getMetadata().getFinalizers());
        takeOwners(key, object, earlier, draft);
      }
      takeLabels(key, object, draft);
      return takeSpec(key, object, before, draft);
    case Op::STATUS:
      takeStatus(key, object, draft);
      if (finalizer.empty() || draft.deleted != 0 || listed != draft.finalizers.end()) return;
      checkFinalizer(key, finalizer);
      draft.finalizers.push_back(finalizer);
      return;
    case Op::DELETE:
      if (!finalizer.empty() && !object.getStatus().isNull()) takeStatus(key, object, draft);
      if (listed != draft.finalizers.end()) draft.finalizers.erase(listed);
      draft.removed = draft.finalizers.empty();
      if (draft.deleted == 0) draft.deleted = stamp_.time;
      return;
    case Op::ADD_FINALIZER:
      checkFinalizer(key, finalizer);
      if (listed != draft.finalizers.end()) return;
      if (draft.deleted != 0) {
        fail(ErrorCode::CONFLICT,
             key.text() + " is being deleted; no finalizer can be added any more");
      }
      draft.finalizers.push_back(finalizer);
      return;
    case Op::REMOVE_FINALIZER:
      if (listed == draft.finalizers.end()) return;
      draft.finalizers.erase(listed);
      draft.removed = draft.deleted != 0 && draft.finalizers.empty();
      return;
  }
}

void ChangeEvaluator::checkStruct(const ObjectKey& key, const char* path,
                                  capnp::AnyPointer::Reader value, capnp::StructSchema schema,
                                  kj::Maybe<capnp::AnyPointer::Reader> before) {
  std::string subject = key.text();
  if (!value.isNull() && !value.isStruct()) {
    fail(ErrorCode::INVALID, subject + ": " + path + ": is not a struct");
  }
  if (value.targetSize().wordCount > maximumObjectWords) {
    fail(ErrorCode::INVALID, subject + ": " + path + ": is larger than 1 MiB");
  }
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 kj::Maybe<capnp::DynamicStruct::Reader> old;
                 KJ_IF_MAYBE (pointer, before) old = pointer->getAs<capnp::DynamicStruct>(schema);
                 validator_.check(subject, path, value.getAs<capnp::DynamicStruct>(schema), old);
               })) {
    if (codeOf(*exception) == ErrorCode::INVALID) kj::throwFatalException(kj::mv(*exception));
    // What Cap'n Proto itself finds wrong with the message.
    fail(ErrorCode::INVALID, subject + ": " + path + ": " + textOf(*exception));
  }
}

void ChangeEvaluator::takeSpec(const ObjectKey& key, schema::Object::Reader object,
                               const VersionPtr& before, Draft& draft) {
  auto schema = kinds_.byName(key.kind)->spec;
  draft.spec = object.getSpec();
  if (draft.spec.isNull()) {
    draft.emptySpec = std::make_shared<capnp::MallocMessageBuilder>(64);
    draft.emptySpec->initRoot<capnp::DynamicStruct>(schema);
    draft.spec = draft.emptySpec->getRoot<capnp::AnyPointer>().asReader();
  }
  if (before == nullptr) {
    checkStruct(key, "spec", draft.spec, schema, nullptr);
    draft.specChanged = true;
  } else {
    auto old = before->object().getSpec();
    checkStruct(key, "spec", draft.spec, schema, old);
    draft.specChanged = !(draft.spec == old);
    if (!draft.specChanged) draft.spec = old;
  }
}

void ChangeEvaluator::takeStatus(const ObjectKey& key, schema::Object::Reader object,
                                 Draft& draft) {
  auto status = object.getStatus();
  KJ_IF_MAYBE (schema, kinds_.byName(key.kind)->status) {
    checkStruct(key, "status", status, *schema, nullptr);
  } else if (!status.isNull()) {
    fail(ErrorCode::INVALID, key.text() + ": status: the kind " + key.kind + " has none");
  }
  draft.statusChanged = !(status == draft.status);
  if (draft.statusChanged) draft.status = status;
}

void ChangeEvaluator::takeLabels(const ObjectKey& key, schema::Object::Reader object,
                                 Draft& draft) const {
  auto metadata = object.getMetadata();
  draft.labels = checkedKeyValues(key, "metadata.labels", maximumLabelValue, metadata.getLabels());
  draft.annotations = checkedKeyValues(key, "metadata.annotations", maximumAnnotationValue,
                                       metadata.getAnnotations());
}

void ChangeEvaluator::takeOwners(const ObjectKey& key, schema::Object::Reader object,
                                 const std::vector<Outcome>& earlier, Draft& draft) const {
  auto owners = object.getMetadata().getOwners();
  if (owners.size() > maximumOwners) {
    fail(ErrorCode::INVALID, key.text() + ": metadata.owners: has more than 64");
  }
  draft.owners.clear();
  for (auto owner : owners) {
    Owner resolved = ownerOf(key, owner, earlier);
    if (std::find(draft.owners.begin(), draft.owners.end(), resolved) == draft.owners.end()) {
      draft.owners.push_back(std::move(resolved));
    }
  }
}

ChangeEvaluator::Owner ChangeEvaluator::ownerOf(const ObjectKey& key,
                                                schema::ObjectRef::Reader reference,
                                                const std::vector<Outcome>& earlier) const {
  Owner owner{resolveKey(kinds_, view(reference.getKind()), view(reference.getNamespace()),
                         view(reference.getName())),
              std::string(view(reference.getUid()))};
  if (!owner.uid.empty()) {
    if (owner.uid.size() <= 64) return owner;
    fail(ErrorCode::INVALID, key.text() + ": metadata.owners: an uid has 64 hex digits");
  }
  for (auto& outcome : earlier) {
    if (outcome.key != owner.key || outcome.effect != Outcome::Effect::put) continue;
    auto made = outcome.message->getRoot<schema::Object>().asReader();
    owner.uid = std::string(view(made.getMetadata().getUid()));
    return owner;
  }
  VersionPtr present = cache_.find(owner.key);
  if (present == nullptr) {
    fail(ErrorCode::INVALID, key.text() + ": metadata.owners: " + owner.key.text() +
                                 " does not exist; make it first, or give its uid");
  }
  owner.uid = std::string(present->uid());
  return owner;
}

namespace {

void writeKeyValues(const KeyValues& values, capnp::List<schema::KeyValue>::Builder list) {
  for (unsigned i = 0; i < values.size(); ++i) {
    list[i].setKey(kj::str(kj::arrayPtr(values[i].first.data(), values[i].first.size())));
    list[i].setValue(kj::str(kj::arrayPtr(values[i].second.data(), values[i].second.size())));
  }
}

void writeCause(const CauseStamp& stamp, schema::Cause::Builder cause) {
  cause.setActor(stamp.actor.c_str());
  cause.setReason(stamp.cause.getReason());
  if (stamp.cause.hasObject()) cause.setObject(stamp.cause.getObject());
  cause.setTime(stamp.time);
}

}  // namespace

MessagePtr ChangeEvaluator::write(const ObjectKey& key, const Draft& draft) const {
  auto message = std::make_unique<capnp::MallocMessageBuilder>(
      draft.spec.targetSize().wordCount + draft.status.targetSize().wordCount + 256);
  auto object = message->initRoot<schema::Object>();
  auto metadata = object.initMetadata();
  metadata.setKind(key.kind.c_str());
  metadata.setNamespace(key.space.c_str());
  metadata.setName(key.name.c_str());
  metadata.setUid(draft.uid.c_str());
  metadata.setGeneration(draft.generation);
  metadata.setCreated(draft.created);
  metadata.setDeleted(draft.deleted);
  if (!draft.labels.empty()) writeKeyValues(draft.labels, metadata.initLabels(draft.labels.size()));
  if (!draft.annotations.empty()) {
    writeKeyValues(draft.annotations, metadata.initAnnotations(draft.annotations.size()));
  }
  if (!draft.owners.empty()) {
    auto owners = metadata.initOwners(draft.owners.size());
    for (unsigned i = 0; i < draft.owners.size(); ++i) {
      owners[i].setKind(draft.owners[i].key.kind.c_str());
      owners[i].setNamespace(draft.owners[i].key.space.c_str());
      owners[i].setName(draft.owners[i].key.name.c_str());
      owners[i].setUid(draft.owners[i].uid.c_str());
    }
  }
  if (!draft.finalizers.empty()) {
    auto finalizers = metadata.initFinalizers(draft.finalizers.size());
    for (unsigned i = 0; i < draft.finalizers.size(); ++i) {
      finalizers.set(i, draft.finalizers[i].c_str());
    }
  }
  writeCause(stamp_, metadata.initChangedBy());
  KJ_IF_MAYBE (createdBy, draft.createdBy) {
    metadata.setCreatedBy(*createdBy);
  } else {
    writeCause(stamp_, metadata.initCreatedBy());
  }
  object.getSpec().set(draft.spec);
  object.getStatus().set(draft.status);
  return message;
}

}  // namespace stave
