#pragma once

#include <string>
#include <string_view>

#include "stave/layer/driver.h"

namespace stave::layer {

/// Records as text, one "key value" a line, in a file `record` in the place that they describe.
std::string encode(const LayerRecord& record, std::string_view bootId);
std::string encode(const SnapshotRecord& record);

/// Fail [internal] when the text is none of ours (a power failure can leave an empty file).
LayerRecord decodeLayer(std::string_view text, std::string& bootId);
SnapshotRecord decodeSnapshot(std::string_view text);

/// A name as a file name that stands for it alone: letters, digits, "-", "_" and "." stay, all else
/// becomes %XX. Fails [invalid] when it is empty or too long.
std::string fileNameOf(std::string_view name);

}  // namespace stave::layer
