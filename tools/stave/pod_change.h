#pragma once

#include <stave/client.h>
#include <stave/schema/objects/pod.capnp.h>

#include <functional>

#include "session.h"

namespace stave::cli {

using PodEdit = std::function<void(ObjectCopy&)>;

struct Changed {
  ObjectCopy pod;
  uint64_t revision;  // of the change: a watch from here sees all that follows it
};

/// Changes a pod's spec or metadata; reads it again and repeats if somebody else changed it
/// meanwhile.
Task<Changed> changePod(schema::Objects::Client objects, ObjectCopy pod, std::string reason,
                        PodEdit edit);

/// Sets what is desired and waits until it is so.
Task<> bringTo(schema::Objects::Client objects, ObjectCopy pod, schema::PodSpec::Desired desired,
               std::string reason, PodEdit edit = nullptr);

/// Starts a job for each container that a word names, waits for all, and prints the words whose job
/// succeeded. Gives the exit code.
int forEachPod(Session& session, const std::vector<std::string>& words,
               std::function<kj::Promise<void>(ObjectCopy)> job);

}  // namespace stave::cli
