#pragma once

#include "file_set.h"

namespace stave::layout {

/// The tar inside a layer blob, whatever it is compressed with. Fails [invalid] for damaged data;
/// `what` is named then. Gives the number of bytes.
uint64_t readLayer(int blob, const std::string& what, const ByteSink& sink);

}  // namespace stave::layout
