#pragma once

#include <gtest/gtest.h>
#include <kj/async-io.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/schema/objects/system.capnp.h>
#include <stave/schema/objects/volume.capnp.h>
#include <stave/schema/objects/workload.capnp.h>

#include <functional>

#include "kernel/object/fake_store.h"
#include "kernel/object/object_store.h"

namespace stave::testing {

using Op = schema::Change::Op;
using CommitResponse = capnp::Response<schema::Objects::CommitResults>;

/// An object store over a fake store, and short words for what tests do with it.
struct TestKernel {
  TestKernel() { restart(); }

  /// The kernel begins anew over the same store.
  void restart() {
    objects = nullptr;
    store = nullptr;
    store = kj::heap<ObjectStore>(io.provider->getTimer(), fake.client(), "here", limits());
    store->load().wait(io.waitScope);
    objects = store->clientFor(Caller::unlimited("user/test"));
  }

  static ObjectStore::Limits limits() {
    ObjectStore::Limits limits;
    limits.hub.historyChanges = 64;
    limits.hub.batchEntries = 8;
    limits.storeTimeout = 300 * kj::MILLISECONDS;
    return limits;
  }

  schema::Objects::Client& client() { return KJ_ASSERT_NONNULL(objects); }

  using Fill = std::function<void(schema::Object::Builder)>;

  kj::Promise<CommitResponse> send(Op op, const char* kind, const std::string& name,
                                   const Fill& fill = {}, const std::string& finalizer = "",
                                   const std::string& reason = "a test") {
    auto request = client().commitRequest();
    auto change = request.initChanges(1)[0];
    change.setOp(op);
    change.setFinalizer(finalizer.c_str());
    auto object = change.initObject();
    object.initMetadata().setKind(kind);
    object.getMetadata().setName(name.c_str());
    if (fill) fill(object);
    request.initCause().setReason(reason.c_str());
    return request.send();
  }
  CommitResponse commit(Op op, const char* kind, const std::string& name, const Fill& fill = {},
                        const std::string& finalizer = "") {
    return send(op, kind, name, fill, finalizer).wait(io.waitScope);
  }

  static Fill description(const std::string& text) {
    return [text](schema::Object::Builder object) {
      object.getSpec().initAs<schema::NamespaceSpec>().setDescription(text.c_str());
    };
  }
  std::string descriptionOf(const std::string& name) {
    auto request = client().getRequest();
    request.initRef().setKind("Namespace");
    request.getRef().setName(name.c_str());
    auto response = request.send().wait(io.waitScope);
    return response.getObject().getSpec().getAs<schema::NamespaceSpec>().getDescription().cStr();
  }
  bool exists(const char* kind, const std::string& name) {
    return store->cache().find(resolveKey(store->kinds(), kind, "", name)) != nullptr;
  }
  VersionPtr find(const char* kind, const std::string& name) {
    return store->cache().find(resolveKey(store->kinds(), kind, "", name));
  }

  /// The error that the work fails with, code first; empty if it does not.
  std::string errorOf(const std::function<void()>& work) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { work(); })) {
      return std::string(nameOf(codeOf(*exception))) + " " + textOf(*exception);
    }
    return "";
  }

  void turn(unsigned milliseconds = 0) {
    io.provider->getTimer().afterDelay(milliseconds * kj::MILLISECONDS).wait(io.waitScope);
    io.waitScope.poll();
  }
  void until(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) turn(2);
    ASSERT_TRUE(condition());
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  FakeStore fake;
  kj::Own<ObjectStore> store;
  kj::Maybe<schema::Objects::Client> objects;
};

}  // namespace stave::testing
