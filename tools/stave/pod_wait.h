#pragma once

#include <stave/client.h>
#include <stave/schema/objects/pod.capnp.h>

#include <string>

namespace stave::cli {

/// What a pod came to.
struct PodEnd {
  int exitCode = 0;
  bool failed = false;  // it could not be started; `message` says why
  std::string message;
};

/// Waits until the pod has stopped, failed, or, with `removed`, is gone. `pod`: its state at the
/// revision `from`, or after.
Task<PodEnd> waitForEnd(schema::Objects::Client objects, ObjectCopy pod, uint64_t from,
                        bool removed);

/// Waits until the status answers the wish `desired` of this generation; `pod` and `from` likewise.
/// Fails with the status's own code and message if it failed.
Task<> waitForState(schema::Objects::Client objects, ObjectCopy pod, uint64_t from,
                    schema::PodSpec::Desired desired);

/// Throws what a failed pod's status says.
[[noreturn]] void failAs(schema::PodStatus::Reader status);

}  // namespace stave::cli
