#pragma once

#include <kj/function.h>
#include <kj/io.h>
#include <stave/schema/common.capnp.h>
#include <stave/task.h>

#include <memory>

/// The common capabilities: descriptors and handles.
namespace stave {

/// Wraps a descriptor for sending; it is closed with the last reference.
schema::Fd::Client makeFd(kj::AutoCloseFd fd);

/// The same, and `kept` lives as long: a driver sees by it whether what it handed out is in use.
schema::Fd::Client makeFd(kj::AutoCloseFd fd, std::shared_ptr<const void> kept);

/// A duplicate of the descriptor that the capability carries. Fails [unavailable] if it carries
/// none (a null capability, or a connection that cannot pass descriptors). `what` is named in the
/// error.
Task<kj::AutoCloseFd> takeFd(schema::Fd::Client capability, kj::StringPtr what);

/// Runs `onDrop` when the last reference is dropped.
schema::Handle::Client makeHandle(kj::Function<void()> onDrop);

/// Keeps an object until the last reference is dropped.
template <typename T>
schema::Handle::Client keepWhileHeld(kj::Own<T> object) {
  return makeHandle([kept = kj::mv(object)]() mutable {});
}

}  // namespace stave
