#pragma once

#include <string>
#include <string_view>

/// How the engine names what it makes, so that after a restart it knows what is its own and to
/// which pod it belongs.
namespace stave::node {

/// The id of a container; also of its snapshot. A pod's first container has the pod's uid.
std::string containerId(std::string_view podUid, std::string_view container, bool first, bool init);

std::string endpointId(std::string_view podUid, std::string_view network);

/// The pod's uid in an endpoint's id; empty: it is not one of ours.
std::string_view podOfEndpoint(std::string_view endpoint);

/// An anonymous volume of a container; the same for the same mount point.
std::string anonymousVolume(std::string_view containerId, std::string_view target);

/// Whether the engine could have given this id.
bool isOurId(std::string_view id);

}  // namespace stave::node
