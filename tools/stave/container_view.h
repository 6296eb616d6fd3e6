#pragma once

#include <stave/client.h>
#include <stave/schema/objects/pod.capnp.h>
#include <nlohmann/json_fwd.hpp>

namespace stave::cli {

/// The row of `ps` for one container of a pod, with docker's field names.
nlohmann::json containerRow(const ObjectCopy& pod, unsigned index, bool full);

/// What `inspect` shows: docker's names for what docker has.
nlohmann::json containerInspection(const ObjectCopy& pod);

std::string nameOf(schema::ContainerStatus::State state);  ///< docker's word: "exited"
std::string portsText(schema::PodStatus::Reader status);

/// The status of a container; one with defaults if there is none yet.
schema::ContainerStatus::Reader statusOf(const ObjectCopy& pod, unsigned index);

}  // namespace stave::cli
