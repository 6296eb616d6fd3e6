#pragma once

#include <string>

#include "http_client.h"

namespace stave::oci {

/// "manifest unknown (MANIFEST_UNKNOWN)": the registry's own words; empty if it said nothing
/// readable.
std::string messageOf(const HttpResponse& response);

/// Whether the same request may succeed a while later.
bool isTemporary(int status);

/// Throws the error that the reply stands for: 401 [unauthorized], 403 [denied], 404 [not-found],
/// 429 [exhausted], 5xx [unavailable], all else [invalid].
[[noreturn]] void failResponse(const std::string& attempted, const HttpResponse& response);

}  // namespace stave::oci
