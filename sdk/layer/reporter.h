#pragma once

#include <kj/timer.h>

#include <string>

#include "service.h"

namespace stave::layer {

/// Tells a sink how an unpacking goes, as fast as the sink takes it. Never done: it ends by being
/// dropped, and a sink that fails ends the telling only.
kj::Promise<void> reportProgress(kj::Timer& timer, schema::ProgressSink::Client sink,
                                 std::string item, uint64_t total, kj::Own<Unpacking> unpacking);

/// The last report.
kj::Promise<void> reportDone(schema::ProgressSink::Client sink, std::string item, uint64_t total);

/// What to call a layer in reports: the beginning of its digest.
std::string itemOf(schema::Storage::UnpackParams::Reader params);

}  // namespace stave::layer
