#include "kernel/object/kinds.h"

#include <stave/error.h>
#include <stave/json.h>

#include "kernel/object/field_path.h"
#include "kernel/object/kind_nodes.h"

namespace stave {

namespace {

bool isKindName(std::string_view name) {
  if (name.empty() || name.size() > 63 || name[0] < 'A' || name[0] > 'Z') return false;
  for (char letter : name) {
    if (!isalnum(static_cast<unsigned char>(letter))) return false;
  }
  return true;
}

bool isAlias(std::string_view word) {
  if (word.empty() || word.size() > 63) return false;
  for (char letter : word) {
    if (!(letter >= 'a' && letter <= 'z') && !(letter >= '0' && letter <= '9')) return false;
  }
  return true;
}

/// A copy whose empty plural is filled in.
std::shared_ptr<capnp::MallocMessageBuilder> completed(schema::KindDefinition::Reader definition) {
  auto message = std::make_shared<capnp::MallocMessageBuilder>();
  message->setRoot(definition);
  auto copy = message->getRoot<schema::KindDefinition>();
  if (copy.getPlural().size() == 0) {
    copy.setPlural((lowerCase(view(copy.getName().asReader())) + "s").c_str());
  }
  return message;
}

NameRule nameRuleOf(schema::KindDefinition::Reader definition) {
  return {view(definition.getNames()), definition.getNameLength()};
}

std::vector<std::string> wordsOf(schema::KindDefinition::Reader definition) {
  std::vector<std::string> words{lowerCase(view(definition.getName())),
                                 lowerCase(view(definition.getPlural()))};
  for (auto word : definition.getShortNames()) words.push_back(lowerCase(view(word)));
  return words;
}

}  // namespace

std::string lowerCase(std::string_view text) {
  std::string result(text);
  for (char& letter : result) {
    if (letter >= 'A' && letter <= 'Z') letter += 'a' - 'A';
  }
  return result;
}

const Kind* Kinds::byName(const std::string& name) const {
  auto found = kinds_.find(name);
  return found == kinds_.end() ? nullptr : &found->second;
}

const Kind* Kinds::tryFind(std::string_view word) const {
  auto found = words_.find(lowerCase(word));
  return found == words_.end() ? nullptr : &kinds_.at(found->second);
}

const Kind& Kinds::find(std::string_view word) const {
  if (word.empty()) fail(ErrorCode::INVALID, "no kind was given; name one, for instance Pod");
  if (const Kind* kind = tryFind(word)) return *kind;
  std::vector<std::string> candidates;
  for (auto& [known, name] : words_) candidates.push_back(known);
  std::string near = nearestName(lowerCase(word), candidates);
  std::string message = "unknown kind \"" + std::string(word.substr(0, 100)) + "\"";
  fail(ErrorCode::INVALID, near.empty() ? message : message + "; did you mean \"" + near + "\"?");
}

std::shared_ptr<capnp::MallocMessageBuilder> Kinds::check(
    schema::KindDefinition::Reader definition) {
  auto message = completed(definition);
  auto copy = message->getRoot<schema::KindDefinition>().asReader();
  checkNames(copy);
  checkConflicts(copy);
  loadNodes(copy, view(copy.getName()));
  checkTypes(copy);
  checkColumns(copy);
  return message;
}

void Kinds::checkNames(schema::KindDefinition::Reader definition) const {
  std::string name(view(definition.getName()));
  if (!isKindName(name)) {
    fail(ErrorCode::INVALID,
         "kind \"" + name.substr(0, 100) +
             "\": the name must match [A-Z][A-Za-z0-9]* and have at most 63 letters");
  }
  auto words = wordsOf(definition);
  for (auto& word : words) {
    if (!isAlias(word)) {
      fail(ErrorCode::INVALID, "kind " + name + ": \"" + word.substr(0, 100) +
                                   "\" is no plural or short name; use letters and digits");
    }
  }
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { nameRuleOf(definition); })) {
    fail(ErrorCode::INVALID, "kind " + name + ": " + textOf(*exception));
  }
}

