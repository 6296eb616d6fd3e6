#include "fake_table.h"

#include <capnp/any.h>
#include <fmt/format.h>
#include <stave/error.h>

#include <chrono>

namespace stave::testing {

namespace {

using Op = schema::Change::Op;
using Row = FakeTable::Row;

int64_t now() {
  return std::chrono::system_clock::now().time_since_epoch().count();
}

std::string describe(const FakeTable::Key& key) {
  auto& [kind, space, name] = key;
  return fmt::format("{} {}{}{}", kind, space, space.empty() ? "" : "/", name);
}

ObjectMessage copyOf(schema::Object::Reader object) {
  auto message = std::make_shared<capnp::MallocMessageBuilder>();
  message->setRoot(object);
  return message;
}

bool same(capnp::AnyPointer::Reader left, capnp::AnyPointer::Reader right) {
  return left.equals(right) == capnp::Equality::EQUAL;
}

template <typename List>
bool sameList(List left, List right) {
  return capnp::AnyList::Reader(left).equals(capnp::AnyList::Reader(right)) ==
         capnp::Equality::EQUAL;
}

bool has(capnp::List<capnp::Text>::Reader list, capnp::Text::Reader text) {
  for (auto element : list) {
    if (element == text) return true;
  }
  return false;
}

void setFinalizers(schema::Metadata::Builder metadata, const std::vector<std::string>& names) {
  auto list = metadata.initFinalizers(names.size());
  for (size_t i = 0; i < names.size(); ++i) list.set(i, names[i]);
}

bool addFinalizer(schema::Metadata::Builder metadata, capnp::Text::Reader name) {
  if (has(metadata.asReader().getFinalizers(), name)) return false;
  std::vector<std::string> names;
  for (auto present : metadata.getFinalizers()) names.emplace_back(present.cStr());
  names.emplace_back(name.cStr());
  setFinalizers(metadata, names);
  return true;
}

bool removeFinalizer(schema::Metadata::Builder metadata, capnp::Text::Reader name) {
  if (!has(metadata.asReader().getFinalizers(), name)) return false;
  std::vector<std::string> names;
  for (auto present : metadata.getFinalizers()) {
    if (present != name) names.emplace_back(present.cStr());
  }
  setFinalizers(metadata, names);
  return true;
}

bool replaceSpec(schema::Object::Builder object, schema::Object::Reader wanted) {
  if (same(object.asReader().getSpec(), wanted.getSpec())) return false;
  object.getSpec().set(wanted.getSpec());
  object.getMetadata().setGeneration(object.getMetadata().getGeneration() + 1);
  return true;
}

bool replaceLabels(schema::Metadata::Builder present, schema::Metadata::Reader wanted) {
  if (sameList(present.asReader().getLabels(), wanted.getLabels()) &&
      sameList(present.asReader().getAnnotations(), wanted.getAnnotations())) {
    return false;
  }
  present.setLabels(wanted.getLabels());
  present.setAnnotations(wanted.getAnnotations());
  return true;
}

bool update(schema::Object::Builder object, schema::Object::Reader wanted) {
  auto metadata = object.getMetadata();
  bool changed = replaceSpec(object, wanted);
  changed |= replaceLabels(metadata, wanted.getMetadata());
  if (!sameList(metadata.asReader().getOwners(), wanted.getMetadata().getOwners())) {
    metadata.setOwners(wanted.getMetadata().getOwners());
    changed = true;
  }
  if (!sameList(metadata.asReader().getFinalizers(), wanted.getMetadata().getFinalizers())) {
    metadata.setFinalizers(wanted.getMetadata().getFinalizers());
    changed = true;
  }
  return changed;
}

/// Changes the row as the step says; false if nothing is different afterwards.
bool perform(Row& row, schema::Change::Reader change) {
  auto object = row.message->getRoot<schema::Object>();
  auto metadata = object.getMetadata();
  auto wanted = change.getObject();
  bool changed = false;
  switch (change.getOp()) {
    case Op::CREATE:
      break;
    case Op::UPDATE:
      changed = update(object, wanted);
      break;
    case Op::APPLY:
      changed = replaceSpec(object, wanted);
      changed |= replaceLabels(metadata, wanted.getMetadata());
      break;
    case Op::STATUS:
      changed = !same(object.asReader().getStatus(), wanted.getStatus());
      if (changed) object.getStatus().set(wanted.getStatus());
      if (change.hasFinalizer() && metadata.getDeleted() == 0) {
        changed |= addFinalizer(metadata, change.getFinalizer());
      }
      break;
    case Op::DELETE:
      changed = metadata.getDeleted() == 0;
      if (changed) metadata.setDeleted(now());
      if (change.hasFinalizer() && !wanted.getStatus().isNull()) {
        object.getStatus().set(wanted.getStatus());
      }
      changed |= removeFinalizer(metadata, change.getFinalizer());
      break;
    case Op::ADD_FINALIZER:
      changed = addFinalizer(metadata, change.getFinalizer());
      break;
    case Op::REMOVE_FINALIZER:
      changed = removeFinalizer(metadata, change.getFinalizer());
      break;
  }
  row.removed = metadata.getDeleted() != 0 && metadata.asReader().getFinalizers().size() == 0;
  return changed || row.removed;
}

void checkPresent(const FakeTable::Key& key, schema::Metadata::Reader present,
                  schema::Metadata::Reader wanted) {
  if (wanted.getUid() != "" && wanted.getUid() != present.getUid()) {
    fail(ErrorCode::NOT_FOUND, describe(key) + " with uid " + wanted.getUid().cStr());
  }
  if (wanted.getRevision() != 0 && wanted.getRevision() != present.getRevision()) {
    fail(ErrorCode::CONFLICT,
         fmt::format("{} is at revision {}, not {}; read it again", describe(key),
                     present.getRevision(), wanted.getRevision()));
  }
}

}  // namespace

FakeTable::Key FakeTable::keyOf(capnp::Text::Reader kind, capnp::Text::Reader space,
                                capnp::Text::Reader name) const {
  bool fillDefault = space == "" && kinds_.namespaced(kind.cStr());
  return {kind.cStr(), fillDefault ? "default" : space.cStr(), name.cStr()};
}

const Row* FakeTable::find(const Key& key) const {
  auto found = rows_.find(key);
  return found == rows_.end() || found->second.removed ? nullptr : &found->second;
}

Row FakeTable::create(const Key& key, schema::Object::Reader wanted) {
  Row row{copyOf(wanted), 0, false};
  auto metadata = row.message->getRoot<schema::Object>().getMetadata();
  metadata.setNamespace(std::get<1>(key));
  metadata.setUid(fmt::format("{:064x}", (++created_ << 32) | 0xfa4e));
  metadata.setGeneration(1);
  metadata.setCreated(now());
  metadata.setDeleted(0);
  return row;
}

/// The row after the step; its revision is 0 if the step changes nothing.
Row FakeTable::changedRow(const Key& key, schema::Change::Reader change,
                          schema::Cause::Reader cause) {
  auto wanted = change.getObject();
  const Row* present = find(key);
  bool creates =
      change.getOp() == Op::CREATE || (change.getOp() == Op::APPLY && present == nullptr);
  if (present == nullptr && !creates) fail(ErrorCode::NOT_FOUND, describe(key));
  if (present != nullptr && change.getOp() == Op::CREATE) {
    fail(ErrorCode::ALREADY_EXISTS, describe(key));
  }
  if (present != nullptr) {
    checkPresent(key, present->object().getMetadata(), wanted.getMetadata());
  }
  Row row = creates ? create(key, wanted) : Row{copyOf(present->object()), 0, false};
  bool changed = creates || perform(row, change);
  if (!changed) return Row{row.message, 0, false};
  row.revision = revision_ + 1;
  auto metadata = row.message->getRoot<schema::Object>().getMetadata();
  metadata.setRevision(row.revision);
  metadata.setChangedBy(cause);
  if (creates) metadata.setCreatedBy(cause);
  return row;
}

std::vector<Row> FakeTable::commit(capnp::List<schema::Change>::Reader changes,
                                   schema::Cause::Reader cause, std::set<Key>& changed) {
  std::vector<Row> results;
  std::map<Key, Row> staged;
  std::set<Key> named;
  for (auto change : changes) {
    auto metadata = change.getObject().getMetadata();
    auto key = keyOf(metadata.getKind(), metadata.getNamespace(), metadata.getName());
    if (!named.insert(key).second) {
      fail(ErrorCode::INVALID, describe(key) + " is changed twice in one transaction");
    }
    auto row = changedRow(key, change, cause);
    if (row.revision != 0) staged[key] = row;
    results.push_back(kj::mv(row));
  }
  if (!staged.empty()) ++revision_;
  for (auto& [key, row] : staged) {
    rows_[key] = row;
    changed.insert(key);
  }
  return results;
}

}  // namespace stave::testing
