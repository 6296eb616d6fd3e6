#pragma once

#include <capnp/message.h>
#include <kj/function.h>
#include <stave/schema/object.capnp.h>

#include <memory>
#include <string>
#include <vector>

namespace stave::testing {

/// The object store in memory, near enough to the kernel's for the tests of an engine or a
/// controller: revisions, compare-and-swap, generations, finalizers, queries on labels and fields,
/// level-triggered watches. It does not check specs, collect by owner or explain. Built-in kinds
/// are known; others become so with registerKind.
class FakeObjects {
 public:
  FakeObjects();

  schema::Objects::Client client();
  uint64_t revision() const;

  /// What tests do besides going through `client()`; at once, with the same errors.
  struct Name {
    std::string kind;
    std::string name;
    std::string space = {};  ///< namespace; empty: "default" where the kind has one
  };

  /// The object's state now; the reader is valid until the object changes.
  kj::Maybe<schema::Object::Reader> find(const Name& name) const;
  std::vector<std::string> names(const std::string& kind) const;  ///< "NAMESPACE/NAME" or "NAME"

  template <typename Spec>
  void create(const Name& name, kj::Function<void(typename Spec::Builder)> fill) {
    write(schema::Change::Op::CREATE, name,
          [&](schema::Object::Builder object) { fill(object.getSpec().initAs<Spec>()); });
  }
  /// Replaces the spec by the present one after `change` was done to it.
  template <typename Spec>
  void updateSpec(const Name& name, kj::Function<void(typename Spec::Builder)> change) {
    writePresent(schema::Change::Op::UPDATE, name,
                 [&](schema::Object::Builder object) { change(object.getSpec().getAs<Spec>()); });
  }
  template <typename Status>
  void updateStatus(const Name& name, kj::Function<void(typename Status::Builder)> change) {
    writePresent(schema::Change::Op::STATUS, name, [&](schema::Object::Builder object) {
      change(object.getStatus().getAs<Status>());
    });
  }
  void remove(const Name& name);

  void write(schema::Change::Op op, const Name& name,
             kj::Function<void(schema::Object::Builder)> fill);
  void writePresent(schema::Change::Op op, const Name& name,
                    kj::Function<void(schema::Object::Builder)> change);

  /// Every watch that is open is told that it lost its place, and watches from before now fail
  /// [too-old].
  void compact();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace stave::testing