void Kinds::checkConflicts(schema::KindDefinition::Reader definition) const {
  std::string name(view(definition.getName()));
  for (auto& word : wordsOf(definition)) {
    auto taken = words_.find(word);
    if (taken != words_.end() && taken->second != name) {
      fail(ErrorCode::CONFLICT,
           "kind " + name + ": the name \"" + word + "\" belongs to the kind " + taken->second);
    }
  }
  const Kind* known = byName(name);
  if (known == nullptr) return;
  auto before = known->reader();
  if (before.getSpecType() != definition.getSpecType() ||
      before.getStatusType() != definition.getStatusType()) {
    fail(ErrorCode::CONFLICT,
         "kind " + name +
             " exists with other types; give the new kind another name, or keep "
             "the ids of its structs");
  }
  if (before.getNamespaced() != definition.getNamespaced()) {
    fail(ErrorCode::CONFLICT,
         "kind " + name + " exists and is " + (known->namespaced ? "" : "not ") + "namespaced");
  }
}

void Kinds::loadNodes(schema::KindDefinition::Reader definition, std::string_view name) {
  for (auto node : definition.getNodes()) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { loader_.load(node); })) {
      fail(ErrorCode::CONFLICT, "kind " + std::string(name) + ": the type " +
                                    std::string(view(node.getDisplayName())) +
                                    " does not fit the one known before: " + textOf(*exception));
    }
  }
}

void Kinds::checkTypes(schema::KindDefinition::Reader definition) const {
  std::string name(view(definition.getName()));
  auto known = [this](uint64_t id) { return loader_.tryGet(id) != nullptr; };
  for (auto node : definition.getNodes()) {
    for (uint64_t id : typesNeededBy(node)) {
      if (known(id)) continue;
      fail(ErrorCode::INVALID, "kind " + name + ": the type with id " + std::to_string(id) +
                                   " that " + std::string(view(node.getDisplayName())) +
                                   " needs is missing in nodes");
    }
  }
  auto requireStruct = [&](uint64_t id, const char* what) {
    KJ_IF_MAYBE (found, loader_.tryGet(id)) {
      if (found->getProto().isStruct()) return;
    }
    fail(ErrorCode::INVALID, "kind " + name + ": " + what + " " + std::to_string(id) +
                                 " is not the id of a struct in nodes");
  };
  requireStruct(definition.getSpecType(), "specType");
  if (definition.getStatusType() != 0) requireStruct(definition.getStatusType(), "statusType");
}

void Kinds::checkColumns(schema::KindDefinition::Reader definition) const {
  Kind kind;
  kind.name = std::string(view(definition.getName()));
  kind.spec = loader_.get(definition.getSpecType()).asStruct();
  if (definition.getStatusType() != 0) {
    kind.status = loader_.get(definition.getStatusType()).asStruct();
  }
  for (auto column : definition.getColumns()) FieldPath(kind, view(column.getPath()));
}

void Kinds::adopt(std::shared_ptr<capnp::MallocMessageBuilder> definition) {
  adopt(kj::mv(definition), false);
}

void Kinds::adopt(std::shared_ptr<capnp::MallocMessageBuilder> definition, bool builtIn) {
  auto reader = definition->getRoot<schema::KindDefinition>().asReader();
  if (!builtIn) loadNodes(reader, view(reader.getName()));
  Kind kind;
  kind.name = std::string(view(reader.getName()));
  kind.plural = std::string(view(reader.getPlural()));
  for (auto word : reader.getShortNames()) kind.shortNames.emplace_back(view(word));
  kind.namespaced = reader.getNamespaced();
  kind.spec = loader_.get(reader.getSpecType()).asStruct();
  if (reader.getStatusType() != 0) kind.status = loader_.get(reader.getStatusType()).asStruct();
  if (const Kind* known = byName(kind.name)) {
    builtIn = builtIn || known->builtIn;
    for (auto& word : wordsOf(known->reader())) words_.erase(word);
  }
  kind.builtIn = builtIn;
  kj::runCatchingExceptions([&]() { kind.names = nameRuleOf(reader); });  // else the default
  for (auto& word : wordsOf(reader)) words_[word] = kind.name;
  kind.definition = kj::mv(definition);
  kinds_[kind.name] = std::move(kind);
  ++version_;
}

bool Kinds::same(capnp::MallocMessageBuilder& definition) const {
  auto reader = definition.getRoot<schema::KindDefinition>().asReader();
  const Kind* known = byName(std::string(view(reader.getName())));
  return known != nullptr &&
         capnp::AnyStruct::Reader(known->reader()) == capnp::AnyStruct::Reader(reader);
}

}  // namespace stave
