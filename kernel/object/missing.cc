#include <algorithm>

#include "kernel/object/explain.h"

namespace stave {

namespace {

constexpr size_t maximumChildren = 10;

using Struct = capnp::DynamicStruct::Reader;

/// The text of a field that a status may have; empty if it has none of that name and type.
std::string textOf(Struct value, const char* name) {
  KJ_IF_MAYBE (field, value.getSchema().findFieldByName(name)) {
    if (field->getType().isText()) return std::string(view(value.get(*field).as<capnp::Text>()));
    if (field->getType().isEnum()) return std::string(kj::str(value.get(*field)).cStr());
  }
  return {};
}

/// "pending", from the field `phase` or `state`, as all kinds that have a life name it.
std::string phaseOf(Struct status) {
  std::string phase = textOf(status, "phase");
  return phase.empty() ? textOf(status, "state") : phase;
}

std::string messageOf(Struct status) {
  std::string message = textOf(status, "message");
  return message.empty() ? textOf(status, "reason") : message;
}

kj::Maybe<Struct> statusOf(const ObjectVersion& version, const Kind* kind) {
  if (kind == nullptr) return nullptr;
  KJ_IF_MAYBE (schema, kind->status) {
    return version.object().getStatus().getAs<capnp::DynamicStruct>(*schema);
  }
  return nullptr;
}

std::string joined(const std::string& phase, const std::string& message) {
  if (phase.empty() || message.empty()) return phase + message;
  return phase + ": " + message;
}

bool isWaiting(const std::string& phase) {
  return phase == "pending" || phase == "failed" || phase == "waiting" || phase == "notReady";
}

/// What the parts of a status say: the containers of a pod, the conditions of whatever has them.
void addParts(Struct status, std::vector<std::string>& missing) {
  for (auto field : status.getSchema().getFields()) {
    auto type = field.getType();
    if (!type.isList() || !type.asList().getElementType().isStruct()) continue;
    for (auto element : status.get(field).as<capnp::DynamicList>()) {
      auto part = element.as<capnp::DynamicStruct>();
      std::string message = messageOf(part);
      if (!message.empty()) missing.push_back(joined(textOf(part, "name"), message));
    }
  }
}

void addStatus(const ObjectVersion& version, const Kind* kind, std::vector<std::string>& missing) {
  KJ_IF_MAYBE (status, statusOf(version, kind)) {
    if (!version.object().hasStatus()) {
      missing.push_back("nobody has acted on it yet: it has no status");
      return;
    }
    std::string message = messageOf(*status);
    if (!message.empty()) missing.push_back(joined(phaseOf(*status), message));
    addParts(*status, missing);
    KJ_IF_MAYBE (field, status->getSchema().findFieldByName("observedGeneration")) {
      uint64_t observed = status->get(*field).as<uint64_t>();
      uint64_t generation = version.metadata().getGeneration();
      if (observed < generation) {
        missing.push_back("its last change is not acted on yet: generation " +
                          std::to_string(generation) + ", seen " + std::to_string(observed));
      }
    }
  }
}

void addDeletion(const ObjectVersion& version, std::vector<std::string>& missing) {
  if (version.metadata().getDeleted() == 0) return;
  for (auto finalizer : version.metadata().getFinalizers()) {
    missing.push_back("its deletion waits for " + std::string(view(finalizer)));
  }
}

void addOwners(const ObjectStore& store, const ObjectVersion& version,
               std::vector<std::string>& missing) {
  for (auto owner : version.metadata().getOwners()) {
    if (store.cache().findUid(view(owner.getUid())) != nullptr) continue;
    ObjectKey key{std::string(view(owner.getKind())), std::string(view(owner.getNamespace())),
                  std::string(view(owner.getName()))};
    missing.push_back("its owner " + key.text() + " is gone");
  }
}

void addChildren(const ObjectStore& store, const ObjectVersion& version,
                 std::vector<std::string>& missing) {
  size_t told = 0;
  for (auto& key : store.cache().ownedBy(version.uid())) {
    VersionPtr child = store.cache().find(key);
    if (child == nullptr) continue;
    KJ_IF_MAYBE (status, statusOf(*child, store.kinds().byName(key.kind))) {
      std::string phase = phaseOf(*status);
      std::string message = messageOf(*status);
      if (!isWaiting(phase) && message.empty()) continue;
      if (++told > maximumChildren) {
        missing.push_back("and more of what it owns");
        return;
      }
      missing.push_back(key.text() + ": " + joined(phase, message));
    }
  }
}

}  // namespace

std::string summaryOf(const ObjectVersion& version, const Kind* kind) {
  if (version.metadata().getDeleted() != 0) return "is being deleted";
  KJ_IF_MAYBE (status, statusOf(version, kind)) {
    if (!version.object().hasStatus()) return "wanted";
    std::string summary = joined(phaseOf(*status), messageOf(*status));
    if (!summary.empty()) return summary;
  }
  return "exists";
}

std::vector<std::string> missingFor(const ObjectStore& store, const ObjectVersion& version) {
  std::vector<std::string> missing;
  addStatus(version, store.kinds().byName(version.key().kind), missing);
  addDeletion(version, missing);
  addOwners(store, version, missing);
  addChildren(store, version, missing);
  return missing;
}

}  // namespace stave
