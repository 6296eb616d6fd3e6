#pragma once

#include <stave/layer/driver.h>
#include <stave/plugin.h>
#include <stave/schema/storage.capnp.h>

namespace stave::layer {

/// The service of a storage plug-in: everything that drivers have in common. Layers are unpacked in
/// parallel, each once however many ask for it; records, life times and conflicts are looked after
/// here, and only what differs is asked of the driver.
///
/// State is kept below `context.statePath()`. Fails when that is not usable.
schema::Storage::Client newStorageService(Context& context, kj::Own<Driver> driver);

}  // namespace stave::layer
