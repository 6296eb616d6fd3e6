#pragma once

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <capnp/schema-loader.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/object/name_rule.h"
#include "kernel/object/object_key.h"

namespace stave {

/// A kind of object, as it was registered.
struct Kind {
  std::string name;
  std::string plural;
  std::vector<std::string> shortNames;
  bool namespaced = false;
  capnp::StructSchema spec;
  kj::Maybe<capnp::StructSchema> status;
  std::shared_ptr<capnp::MallocMessageBuilder> definition;  ///< a KindDefinition, names filled in
  bool builtIn = false;
  NameRule names;

  schema::KindDefinition::Reader reader() const {
    return definition->getRoot<schema::KindDefinition>().asReader();
  }
};

/// All kinds that the kernel knows: the built-in ones from the start, those of plug-ins as they
/// come.
class Kinds {
 public:
  Kinds();
  KJ_DISALLOW_COPY(Kinds);

  /// By name, plural or short name, in any case. Fails [invalid] with the nearest name.
  const Kind& find(std::string_view word) const;
  const Kind* tryFind(std::string_view word) const;
  const Kind* byName(const std::string& name) const;

  /// Checks a definition against what is known and loads its types: [invalid] if it is wrong in
  /// itself, [conflict] if it contradicts a kind known already. Nothing is known of it before
  /// `adopt`.
  std::shared_ptr<capnp::MallocMessageBuilder> check(schema::KindDefinition::Reader definition);

  /// Makes a checked definition (or one that another kernel wrote into the store) known.
  void adopt(std::shared_ptr<capnp::MallocMessageBuilder> definition);

  /// Whether this very definition is known already.
  bool same(capnp::MallocMessageBuilder& definition) const;

  const std::map<std::string, Kind>& all() const { return kinds_; }

  /// Grows when a kind is adopted: what was derived from schemas is to be derived again.
  uint64_t version() const { return version_; }

 private:
  void adopt(std::shared_ptr<capnp::MallocMessageBuilder> definition, bool builtIn);
  void loadNodes(schema::KindDefinition::Reader definition, std::string_view name);
  void checkNames(schema::KindDefinition::Reader definition) const;
  void checkConflicts(schema::KindDefinition::Reader definition) const;
  void checkTypes(schema::KindDefinition::Reader definition) const;
  void checkColumns(schema::KindDefinition::Reader definition) const;
  void addPlatformKinds();
  void addPodKinds();
  void addWorkloadKinds();
  template <typename Spec, typename Status>
  void addBuiltIn(const struct BuiltInKind& row);

  capnp::SchemaLoader loader_;
  std::map<std::string, Kind> kinds_;
  std::map<std::string, std::string> words_;  // lower case: name, plural and short names to name
  uint64_t version_ = 0;
};

/// "pod" for "Pod".
std::string lowerCase(std::string_view text);

}  // namespace stave
