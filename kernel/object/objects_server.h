#pragma once

#include "kernel/object/object_store.h"

namespace stave {

/// The object store as one caller sees it: checks its rights and translates from and to messages.
class ObjectsServer final : public schema::Objects::Server {
 public:
  ObjectsServer(ObjectStore& store, Caller caller) : store_(store), caller_(std::move(caller)) {}

  kj::Promise<void> get(GetContext context) override;
  kj::Promise<void> list(ListContext context) override;
  kj::Promise<void> commit(CommitContext context) override;
  kj::Promise<void> watch(WatchContext context) override;
  kj::Promise<void> registerKind(RegisterKindContext context) override;
  kj::Promise<void> kinds(KindsContext context) override;
  kj::Promise<void> explain(ExplainContext context) override;

 private:
  [[noreturn]] void deny(const std::string& what) const;
  void requireRead(const std::string& kind) const;
  void requireWrite(const std::string& kind) const;

  /// Fails [not-found] also if another incarnation than the wanted one is there.
  VersionPtr find(schema::ObjectRef::Reader reference) const;

  ObjectStore& store_;
  Caller caller_;
};

}  // namespace stave
