#pragma once

#include <capnp/schema.h>
#include <stave/schema/object.capnp.h>

#include <map>
#include <string>

/// How the fake object store knows kinds and understands queries.
namespace stave::testing {

struct FakeKind {
  kj::Maybe<capnp::StructSchema> spec;
  kj::Maybe<capnp::StructSchema> status;
  bool namespaced = false;
};

class FakeKinds {
 public:
  FakeKinds();  ///< with all built-in ones

  void add(const std::string& name, FakeKind kind) { kinds_[name] = kind; }
  bool namespaced(const std::string& kind) const;

  /// Whether the object is one of those asked for; `identityOnly` leaves labels and fields aside.
  bool matches(schema::Query::Reader query, schema::Object::Reader object,
               bool identityOnly = false) const;

 private:
  kj::Maybe<std::string> fieldText(schema::Object::Reader object, std::string_view path) const;

  std::map<std::string, FakeKind> kinds_;
};

}  // namespace stave::testing
