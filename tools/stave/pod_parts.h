#pragma once

#include <stave/schema/objects/pod.capnp.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run_options.h"

/// The parts of which fillPod() consists, and what they share.
namespace stave::cli {

using Pair = std::pair<std::string, std::string>;

/// Sets the value of a name that is there, or appends it.
void setPair(std::vector<Pair>& pairs, const std::string& name, const std::string& value);
/// "NAME=VALUE" or "NAME" (empty value); the last of a name counts.
std::vector<Pair> pairsOf(const std::vector<std::string>& lines, std::string_view flag);
void copyPairs(const std::vector<Pair>& pairs, capnp::List<schema::KeyValue>::Builder target);
void copyTexts(const std::vector<std::string>& texts, capnp::List<capnp::Text>::Builder target);

/// The number, or UsageError if it is not between the bounds.
int64_t checkedRange(int64_t number, int64_t lowest, int64_t highest, std::string_view flag);
int64_t checkedNumber(const std::string& text, int64_t lowest, int64_t highest,
                      std::string_view flag);

void fillResources(const RunOptions& options, schema::PodContainer::Builder container);
void fillSecurity(const RunOptions& options, const RunSurroundings& surroundings,
                  schema::PodContainer::Builder container, schema::PodSpec::Builder spec);
void fillFiles(const RunOptions& options, const RunSurroundings& surroundings,
               schema::PodContainer::Builder container, schema::PodSpec::Builder spec);
void fillNetwork(const RunOptions& options, schema::PodSpec::Builder spec);

}  // namespace stave::cli
