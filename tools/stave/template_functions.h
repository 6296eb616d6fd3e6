#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace stave::cli {

/// The functions that a Template can call.
bool isTemplateFunction(const std::string& name);
nlohmann::json callTemplateFunction(const std::string& name,
                                    const std::vector<nlohmann::json>& values);

/// A value as Go prints it: lists "[a b]", maps "map[k:v]", nothing "<no value>".
std::string templateText(const nlohmann::json& value);

}  // namespace stave::cli
