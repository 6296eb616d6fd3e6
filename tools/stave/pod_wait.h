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
  schema::ErrorCode code = schema::ErrorCode::INTERNAL;  // of the failure
};

/// Waits until the pod has stopped, failed, or, with `removed`, is gone. `pod`: its state at the
/// revision `from`, or after.
Task<PodEnd> waitForEnd(schema::Objects::Client objects, ObjectCopy pod, uint64_t from,
                        bool removed);

/// Waits until the status answers the wish `desired` of this generation, or says that it failed;
/// `pod` and `from` likewise.
Task<PodEnd> waitForAnswer(schema::Objects::Client objects, ObjectCopy pod, uint64_t from,
                           schema::PodSpec::Desired desired);

/// The same, but fails with the status's own code and message.
Task<> waitForState(schema::Objects::Client objects, ObjectCopy pod, uint64_t from,
                    schema::PodSpec::Desired desired);

}  // namespace stave::cli
