#pragma once

#include <kj/timer.h>
#include <stave/schema/content.capnp.h>
#include <stave/schema/engine.capnp.h>
#include <stave/schema/network.capnp.h>
#include <stave/schema/registry.capnp.h>
#include <stave/schema/runtime.capnp.h>
#include <stave/schema/storage.capnp.h>
#include <stave/schema/store.capnp.h>
#include <stave/schema/volume.capnp.h>

#include <string>

/// One service of each kind that does the least that its contract allows: it remembers what it was
/// told, in memory, and touches nothing. Put a `Script` in front to make one fail.
namespace stave::testing {

schema::Store::Client newNullStore(kj::Timer& timer);

/// Blobs in anonymous files; digests are believed, not computed.
schema::Content::Client newNullContent();

/// Knows every reference: an image without layers, whose blobs it puts into content.
schema::Registry::Client newNullRegistry(schema::Content::Client content);

/// Root file systems are descriptors of the empty directory `root`; layers are names.
schema::Storage::Client newNullStorage(std::string root);

/// Sandboxes are descriptors of this process's own network namespace; addresses count up.
schema::Network::Client newNullNetwork();

/// Containers are entries in a table; nothing runs. A signal ends one with 128 + its number.
schema::Runtime::Client newNullRuntime();

/// Volumes are names; all mount the directory `root`.
schema::VolumeDriver::Client newNullVolume(std::string root);

/// Everything that needs a container fails [not-found]: no pod ever runs here.
schema::Engine::Client newNullEngine();

}  // namespace stave::testing
