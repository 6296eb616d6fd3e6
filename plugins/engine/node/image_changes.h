#pragma once

#include <stave/image/config.h>

#include <string>
#include <vector>

namespace stave::node {

/// Applies Dockerfile instructions (CMD ENTRYPOINT ENV EXPOSE LABEL STOPSIGNAL USER VOLUME WORKDIR)
/// to a configuration. Fails [invalid] naming the instruction.
void applyChanges(image::RunConfig& config, const std::vector<std::string>& changes);

/// Unix time in nanoseconds as RFC 3339.
std::string formatTime(int64_t nanos);

}  // namespace stave::node
